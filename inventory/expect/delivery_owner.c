/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the store has of the values of a row: the host that they belong to, and other hosts that hold
 * what the row claims. Values that several machines were seen with count for nothing.
 */
#include "delivery_row.h"

#include <ctype.h>
#include <string.h>

#include <base/json.h>
#include <inventory/identity.h>

#include "../hosts/evidence.h"

#define ZEROS_MAX 20 /* a number of so many digits is looked for with zeros before it */

struct owner {
	int64_t num;
	char code[HOST_SHORT_CODE_BYTES], id[HOST_ID_BYTES];
	char serial[129], uuid[37];
	char by[180]; /* the value that found it, in words */
};

struct owners {
	size_t n;
	struct owner found[4];
};

static void note_owner(struct owners *o, const struct db_rows *rows, const char *member,
		       const char *value)
{
	for (size_t i = 0; i < o->n; i++)
		if (o->found[i].num == db_int(rows, 0))
			return;
	if (o->n == ARRAY_LEN(o->found))
		return;
	struct owner *one = &o->found[o->n++];
	autofree char *by = xasprintf("%s '%.140s'", member, value);
	one->num = db_int(rows, 0);
	(void)str_copy(one->code, sizeof(one->code), db_text(rows, 1));
	(void)str_copy(one->id, sizeof(one->id), db_text(rows, 2));
	(void)str_copy(one->serial, sizeof(one->serial), db_text(rows, 3));
	(void)str_copy(one->uuid, sizeof(one->uuid), db_text(rows, 5));
	(void)str_copy(one->by, sizeof(one->by), by);
}

#define OWNER_SQL                                                                                          \
	"SELECT e.host_num, h.short_code, h.id, h.serial, e.value, h.uuid FROM evidence e JOIN host h ON " \
	"h.num = e.host_num WHERE e.kind = $1 AND NOT EXISTS (SELECT 1 FROM evidence_shared s "            \
	"WHERE s.kind = e.kind AND s.value = e.value) AND e.value "

static int find_by(struct db *db, const char *kind, const char *member, const char *value,
		   struct owners *o, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;

	if (!value[0])
		return 0;
	TRY(db_query(db, err, &rows, OWNER_SQL "= $2", p_text(kind), p_text(value)));
	int r;
	while ((r = db_rows_next(rows, err)) == 1)
		note_owner(o, rows, member, value);
	return r;
}

/* UUIDs are stored in the lesser of two byte orders. */
static int find_by_uuid(struct db *db, const char *uuid, struct owners *o, struct err *err)
{
	char folded[37];

	if (!uuid[0])
		return 0;
	evidence_fold_uuid(uuid, folded);
	return find_by(db, "uuid", "uuid", folded, o, err);
}

static int find_all(struct db *db, const struct delivery_row *r, struct owners *o, struct err *err)
{
	TRY(find_by(db, "serial", "serial", r->text[ROW_SERIAL], o, err));
	TRY(find_by_uuid(db, r->text[ROW_UUID], o, err));
	for (size_t i = 0; i < r->n_macs; i++)
		TRY(find_by(db, "mac", "MAC address", r->macs[i], o, err));
	return 0;
}

/* ---- serials that are nearly the same -------------------------------------------------------- */

static void variants_of(const char *serial, char ret[ZEROS_MAX + 3][140])
{
	size_t n = strlen(serial), k = 0;

	for (size_t i = 0; i < ZEROS_MAX + 3; i++)
		(void)str_copy(ret[i], 140, serial);
	for (size_t i = 0; i <= n && n < 140; i++) {
		ret[k][i] = (char)toupper((unsigned char)serial[i]);
		ret[k + 1][i] = (char)tolower((unsigned char)serial[i]);
	}
	k = 2;
	if (n == 0 || n >= ZEROS_MAX || strspn(serial, "0123456789") != n)
		return;
	(void)str_copy(ret[k++], 140, serial + strspn(serial, "0"));
	for (size_t zeros = 1; n + zeros <= ZEROS_MAX; zeros++) {
		memset(ret[k], '0', zeros);
		memcpy(ret[k++] + zeros, serial, n + 1);
	}
}

