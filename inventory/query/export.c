/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whole collections in pieces, from one snapshot of a reading connection of its own, in constant
 * memory: the question is asked once, whatever its filters cost, and its rows are fetched as they
 * are wanted, from a statement that stays open (SQLite) or a cursor (PostgreSQL).
 */
#include <inventory/store_archive.h>
#include <inventory/collection.h>

#include <string.h>

#include <base/json.h>
#include <base/limits.h>

#include "custom_field.h"
#include "row.h"

#define PIECE_ROWS 200
#define FETCH_SQL  "FETCH 200 FROM export_rows" /* PIECE_ROWS of them */

struct export_run {
	struct db *db;
	const struct collection *c;
	const struct query_request *q;
	enum export_format format;
	struct shape shape;
	struct sql sql;
	struct db_rows *rows; /* SQLite: the statement that stays open */
	bool begun, ended;
};

/* NetBox's own names for a bulk import of devices. Columns are SQL of ours. */
static const struct collection_field netbox_fields[] = {
	{"name", "CASE WHEN t.name = '' THEN t.short_code ELSE t.name END", COLLECTION_TEXT, 0, ""},
	{"role", "'server'", COLLECTION_TEXT, 0, ""},
	{"manufacturer", "t.manufacturer", COLLECTION_TEXT, 0, ""},
	{"device_type", "t.model", COLLECTION_TEXT, 0, ""},
	{"serial", "t.serial", COLLECTION_TEXT, 0, ""},
	{"asset_tag", "t.asset_tag", COLLECTION_TEXT, 0, ""},
	{"status",
	 "CASE t.state WHEN 'in-service' THEN 'active' WHEN 'ready' THEN 'staged' WHEN 'expected' "
	 "THEN 'planned' WHEN 'failed' THEN 'failed' WHEN 'quarantined' THEN 'failed' WHEN "
	 "'retired' THEN 'decommissioning' ELSE 'inventory' END",
	 COLLECTION_TEXT, 0, ""},
	{"site", "t.site", COLLECTION_TEXT, 0, ""},
	{"location", "t.rack_row", COLLECTION_TEXT, 0, ""},
	{"rack", "t.rack", COLLECTION_TEXT, 0, ""},
	{"position", "t.rack_unit", COLLECTION_INT, 0, ""},
	{"face", "CASE WHEN t.rack_unit IS NULL THEN '' ELSE 'front' END", COLLECTION_TEXT, 0, ""},
};

int export_new(struct db *db, const struct collection *c, const struct query_request *q,
	       enum export_format format, struct export_run **ret, struct err *err)
{
	struct export_run *e = xcalloc(1, sizeof(*e));

	*e = (struct export_run){.db = db, .c = c, .q = q, .format = format};
	int r = custom_fields_load(db, q, NULL, 0, err);
	if (r < 0)
		;
	else if (format == EXPORT_NETBOX && c != &collection_hosts)
		r = err_set(err, ERR_UNSUPPORTED, "only hosts have NetBox's shape");
	else if (format == EXPORT_NETBOX)
		for (size_t i = 0; i < ARRAY_LEN(netbox_fields); i++)
			e->shape.fields[e->shape.n++] = &netbox_fields[i];
	else
		r = shape_parse(c, q->fields, &e->shape, err);
	e->shape.c = c;
	if (format == EXPORT_CSV && r >= 0)
		shape_for_csv(&e->shape, q->fields);
	if (r >= 0)
		r = db_begin_snapshot(db, err);
	if (r < 0) {
		e->db = NULL;
		export_free(e);
		return r;
	}
	*ret = e;
	return 0;
}

/* Of the present the numbers are chosen first, so that a sorter carries numbers alone. */
static int build(struct export_run *e, struct sql *s, struct err *err)
{
	const char *key = e->c->key ? e->c->key : "num";

	str_addf(&s->text, "SELECT t.%s", key);
	shape_columns(s, &e->shape);
	if (!e->q->at_us)
		str_addf(&s->text, " FROM (SELECT t.%s AS chosen", key);
	sql_from(s);
	TRY(sql_where(s, e->q, err));
	str_addf(&s->text, " ORDER BY t.%s", key);
	if (e->q->at_us)
		return 0;
	/* CROSS: the chosen are SQLite's outer loop, in their order */
	str_addf(&s->text, ") c %sJOIN %s t ON t.%s = c.chosen",
		 db_is_sqlite(e->db) ? "CROSS " : "", e->c->table, key);
	sql_joins(s);
	if (!db_is_sqlite(e->db))
		str_addf(&s->text, " ORDER BY t.%s", key);
	return 0;
}

static int ask(struct export_run *e, struct err *err)
{
	struct sql *s = &e->sql;

	sql_init(s, e->db, e->c, e->q, e->q->at_us);
	if (!db_is_sqlite(e->db))
		str_add(&s->text, "DECLARE export_rows NO SCROLL CURSOR FOR ");
	TRY(build(e, s, err));
	return db_is_sqlite(e->db) ? sql_query(s, e->db, &e->rows, err) : sql_exec(s, e->db, err);
}

static void write_row(struct export_run *e, const struct db_rows *rows, struct str *out)
{
	if (e->format != EXPORT_NDJSON) {
		csv_line(rows, 1, &e->shape, out);
		return;
	}
	row_json(rows, 1, &e->shape, NULL, db_int(rows, 0), out);
	str_addc(out, '\n');
}

static int write_piece(struct export_run *e, struct db_rows *rows, struct str *out, struct err *err)
{
	int n = 0, r = 1;

	while (n < PIECE_ROWS && (r = db_rows_next(rows, err)) == 1) {
		write_row(e, rows, out);
		n++;
	}
	if (r < 0)
		return r;
	e->ended = n < PIECE_ROWS;
	return e->ended ? 0 : 1;
}

static int fetch_piece(struct export_run *e, struct str *out, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;

	if (e->rows)
		return write_piece(e, e->rows, out, err);
	TRY(db_query(e->db, err, &rows, FETCH_SQL));
	return write_piece(e, rows, out, err);
}

int export_next(struct export_run *e, struct str *out, struct err *err)
{
	bool first = !e->begun;

	if (e->ended)
		return 0;
	e->begun = true;
	if (first && e->format != EXPORT_NDJSON)
		csv_header(&e->shape, out);
	if (first)
		TRY(store_archive_refuse_moment(e->db, e->q->at_us, "/at", err));
	if (first)
		TRY(ask(e, err));
	return fetch_piece(e, out, err);
}

void export_free(struct export_run *e)
{
	if (!e)
		return;
	db_rows_free(e->rows);
	sql_done(&e->sql);
	if (e->db) {
		if (db_in_transaction(e->db))
			db_rollback(e->db);
		db_close(e->db);
	}
	shape_done(&e->shape);
	free(e);
}
