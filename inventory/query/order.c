/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sorting by keyset: a page starts after the values that the page before ended with, so its cost
 * does not grow with its number. A cursor is hex of a small JSON document and bound to its
 * question; forging one only moves the reader within what it may read anyway. Fuzzed by
 * tests/fuzz/fuzz_cursor.c.
 */
#include "order.h"
#include "custom_field.h"

#include <string.h>

#include <base/digest.h>
#include <base/json.h>

static bool is_text(const struct collection_field *f)
{
	return f->type == COLLECTION_TEXT;
}

static const char *key_column(const struct collection *c)
{
	return c->key ? c->key : "num";
}

int order_parse(const struct collection *c, const char *text, struct order *ret, struct err *err)
{
	*ret = (struct order){0};
	struct sv rest = sv_of(text ? text : "");
	while (rest.n > 0) {
		struct sv one = sv_split(&rest, ',');
		bool down = sv_starts(one, "-");
		if (down)
			one = (struct sv){one.p + 1, one.n - 1};
		const struct collection_field *f = field_by_name(c, one.p, one.n);
		if (!f || !(f->flags & FIELD_IS_SORT)) {
			int r = err_set(err, ERR_FIELD_UNKNOWN, "cannot sort by '%.*s'",
					(int)(one.n < 80 ? one.n : 80), one.p);
			(void)err_at(err, "/sort");
			return r;
		}
		if (ret->n == ORDER_FIELDS_MAX) {
			int r = err_set(err, ERR_INVALID, "at most %d sort fields",
					ORDER_FIELDS_MAX);
			(void)err_at(err, "/sort");
			return r;
		}
		ret->fields[ret->n] = f;
		ret->down[ret->n++] = down;
	}
	ret->key_down = ret->n > 0 && ret->down[0];
	return 0;
}

void order_comparable(struct sql *s, const struct collection_field *f, bool known)
{
	static const char *const nullable[] = {
		"t.memory_mib",    "t.sockets",        "t.cores",    "t.threads",
		"t.storage_bytes", "t.drives",         "t.nics",     "t.rack_unit",
		"t.deadline_us",   "t.due_us",         "t.ended_us", "t.closed_us",
		"t.capacity_mib",  "t.capacity_bytes", "t.speed_mhz"};

	if (f->flags & FIELD_IS_VERSION) {
		str_addf(
			&s->text,
			"COALESCE((SELECT v.sort_key FROM version_key v WHERE v.version = %s), '')",
			f->column);
		return;
	}
	if (known && custom_field_is(f) && f->type == COLLECTION_INT) {
		str_addf(&s->text, "COALESCE(%s, -9007199254740992)", f->column);
		return;
	}
	for (size_t i = 0; i < ARRAY_LEN(nullable) && known; i++)
		if (str_eq(nullable[i], f->column)) {
			str_addf(&s->text, "COALESCE(%s, -1)", f->column);
			return;
		}
	str_add(&s->text, f->column);
}

void order_columns(struct sql *s, const struct order *o)
{
	for (size_t i = 0; i < o->n; i++) {
		str_add(&s->text, ", ");
		order_comparable(s, o->fields[i], true);
	}
}

void order_by(struct sql *s, const struct order *o, bool sorted)
{
	const char *plus = sorted && db_is_sqlite(s->db) ? "+" : "";

	str_add(&s->text, " ORDER BY ");
	for (size_t i = 0; i < o->n; i++) {
		str_add(&s->text, plus);
		order_comparable(s, o->fields[i], true);
		str_add(&s->text, o->down[i] ? " DESC, " : ", ");
	}
	str_addf(&s->text, "%st.%s%s", plus, key_column(s->c), o->key_down ? " DESC" : "");
}

static void add_value(struct sql *s, const struct place *p, size_t i)
{
	if (p->values[i].is_text)
		sql_text(s, p->values[i].text);
	else
		sql_int(s, p->values[i].i);
}

static void compare(struct sql *s, const struct order *o, const struct place *p, size_t i,
		    const char *op)
{
	order_comparable(s, o->fields[i], true);
	str_addf(&s->text, " %s ", op);
	add_value(s, p, i);
}

