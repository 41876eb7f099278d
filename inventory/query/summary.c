/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Counts and sums by groups. One statement; the grand total is added up here from the groups.
 */
#include <inventory/collection.h>

#include <string.h>

#include <base/clock.h>
#include <base/json.h>

#include "sql.h"

#define GROUPS_MAX 4
#define SUMS_MAX   8

enum capacity_count { DELIVERED, HEALTHY, RESERVED, ACTIVE, CAPACITY_COUNTS };
static const char *const capacity_names[] = {"delivered", "healthy", "reserved", "active"};

struct summing {
	size_t n_groups, n_sums;
	const struct collection_field *groups[GROUPS_MAX], *sums[SUMS_MAX];
	const struct capacity_words *capacity;
	int64_t count, totals[SUMS_MAX];
	int64_t counted[CAPACITY_COUNTS];
};

static int parse_list(const struct collection *c, const char *text, unsigned flag,
		      const char *pointer, const struct collection_field **list, size_t max,
		      size_t *ret_n, struct err *err)
{
	struct sv rest = sv_of(text ? text : "");

	while (rest.n > 0) {
		struct sv one = sv_split(&rest, ',');
		const struct collection_field *f = field_by_name(c, one.p, one.n);
		int r = 0;
		if (!f || !(f->flags & flag))
			r = err_set(err, ERR_FIELD_UNKNOWN, "cannot %s '%.*s'",
				    flag == FIELD_IS_SUM ? "sum" : "group by",
				    (int)(one.n < 80 ? one.n : 80), one.p);
		else if (*ret_n == max)
			r = err_set(err, ERR_TOO_BIG, "at most %zu fields", max);
		if (r < 0) {
			(void)err_at(err, pointer);
			return r;
		}
		list[(*ret_n)++] = f;
	}
	return 0;
}

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
	for (size_t i = 0; i < w->n_groups; i++)
		str_addf(&s->text, "%s %s", i ? "," : " ORDER BY", w->groups[i]->column);
	return sql_query(s, db, ret, err);
}

static json_t *value_json(const struct db_rows *rows, int column, const struct collection_field *f)
{
	if (db_is_null(rows, column))
		return json_null();
	if (f->type == COLLECTION_BOOL)
		return json_boolean(db_int(rows, column) != 0);
	if (f->type == COLLECTION_INT)
		return json_integer(db_int(rows, column));
	json_t *text = json_string(db_text(rows, column));
	return text ? text : json_null();
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
					  value_json(rows, 1 + (int)i, w->groups[i]));
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

int query_summary(struct db *db, const struct collection *c, const struct query_request *q,
		  const struct summary_request *what, char **ret, struct err *err)
{
	struct summing w = {.capacity = c == &collection_hosts ? what->capacity : NULL};
	struct sql s;
	autojson json_t *items = json_array();

	TRY(parse_list(c, what->group_by, FIELD_IS_GROUP, "/group_by", w.groups, GROUPS_MAX,
		       &w.n_groups, err));
	TRY(parse_list(c, what->sum, FIELD_IS_SUM, "/sum", w.sums, SUMS_MAX, &w.n_sums, err));
	sql_init(&s, db, c, q, q->at_us);
	int r = collect(&w, &s, db, q, items, err);
	sql_done(&s);
	if (r < 0)
		return r;
	autojson json_t *doc = json_pack("{s:O, s:{s:I, s:o}}", "items", items, "total", "count",
					 (json_int_t)w.count, "sum", sums_json(&w, w.totals));
	if (w.capacity)
		(void)json_object_set_new(doc, "capacity", capacity_json(w.counted));
	*ret = json_text(doc);
	return 0;
}
