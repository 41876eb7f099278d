/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Expected against found: the host's SKU against its parts, its delivery line and location against
 * what LLDP says. A part that the firmware disabled shows as its empty slot, by the printed label.
 * Input: stored documents of checked shape.
 */
#include <inventory/expect.h>

#include <stdlib.h>
#include <string.h>

#include <base/json.h>
#include <base/limits.h>
#include <base/str.h>
#include <base/vec.h>
#include <inventory/event.h>
#include <inventory/facts.h>

#include "../hosts/history.h"
#include "../hosts/host_row.h"
#include "../parts/brief.h"
#include "compare_parts.h"
#include "differences.h"
#include "port_name.h"
#include "relayed_port.h"

static const char *text_of(const json_t *j, const char *key)
{
	const char *text = json_string_value(json_object_get(j, key));

	return text ? text : "";
}

static void compare_sums(const json_t *want, const json_t *have, json_t *out)
{
	static const char *const names[] = {"cores", "sockets", "MemoryMiB", "BiosVersion"};

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		json_t *found = json_object_get(have, names[i]);
		const struct part_difference d = {.what = found ? "wrong" : "unknown",
						  .type = "host",
						  .field = names[i],
						  .expected = json_object_get(want, names[i]),
						  .found = found};
		if (d.expected && !json_equal(d.expected, d.found))
			compare_parts_differ(out, &d);
	}
}

/* ---- against the SKU ------------------------------------------------------------------------- */

static int load_sku(struct db *db, int64_t host_num, json_t **ret, char *ret_name,
		    size_t name_bytes, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;

	TRY(db_query(
		db, err, &rows,
		"SELECT h.sku, s.body FROM host h LEFT JOIN sku s ON s.name = h.sku WHERE h.num "
		"= $1",
		p_int(host_num)));
	int r = db_rows_next(rows, err);
	if (r <= 0)
		return r < 0 ? r : err_set(err, ERR_HOST_UNKNOWN, "there is no such host");
	(void)str_copy(ret_name, name_bytes, db_text(rows, 0));
	if (db_is_null(rows, 1))
		return 0;
	return json_load_strict(db_text(rows, 1), strlen(db_text(rows, 1)), LIMIT_FACTS_BYTES, ret,
				err);
}

/* 1: compared, 0: nothing to compare with. */
static int compare_sku(struct db *db, int64_t host_num, json_t *out, char *ret_name,
		       size_t name_bytes, struct err *err)
{
	autojson json_t *want = NULL;
	autojson json_t *have = NULL;
	struct err own = ERR_INIT;

	TRY(load_sku(db, host_num, &want, ret_name, name_bytes, err));
	if (!want)
		return 0;
	int r = sku_learn(db, host_num, &have, &own);
	if (r == -ERR_NOT_FOUND)
		return 0;
	if (r < 0) {
		*err = own;
		return r;
	}
	compare_sums(want, have, out);
	compare_parts_forget_kernel_names(json_object_get(want, "parts"));
	if (json_object_get(want, "parts"))
		compare_parts(json_object_get(want, "parts"), json_object_get(have, "parts"), out);
	return 1;
}

static int sku_status(struct db *db, int64_t host_num, const char **ret, struct err *err)
{
	char name[129];
	autojson json_t *differences = json_array();
	int r = compare_sku(db, host_num, differences, name, sizeof(name), err);

	*ret = r <= 0 ? "" : json_array_size(differences) ? "differs" : "match";
	return r < 0 ? r : 0;
}

int host_refresh_sku_status(struct db *db, int64_t host_num, struct err *err)
{
	const char *status;

	TRY(sku_status(db, host_num, &status, err));
	TRY(db_exec(db, err, "UPDATE host SET sku_status = $2 WHERE num = $1 AND sku_status <> $2",
		    p_int(host_num), p_text(status)));
	return host_refresh_differences(db, host_num, err);
}

