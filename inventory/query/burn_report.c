/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The acceptance report; see burn_report.h. Hosts and faults are read once each; the rankings are
 * made of the faults in memory. Input: rows of our own store, whose texts are machines'.
 */
#include <inventory/burn_report.h>

#include <stdlib.h>
#include <string.h>

#include <base/clock.h>
#include <base/json.h>
#include <base/str.h>

#include "../hosts/history.h"

/* $1: the name of a delivery or the id of a host. */
#define OF_DELIVERY "h.delivery = $1"
#define OF_HOST     "h.id = $1"

#define HOSTS                                                                                      \
	"SELECT h.short_code, h.name, h.serial, h.sku, h.state, h.faults, r.tier, r.result, "      \
	"r.detail, r.started_us, r.ended_us FROM host h LEFT JOIN run r ON r.num = (SELECT "       \
	"MAX(l.num) FROM run l WHERE l.host_num = h.num AND l.result IN ('PASS', 'FAIL', "         \
	"'INCOMPLETE')) WHERE "

#define FAULTS                                                                                       \
	"SELECT h.short_code, f.state, f.code, f.part_type, f.part_number, f.part_serial, f.slot, "  \
	"f.certainty, f.action, f.detail, f.rma, f.opened_us, f.closed_us, CASE WHEN f.part_serial " \
	"= '' THEN '' ELSE (SELECT MAX(q.firmware) FROM part q WHERE q.serial = f.part_serial) END " \
	"FROM fault f JOIN host h ON h.num = f.host_num WHERE f.run_id <> '' AND "

/* Hosts beside their like; server/flow/burn_fleet.h writes them. */
#define WARNINGS                                                                                   \
	"SELECT h.short_code, e.at_us, e.summary FROM event e JOIN host h ON h.num = e.host_num "  \
	"WHERE e.kind = 'burn_in.outlier' AND "

/* Disks have a model where other parts have a part number. */
#define NUMBER "CASE WHEN q.part_number <> '' THEN q.part_number ELSE q.model END"
#define PARTS                                                                                      \
	"SELECT " NUMBER ", COUNT(*) FROM placement p JOIN part q ON q.num = p.part_num JOIN "     \
	"host h ON h.num = p.host_num WHERE p.until_us = $2 AND "

struct report {
	struct db *db;
	const char *key;
	bool one;
	json_t *hosts, *faults, *warnings, *counts;
	bool truncated;
};

static void set_text(json_t *doc, const char *key, const char *text)
{
	if (*text)
		(void)json_object_set_new(doc, key, json_string_of(text));
}

static void count(json_t *counts, const char *key, int64_t n)
{
	(void)json_object_set_new(
		counts, key, json_integer(json_integer_value(json_object_get(counts, key)) + n));
}

/* ---- hosts ----------------------------------------------------------------------------------- */

static const char *count_of(const char *result)
{
	return str_eq(result, "PASS")         ? "passed"
	       : str_eq(result, "FAIL")       ? "failed"
	       : str_eq(result, "INCOMPLETE") ? "incomplete"
					      : "not_tested";
}

static void add_host(struct report *r, const struct db_rows *rows)
{
	static const struct {
		const char *key;
		int column;
	} texts[] = {{"short_code", 0}, {"name", 1}, {"serial", 2}, {"sku", 3},
		     {"state", 4},      {"tier", 6}, {"result", 7}};
	const char *result = db_text(rows, 7);
	json_t *host = json_object();

	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		set_text(host, texts[i].key, db_text(rows, texts[i].column));
	if (!str_eq(result, "PASS")) /* the detail of a passed run names its set of parts */
		set_text(host, "why", db_text(rows, 8));
	db_time_json(host, "started", rows, 9);
	db_time_json(host, "ended", rows, 10);
	(void)json_object_set_new(host, "open_faults", json_integer(db_int(rows, 5)));
	json_array_append_new(r->hosts, host);
	count(r->counts, "hosts", 1);
	count(r->counts, count_of(result), 1);
	count(r->counts, "open_faults", db_int(rows, 5));
}

static int read_hosts(struct report *r, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	int status;

	TRY(db_query(r->db, err, &rows,
		     r->one ? HOSTS OF_HOST " LIMIT $2"
			    : HOSTS OF_DELIVERY " ORDER BY h.short_code LIMIT $2",
		     p_text(r->key), p_int(BURN_REPORT_HOSTS_MAX + 1)));
	while ((status = db_rows_next(rows, err)) == 1) {
		if (json_array_size(r->hosts) == BURN_REPORT_HOSTS_MAX)
			r->truncated = true;
		else
			add_host(r, rows);
	}
	return status;
}