/* A host whose serial differs in case or in zeros before a number alone. */
static int look_for_variants(struct db *db, struct delivery_row *r, struct err *err)
{
	char variants[ZEROS_MAX + 3][140];
	struct db_param params[ZEROS_MAX + 4];
	AUTO(db_rows) struct db_rows *rows = NULL;

	if (!r->text[ROW_SERIAL][0])
		return 0;
	variants_of(r->text[ROW_SERIAL], variants);
	params[0] = p_text("serial");
	for (size_t i = 0; i < ZEROS_MAX + 3; i++)
		params[i + 1] = p_text(variants[i]);
	TRY(db_query_n(db,
		       OWNER_SQL "IN ($2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, "
				 "$15, $16, $17, $18, $19, $20, $21, $22, $23, $24)",
		       params, ARRAY_LEN(params), &rows, err));
	int more;
	while ((more = db_rows_next(rows, err)) == 1)
		if (!str_eq(db_text(rows, 4), r->text[ROW_SERIAL]))
			delivery_refuse(
				r, delivery_finding(ERR_ROW_TAKEN, "serial", NULL,
						    "serial '%s' is nearly the serial '%s' of host "
						    "%s: were leading zeros or capitals lost?",
						    r->text[ROW_SERIAL], db_text(rows, 4),
						    db_text(rows, 1)));
	return more;
}

/* ---- the row's host -------------------------------------------------------------------------- */

/* The same UUID, in whichever byte order firmware tells it. */
static bool same_uuid(const char *a, const char *b)
{
	char one[37], other[37];

	if (placeholder_uuid(a) || placeholder_uuid(b))
		return true; /* one of them is unknown */
	evidence_fold_uuid(a, one);
	evidence_fold_uuid(b, other);
	return str_eq(one, other);
}

static void refuse_taken(struct delivery_row *r, const char *member, const struct owner *o,
			 const char *why)
{
	delivery_refuse(r, delivery_finding(ERR_ROW_TAKEN, member, NULL,
					    "%s belongs to host %s%s%s%s: %s", o->by, o->code,
					    o->serial[0] ? " with serial '" : "", o->serial,
					    o->serial[0] ? "'" : "", why));
}

/* Its line in this delivery; a host of another delivery is refused. */
static int read_line(const struct delivery_look *look, struct delivery_row *r,
		     const struct owner *o, int64_t *ret_line, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;

	TRY(db_query(look->db, err, &rows,
		     "SELECT l.num, l.line, l.delivery_num, d.name FROM delivery_line l JOIN "
		     "delivery d ON d.num = l.delivery_num WHERE l.host_num = $1",
		     p_int(o->num)));
	int more;
	while ((more = db_rows_next(rows, err)) == 1) {
		if (db_int(rows, 2) == look->delivery_num) {
			r->line_num = db_int(rows, 0);
			*ret_line = db_int(rows, 1);
			continue;
		}
		autofree char *why = xasprintf("it is on line %lld of delivery '%s'",
					       (long long)db_int(rows, 1), db_text(rows, 3));
		refuse_taken(r, "serial", o, why);
	}
	return more;
}

struct likeness {
	bool seen, has_macs, shares_mac;
};

static int compare_macs(struct db *db, struct delivery_row *r, struct likeness *ret,
			json_t **ret_macs, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	int64_t seen_us = 0;

	*ret_macs = json_array();
	TRY(db_query_int(db, err, &seen_us, 0, "SELECT seen_us FROM host_seen WHERE host_num = $1",
			 p_int(r->host_num)));
	ret->seen = seen_us > 0;
	TRY(db_query(db, err, &rows,
		     "SELECT value FROM evidence WHERE host_num = $1 AND kind = 'mac' ORDER BY "
		     "value",
		     p_int(r->host_num)));
	int more;
	while ((more = db_rows_next(rows, err)) == 1) {
		ret->has_macs = true;
		(void)json_array_append_new(*ret_macs, json_string(db_text(rows, 0)));
		for (size_t i = 0; i < r->n_macs; i++)
			ret->shares_mac |= str_eq(r->macs[i], db_text(rows, 0));
	}
	return more;
}