/* A change of the host of its own. */
static int write_status(struct db *db, int64_t host_num, const char *sku, const char *status,
			int64_t now_us, struct err *err)
{
	struct moment m;
	autofree char *summary = xasprintf("compared with the new SKU %s: %s", sku,
					   status[0] ? status : "unknown");

	TRY(host_change_begin(db, host_num, now_us, &m, err));
	TRY(db_exec(db, err,
		    "UPDATE host SET sku_status = $2, changed_us = $3, revision = revision + 1 "
		    "WHERE num = $1",
		    p_int(host_num), p_text(status), p_int(m.at_us)));
	struct event_draft e = {
		.host_num = host_num, .kind = "host.sku_status", .summary = summary};
	return event_append_at(db, &e, &m, err);
}

static int refresh_next(struct db *db, const char *sku, int64_t *after, int64_t now_us,
			struct err *err)
{
	int64_t num = 0, is_same = 0;
	const char *status;

	TRY(db_query_int(db, err, &num, 0,
			 "SELECT num FROM host WHERE sku = $1 AND num > $2 ORDER BY num LIMIT 1",
			 p_text(sku), p_int(*after)));
	if (!num)
		return 0;
	*after = num;
	TRY(sku_status(db, num, &status, err));
	TRY(host_refresh_differences(db, num, err));
	TRY(db_query_int(db, err, &is_same, 0,
			 "SELECT count(*) FROM host WHERE num = $1 AND sku_status = $2", p_int(num),
			 p_text(status)));
	if (!is_same)
		TRY(write_status(db, num, sku, status, now_us, err));
	return 1;
}

int sku_refresh_next(struct db *db, const char *sku, int64_t *after, int64_t now_us,
		     struct err *err)
{
	TRY(db_begin(db, err));
	return db_end(db, refresh_next(db, sku, after, now_us, err), err);
}

/* ---- against the list and the floor plan ----------------------------------------------------- */

static void compare_text(json_t *out, const char *type, const char *field, const char *expected,
			 const char *found)
{
	if (!expected[0] || !found[0] || str_eq(expected, found))
		return;
	autojson json_t *e = json_string(expected);
	autojson json_t *f = json_string(found);
	const struct part_difference d = {
		.what = "wrong", .type = type, .field = field, .expected = e, .found = f};
	compare_parts_differ(out, &d);
}

/* Does this card's neighbour fit the plan? An empty word of the plan fits all. */
static bool card_fits(const json_t *nic, const char *name, const char *port)
{
	const json_t *lldp = json_object_get(nic, "lldp");
	bool name_fits = !name[0] || port_name_same_switch(name, text_of(lldp, "SysName")) ||
			 port_name_same_switch(name, text_of(lldp, "ChassisId"));
	bool port_fits = !port[0] || port_name_same_port(port, text_of(lldp, "PortId")) ||
			 port_name_same_port(port, text_of(lldp, "PortDescription"));

	return lldp ? name_fits && port_fits : relayed_port_fits(nic, name, port);
}

static const json_t *fitting_card(const json_t *facts, const char *name, const char *port)
{
	size_t i;
	json_t *nic;

	json_array_foreach (json_object_get(facts, "nics"), i, nic)
		if (card_fits(nic, name, port))
			return nic;
	return NULL;
}

static int load_facts(struct db *db, int64_t host_num, json_t **ret, struct err *err)
{
	int rc = facts_load(db, host_num, 0, ret, err);

	if (rc >= 0)
		return facts_add_relayed(db, host_num, *ret, err);
	if (rc != -ERR_NOT_FOUND)
		return rc;
	err_clear(err);
	return 0;
}

/* Where a host that no switch greets is plugged in, as a relay says it. */
static const json_t *relayed_card(const json_t *facts)
{
	size_t i;
	json_t *nic;

	json_array_foreach (json_object_get(facts, "nics"), i, nic)
		if (!json_object_get(nic, "lldp") && json_object_get(nic, FACTS_RELAYED))
			return nic;
	return NULL;
}

