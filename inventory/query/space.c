/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two sums over the same places: what locations offer and what hosts take. Input: a word of ours and
 * a state.
 */
#include <inventory/space.h>

#include <string.h>

#include <base/json.h>
#include <base/str.h>

#define NUMBER(object, row, name)                                                                  \
	"(SELECT max(u.number) FROM custom_value u WHERE u.object = '" object "' AND u.num = " row \
	" AND u.name = '" name "' AND u.until_us = 9223372036854775807)"
/* of the host, else of its SKU */
#define OF_HOST(name)                                                                              \
	"COALESCE(" NUMBER("hosts", "h.num", name) ", " NUMBER(                                    \
		"skus", "(SELECT s.num FROM sku s WHERE s.name = h.sku)", name) ")"

#define OFFERED                                                                                    \
	", count(*), CAST(sum(t.watts) AS BIGINT) FROM (SELECT l.site AS site, l.rack_row AS "     \
	"rack_row, l.rack AS rack, " NUMBER("locations", "l.num",                                  \
					    "watts_budget") " AS watts FROM location l) t "
#define TAKEN                                                                                      \
	", count(*), CAST(COALESCE(sum(t.height), 0) AS BIGINT), CAST(COALESCE(sum(t.watts), 0) "  \
	"AS BIGINT), CAST(sum(CASE WHEN t.height IS NULL THEN 1 ELSE 0 END) AS BIGINT), "          \
	"CAST(sum(CASE WHEN t.watts IS NULL THEN 1 ELSE 0 END) AS BIGINT) FROM (SELECT h.site AS " \
	"site, h.rack_row AS rack_row, h.rack AS rack, " OF_HOST(                                  \
		"height_units") " AS height, " OF_HOST("watts_nominal") " AS watts FROM host h "   \
									"WHERE h.rack <> '' AND "  \
									"h.state <> $1) t "

static const struct {
	const char *by, *columns, *offered, *taken;
} levels[] = {
#define LEVEL(by, columns)                                                                         \
	{                                                                                          \
		by, columns, "SELECT " columns OFFERED "GROUP BY " columns,                        \
			"SELECT " columns TAKEN "GROUP BY " columns                                \
	}
	LEVEL("site", "t.site"),
	LEVEL("row", "t.site, t.rack_row"),
	LEVEL("rack", "t.site, t.rack_row, t.rack"),
};

static const char *const names[] = {"site", "row", "rack"};

static void set(json_t *one, const char *name, int64_t v)
{
	(void)json_object_set_new(one, name, json_integer(v));
}

/* The place of a row, made when it is new. */
static json_t *place_of(json_t *places, const struct db_rows *rows, size_t n)
{
	autostr struct str key;

	str_init(&key, 4096);
	for (size_t i = 0; i < n; i++)
		str_addf(&key, "%s\x1f", db_text(rows, (int)i));
	json_t *one = json_object_get(places, key.p);
	if (one)
		return one;
	one = json_object();
	for (size_t i = 0; i < n; i++)
		(void)json_object_set_new(one, names[i], json_string(db_text(rows, (int)i)));
	static const char *const counts[] = {"units",
					     "hosts",
					     "units_used",
					     "watts_used",
					     "hosts_without_height",
					     "hosts_without_watts"};
	for (size_t i = 0; i < ARRAY_LEN(counts); i++)
		set(one, counts[i], 0);
	(void)json_object_set_new(places, key.p, one);
	return one;
}

static int add_offered(struct db *db, size_t level, json_t *places, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	int n = (int)level + 1, more;

	TRY(db_query_n(db, levels[level].offered, NULL, 0, &rows, err));
	while ((more = db_rows_next(rows, err)) == 1) {
		json_t *one = place_of(places, rows, level + 1);
		set(one, "units", db_int(rows, n));
		if (!db_is_null(rows, n + 1))
			set(one, "watts", db_int(rows, n + 1));
	}
	return more;
}

static int add_taken(struct db *db, size_t level, const char *gone, json_t *places, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	int n = (int)level + 1, more;

	TRY(db_query(db, err, &rows, levels[level].taken, p_text(gone)));
	while ((more = db_rows_next(rows, err)) == 1) {
		json_t *one = place_of(places, rows, level + 1);
		set(one, "hosts", db_int(rows, n));
		set(one, "units_used", db_int(rows, n + 1));
		set(one, "watts_used", db_int(rows, n + 2));
		set(one, "hosts_without_height", db_int(rows, n + 3));
		set(one, "hosts_without_watts", db_int(rows, n + 4));
	}
	return more;
}

static int64_t number(const json_t *one, const char *name)
{
	return json_integer_value(json_object_get(one, name));
}

static void add_left(json_t *one)
{
	if (number(one, "hosts_without_height") == 0)
		set(one, "units_left", number(one, "units") - number(one, "units_used"));
	if (number(one, "hosts_without_watts") == 0 && json_object_get(one, "watts"))
		set(one, "watts_left", number(one, "watts") - number(one, "watts_used"));
}

static int by_key(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static json_t *in_order(json_t *places)
{
	json_t *items = json_array(), *one;
	size_t n = 0;
	autofree const char **keys = xcalloc(json_object_size(places) + 1, sizeof(*keys));
	const char *key;

	json_object_foreach (places, key, one) {
		add_left(one);
		keys[n++] = key;
	}
	qsort(keys, n, sizeof(*keys), by_key);
	for (size_t i = 0; i < n; i++)
		(void)json_array_append(items, json_object_get(places, keys[i]));
	return json_pack("{s:o}", "items", items);
}

static int sum_up(struct db *db, size_t level, const char *gone, json_t *places, struct err *err)
{
	TRY(add_offered(db, level, places, err));
	return add_taken(db, level, gone, places, err);
}

int space_left(struct db *db, const char *by, const char *gone, json_t **ret, struct err *err)
{
	autojson json_t *places = json_object();
	size_t level = 0;

	while (level < ARRAY_LEN(levels) && !str_eq(levels[level].by, by))
		level++;
	if (level == ARRAY_LEN(levels)) {
		(void)err_set(err, ERR_INVALID, "'by' is site, row or rack");
		return err_at(err, "/by");
	}
	bool own = !db_in_transaction(db);
	if (own)
		TRY(db_begin_snapshot(db, err));
	int r = sum_up(db, level, gone, places, err);
	if (own)
		r = db_end(db, r, err);
	if (r >= 0)
		*ret = in_order(places);
	return r;
}