static void note_new_macs(struct delivery_row *r, const json_t *has, const struct owner *o,
			  bool seen)
{
	json_t *is = json_array();
	bool differs = json_array_size(has) != r->n_macs;

	for (size_t i = 0; i < r->n_macs; i++) {
		bool known = false;
		for (size_t k = 0; k < json_array_size(has); k++)
			known |= str_eq(json_string_value(json_array_get(has, k)), r->macs[i]);
		(void)json_array_append_new(is, json_string(r->macs[i]));
		differs |= !known;
		if (!known && seen)
			delivery_warn(r,
				      delivery_finding(ERR_ROW_TAKEN, "macs", NULL,
						       "MAC address '%s' is ignored: host %s was "
						       "on the network and does not have it",
						       r->macs[i], o->code));
	}
	if (differs && !seen)
		delivery_change(r, "macs", json_deep_copy(has), is);
	else
		json_decref(is);
}

/* Is it the same machine? What contradicts is refused, except for the corrected line of a host that
 * was never seen: a list is all that is known of it. */
static int judge_host(const struct delivery_look *look, struct delivery_row *r,
		      const struct owner *o, struct err *err)
{
	struct likeness like = {0};
	int64_t line = 0;
	autojson json_t *macs = NULL;
	const char *serial = r->text[ROW_SERIAL];

	TRY(read_line(look, r, o, &line, err));
	TRY(compare_macs(look->db, r, &like, &macs, err));
	bool corrected = r->line_num && !like.seen && line == r->line;
	if (serial[0] && o->serial[0] && !str_eq(serial, o->serial)) {
		if (!corrected)
			refuse_taken(r, "macs", o, "the row names another serial");
		delivery_change(r, "serial", json_string(o->serial), json_string(serial));
	}
	if (!same_uuid(r->text[ROW_UUID], o->uuid) && !corrected)
		refuse_taken(r, "uuid", o, "the row names another UUID");
	if (like.has_macs && r->n_macs && !like.shares_mac && !corrected)
		refuse_taken(r, "serial", o, "the row names other MAC addresses");
	if (r->n_macs)
		note_new_macs(r, macs, o, like.seen);
	r->replaces = !like.seen;
	return 0;
}

/* ---- claims ---------------------------------------------------------------------------------- */

static void claim(struct delivery_row *r, const struct db_rows *rows, const char *member,
		  const char *what)
{
	json_t *f = delivery_finding(ERR_ROW_TAKEN, member, NULL, "%s belongs to host %s", what,
				     db_text(rows, 1));

	if (!r->claims)
		r->claims = json_array();
	(void)json_array_append_new(r->claims, json_pack("{s:I, s:s, s:o}", "owner",
							 (json_int_t)db_int(rows, 0), "member",
							 member, "error", f));
}

#define CLAIM_SQL "SELECT num, short_code FROM host WHERE num <> $1 AND state <> $2 AND "

static int claim_by(const struct delivery_look *look, struct delivery_row *r, const char *sql,
		    const char *member, const char *value, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;

	if (!value[0])
		return 0;
	autofree char *what = xasprintf("%s '%s'", member, value);
	TRY(db_query_n(look->db, sql,
		       (struct db_param[]){p_int(r->host_num), p_text(look->gone), p_text(value)},
		       3, &rows, err));
	int more;
	while ((more = db_rows_next(rows, err)) == 1)
		claim(r, rows, member, what);
	return more;
}

