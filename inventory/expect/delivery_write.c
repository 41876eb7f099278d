/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes one accepted row of a delivery: the host, what the list says about it, and the line. What
 * is the same already is not written. Input: rows that delivery_row.c read and checked.
 */
#include "delivery_row.h"

#include <string.h>

#include <base/json.h>
#include <inventory/expect.h>
#include <inventory/identity.h>

#include "edit.h"

static struct host_evidence evidence_of(const struct delivery_row *r, const char **macs)
{
	for (size_t i = 0; i < r->n_macs; i++)
		macs[i] = r->macs[i];
	return (struct host_evidence){.system_serial = r->text[ROW_SERIAL],
				      .chassis_serial = r->text[ROW_CHASSIS],
				      .smbios_uuid = r->text[ROW_UUID],
				      .macs = macs,
				      .n_macs = r->n_macs};
}

static int make_host(const struct delivery_write *w, struct delivery_row *r, struct err *err)
{
	const char *macs[DELIVERY_MACS_MAX];
	struct host_evidence e = evidence_of(r, macs);
	struct host_birth birth = {.state = w->head->state,
				   .turn = w->head->turn,
				   .detail = "announced by a delivery",
				   .actor = w->actor};
	struct err own = ERR_INIT;
	int made = identity_expect(w->db, &e, &birth, w->now_us, &r->host_num, &own);

	if (made == -ERR_EXISTS)
		return err_set(err, ERR_ROW_TAKEN,
			       "a host with this serial or MAC address appeared during the import: "
			       "import the list again");
	if (made < 0)
		*err = own;
	return made;
}

static bool evidence_changed(const struct delivery_row *r)
{
	static const char *const members[] = {"serial", "macs", "uuid", "chassis"};

	for (size_t i = 0; i < ARRAY_LEN(members); i++)
		if (json_object_get(r->changes, members[i]))
			return true;
	return false;
}

static int write_host(const struct delivery_write *w, struct delivery_row *r, struct err *err)
{
	const char *macs[DELIVERY_MACS_MAX];
	struct host h;
	bool changed = false;
	autojson json_t *set = json_pack("{s:s}", "delivery", w->head->name);

	if (!r->host_num)
		TRY(make_host(w, r, err));
	else if (r->replaces && evidence_changed(r)) {
		struct host_evidence e = evidence_of(r, macs);
		TRY(identity_expect_again(w->db, r->host_num, &e, w->now_us, err));
	}
	for (size_t i = 0; i < n_delivery_columns; i++) {
		const struct delivery_column *c = &delivery_columns[i];
		if (c->host_member && c->kind == COLUMN_TEXT && r->text[c->text][0])
			(void)json_object_set_new(set, c->host_member,
						  json_string(r->text[c->text]));
	}
	if (r->custom)
		(void)json_object_set(set, "custom", r->custom);
	if (r->unit >= 0)
		(void)json_object_set_new(set, "unit", json_integer(r->unit));
	const struct host_edit edit = {
		.set = set, .revision = -1, .actor = w->actor, .now_us = w->now_us};
	TRY(host_edit_members(w->db, r->host_num, &edit, true, &changed, err));
	TRY(host_get(w->db, r->host_num, &h, err));
	(void)str_copy(r->host_id, sizeof(r->host_id), h.id);
	return 0;
}

/* ---- its line -------------------------------------------------------------------------------- */

static char *macs_text(const struct delivery_row *r)
{
	autojson json_t *list = json_array();

	for (size_t i = 0; i < r->n_macs; i++)
		(void)json_array_append_new(list, json_string(r->macs[i]));
	return json_text(list);
}

static int find_line(const struct delivery_write *w, const struct delivery_row *r, int64_t *ret_num,
		     struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;

	*ret_num = 0;
	TRY(db_query(w->db, err, &rows,
		     "SELECT num, delivery_num FROM delivery_line WHERE host_num = $1",
		     p_int(r->host_num)));
	int more;
	while ((more = db_rows_next(rows, err)) == 1) {
		if (db_int(rows, 1) != w->delivery_num)
			return err_set(err, ERR_ROW_TAKEN,
				       "this host came into another delivery during the import");
		*ret_num = db_int(rows, 0);
	}
	return more;
}

/* ", name" of each column, or ", name = $n" when they are assigned; their parameters follow the n
 * first. Returns how many there are then. */
static size_t add_columns(const struct delivery_row *r, const char *macs, bool assign,
			  struct str *sql, struct db_param *params, size_t n)
{
	for (size_t i = 0; i < n_delivery_columns; i++) {
		const struct delivery_column *c = &delivery_columns[i];
		if (!c->line_column)
			continue;
		params[n++] = c->kind == COLUMN_MACS   ? p_text(macs)
			      : c->kind != COLUMN_UNIT ? p_text(r->text[c->text])
			      : r->unit >= 0           ? p_int(r->unit)
						       : p_null();
		str_addf(sql, ", %s", c->line_column);
		if (assign)
			str_addf(sql, " = $%zu", n);
	}
	return n;
}

static int update_line(const struct delivery_write *w, const struct delivery_row *r, int64_t num,
		       struct err *err)
{
	struct db_param params[24] = {p_int(num), p_int(r->line)};
	autofree char *macs = macs_text(r);
	autostr struct str sql;

	str_init(&sql, 4096);
	str_add(&sql, "UPDATE delivery_line SET line = $2");
	size_t n = add_columns(r, macs, true, &sql, params, 2);
	str_add(&sql, " WHERE num = $1 AND (line <> $2");
	size_t k = 2;
	for (size_t i = 0; i < n_delivery_columns; i++)
		if (delivery_columns[i].kind == COLUMN_UNIT)
			str_addf(&sql, " OR COALESCE(rack_unit, -1) <> COALESCE($%zu, -1)", ++k);
		else if (delivery_columns[i].line_column)
			str_addf(&sql, " OR %s <> $%zu", delivery_columns[i].line_column, ++k);
	str_addc(&sql, ')');
	return db_exec_n(w->db, sql.p, params, n, NULL, err);
}

static int insert_line(const struct delivery_write *w, const struct delivery_row *r,
		       struct err *err)
{
	int64_t num = 0;
	autofree char *macs = macs_text(r);
	autostr struct str sql;

	TRY(db_query_int(w->db, err, &num, 0,
			 "SELECT COALESCE(max(num), 0) + 1 FROM delivery_line"));
	struct db_param params[24] = {p_int(num), p_int(w->delivery_num), p_int(r->line),
				      p_int(r->host_num), p_int(w->now_us)};
	str_init(&sql, 4096);
	str_add(&sql, "INSERT INTO delivery_line (num, delivery_num, line, host_num, created_us");
	size_t n = add_columns(r, macs, false, &sql, params, 5);
	str_add(&sql, ") VALUES (");
	for (size_t i = 1; i <= n; i++)
		str_addf(&sql, "%s$%zu", i > 1 ? ", " : "", i);
	str_addc(&sql, ')');
	return db_exec_n(w->db, sql.p, params, n, NULL, err);
}

int delivery_write_row(const struct delivery_write *w, struct delivery_row *r, struct err *err)
{
	int64_t line = 0;

	TRY(write_host(w, r, err));
	TRY(find_line(w, r, &line, err));
	TRY(line ? update_line(w, r, line, err) : insert_line(w, r, err));
	return host_refresh_differences(w->db, r->host_num, err);
}
