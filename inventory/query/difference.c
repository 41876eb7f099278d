/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The difference between two moments. A host that changed after a moment has a version that began
 * after it, so only those are looked at. Input: times and numbers.
 */
#include <inventory/difference.h>
#include <inventory/store_archive.h>

#include <base/clock.h>
#include <base/json.h>
#include <base/str.h>
#include <inventory/collection.h>

#include "custom_field.h"
#include "sql.h"

struct comparing {
	struct db *db;
	const struct query_request *of;
	int64_t from_us, to_us;
	struct err *err;
};

/* The host as the API shows it at a moment; *ret NULL when it was not there. */
static int host_at(struct comparing *w, int64_t num, int64_t at_us, json_t **ret)
{
	struct query_request q = {.limit = 1, .at_us = at_us};
	struct query_page page;
	char key[24];

	(void)snprintf(key, sizeof(key), "%lld", (long long)num);
	TRY(query_add_filter(&q, "@num", key, w->err));
	TRY(query_run(w->db, &collection_hosts, &q, NULL, &page, w->err));
	autojson json_t *list = json_loads(page.items.p, 0, NULL);
	*ret = json_incref(json_array_get(list, 0));
	query_page_done(&page);
	return 0;
}

static json_t *or_null(json_t *j)
{
	return j ? json_incref(j) : json_null();
}

static void compare_fields(json_t *was, json_t *is, json_t *out)
{
	static const char *const boring[] = {"revision", "changed", "num"};
	const char *key;
	json_t *value;
	autojson json_t *all = json_object();

	(void)json_object_update(all, was);
	(void)json_object_update(all, is);
	json_object_foreach (all, key, value) {
		bool skip = false;
		for (size_t i = 0; i < ARRAY_LEN(boring); i++)
			skip = skip || str_eq(boring[i], key);
		json_t *a = json_object_get(was, key), *b = json_object_get(is, key);
		if (skip || (a && b && json_equal(a, b)))
			continue;
		(void)json_object_set_new(out, key, json_pack("[o, o]", or_null(a), or_null(b)));
	}
}

/* Parts whose placement began or ended in between, and is not the same at both ends. */
static int list_parts(struct comparing *w, int64_t num, const char *sql, json_t *out)
{
	AUTO(db_rows) struct db_rows *rows = NULL;

	TRY(db_query_n(w->db, sql,
		       (const struct db_param[]){p_int(num), p_int(w->from_us), p_int(w->to_us)}, 3,
		       &rows, w->err));
	int r;
	while ((r = db_rows_next(rows, w->err)) == 1)
		(void)json_array_append_new(
			out, json_pack("{s:s, s:s, s:s}", "type", db_text(rows, 0), "slot",
				       db_text(rows, 1), "fru_id", db_text(rows, 2)));
	return r;
}

#define PARTS_AT(x)                                                                                \
	"SELECT p.type, p.slot, q.fru_key FROM placement p JOIN part q ON q.num = p.part_num "     \
	"WHERE "                                                                                   \
	"p.host_num = $1 AND p.from_us <= " x " AND p.until_us > " x

static const char parts_added_sql[] = PARTS_AT("$3") " EXCEPT " PARTS_AT("$2") " ORDER BY 1, 2, 3";
static const char parts_removed_sql[] = PARTS_AT("$2") " EXCEPT " PARTS_AT(
	"$3") " ORDER BY 1, 2, 3";

