/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One page of a collection. The first page reads the present and notes the moment; later pages read
 * that moment, unless nothing changed since, so that a walk is stable and usually as quick as the
 * present.
 */
#include <inventory/store_archive.h>
#include <inventory/collection.h>

#include <string.h>

#include <base/clock.h>
#include <base/json.h>
#include <base/limits.h>

#include "custom_field.h"
#include "order.h"
#include "row.h"

#define PAGE_MAX_BYTES (64 * MIB)

struct asking {
	struct db *db;
	const struct collection *c;
	const struct query_request *q;
	struct order order;
	struct shape shape;
	struct place place;
	bool has_place;
	enum sql_amount amount;
	int64_t pin_us;    /* the walk's moment */
	int64_t moment_us; /* what this page reads: 0 the present */
};

static int prepare(struct asking *a, struct err *err)
{
	int64_t id = 0, last_us = 0;

	if (a->q->limit < 1 || a->q->limit > QUERY_LIMIT_MAX) {
		int r = err_set(err, ERR_FIELD_RANGE, "limit is 1 to %d", QUERY_LIMIT_MAX);
		(void)err_at(err, "/limit");
		return r;
	}
	TRY(custom_fields_load(a->db, a->q, NULL, 0, err));
	TRY(order_parse(a->c, a->q->sort, &a->order, err));
	TRY(shape_parse(a->c, a->q->fields, &a->shape, err));
	TRY(db_last_tick(a->db, &id, &last_us, err));
	a->pin_us = a->q->at_us ? a->q->at_us : last_us;
	if (a->q->cursor && a->q->cursor[0]) {
		uint64_t question = order_question(a->c, a->q);
		TRY(cursor_read(a->q->cursor, &a->order, question, &a->place, err));
		if (a->place.at_us > last_us && a->place.at_us > time_wall_us()) {
			int r = err_set(err, ERR_INVALID,
					"the cursor is newer than this store: start again");
			(void)err_at(err, "/cursor");
			return r;
		}
		a->has_place = true;
		a->pin_us = a->place.at_us;
	}
	a->moment_us = a->pin_us >= last_us ? 0 : a->pin_us;
	TRY(store_archive_refuse_moment(a->db, a->moment_us, a->has_place ? "/cursor" : "/at",
					err));
	return a->moment_us ? 0 : sql_probe(a->db, a->c, a->q, &a->amount, err);
}

static const char *key_of(const struct collection *c)
{
	return c->key ? c->key : "num";
}

/* "... FROM t WHERE filters, after the place, ORDER BY, LIMIT" */
static int add_choice(struct asking *a, struct sql *s, struct err *err)
{
	sql_from(s);
	TRY(sql_where(s, a->q, err));
	if (a->has_place)
		order_after(s, &a->order, &a->place);
	order_by(s, &a->order, a->amount == SQL_FEW);
	str_add(&s->text, " LIMIT ");
	sql_int(s, a->q->limit + 1);
	return 0;
}

/* In the present the rows are chosen by number first, so that the wide columns of rows that fall
 * off the page's end are never read: a sorter would carry them all. */
static int build_page(struct asking *a, struct sql *s, struct err *err)
{
	const char *key = key_of(a->c);

	sql_init(s, a->db, a->c, a->q, a->moment_us);
	s->walk = a->amount == SQL_MANY && a->order.n > 0 &&
		  a->order.fields[0]->flags & FIELD_IS_ORDERED;
	str_addf(&s->text, "SELECT t.%s", key);
	order_columns(s, &a->order);
	shape_columns(s, &a->shape);
	if (a->moment_us || (a->order.n == 0 && a->amount != SQL_FEW))
		return add_choice(a, s, err);
	str_addf(&s->text, " FROM (SELECT t.%s AS chosen", key);
	TRY(add_choice(a, s, err));
	/* the chosen rows are the outer loop: CROSS says so to SQLite, which then keeps their
	 * order, too, and OFFSET to PostgreSQL, which would read the whole table to join a hundred
	 * rows */
	if (db_is_sqlite(a->db))
		str_addf(&s->text, ") c CROSS JOIN %s t ON t.%s = c.chosen", a->c->table, key);
	else
		str_addf(&s->text,
			 ") c CROSS JOIN LATERAL (SELECT * FROM %s f WHERE f.%s = c.chosen OFFSET "
			 "0) t",
			 a->c->table, key);
	sql_joins(s);
	if (!db_is_sqlite(a->db))
		order_by(s, &a->order, false);
	return 0;
}