static int claim_place(const struct delivery_look *look, struct delivery_row *r, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;

	if (r->unit < 0 || !r->text[ROW_RACK][0])
		return 0;
	autofree char *what = xasprintf("rack '%s' unit %lld", r->text[ROW_RACK],
					(long long)r->unit);
	TRY(db_query(look->db, err, &rows,
		     CLAIM_SQL "site = $3 AND rack = $4 AND rack_unit = $5 AND rack_row = $6 AND "
			       "NOT EXISTS (SELECT 1 FROM evidence e WHERE e.host_num = host.num "
			       "AND e.kind = 'chassis' AND e.value = $7)",
		     p_int(r->host_num), p_text(look->gone), p_text(r->text[ROW_SITE]),
		     p_text(r->text[ROW_RACK]), p_int(r->unit), p_text(r->text[ROW_RACK_ROW]),
		     p_text(r->text[ROW_CHASSIS])));
	int more;
	while ((more = db_rows_next(rows, err)) == 1)
		claim(r, rows, "unit", what);
	return more;
}

static int claim_macs(const struct delivery_look *look, struct delivery_row *r, struct err *err)
{
	static const char of_bmc[] = "SELECT l.host_num, h.short_code FROM delivery_line l JOIN "
				     "host h ON h.num = l.host_num WHERE l.host_num <> $1 AND "
				     "h.state <> $2 AND l.bmc_mac = $3";
	static const char of_nic[] = "SELECT e.host_num, h.short_code FROM evidence e JOIN host h "
				     "ON h.num = e.host_num WHERE e.host_num <> $1 AND h.state <> "
				     "$2 AND e.kind = 'mac' AND e.value = $3";

	TRY(claim_by(look, r, of_bmc, "bmc_mac", r->text[ROW_BMC_MAC], err));
	TRY(claim_by(look, r, of_nic, "bmc_mac", r->text[ROW_BMC_MAC], err));
	for (size_t i = 0; i < r->n_macs; i++)
		TRY(claim_by(look, r, of_bmc, "macs", r->macs[i], err));
	return 0;
}

static int look_for_claims(const struct delivery_look *look, struct delivery_row *r,
			   struct err *err)
{
	TRY(claim_by(look, r, CLAIM_SQL "asset_tag = $3", "asset_tag", r->text[ROW_ASSET_TAG],
		     err));
	TRY(claim_by(look, r, CLAIM_SQL "name = $3", "name", r->text[ROW_NAME], err));
	TRY(claim_macs(look, r, err));
	return claim_place(look, r, err);
}

/* ---- what changes ---------------------------------------------------------------------------- */

static json_t *shown(const struct db_rows *rows, int column, bool number)
{
	if (db_is_null(rows, column) || (!number && !db_text(rows, column)[0]))
		return json_null();
	return number ? json_integer(db_int(rows, column)) : json_string(db_text(rows, column));
}

/* What the list says about the host, where it says something. */
static int compare_host(const struct delivery_look *look, struct delivery_row *r, struct err *err)
{
	static const enum delivery_text texts[] = {ROW_SKU,  ROW_SITE,      ROW_RACK_ROW,
						   ROW_RACK, ROW_ASSET_TAG, ROW_NAME};
	static const char *const members[] = {"sku", "site", "row", "rack", "asset_tag", "name"};
	AUTO(db_rows) struct db_rows *rows = NULL;

	TRY(db_query(look->db, err, &rows,
		     "SELECT sku, site, rack_row, rack, asset_tag, name, rack_unit FROM host WHERE "
		     "num = $1",
		     p_int(r->host_num)));
	int more = db_rows_next(rows, err);
	for (int i = 0; more == 1 && i < (int)ARRAY_LEN(texts); i++) {
		const char *is = r->text[texts[i]];
		if (is[0] && !str_eq(is, db_text(rows, i)))
			delivery_change(r, members[i], shown(rows, i, false), json_string(is));
	}
	if (more == 1 && r->unit >= 0 && (db_is_null(rows, 6) || db_int(rows, 6) != r->unit))
		delivery_change(r, "unit", shown(rows, 6, true), json_integer(r->unit));
	return more < 0 ? more : 0;
}