static int compare_host(struct comparing *w, int64_t num, json_t *items)
{
	autojson json_t *was = NULL;
	autojson json_t *is = NULL;
	autojson json_t *fields = json_object();
	autojson json_t *added = json_array();
	autojson json_t *removed = json_array();

	TRY(host_at(w, num, w->from_us, &was));
	TRY(host_at(w, num, w->to_us, &is));
	if (!was && !is)
		return 0;
	if (was && is)
		compare_fields(was, is, fields);
	TRY(list_parts(w, num, parts_added_sql, added));
	TRY(list_parts(w, num, parts_removed_sql, removed));
	json_t *one = is ? is : was;
	const char *change = !was ? "added" : !is ? "removed" : "changed";
	if (was && is && json_object_size(fields) == 0 && json_array_size(added) == 0 &&
	    json_array_size(removed) == 0)
		return 0;
	(void)json_array_append_new(items, json_pack("{s:O, s:O, s:s, s:O, s:O, s:O}", "host",
						     json_object_get(one, "short_code"), "host_id",
						     json_object_get(one, "id"), "change", change,
						     "fields", fields, "parts_added", added,
						     "parts_removed", removed));
	return 0;
}

/* What a host is now says whether it is asked about; its rows of the past need not fit. */
static int add_fitting(struct comparing *w, struct sql *s)
{
	if (w->of->n_filters == 0)
		return 0;
	str_add(&s->text, " AND num IN (SELECT t.num FROM host t");
	TRY(sql_where(s, w->of, w->err));
	str_addc(&s->text, ')');
	return 0;
}

static int ask_changed(struct comparing *w, int64_t after, struct sql *s, struct db_rows **ret)
{
	str_add(&s->text, "SELECT num FROM (SELECT num FROM host WHERE changed_us > ");
	sql_int(s, w->from_us);
	str_add(&s->text, " UNION SELECT num FROM host_history WHERE until_us > ");
	sql_int(s, w->from_us);
	str_add(&s->text, " AND changed_us <= ");
	sql_int(s, w->to_us);
	str_add(&s->text, ") c WHERE num > ");
	sql_int(s, after);
	TRY(add_fitting(w, s));
	str_add(&s->text, " ORDER BY num LIMIT ");
	sql_int(s, w->of->limit);
	return sql_query(s, w->db, ret, w->err);
}

static int list_changed(struct comparing *w, int64_t after, int64_t *nums, size_t *ret_n)
{
	struct sql s;
	struct db_rows *rows = NULL;

	sql_init(&s, w->db, &collection_hosts, w->of, 0);
	int r = ask_changed(w, after, &s, &rows);
	while (r >= 0 && (r = db_rows_next(rows, w->err)) == 1)
		nums[(*ret_n)++] = db_int(rows, 0);
	db_rows_free(rows);
	sql_done(&s);
	return r;
}

static int compare_all(struct comparing *w, int64_t after, json_t **ret)
{
	char from[TIME_TEXT_BYTES], to[TIME_TEXT_BYTES];
	int64_t limit = w->of->limit;
	autofree int64_t *nums = xmalloc((size_t)limit * sizeof(*nums));
	autojson json_t *items = json_array();
	size_t n = 0;

	TRY(list_changed(w, after, nums, &n));
	for (size_t i = 0; i < n; i++)
		TRY(compare_host(w, nums[i], items));
	time_rfc3339(w->from_us, from);
	time_rfc3339(w->to_us, to);
	json_t *next = n == (size_t)limit ? json_integer(nums[n - 1]) : json_null();
	*ret = json_pack("{s:s, s:s, s:O, s:o}", "from", from, "to", to, "items", items, "next",
			 next);
	return 0;
}

int difference_of_hosts(struct db *db, const struct query_request *of,
			const struct difference_span *span, json_t **ret, struct err *err)
{
	struct comparing w = {db, of, span->from_us, span->to_us, err};

	if (span->from_us > span->to_us || of->limit < 1 || of->limit > QUERY_LIMIT_MAX)
		return err_set(err, ERR_INVALID, "'from' is after 'to'");
	TRY(store_archive_refuse_moment(db, span->from_us, "/from", err));
	TRY(custom_fields_load(db, of, NULL, 0, err));
	TRY(db_begin_snapshot(db, err));
	return db_end(db, compare_all(&w, span->after, ret), err);
}
