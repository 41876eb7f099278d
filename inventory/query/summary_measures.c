/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See summary_measures.h. Each measure of a field is two statements, by groups and for the whole.
 * Percentiles are by nearest rank, from window functions that both stores have: the smallest value
 * that at least so many percent of the known ones do not exceed. Input: fields of our tables.
 */
#include "summary_measures.h"

#include <stdio.h>
#include <string.h>

#include <base/cleanup.h>
#include <base/json.h>
#include <base/str.h>

#include "summary_field.h"

#define FIELDS_MAX 8

static const struct {
	const char *name, *pointer;
	const char *function; /* of SQL; NULL: a percentile */
	int percent;
} measures[] = {
	[MEASURE_AVG] = {"avg", "/avg", "avg", 0}, [MEASURE_MIN] = {"min", "/min", "min", 0},
	[MEASURE_MAX] = {"max", "/max", "max", 0}, [MEASURE_P50] = {"p50", "/p50", NULL, 50},
	[MEASURE_P90] = {"p90", "/p90", NULL, 90}, [MEASURE_P95] = {"p95", "/p95", NULL, 95},
	[MEASURE_P99] = {"p99", "/p99", NULL, 99},
};
_Static_assert(ARRAY_LEN(measures) == _MEASURE_MAX, "a row for each measure");

const char *summary_measure_str(enum summary_measure m)
{
	return measures[m].name;
}

struct measuring {
	const struct summary_groups *g;
	enum summary_measure measure;
	const struct collection_field *field;
	bool whole; /* not by groups */
};

static size_t n_groups(const struct measuring *w)
{
	return w->whole ? 0 : w->g->n;
}

static void add_groups(const struct measuring *w, struct sql *s, const char *before)
{
	for (size_t i = 0; i < n_groups(w); i++)
		str_addf(&s->text, "%s%s", i ? ", " : before, w->g->fields[i]->column);
}

static void add_aliases(const struct measuring *w, struct sql *s, const char *before)
{
	for (size_t i = 0; i < n_groups(w); i++)
		str_addf(&s->text, "%sg%zu", i ? ", " : before, i);
}

/* "SELECT ... AS x, number among its group AS r, size of the group AS n" */
static void add_ranked(const struct measuring *w, struct sql *s)
{
	const char *column = w->field->column;

	str_addf(&s->text, " FROM (SELECT %s AS x", column);
	for (size_t i = 0; i < n_groups(w); i++)
		str_addf(&s->text, ", %s AS g%zu", w->g->fields[i]->column, i);
	str_add(&s->text, ", row_number() OVER (");
	add_groups(w, s, "PARTITION BY ");
	str_addf(&s->text, " ORDER BY %s) AS r, count(*) OVER (", column);
	add_groups(w, s, "PARTITION BY ");
	str_add(&s->text, ") AS n");
}

static int build(const struct measuring *w, struct sql *s, struct err *err)
{
	const char *function = measures[w->measure].function;

	if (function) {
		/* millionths as whole numbers: both stores then round alike */
		bool average = w->measure == MEASURE_AVG;
		str_addf(&s->text, "SELECT %s%s(%s)%s", average ? "CAST(1000000.0 * " : "",
			 function, w->field->column, average ? " AS BIGINT)" : "");
		add_groups(w, s, ", ");
	} else {
		str_add(&s->text, "SELECT min(x)");
		add_aliases(w, s, ", ");
		add_ranked(w, s);
	}
	sql_from(s);
	TRY(sql_where(s, w->g->q, err));
	str_addf(&s->text, " AND %s IS NOT NULL", w->field->column);
	if (!function)
		str_addf(&s->text, ") k WHERE r * 100 >= n * %d", measures[w->measure].percent);
	if (function)
		add_groups(w, s, " GROUP BY ");
	else
		add_aliases(w, s, " GROUP BY ");
	return 0;
}

/* ---- into the answer ------------------------------------------------------------------------- */

static void put(const struct measuring *w, const struct db_rows *rows, json_t *item)
{
	const char *name = measures[w->measure].name;
	json_t *members = json_object_get(item, name);

	if (!members) {
		members = json_object();
		(void)json_object_set_new(item, name, members);
	}
	(void)json_object_set_new(members, w->field->name,
				  db_is_null(rows, 0) ? json_null()
				  : w->measure == MEASURE_AVG
					  ? json_real((double)db_int(rows, 0) / 1e6)
					  : json_integer(db_int(rows, 0)));
}

static int run(const struct measuring *w, json_t *items, struct err *err)
{
	struct sql s;
	struct db_rows *rows = NULL;
	autojson json_t *index = summary_index(items, w->g->fields, n_groups(w));

	sql_init(&s, w->g->db, w->g->c, w->g->q, w->g->q->at_us);
	int r = build(w, &s, err);
	if (r >= 0)
		r = sql_query(&s, w->g->db, &rows, err);
	while (r >= 0 && (r = db_rows_next(rows, err)) == 1) {
		autofree char *key = summary_key(rows, 1, w->g->fields, n_groups(w));
		json_t *item = json_object_get(index, key);
		if (item)
			put(w, rows, item);
	}
	db_rows_free(rows);
	sql_done(&s);
	return r;
}

static int add_one(struct measuring w, json_t *items, json_t *total, struct err *err)
{
	autojson json_t *whole = json_pack("[O]", total);

	TRY(run(&w, items, err));
	w.whole = true;
	return run(&w, whole, err);
}

int summary_measures_add(const struct summary_groups *g, const struct summary_more *more,
			 json_t *items, json_t *total, struct err *err)
{
	for (int m = 0; m < _MEASURE_MAX; m++) {
		const struct collection_field *list[FIELDS_MAX];
		struct summary_fields fields = {list, FIELDS_MAX, 0};
		TRY(summary_fields_read(g->c, more->fields[m], FIELD_IS_SUM, measures[m].pointer,
					&fields, err));
		for (size_t i = 0; i < fields.n; i++)
			TRY(add_one((struct measuring){g, (enum summary_measure)m, list[i], false},
				    items, total, err));
	}
	return 0;
}
