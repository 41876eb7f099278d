/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Filters as a URL has them, one by one: what was asked, of which key, and the SQL condition over
 * one column. Values are bound. Input: hostile, fuzzed by tests/fuzz/fuzz_filter.c.
 */
#include "condition.h"

#include <stdio.h>
#include <string.h>

#include <base/clock.h>
#include <base/json.h>
#include <base/limits.h>

#include "../parts/version.h"
#include "order.h"

#define VALUES_MAX 64

static const char *const op_sql[] = {[OP_GE] = ">=", [OP_LE] = "<=", [OP_GT] = ">", [OP_LT] = "<"};

int condition_bad(struct err *err, enum err_code code, const char *key, const char *what)
{
	char pointer[CONDITION_KEY_BYTES + 8];
	int r = err_set(err, code, "filter '%.90s': %s", key, what);

	(void)snprintf(pointer, sizeof(pointer), "/%.90s", key);
	(void)err_at(err, pointer);
	return r;
}

/* ---- reading a filter ------------------------------------------------------------------------ */

int condition_parse(const struct query_filter *f, struct condition *ret, struct err *err)
{
	size_t n = strlen(f->key);

	*ret = (struct condition){.op = OP_EQ, .value = f->value};
	if (!f->value || !f->value[0]) { /* cores>32 has no '=' */
		size_t at = strcspn(f->key, "<>");
		if (f->key[at]) {
			ret->op = f->key[at] == '>' ? OP_GT : OP_LT;
			ret->value = f->key + at + 1;
			n = at;
		} else if (!f->value) {
			return condition_bad(err, ERR_INVALID, f->key, "has no value");
		}
	}
	if (ret->op == OP_EQ && n > 0) {
		char last = f->key[n - 1];
		ret->op = last == '!' ? OP_NE : last == '>' ? OP_GE : last == '<' ? OP_LE : OP_EQ;
		n -= ret->op != OP_EQ;
	}
	if (n == 0 || n >= sizeof(ret->key))
		return condition_bad(err, ERR_FIELD_UNKNOWN, f->key, "is not a field");
	memcpy(ret->key, f->key, n);
	ret->key[n] = '\0';
	if (strlen(ret->value) > LIMIT_URL_BYTES)
		return condition_bad(err, ERR_TOO_BIG, ret->key, "the value is too long");
	return 0;
}

bool condition_is_repeated(const struct query_request *q, const struct condition *c)
{
	size_t n = 0;

	for (size_t i = 0; i < q->n_filters; i++) {
		struct condition other;
		struct err ignored = ERR_INIT;
		n += condition_parse(&q->filters[i], &other, &ignored) == 0 &&
		     str_eq(other.key, c->key);
	}
	return n > 1;
}

static int number_of(const struct collection_field *f, const char *text, int64_t *ret)
{
	if (f->type == COLLECTION_TIME)
		return time_parse_rfc3339(text, ret) ? 0 : -1;
	if (f->type == COLLECTION_BOOL) {
		*ret = str_eq(text, "true");
		return *ret || str_eq(text, "false") ? 0 : -1;
	}
	return parse_i64(text, ret) ? 0 : -1;
}

static const char *type_words(const struct collection_field *f)
{
	return f->type == COLLECTION_TIME   ? "takes a time as 2026-11-01T00:00:00Z"
	       : f->type == COLLECTION_BOOL ? "takes true or false"
					    : "takes a whole number";
}

/* ---- one condition over one column ----------------------------------------------------------- */

static void add_prefix(struct sql *s, const char *column, const char *value)
{
	autofree char *from = xstrndup(value, strlen(value) - 1);
	autofree char *until = xstrdup(from);
	size_t n = strlen(until);

	while (n > 0 && (uint8_t)until[n - 1] >= 0x7e)
		n--;
	str_addf(&s->text, "(%s >= ", column);
	sql_text(s, from);
	if (n >
	    0) { /* the next text after all with this prefix, kept within ASCII for valid UTF-8 */
		until[n - 1] = (char)(until[n - 1] + 1);
		until[n] = '\0';
		str_addf(&s->text, " AND %s < ", column);
		sql_text(s, until);
	}
	str_addc(&s->text, ')');
}

static int add_value(struct sql *s, const struct collection_field *f, const char *value,
		     const char *key, struct err *err)
{
	size_t n = strlen(value);
	int64_t number = 0;

	if (n == 0) {
		bool text = f->type == COLLECTION_TEXT || f->type == COLLECTION_JSON;
		str_addf(&s->text, text ? "(%s IS NULL OR %s = '')" : "(%s IS NULL)", f->column,
			 f->column);
		return 0;
	}
	if (f->type == COLLECTION_JSON)
		return condition_bad(err, ERR_INVALID, key, "cannot be filtered");
	if (f->type == COLLECTION_TEXT) {
		if (str_eq(value, "*")) { /* known, whatever it is */
			str_addf(&s->text, "(%s <> '')", f->column);
			return 0;
		}
		if (value[n - 1] == '*' && n > 1) {
			add_prefix(s, f->column, value);
			return 0;
		}
		str_addf(&s->text, "(%s = ", f->column);
		sql_text(s, value);
		str_addc(&s->text, ')');
		return 0;
	}
	if (number_of(f, value, &number) < 0)
		return condition_bad(err, ERR_INVALID, key, type_words(f));
	str_addf(&s->text, "(%s = ", f->column);
	sql_int(s, number);
	str_addc(&s->text, ')');
	return 0;
}