struct far_end {
	const char *name, *port;
	char relayed[RELAYED_PORT_BYTES];
};

/* LLDP's word first; without any, the relay's. card: on the right switch, or NULL. */
static void find_end(const struct db_rows *rows, const json_t *facts, const json_t *card,
		     struct far_end *ret)
{
	const json_t *lldp = json_object_get(card, "lldp");

	*ret = (struct far_end){db_text(rows, 2), lldp ? brief_port_of(lldp) : db_text(rows, 3),
				""};
	if (lldp || (!card && ret->name[0]))
		return;
	const json_t *nic = card ? card : relayed_card(facts);
	relayed_port_name(nic, ret->relayed);
	ret->name = relayed_port_switch(nic);
	ret->port = ret->relayed;
}

/* No card is where the plan says. If one is on that switch at least, its port is the wrong one. */
static void differ_in_port(const struct db_rows *rows, const json_t *facts, const char *type,
			   json_t *out)
{
	const char *name = db_text(rows, 0), *port = db_text(rows, 1);
	const json_t *card = name[0] ? fitting_card(facts, name, "") : NULL;
	struct far_end found;

	find_end(rows, facts, card, &found);
	if (!card && port_name_tells_switch(name, found.name))
		compare_text(out, type, "switch.name", name, found.name);
	if ((card || !port_name_same_port(port, found.port)) &&
	    port_name_tells_port(port, found.port))
		compare_text(out, type, "switch.port", port, found.port);
}

/* Columns: expected name and port, found name and port. The plan names one of the host's cards: any
 * card that is plugged in there makes it right. */
#define OWN_PLACE                                                                                  \
	"SELECT l.switch_name, l.switch_port, h.switch_name, h.switch_port FROM host h JOIN "      \
	"location l ON l.site = h.site AND l.rack_row = h.rack_row AND l.rack = h.rack AND "       \
	"l.rack_unit = h.rack_unit WHERE h.num = $1"

static int compare_ports(struct db *db, const char *sql, int64_t host_num, const char *type,
			 json_t *out, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	struct db_param p = p_int(host_num);
	autojson json_t *facts = NULL;

	TRY(load_facts(db, host_num, &facts, err));
	TRY(db_query_n(db, sql, &p, 1, &rows, err));
	int r;
	while ((r = db_rows_next(rows, err)) == 1)
		if (!fitting_card(facts, db_text(rows, 0), db_text(rows, 1)))
			differ_in_port(rows, facts, type, out);
	return r;
}

/* ---- the rack unit --------------------------------------------------------------------------- */

/* Each name of the plan once, from the index. */
static const char switch_names_sql[] =
	"WITH RECURSIVE n(name) AS (SELECT min(switch_name) FROM location WHERE switch_name > '' "
	"UNION ALL SELECT (SELECT min(l.switch_name) FROM location l WHERE l.switch_name > n.name) "
	"FROM n WHERE n.name IS NOT NULL) SELECT name FROM n WHERE name IS NOT NULL";

typedef VEC(char *) name_list;

static int list_switches(struct db *db, const json_t *facts, name_list *ret, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	int r;

	TRY(db_query_n(db, switch_names_sql, NULL, 0, &rows, err));
	while ((r = db_rows_next(rows, err)) == 1)
		if (fitting_card(facts, db_text(rows, 0), ""))
			VEC_PUSH(ret, xstrdup(db_text(rows, 0)));
	return r;
}

static void differ_in_unit(const struct db_rows *rows, json_t *out)
{
	autojson json_t *e = json_pack("{s:s, s:I}", "rack", db_text(rows, 0), "unit",
				       (json_int_t)db_int(rows, 1));
	autojson json_t *f = json_pack("{s:s, s:I}", "rack", db_text(rows, 2), "unit",
				       (json_int_t)db_int(rows, 3));
	const struct part_difference d = {
		.what = "moved", .type = "host", .field = "unit", .expected = e, .found = f};

	compare_parts_differ(out, &d);
}

