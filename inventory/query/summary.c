/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Counts and sums by groups. One statement; the grand total is added up here from the groups. What
 * cannot be added up (averages, extremes, percentiles) is summary_measures.c's; how reliable
 * the groups are is summary_reliability.c's.
 */
#include <inventory/store_archive.h>
#include <inventory/collection.h>

#include <string.h>

#include <base/clock.h>
#include <base/json.h>

#include "custom_field.h"
#include "sql.h"
#include "summary_field.h"
#include "summary_measures.h"
#include "summary_reliability.h"

#define SUMS_MAX 8

enum capacity_count { DELIVERED, HEALTHY, RESERVED, ACTIVE, CAPACITY_COUNTS };
static const char *const capacity_names[] = {"delivered", "healthy", "reserved", "active"};

struct summing {
	size_t n_groups, n_sums;
	const struct collection_field *groups[SUMMARY_GROUPS_MAX], *sums[SUMS_MAX];
	int64_t min_count;
	const struct capacity_words *capacity;
	int64_t count, totals[SUMS_MAX];
	int64_t counted[CAPACITY_COUNTS];
};

/* "t.state IN ($1, $2)" */
static void add_states(struct sql *s, const char *words)
{
	struct sv rest = sv_of(words);
	const char *before = "t.state IN (";

	while (rest.n > 0) {
		struct sv one = sv_split(&rest, ',');
		autofree char *word = xstrndup(one.p, one.n);
		str_add(&s->text, before);
		sql_text(s, word);
		before = ", ";
	}
	str_addc(&s->text, ')');
}

static void add_capacity(struct sql *s, const struct capacity_words *words)
{
	for (int i = 0; i < CAPACITY_COUNTS; i++) {
		str_add(&s->text, ", sum(CASE WHEN NOT ");
		add_states(s, words->absent);
		if (i == HEALTHY || i == ACTIVE) {
			str_add(&s->text, " AND ");
			add_states(s, i == HEALTHY ? words->healthy : words->active);
		}
		str_add(&s->text, i == HEALTHY    ? " AND t.faults = 0 AND t.review = ''"
				  : i == RESERVED ? " AND t.reserved_for <> ''"
						  : "");
		str_add(&s->text, " THEN 1 ELSE 0 END)");
	}
}

static int run(struct summing *w, struct sql *s, struct db *db, const struct query_request *q,
	       struct db_rows **ret, struct err *err)
{
	str_add(&s->text, "SELECT count(*)");
	for (size_t i = 0; i < w->n_groups; i++)
		str_addf(&s->text, ", %s", w->groups[i]->column);
	for (size_t i = 0; i < w->n_sums; i++)
		str_addf(&s->text, ", COALESCE(sum(%s), 0)", w->sums[i]->column);
	if (w->capacity)
		add_capacity(s, w->capacity);
	sql_from(s);
	TRY(sql_where(s, q, err));
	for (size_t i = 0; i < w->n_groups; i++)
		str_addf(&s->text, "%s %s", i ? "," : " GROUP BY", w->groups[i]->column);
	if (w->min_count > 1) {
		str_add(&s->text, " HAVING count(*) >= ");
		sql_int(s, w->min_count);
	}
	for (size_t i = 0; i < w->n_groups; i++)
		str_addf(&s->text, "%s %s", i ? "," : " ORDER BY", w->groups[i]->column);
	return sql_query(s, db, ret, err);
}

static json_t *sums_json(const struct summing *w, const int64_t *sums)
{
	json_t *out = json_object();

	for (size_t i = 0; i < w->n_sums; i++)
		(void)json_object_set_new(out, w->sums[i]->name, json_integer(sums[i]));
	return out;
}

static json_t *capacity_json(const int64_t *counts)
{
	json_t *out = json_object();

	for (int i = 0; i < CAPACITY_COUNTS; i++)
		(void)json_object_set_new(out, capacity_names[i], json_integer(counts[i]));
	return out;
}