/* ---- faults ---------------------------------------------------------------------------------- */

static void add_fault(struct report *r, const struct db_rows *rows)
{
	static const struct {
		const char *key;
		int column;
	} texts[] = {{"host", 0},        {"state", 1},  {"code", 2}, {"part", 3},
		     {"part_number", 4}, {"serial", 5}, {"slot", 6}, {"certainty", 7},
		     {"action", 8},      {"detail", 9}, {"rma", 10}, {"firmware", 13}};
	json_t *fault = json_object();

	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		set_text(fault, texts[i].key, db_text(rows, texts[i].column));
	db_time_json(fault, "opened", rows, 11);
	db_time_json(fault, "closed", rows, 12);
	json_array_append_new(r->faults, fault);
}

static int read_faults(struct report *r, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	int status;

	TRY(db_query(r->db, err, &rows,
		     r->one ? FAULTS OF_HOST " ORDER BY f.num LIMIT $2"
			    : FAULTS OF_DELIVERY " ORDER BY f.num LIMIT $2",
		     p_text(r->key), p_int(BURN_REPORT_FAULTS_MAX + 1)));
	while ((status = db_rows_next(rows, err)) == 1) {
		if (json_array_size(r->faults) == BURN_REPORT_FAULTS_MAX)
			r->truncated = true;
		else
			add_fault(r, rows);
	}
	return status;
}

static int read_warnings(struct report *r, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	int status;

	TRY(db_query(r->db, err, &rows,
		     r->one ? WARNINGS OF_HOST " ORDER BY e.id DESC LIMIT $2"
			    : WARNINGS OF_DELIVERY " ORDER BY e.id DESC LIMIT $2",
		     p_text(r->key), p_int(BURN_REPORT_FAULTS_MAX)));
	while ((status = db_rows_next(rows, err)) == 1) {
		json_t *row = json_object();

		set_text(row, "host", db_text(rows, 0));
		db_time_json(row, "at", rows, 1);
		set_text(row, "summary", db_text(rows, 2));
		json_array_append_new(r->warnings, row);
	}
	return status;
}

/* ---- rankings -------------------------------------------------------------------------------- */

static const char *text_at(const json_t *doc, const char *key)
{
	const char *text = json_string_value(json_object_get(doc, key));

	return text ? text : "";
}

static void name_code(const json_t *fault, struct str *out)
{
	str_add(out, text_at(fault, "code"));
}

static void name_part_number(const json_t *fault, struct str *out)
{
	str_add(out, text_at(fault, "part_number"));
}

/* "ST8000NM ZA1B..": what serials of one part number begin with. */
static void name_lot(const json_t *fault, struct str *out)
{
	const char *number = text_at(fault, "part_number"), *serial = text_at(fault, "serial");
	struct str lot;

	if (!*number || strlen(serial) <= BURN_REPORT_LOT_CHARS)
		return;
	str_init(&lot, 64);
	str_addf(&lot, "%.*s", BURN_REPORT_LOT_CHARS, serial);
	str_addf(out, "%s, serials %s...", number, lot.p);
	str_done(&lot);
}

static void name_firmware(const json_t *fault, struct str *out)
{
	const char *number = text_at(fault, "part_number");
	const char *firmware = text_at(fault, "firmware");

	if (*firmware)
		str_addf(out, "%s%sfirmware %s", number, *number ? ", " : "", firmware);
}

static const struct {
	const char *key;
	void (*name)(const json_t *fault, struct str *out);
} rankings[] = {
	{"codes", name_code},
	{"part_numbers", name_part_number},
	{"lots", name_lot},
	{"firmware", name_firmware},
};

/* {"NAME": {"name", "faults", "hosts": {"CODE": true}}} */
static void tally(json_t *groups, const char *name, const char *host)
{
	json_t *group = json_object_get(groups, name);

	if (!group) {
		group = json_pack("{s:o, s:i, s:{}}", "name", json_string_of(name), "faults", 0,
				  "hosts");
		(void)json_object_set_new(groups, name, group);
	}
	count(group, "faults", 1);
	(void)json_object_set_new(json_object_get(group, "hosts"), host, json_true());
}