static int compare_switch(struct db *db, int64_t host_num, const json_t *facts, const char *name,
			  json_t *out, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	int r;

	TRY(db_query(
		db, err, &rows,
		"SELECT h.rack, h.rack_unit, l.rack, l.rack_unit, l.switch_port FROM host h JOIN "
		"location l ON l.switch_name = $2 WHERE h.num = $1 AND h.rack <> '' AND "
		"h.rack_unit IS NOT NULL AND (l.rack <> h.rack OR l.rack_unit <> h.rack_unit)",
		p_int(host_num), p_text(name)));
	while ((r = db_rows_next(rows, err)) == 1)
		if (db_text(rows, 4)[0] && fitting_card(facts, name, db_text(rows, 4)))
			differ_in_unit(rows, out);
	return r;
}

/* 1: a card is plugged in at the host's own place, so another card elsewhere does not move it. */
static int stands_right(struct db *db, int64_t host_num, const json_t *facts, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	int r;

	TRY(db_query(db, err, &rows, OWN_PLACE, p_int(host_num)));
	while ((r = db_rows_next(rows, err)) == 1)
		if (db_text(rows, 0)[0] && db_text(rows, 1)[0] &&
		    fitting_card(facts, db_text(rows, 0), db_text(rows, 1)))
			return 1;
	return r;
}

/* The port that LLDP names belongs to another rack unit: the host stands there. Names are compared
 * as those of the plan are elsewhere, not by their exact text. */
static int compare_unit(struct db *db, int64_t host_num, json_t *out, struct err *err)
{
	autojson json_t *facts = NULL;
	name_list names = {0};

	TRY(load_facts(db, host_num, &facts, err));
	int r = stands_right(db, host_num, facts, err);
	if (r != 0)
		return r < 0 ? r : 0;
	r = list_switches(db, facts, &names, err);
	for (size_t i = 0; i < names.n; i++) {
		if (r >= 0)
			r = compare_switch(db, host_num, facts, names.items[i], out, err);
		free(names.items[i]);
	}
	VEC_DONE(&names);
	return r;
}

static int compare_place(struct db *db, int64_t host_num, json_t *out, struct err *err)
{
	TRY(compare_ports(db,
			  "SELECT d.switch_name, d.switch_port, h.switch_name, h.switch_port FROM "
			  "host h JOIN delivery_line d ON d.host_num = h.num WHERE h.num = $1",
			  host_num, "delivery", out, err));
	TRY(compare_ports(db, OWN_PLACE, host_num, "location", out, err));
	return compare_unit(db, host_num, out, err);
}

int host_compare(struct db *db, int64_t host_num, json_t **ret, struct err *err)
{
	char name[129] = "";
	autojson json_t *differences = json_array();
	int compared = compare_sku(db, host_num, differences, name, sizeof(name), err);

	if (compared < 0)
		return compared;
	TRY(compare_place(db, host_num, differences, err));
	const char *status = json_array_size(differences) ? "differs"
			     : compared                   ? "match"
							  : "unknown";
	*ret = json_pack("{s:o, s:s, s:O}", "sku", name[0] ? json_string(name) : json_null(),
			 "status", status, "differences", differences);
	return 0;
}

int host_refresh_differences(struct db *db, int64_t host_num, struct err *err)
{
	autojson json_t *doc = NULL;
	int64_t has_facts = 0;

	TRY(db_query_int(db, err, &has_facts, 0, "SELECT count(*) FROM host_facts WHERE num = $1",
			 p_int(host_num)));
	if (!has_facts) /* nothing was found yet that could differ */
		return 0;
	TRY(host_compare(db, host_num, &doc, err));
	return differences_store(db, host_num, json_object_get(doc, "differences"), err);
}