static json_t *read_capacity(struct summing *w, const struct db_rows *rows)
{
	int64_t counts[CAPACITY_COUNTS];

	for (int i = 0; i < CAPACITY_COUNTS; i++) {
		counts[i] = db_int(rows, 1 + (int)(w->n_groups + w->n_sums) + i);
		w->counted[i] += counts[i];
	}
	return capacity_json(counts);
}

static json_t *group_json(struct summing *w, const struct db_rows *rows)
{
	json_t *out = json_object();
	int64_t sums[SUMS_MAX];

	for (size_t i = 0; i < w->n_groups; i++)
		(void)json_object_set_new(out, w->groups[i]->name,
					  summary_value(rows, 1 + (int)i, w->groups[i]));
	for (size_t i = 0; i < w->n_sums; i++) {
		sums[i] = db_int(rows, 1 + (int)(w->n_groups + i));
		w->totals[i] += sums[i];
	}
	w->count += db_int(rows, 0);
	(void)json_object_set_new(out, "count", json_integer(db_int(rows, 0)));
	if (w->n_sums)
		(void)json_object_set_new(out, "sum", sums_json(w, sums));
	if (w->capacity)
		(void)json_object_set_new(out, "capacity", read_capacity(w, rows));
	return out;
}

static int collect(struct summing *w, struct sql *s, struct db *db, const struct query_request *q,
		   json_t *items, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;

	TRY(run(w, s, db, q, &rows, err));
	int r;
	while ((r = db_rows_next(rows, err)) == 1)
		(void)json_array_append_new(items, group_json(w, rows));
	return r;
}

static int read_fields(struct summing *w, const struct collection *c,
		       const struct summary_request *what, struct err *err)
{
	struct summary_fields groups = {w->groups, SUMMARY_GROUPS_MAX, 0};
	struct summary_fields sums = {w->sums, SUMS_MAX, 0};

	TRY(summary_fields_read(c, what->group_by, FIELD_IS_GROUP, "/group_by", &groups, err));
	TRY(summary_fields_read(c, what->sum, FIELD_IS_SUM, "/sum", &sums, err));
	w->n_groups = groups.n;
	w->n_sums = sums.n;
	return 0;
}

int query_summary(struct db *db, const struct collection *c, const struct query_request *q,
		  const struct summary_request *what, char **ret, struct err *err)
{
	const struct summary_more *more = what->more;
	struct summing w = {.capacity = c == &collection_hosts ? what->capacity : NULL,
			    .min_count = more ? more->min_count : 0};
	struct sql s;
	autojson json_t *items = json_array();
	const char *names[_MEASURE_MAX + 2] = {what->group_by, what->sum};

	for (size_t i = 0; more && i < _MEASURE_MAX; i++)
		names[i + 2] = more->fields[i];
	TRY(custom_fields_load(db, q, names, ARRAY_LEN(names), err));
	TRY(read_fields(&w, c, what, err));
	TRY(store_archive_refuse_moment(db, q->at_us, "/at", err));
	sql_init(&s, db, c, q, q->at_us);
	int r = collect(&w, &s, db, q, items, err);
	sql_done(&s);
	if (r < 0)
		return r;
	autojson json_t *doc = json_pack("{s:O, s:{s:I, s:o}}", "items", items, "total", "count",
					 (json_int_t)w.count, "sum", sums_json(&w, w.totals));
	if (w.capacity)
		(void)json_object_set_new(doc, "capacity", capacity_json(w.counted));
	if (more) {
		struct summary_groups g = {db, c, q, w.n_groups, w.groups};
		json_t *total = json_object_get(doc, "total");
		TRY(summary_measures_add(&g, more, items, total, err));
		if (more->reliability_us)
			TRY(summary_reliability_add(&g, q->at_us ? q->at_us : more->reliability_us,
						    items, total, err));
	}
	*ret = json_text(doc);
	return 0;
}