static int by_hosts(const void *a, const void *b)
{
	const json_t *x = *(json_t *const *)a, *y = *(json_t *const *)b;
	json_int_t dx = json_integer_value(json_object_get(x, "hosts"));
	json_int_t dy = json_integer_value(json_object_get(y, "hosts"));

	if (dx == dy) {
		dx = json_integer_value(json_object_get(x, "faults"));
		dy = json_integer_value(json_object_get(y, "faults"));
	}
	return dx != dy ? (dx < dy) - (dx > dy) : strcmp(text_at(x, "name"), text_at(y, "name"));
}

/* Most hosts first. */
static json_t *sorted(json_t *groups)
{
	size_t n = json_object_size(groups), i = 0;
	autofree json_t **list = xcalloc(n + 1, sizeof(json_t *));
	json_t *group, *out = json_array();
	const char *name;

	json_object_foreach (groups, name, group) {
		size_t hosts = json_object_size(json_object_get(group, "hosts"));

		(void)json_object_set_new(group, "hosts", json_integer((json_int_t)hosts));
		list[i++] = group;
	}
	qsort(list, n, sizeof(*list), by_hosts);
	for (i = 0; i < n; i++)
		json_array_append(out, list[i]);
	return out;
}

static json_t *rank(const struct report *r)
{
	json_t *out = json_object();

	for (size_t k = 0; k < ARRAY_LEN(rankings); k++) {
		autojson json_t *groups = json_object();
		json_t *fault;
		size_t i;

		json_array_foreach (r->faults, i, fault) {
			autostr struct str name = {0};

			str_init(&name, 1024);
			rankings[k].name(fault, &name);
			if (name.n_bytes && str_ok(&name))
				tally(groups, name.p, text_at(fault, "host"));
		}
		(void)json_object_set_new(out, rankings[k].key, sorted(groups));
	}
	return out;
}

/* How many parts of a number these hosts have: "11 of 96". */
static int count_parts(const struct report *r, json_t *ranked, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	int status;

	TRY(db_query(r->db, err, &rows,
		     r->one ? PARTS OF_HOST " GROUP BY " NUMBER
			    : PARTS OF_DELIVERY " GROUP BY " NUMBER,
		     p_text(r->key), p_int(MOMENT_OPEN)));
	while ((status = db_rows_next(rows, err)) == 1) {
		json_t *group;
		size_t i;

		json_array_foreach (ranked, i, group)
			if (str_eq(text_at(group, "name"), db_text(rows, 0)))
				(void)json_object_set_new(group, "parts",
							  json_integer(db_int(rows, 1)));
	}
	return status;
}

/* ---- the document ---------------------------------------------------------------------------- */

static json_t *first_counts(void)
{
	return json_pack("{s:i, s:i, s:i, s:i, s:i, s:i}", "hosts", 0, "passed", 0, "failed", 0,
			 "incomplete", 0, "not_tested", 0, "open_faults", 0);
}

static int fill(struct report *r, const struct burn_report_ask *ask, json_t *doc, struct err *err)
{
	char at[TIME_TEXT_BYTES];
	json_t *ranked;

	TRY(read_hosts(r, err));
	if (json_array_size(r->hosts) == 0)
		return err_set(err, ERR_NOT_FOUND,
			       r->one ? "no such host" : "the delivery '%.64s' has no hosts",
			       r->key);
	TRY(read_faults(r, err));
	TRY(read_warnings(r, err));
	ranked = rank(r);
	(void)json_object_set_new(doc, "failures", ranked);
	TRY(count_parts(r, json_object_get(ranked, "part_numbers"), err));
	time_rfc3339(ask->now_us, at);
	(void)json_object_set_new(doc, "at", json_string(at));
	(void)json_object_set_new(
		doc, r->one ? "host" : "delivery",
		r->one ? json_incref(json_object_get(json_array_get(r->hosts, 0), "short_code"))
		       : json_string_of(r->key));
	(void)json_object_set_new(doc, "truncated", json_boolean(r->truncated));
	return 0;
}

int burn_report_of(struct db *db, const struct burn_report_ask *ask, json_t **ret, struct err *err)
{
	struct report r = {.db = db,
			   .key = ask->host_id ? ask->host_id : ask->delivery,
			   .one = ask->host_id != NULL,
			   .hosts = json_array(),
			   .faults = json_array(),
			   .warnings = json_array(),
			   .counts = first_counts()};
	json_t *doc = json_pack("{s:s, s:o, s:o, s:o, s:o}", "type", "slipway-burn-in-report/v1",
				"hosts", r.hosts, "faults", r.faults, "warnings", r.warnings,
				"counts", r.counts);
	int status = fill(&r, ask, doc, err);

	if (status < 0)
		json_decref(doc);
	else
		*ret = doc;
	return status < 0 ? status : 0;
}