/* (a >= A) AND (a > A OR (b > B OR (b = B AND num > N))): the first part lets an index seek */
static void after_from(struct sql *s, const struct order *o, const struct place *p, size_t i)
{
	if (i == o->n) {
		str_addf(&s->text, "t.%s %s ", key_column(s->c), o->key_down ? "<" : ">");
		sql_int(s, p->num);
		return;
	}
	str_addc(&s->text, '(');
	compare(s, o, p, i, o->down[i] ? "<" : ">");
	str_add(&s->text, " OR (");
	compare(s, o, p, i, "=");
	str_add(&s->text, " AND ");
	after_from(s, o, p, i + 1);
	str_add(&s->text, "))");
}

void order_after(struct sql *s, const struct order *o, const struct place *p)
{
	str_add(&s->text, " AND ");
	if (o->n > 0) {
		compare(s, o, p, 0, o->down[0] ? "<=" : ">=");
		str_add(&s->text, " AND ");
	}
	after_from(s, o, p, 0);
}

/* ---- cursors --------------------------------------------------------------------------------- */

void place_done(struct place *p)
{
	for (size_t i = 0; i < ORDER_FIELDS_MAX; i++)
		free(p->values[i].text);
}

static uint64_t mix(uint64_t h, const char *text)
{
	for (const char *p = text ? text : "\x01"; *p; p++)
		h = (h ^ (uint8_t)*p) * 1099511628211ULL;
	return (h ^ 0xff) * 1099511628211ULL;
}

uint64_t order_question(const struct collection *c, const struct query_request *q)
{
	uint64_t h = mix(mix(mix(1469598103934665603ULL, c->name), q->sort), q->search);

	for (size_t i = 0; i < q->n_filters; i++)
		h = mix(mix(h, q->filters[i].key), q->filters[i].value);
	return h >> 1; /* fits a JSON integer */
}

bool cursor_write(const struct place *p, size_t n_values, char ret[static QUERY_CURSOR_MAX_BYTES])
{
	autojson json_t *values = json_array();

	for (size_t i = 0; i < n_values; i++)
		(void)json_array_append_new(values, p->values[i].is_text
							    ? json_string(p->values[i].text)
							    : json_integer(p->values[i].i));
	autojson json_t *doc = json_pack("{s:I, s:I, s:I, s:O}", "a", (json_int_t)p->at_us, "n",
					 (json_int_t)p->num, "q", (json_int_t)p->question, "k",
					 values);
	autofree char *text = doc ? json_text(doc) : NULL;
	if (!text || strlen(text) * 2 >= QUERY_CURSOR_MAX_BYTES)
		return false;
	hex_encode(text, strlen(text), ret);
	return true;
}

static int bad_cursor(struct err *err)
{
	int r = err_set(err, ERR_INVALID, "the cursor is not one of this query");

	(void)err_at(err, "/cursor");
	return r;
}

static int fill_place(json_t *doc, const struct order *o, uint64_t question, struct place *p,
		      struct err *err)
{
	struct json_reader r = json_reader_root(doc, err);

	p->at_us = json_need_int(&r, "a", 1, INT64_MAX);
	p->num = json_need_int(&r, "n", 0, INT64_MAX);
	p->question = (uint64_t)json_need_int(&r, "q", 0, INT64_MAX);
	json_t *values = json_need_arr(&r, "k", ORDER_FIELDS_MAX);
	TRY(json_reader_end(&r));
	if (p->question != question || json_array_size(values) != o->n)
		return bad_cursor(err);
	for (size_t i = 0; i < o->n; i++) {
		const json_t *v = json_array_get(values, i);
		if (is_text(o->fields[i]) ? !json_is_string(v) : !json_is_integer(v))
			return bad_cursor(err);
		p->values[i].is_text = is_text(o->fields[i]);
		p->values[i].i = json_integer_value(v);
		p->values[i].text = xstrdup(json_string_value(v));
	}
	return 0;
}

int cursor_read(const char *text, const struct order *o, uint64_t question, struct place *ret,
		struct err *err)
{
	uint8_t bytes[QUERY_CURSOR_MAX_BYTES / 2];
	size_t n = strlen(text) / 2;
	autojson json_t *doc = NULL;

	if (strlen(text) % 2 || n > sizeof(bytes) || !hex_decode(text, bytes, n))
		return bad_cursor(err);
	if (json_load_strict(bytes, n, sizeof(bytes), &doc, err) < 0 ||
	    fill_place(doc, o, question, ret, err) < 0)
		return bad_cursor(err);
	return 0;
}