static int add_list(struct sql *s, const struct collection_field *f, const struct condition *c,
		    struct err *err)
{
	struct sv rest = sv_of(c->value);
	unsigned n = 0;

	str_add(&s->text, c->op == OP_NE ? "NOT COALESCE((" : "((");
	do {
		struct sv one = sv_split(&rest, ',');
		autofree char *value = xstrndup(one.p, one.n);
		if (++n > VALUES_MAX)
			return condition_bad(err, ERR_TOO_BIG, c->key, "lists too many values");
		if (n > 1)
			str_add(&s->text, " OR ");
		TRY(add_value(s, f, value, c->key, err));
	} while (rest.n > 0);
	str_add(&s->text, c->op != OP_NE ? "))" : db_is_sqlite(s->db) ? "), 0)" : "), FALSE)");
	return 0;
}

/* The versions in the range are looked up by their keys, then the rows by their versions. */
static int add_version_range(struct sql *s, const struct collection_field *f,
			     const struct condition *c, struct err *err)
{
	char key[VERSION_KEY_BYTES], low[VERSION_KEY_BYTES], high[VERSION_KEY_BYTES];

	version_key(c->value, key);
	if (!key[0])
		return condition_bad(err, ERR_INVALID, c->key, "takes a version like 2.13.0");
	version_key_family(key, low, high);
	str_addf(&s->text, "(%s IN (SELECT v.version FROM version_key v WHERE v.sort_key %s ",
		 f->column, op_sql[c->op]);
	sql_text(s, key);
	str_add(&s->text, " AND v.sort_key >= ");
	sql_text(s, low);
	str_add(&s->text, " AND v.sort_key < ");
	sql_text(s, high);
	str_add(&s->text, "))");
	return 0;
}

static int add_range(struct sql *s, const struct collection_field *f, const struct condition *c,
		     struct err *err)
{
	int64_t number = 0;

	if (f->type == COLLECTION_TEXT && !c->value[0])
		return condition_bad(err, ERR_INVALID, c->key, "has no value");
	if (f->type == COLLECTION_TEXT && f->flags & FIELD_IS_VERSION)
		return add_version_range(s, f, c, err);
	if (f->type == COLLECTION_TEXT) {
		/* unknown is not less than anything */
		str_addf(&s->text, "(%s <> '' AND %s %s ", f->column, f->column, op_sql[c->op]);
		sql_text(s, c->value);
	} else {
		if (f->type == COLLECTION_JSON || number_of(f, c->value, &number) < 0)
			return condition_bad(err, ERR_INVALID, c->key, type_words(f));
		/* "at least" says the same of the text that lists are sorted by, which has the
		 * index */
		bool more = (c->op == OP_GE || c->op == OP_GT) && number >= 0;
		str_addc(&s->text, '(');
		order_comparable(s, f, more);
		str_addf(&s->text, " %s ", op_sql[c->op]);
		sql_int(s, number);
	}
	str_addc(&s->text, ')');
	return 0;
}

/* Events have their times in the order of their ids (db_tick()), and are listed by id: the id where
 * the time begins or ends is one look into the index of times. */
static void add_event_bound(struct sql *s, const struct condition *c)
{
	int64_t at_us = 0;
	bool from = c->op == OP_GE || c->op == OP_GT;

	if (!time_parse_rfc3339(c->value, &at_us))
		return;
	str_addf(&s->text, " AND t.id %s COALESCE((SELECT b.id FROM event b WHERE b.at_us %s ",
		 from ? ">=" : "<=", op_sql[c->op]);
	sql_int(s, at_us);
	str_addf(&s->text, " ORDER BY b.at_us%s LIMIT 1), %s)", from ? "" : " DESC",
		 from ? "9223372036854775807" : "-1");
}

int condition_add(struct sql *s, const struct collection_field *f, const struct condition *c,
		  struct err *err)
{
	if (c->op == OP_EQ || c->op == OP_NE)
		return add_list(s, f, c, err);
	if (s->c != &collection_events || !str_eq(f->column, "t.at_us"))
		return add_range(s, f, c, err);
	/* the time itself is kept from the index: PostgreSQL would sort all that is younger by id
	 */
	struct collection_field hidden = *f;
	hidden.column = "(t.at_us + 0)";
	TRY(add_range(s, &hidden, c, err));
	add_event_bound(s, c);
	return 0;
}