/* What the line keeps and the host does not. */
static int compare_line(const struct delivery_look *look, struct delivery_row *r, struct err *err)
{
	static const enum delivery_text texts[] = {ROW_UUID, ROW_CHASSIS, ROW_BMC_MAC, ROW_SWITCH,
						   ROW_PORT};
	static const char *const members[] = {"uuid", "chassis", "bmc_mac", "switch", "port"};
	AUTO(db_rows) struct db_rows *rows = NULL;

	if (!r->line_num)
		return 0;
	TRY(db_query(look->db, err, &rows,
		     "SELECT uuid, chassis, bmc_mac, switch_name, switch_port FROM delivery_line "
		     "WHERE num = $1",
		     p_int(r->line_num)));
	int more = db_rows_next(rows, err);
	for (int i = 0; more == 1 && i < (int)ARRAY_LEN(texts); i++) {
		const char *is = r->text[texts[i]];
		if (!str_eq(is, db_text(rows, i)))
			delivery_change(r, members[i], shown(rows, i, false),
					is[0] ? json_string(is) : json_null());
	}
	return more < 0 ? more : 0;
}

int delivery_look_up(const struct delivery_look *look, struct delivery_row *r, struct err *err)
{
	struct owners o = {0};

	TRY(find_all(look->db, r, &o, err));
	TRY(look_for_variants(look->db, r, err));
	for (size_t i = 1; i < o.n; i++)
		delivery_refuse(r, delivery_finding(ERR_ROW_TAKEN, "macs", NULL,
						    "%s belongs to host %s, %s to host %s",
						    o.found[0].by, o.found[0].code, o.found[i].by,
						    o.found[i].code));
	r->action = "new";
	if (o.n == 1) {
		r->host_num = o.found[0].num;
		(void)str_copy(r->host_id, sizeof(r->host_id), o.found[0].id);
		(void)str_copy(r->host_code, sizeof(r->host_code), o.found[0].code);
		TRY(judge_host(look, r, &o.found[0], err));
		TRY(compare_host(look, r, err));
		TRY(compare_line(look, r, err));
	}
	TRY(delivery_custom_look_up(look->db, r, err));
	if (o.n == 1)
		r->action = !r->line_num ? "linked" : r->changes ? "changed" : "unchanged";
	return look_for_claims(look, r, err);
}

/* ---- settling -------------------------------------------------------------------------------- */

/* Another row of the list gives the owner another value. */
static bool is_given_up(const struct delivery_row *other, const char *member)
{
	static const char *const place[] = {"unit", "rack", "row", "site"};

	if (!other || other->errors)
		return false;
	for (size_t i = 0; str_eq(member, "unit") && i < ARRAY_LEN(place); i++)
		if (json_object_get(other->changes, place[i]))
			return true;
	return json_object_get(other->changes, member) != NULL;
}

static bool settle_row(struct delivery_twins *t, struct delivery_row *rows, struct delivery_row *r)
{
	bool refused = false;

	for (size_t k = json_array_size(r->claims); k-- > 0;) {
		const json_t *c = json_array_get(r->claims, k);
		const char *member = json_string_value(json_object_get(c, "member"));
		int64_t owner = json_integer_value(json_object_get(c, "owner"));
		if (is_given_up(delivery_twins_of_host(t, rows, owner), member))
			continue;
		refused |= !r->errors;
		delivery_refuse(r, json_incref(json_object_get(c, "error")));
		(void)json_array_remove(r->claims, k);
	}
	return refused;
}

void delivery_settle_claims(struct delivery_twins *t, struct delivery_row *rows, size_t n)
{
	/* a row that is refused gives nothing up: what counted on it is refused too */
	for (bool again = true; again;) {
		again = false;
		for (size_t i = 0; i < n; i++)
			if (rows[i].claims)
				again |= settle_row(t, rows, &rows[i]);
	}
}
