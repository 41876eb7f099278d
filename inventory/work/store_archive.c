/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing, listing, removing and checking archives. Rows are deleted by the keys that the file holds,
 * never by the question that found them: what changed in the meantime stays. Input: our own rows; the
 * folder of archives, which anybody with the right to it may have changed.
 */
#include <inventory/store_archive.h>

#include <stdio.h>
#include <string.h>

#include <base/clock.h>
#include <base/json.h>
#include <base/str.h>
#include <inventory/facts.h>

#include "archive_file.h"
#include "archive_source.h"

static const char *const kinds[_ARCHIVE_KIND_MAX] = {"events", "history", "records"};

const char *store_archive_kind_str(enum archive_kind kind)
{
	return kinds[kind];
}

/* ---- writing --------------------------------------------------------------------------------- */

struct writing {
	const struct archive_source *of;
	struct archive_file *file;
	json_t *keys;
};

/* Facts are compressed in the store; here the file is. */
static int add_blob(json_t *row, const char *name, const struct db_rows *rows, int column,
		    struct err *err)
{
	size_t n = 0;
	const void *p = db_blob(rows, column, &n);
	json_t *doc = NULL;

	TRY(facts_from_blob(p, n, &doc, err));
	(void)json_object_set_new(row, name, doc);
	return 0;
}

static int add_value(json_t *row, const struct db_rows *rows, int column, struct err *err)
{
	const char *name = db_column_name(rows, column);

	switch (db_column_type(rows, column)) {
	case DB_BLOB:
		return add_blob(row, name, rows, column, err);
	case DB_INT:
		(void)json_object_set_new(row, name, json_integer(db_int(rows, column)));
		break;
	case DB_TEXT:
		(void)json_object_set_new(row, name, json_string_of(db_text(rows, column)));
		break;
	case DB_NULL:
		(void)json_object_set_new(row, name, json_null());
		break;
	}
	return 0;
}

static void add_keys(struct writing *w, const json_t *row)
{
	json_t *key = json_array();

	for (size_t i = 0; i < ARCHIVE_KEYS_MAX && w->of->keys[i]; i++)
		(void)json_array_append(key, json_object_get(row, w->of->keys[i]));
	(void)json_array_append_new(w->keys, key);
}

static int write_row(struct writing *w, const struct db_rows *rows, struct err *err)
{
	autojson json_t *row = json_object();

	for (int i = 0; i < db_columns(rows); i++)
		TRY(add_value(row, rows, i, err));
	autojson json_t *line = json_pack("{s:s, s:O}", "table", w->of->table, "row", row);
	autofree char *text = json_text(line);
	add_keys(w, row);
	return archive_file_line(w->file, text, err);
}

static int write_rows(struct writing *w, struct db *db, int64_t before_us, const char *dir,
		      struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	int r;

	TRY(db_query(db, err, &rows, w->of->select, p_int(before_us), p_int(ARCHIVE_ROWS_MAX)));
	while ((r = db_rows_next(rows, err)) == 1) {
		if (!w->file)
			TRY(archive_file_new(dir, &w->file, err));
		TRY(write_row(w, rows, err));
	}
	return r;
}

static int write_table(struct writing *w, struct db *db, int64_t before_us, const char *dir,
		       json_t **ret, struct err *err)
{
	struct archive_file_result file;

	TRY(write_rows(w, db, before_us, dir, err));
	if (!w->file)
		return 0;
	TRY(archive_file_end(take_ptr(w->file), w->of->table, &file, err));
	*ret = json_pack("{s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:O}", "kind", kinds[w->of->kind],
			 "table", w->of->table, "file", file.name, "sha256", file.sha256, "bytes",
			 (json_int_t)file.bytes, "rows", (json_int_t)json_array_size(w->keys),
			 "before_us", (json_int_t)before_us, "keys", w->keys);
	return 0;
}

int store_archive_write(struct db *reader, enum archive_kind kind, int64_t before_us,
			const char *dir, json_t **ret, struct err *err)
{
	*ret = NULL;
	for (size_t i = 0; i < n_archive_sources && !*ret; i++) {
		struct writing w = {&archive_sources[i], NULL, NULL};
		if (w.of->kind != kind)
			continue;
		w.keys = json_array();
		int r = write_table(&w, reader, before_us, dir, ret, err);
		archive_file_drop(w.file);
		json_decref(w.keys);
		if (r < 0)
			return r;
	}
	if (!*ret)
		*ret = json_pack("{s:s, s:i}", "kind", kinds[kind], "rows", 0);
	return 0;
}

/* ---- in the store ---------------------------------------------------------------------------- */

static const char *text_of(const json_t *doc, const char *name)
{
	const char *text = json_string_value(json_object_get(doc, name));

	return text ? text : "";
}

static int64_t int_of(const json_t *doc, const char *name)
{
	return json_integer_value(json_object_get(doc, name));
}

static int64_t key_of(const json_t *written, size_t row, size_t which)
{
	return json_integer_value(
		json_array_get(json_array_get(json_object_get(written, "keys"), row), which));
}

