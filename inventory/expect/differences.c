/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See differences.h. Input: documents of compare.c.
 */
#include "differences.h"

#include <string.h>

#include <base/json.h>
#include <base/str.h>
#include <base/vec.h>

typedef VEC(int64_t) num_list;

enum { WHAT, TYPE, SLOT, FIELD, PART, EXPECTED, FOUND, EXPECTED_VALUE, FOUND_VALUE, COLUMNS };

struct row {
	char *text[COLUMNS]; /* owned */
	int64_t num;         /* of a stored row that says the same; 0: none */
};
typedef VEC(struct row) row_list;

static void rows_done(row_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		for (size_t k = 0; k < COLUMNS; k++)
			free(list->items[i].text[k]);
	VEC_DONE(list);
}

/* ---- a document's entry as a row ------------------------------------------------------------- */

static char *member(const json_t *d, const char *key)
{
	const char *text = json_string_value(json_object_get(d, key));

	return xstrdup(text ? text : "");
}

/* As JSON, for people who want all of it; "" when there is none. */
static char *document(const json_t *d, const char *key)
{
	const json_t *j = json_object_get(d, key);
	char *text = j ? json_dumps(j, JSON_ENCODE_ANY | JSON_COMPACT) : NULL;

	return text ? text : xstrdup("");
}

/* As a plain text, to group and filter by: of a text or a number only. */
static char *plain(const json_t *d, const char *key)
{
	const json_t *j = json_object_get(d, key);

	if (json_is_integer(j))
		return xasprintf("%" JSON_INTEGER_FORMAT, json_integer_value(j));
	return xstrdup(json_is_string(j) ? json_string_value(j) : "");
}

static struct row row_of(const json_t *d)
{
	const json_t *part = json_object_get(d, "expected");
	struct row r = {{member(d, "what"), member(d, "type"), member(d, "slot"),
			 member(d, "field"), NULL, document(d, "expected"), document(d, "found"),
			 plain(d, "expected"), plain(d, "found")},
			0};

	r.text[PART] = member(json_is_object(part) ? part : json_object_get(d, "found"),
			      "PartNumber");
	return r;
}

/* ---- against what is stored ------------------------------------------------------------------ */

static struct row *same_row(row_list *list, const struct db_rows *rows)
{
	for (size_t i = 0; i < list->n; i++) {
		bool same = list->items[i].num == 0;
		for (int k = 0; k < COLUMNS && same; k++)
			same = str_eq(list->items[i].text[k], db_text(rows, 1 + k));
		if (same)
			return &list->items[i];
	}
	return NULL;
}

/* gone: numbers of rows that no longer hold. */
static int match_stored(struct db *db, int64_t host_num, row_list *list, num_list *gone,
			struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	int r;

	TRY(db_query(db, err, &rows,
		     "SELECT num, what, type, slot, field, part_number, expected, found, "
		     "expected_value, found_value FROM difference WHERE host_num = $1",
		     p_int(host_num)));
	while ((r = db_rows_next(rows, err)) == 1) {
		struct row *same = same_row(list, rows);
		if (same)
			same->num = db_int(rows, 0);
		else
			VEC_PUSH(gone, db_int(rows, 0));
	}
	return r;
}

static int insert(struct db *db, int64_t host_num, const struct row *row, int64_t num,
		  int64_t since_us, struct err *err)
{
	struct db_param p[COLUMNS + 3] = {p_int(num), p_int(host_num), p_int(since_us)};

	for (size_t k = 0; k < COLUMNS; k++)
		p[k + 3] = p_text(row->text[k]);
	return db_exec_n(
		db,
		"INSERT INTO difference (num, host_num, since_us, what, type, slot, field, "
		"part_number, expected, found, expected_value, found_value) VALUES ($1, "
		"$2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
		p, ARRAY_LEN(p), NULL, err);
}

static int write_new(struct db *db, int64_t host_num, const row_list *list, struct err *err)
{
	int64_t next = 0, id = 0, since_us = 0;

	for (size_t i = 0; i < list->n; i++) {
		if (list->items[i].num)
			continue;
		if (!next) {
			TRY(db_query_int(db, err, &next, 1,
					 "SELECT COALESCE(max(num), 0) + 1 FROM difference"));
			TRY(db_last_tick(db, &id, &since_us, err));
		}
		TRY(insert(db, host_num, &list->items[i], next++, since_us, err));
	}
	return 0;
}

static int write_rows(struct db *db, int64_t host_num, row_list *list, struct err *err)
{
	num_list gone = {0};
	int r = match_stored(db, host_num, list, &gone, err);

	for (size_t i = 0; i < gone.n && r >= 0; i++)
		r = db_exec(db, err, "DELETE FROM difference WHERE num = $1", p_int(gone.items[i]));
	VEC_DONE(&gone);
	return r < 0 ? r : write_new(db, host_num, list, err);
}

int differences_store(struct db *db, int64_t host_num, const json_t *differences, struct err *err)
{
	row_list list = {0};
	size_t i;
	json_t *d;

	json_array_foreach (differences, i, d)
		VEC_PUSH(&list, row_of(d));
	int r = write_rows(db, host_num, &list, err);
	rows_done(&list);
	return r;
}