static void note_place(struct asking *a, const struct db_rows *rows)
{
	a->place.num = db_int(rows, 0);
	for (size_t i = 0; i < a->order.n; i++) {
		int column = 1 + (int)i;
		a->place.values[i].is_text = a->order.fields[i]->type == COLLECTION_TEXT;
		a->place.values[i].i = db_int(rows, column);
		free(a->place.values[i].text);
		a->place.values[i].text = xstrdup(db_text(rows, column));
	}
}

static int write_next(struct asking *a, struct query_page *ret, struct err *err)
{
	a->place.at_us = a->pin_us ? a->pin_us : 1;
	a->place.question = order_question(a->c, a->q);
	if (!cursor_write(&a->place, a->order.n, ret->next))
		return err_set(err, ERR_TOO_BIG, "the values to sort by are too long for a cursor");
	return 0;
}

static int read_rows(struct asking *a, struct db_rows *rows, const struct query_extra *extra,
		     struct query_page *ret, struct err *err)
{
	int first = 1 + (int)a->order.n, r;

	while ((r = db_rows_next(rows, err)) == 1) {
		if (ret->n == (size_t)a->q->limit)
			return write_next(a, ret, err);
		str_add(&ret->items, ret->n ? ",\n" : "");
		row_json(rows, first, &a->shape, extra, db_int(rows, 0), &ret->items);
		ret->n++;
		if (ret->n == (size_t)a->q->limit)
			note_place(a, rows);
	}
	return r;
}

static int read_total(struct asking *a, struct query_page *ret, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	struct sql s;

	sql_init(&s, a->db, a->c, a->q, a->moment_us);
	str_add(&s.text, "SELECT count(*)");
	sql_from(&s);
	int r = sql_where(&s, a->q, err);
	if (r >= 0)
		r = sql_query(&s, a->db, &rows, err);
	if (r >= 0)
		r = db_rows_next(rows, err);
	if (r == 1)
		ret->total = db_int(rows, 0);
	db_rows_free(take_ptr(rows));
	sql_done(&s);
	return r < 0 ? r : 0;
}

static int ask(struct asking *a, const struct query_extra *extra, struct query_page *ret,
	       struct err *err)
{
	struct sql s = {0};
	struct db_rows *rows = NULL;

	TRY(prepare(a, err));
	str_addc(&ret->items, '[');
	int r = build_page(a, &s, err);
	if (r >= 0)
		r = sql_query(&s, a->db, &rows, err);
	if (r >= 0)
		r = read_rows(a, rows, extra, ret, err);
	db_rows_free(rows);
	sql_done(&s);
	str_addc(&ret->items, ']');
	ret->as_of_us = a->pin_us;
	if (r >= 0 && a->q->total)
		r = read_total(a, ret, err);
	if (r >= 0 && !str_ok(&ret->items))
		r = err_set(err, ERR_TOO_BIG,
			    "the page is too large: use a smaller limit, or fields=");
	return r < 0 ? r : 0;
}

static int read_plan(struct asking *a, struct str *out, struct err *err)
{
	struct sql s = {0};
	struct db_rows *rows = NULL;

	TRY(prepare(a, err));
	int r = build_page(a, &s, err), last = db_is_sqlite(a->db) ? 3 : 0;
	if (r >= 0) {
		autofree char *text = str_take(&s.text);
		str_addf(&s.text, db_is_sqlite(a->db) ? "EXPLAIN QUERY PLAN %s" : "EXPLAIN %s",
			 text);
		r = sql_query(&s, a->db, &rows, err);
	}
	while (r >= 0 && (r = db_rows_next(rows, err)) == 1) {
		str_add(out, db_text(rows, last));
		str_addc(out, '\n');
	}
	db_rows_free(rows);
	sql_done(&s);
	return r;
}

int query_plan(struct db *db, const struct collection *c, const struct query_request *q,
	       struct str *out, struct err *err)
{
	struct asking a = {.db = db, .c = c, .q = q};
	int r = read_plan(&a, out, err);

	place_done(&a.place);
	shape_done(&a.shape);
	return r;
}

int query_run(struct db *db, const struct collection *c, const struct query_request *q,
	      const struct query_extra *extra, struct query_page *ret, struct err *err)
{
	struct asking a = {.db = db, .c = c, .q = q};

	*ret = (struct query_page){.total = -1};
	str_init(&ret->items, PAGE_MAX_BYTES);
	bool own = !db_in_transaction(db);
	if (own)
		TRY(db_begin_snapshot(db, err));
	int r = ask(&a, extra, ret, err);
	if (own)
		r = db_end(db, r, err);
	place_done(&a.place);
	shape_done(&a.shape);
	if (r < 0)
		query_page_done(ret);
	return r;
}

void query_page_done(struct query_page *p)
{
	str_done(&p->items);
}