int store_archive_keep(struct db *db, const json_t *written, int64_t now_us, struct err *err)
{
	size_t n = json_array_size(json_object_get(written, "keys"));
	int64_t id = 0, at_us = 0;

	TRY(db_begin(db, err));
	int r = db_tick(db, now_us, &id, &at_us, err);
	if (r >= 0)
		r = db_exec(db, err,
			    "INSERT INTO archive (id, kind, source, file, sha256, bytes, "
			    "row_count, before_us, last_key, made_us) VALUES ($1, $2, $3, $4, $5, "
			    "$6, $7, $8, $9, $10)",
			    p_int(id), p_text(text_of(written, "kind")),
			    p_text(text_of(written, "table")), p_text(text_of(written, "file")),
			    p_text(text_of(written, "sha256")), p_int(int_of(written, "bytes")),
			    p_int(int_of(written, "rows")), p_int(int_of(written, "before_us")),
			    p_int(n ? key_of(written, n - 1, 0) : 0), p_int(at_us));
	return db_end(db, r, err);
}

int store_archive_remove(struct db *db, const json_t *written, size_t n, size_t *at,
			 struct err *err)
{
	const struct archive_source *of = archive_source_of(text_of(written, "table"));
	size_t all = json_array_size(json_object_get(written, "keys")), end = *at + n;
	int r = 0;

	if (!of)
		return err_set(err, ERR_INVALID, "nothing is archived of '%.64s'",
			       text_of(written, "table"));
	end = end < all ? end : all;
	TRY(db_begin(db, err));
	for (size_t i = *at; i < end && r >= 0; i++)
		r = of->keys[1] ? db_exec(db, err, of->remove, p_int(key_of(written, i, 0)),
					  p_int(key_of(written, i, 1)))
				: db_exec(db, err, of->remove, p_int(key_of(written, i, 0)));
	TRY(db_end(db, r, err));
	*at = end;
	return end < all ? 1 : 0;
}

static void set_time(json_t *doc, const char *name, int64_t us)
{
	char text[TIME_TEXT_BYTES];

	time_rfc3339(us, text);
	(void)json_object_set_new(doc, name, json_string(text));
}

int store_archive_list(struct db *db, json_t **ret, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	json_t *items = json_array();
	int r;

	*ret = json_pack("{s:o}", "items", items);
	TRY(db_query(db, err, &rows,
		     "SELECT id, kind, source, file, sha256, bytes, row_count, before_us, made_us "
		     "FROM archive ORDER BY id"));
	while ((r = db_rows_next(rows, err)) == 1) {
		json_t *one = json_pack(
			"{s:I, s:s, s:s, s:s, s:s, s:I, s:I}", "id", (json_int_t)db_int(rows, 0),
			"kind", db_text(rows, 1), "table", db_text(rows, 2), "file",
			db_text(rows, 3), "sha256", db_text(rows, 4), "bytes",
			(json_int_t)db_int(rows, 5), "rows", (json_int_t)db_int(rows, 6));
		set_time(one, "before", db_int(rows, 7));
		set_time(one, "made", db_int(rows, 8));
		(void)json_array_append_new(items, one);
	}
	return r;
}

int store_archive_totals(struct db *db, struct archive_totals *ret, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;

	TRY(db_query(db, err, &rows,
		     "SELECT count(*), CAST(COALESCE(sum(row_count), 0) AS BIGINT), "
		     "CAST(COALESCE(sum(bytes), 0) AS BIGINT) FROM archive"));
	int r = db_rows_next(rows, err);
	*ret = (struct archive_totals){db_int(rows, 0), db_int(rows, 1), db_int(rows, 2)};
	return r < 0 ? r : 0;
}

int store_bytes(struct db *db, int64_t *ret, struct err *err)
{
	return db_query_int(db, err, ret, 0,
			    db_is_sqlite(db)
				    ? "SELECT (SELECT page_count FROM pragma_page_count()) * "
				      "(SELECT page_size FROM pragma_page_size())"
				    : "SELECT pg_database_size(current_database())");
}

/* ---- checking -------------------------------------------------------------------------------- */

static int judge(const char *dir, const struct db_rows *rows, json_t **ret, struct err *err)
{
	struct err why = ERR_INIT;
	char sha256[SHA256_HEX_BYTES];
	int64_t lines = 0;
	autofree char *path = xasprintf("%s/%s", dir, db_text(rows, 0));

	if (strchr(db_text(rows, 0), '/'))
		return err_set(err, ERR_INVALID, "the archive's name is a path");
	int r = archive_file_look(path, sha256, &lines, &why);
	if (r >= 0 && !str_eq(sha256, db_text(rows, 1)))
		(void)err_set(&why, ERR_INVALID, "its SHA-256 is %s, expected %s", sha256,
			      db_text(rows, 1));
	else if (r >= 0 && lines != db_int(rows, 2))
		(void)err_set(&why, ERR_INVALID, "it has %lld rows, expected %lld",
			      (long long)lines, (long long)db_int(rows, 2));
	*ret = json_pack("{s:s, s:b, s:I, s:s, s:o}", "file", db_text(rows, 0), "whole",
			 why.code == 0, "rows", (json_int_t)lines, "sha256", sha256, "finding",
			 json_string_of(why.code ? why.msg : ""));
	return 0;
}

int store_archive_check(struct db *reader, int64_t id, const char *dir, json_t **ret,
			struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;

	TRY(db_query(reader, err, &rows,
		     "SELECT file, sha256, row_count FROM archive WHERE id = $1", p_int(id)));
	int r = db_rows_next(rows, err);
	if (r == 0)
		return err_set(err, ERR_NOT_FOUND, "there is no archive %lld", (long long)id);
	return r < 0 ? r : judge(dir, rows, ret, err);
}
