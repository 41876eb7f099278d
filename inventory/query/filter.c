/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All filters of a request as one WHERE. Keys must be fields of the collection or, for hosts, MACs
 * and paths into their facts; values are bound. Input: hostile, fuzzed by tests/fuzz/fuzz_filter.c.
 */
#include "condition.h"
#include "custom_field.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include <base/hw_id.h>
#include <base/json.h>
#include <base/limits.h>

int query_add_filter(struct query_request *q, const char *key, const char *value, struct err *err)
{
	if (q->n_filters == QUERY_FILTERS_MAX)
		return err_set(err, ERR_TOO_BIG, "more than %d filters", QUERY_FILTERS_MAX);
	q->filters[q->n_filters++] = (struct query_filter){key, value};
	return 0;
}

/* The values of a list in the store's spelling: whole MACs in any notation, prefixes in lower case. */
static char *fold_macs(const char *values)
{
	struct sv rest = sv_of(values);
	autostr struct str out;
	char mac[MAC_TEXT_BYTES];

	str_init(&out, 2 * rest.n + MAC_TEXT_BYTES);
	while (rest.n > 0) {
		struct sv one = sv_split(&rest, ',');
		if (hw_mac_parse(one, MAC_ANY, mac))
			str_add(&out, mac);
		else
			for (size_t i = 0; i < one.n; i++)
				str_addc(&out, (char)tolower((unsigned char)one.p[i]));
		if (one.p + one.n < rest.p)
			str_addc(&out, ',');
	}
	return str_take(&out);
}

/* A MAC belongs to one host, or to few. */
static int add_mac(struct sql *s, struct condition c, struct err *err)
{
	static const struct collection_field f = {"macs", "e.value", COLLECTION_TEXT, 0, ""};
	autofree char *folded = fold_macs(c.value);

	c.value = folded;
	str_addf(&s->text,
		 "t.num %sIN (SELECT e.host_num FROM evidence e WHERE e.kind = 'mac' AND ",
		 c.op == OP_NE ? "NOT " : "");
	if (c.op == OP_NE)
		c.op = OP_EQ;
	TRY(condition_add(s, &f, &c, err));
	str_addc(&s->text, ')');
	return 0;
}

static int add_condition(struct sql *s, const struct condition *c, struct err *err)
{
	static const struct collection_field row_number = {"@num", "t.num", COLLECTION_INT, 0, ""};
	const struct collection_field *f = field_by_name(s->c, c->key, strlen(c->key));

	if (str_eq(c->key, row_number.name)) /* the room's own; harmless when a URL says it */
		f = &row_number;
	if (f && s->walk && f->flags & FIELD_IS_PROBED) {
		char hidden[64]; /* "+t.state": no index of it is used */
		struct collection_field copy = *f;
		(void)snprintf(hidden, sizeof(hidden), "+%s", f->column);
		copy.column = hidden;
		return condition_add(s, &copy, c, err);
	}
	if (f && custom_field_is(f) && !sql_lists_unknown(c->value))
		return custom_field_add(s, f, c, err);
	if (f)
		return condition_add(s, f, c, err);
	if (s->c != &collection_hosts)
		return condition_bad(err, ERR_FIELD_UNKNOWN, c->key, "is not a field");
	if (str_eq(c->key, "mac") || str_eq(c->key, "macs"))
		return add_mac(s, *c, err);
	int found = fact_path_add(s, c, err);
	if (found != 0)
		return found < 0 ? found : 0;
	return condition_bad(err, ERR_FIELD_UNKNOWN, c->key, "is not a field");
}

/* ---- all of them ----------------------------------------------------------------------------- */

static char *like_pattern(const char *word)
{
	autostr struct str pattern;

	str_init(&pattern, 2 * LIMIT_NAME_BYTES + 3);
	str_addc(&pattern, '%');
	for (const char *p = word; *p; p++) {
		if (*p == '%' || *p == '_' || *p == '\\')
			str_addc(&pattern, '\\');
		str_addc(&pattern, (char)tolower((unsigned char)*p));
	}
	str_addc(&pattern, '%');
	return str_take(&pattern);
}

/* SQLite's LIKE is blind to the case of ASCII; a lower() of each value would take six times as long
 * as the rest. */
static void add_like(struct sql *s, const char *column, size_t number)
{
	str_addf(&s->text, "%s(%s) LIKE $%zu ESCAPE '\\'", db_is_sqlite(s->db) ? "" : "lower",
		 column, number);
}

/* Something of the host that a row belongs to: such hosts are looked for once, so that no row is
 * joined to its own before it fits. */
static void add_like_of_host(struct sql *s, const char *column, size_t number)
{
	if (s->c != &collection_parts) {
		str_add(&s->text, "t.host_num IN (SELECT h.num FROM host h WHERE ");
	} else {
		str_add(&s->text, "t.num IN (SELECT p.part_num FROM host h JOIN placement p ON "
				  "p.host_num = h.num AND ");
		sql_add(s, s->at_us ? "p.from_us <= @ AND p.until_us > @"
				    : "p.until_us = 9223372036854775807");
		str_add(&s->text, " WHERE ");
	}
	add_like(s, column, number);
	str_addc(&s->text, ')');
}

static void add_search(struct sql *s, const char *word)
{
	autofree char *pattern = like_pattern(word);
	size_t number = sql_param_text(s, pattern);

	str_add(&s->text, "(1 = 0");
	for (size_t i = 0; i < s->c->n_fields; i++) {
		const char *column = s->c->fields[i].column;
		if (!(s->c->fields[i].flags & FIELD_IS_SEARCHED))
			continue;
		str_add(&s->text, " OR ");
		if (str_starts(column, "h."))
			add_like_of_host(s, column, number);
		else
			add_like(s, column, number);
	}
	str_addc(&s->text, ')');
}

typedef int (*condition_adder)(struct sql *s, const struct condition *c, struct err *err);

static bool same_key(const struct condition *a, const struct condition *b)
{
	return str_eq(a->key, b->key) && a->op == b->op;
}

/* Was the key, or the part that its label names, there before? Then it was handled there. */
static bool is_handled(const struct query_request *q, size_t i, const struct condition *c,
		       bool (*same)(const struct condition *a, const struct condition *b))
{
	struct err ignored = ERR_INIT;

	for (size_t k = 0; k < i; k++) {
		struct condition other;
		if (condition_parse(&q->filters[k], &other, &ignored) == 0 && same(&other, c))
			return true;
	}
	return false;
}

/* "(... OR ...)": the same key and sense again is OR; of what is not so, AND. */
static int add_key(struct sql *s, const struct query_request *q, size_t i,
		   const struct condition *c, condition_adder add, struct err *err)
{
	bool first = true;

	str_addc(&s->text, '(');
	for (size_t k = i; k < q->n_filters; k++) {
		struct condition other;
		TRY(condition_parse(&q->filters[k], &other, err));
		if (!same_key(&other, c))
			continue;
		str_add(&s->text, first ? "" : c->op == OP_EQ ? " OR " : " AND ");
		TRY(add(s, &other, err));
		first = false;
	}
	str_addc(&s->text, ')');
	return 0;
}

/* All conditions whose label says that they are of one part. */
static int add_one_part(struct sql *s, const struct query_request *q, size_t i,
			const struct condition *c, struct err *err)
{
	TRY(fact_path_begin_part(s, c, err));
	for (size_t k = i; k < q->n_filters; k++) {
		struct condition other;
		TRY(condition_parse(&q->filters[k], &other, err));
		if (!fact_path_same_part(&other, c) || is_handled(q, k, &other, same_key))
			continue;
		str_add(&s->text, " AND ");
		TRY(add_key(s, q, k, &other, fact_path_add_of_part, err));
	}
	str_addc(&s->text, ')');
	return 0;
}

static int add_filter(struct sql *s, const struct query_request *q, size_t i, struct err *err)
{
	struct condition c;

	TRY(condition_parse(&q->filters[i], &c, err));
	bool labelled = s->c == &collection_hosts && fact_path_same_part(&c, &c);
	if (is_handled(q, i, &c, labelled ? fact_path_same_part : same_key))
		return 0;
	str_add(&s->text, " AND ");
	return labelled ? add_one_part(s, q, i, &c, err) : add_key(s, q, i, &c, add_condition, err);
}

int sql_where(struct sql *s, const struct query_request *q, struct err *err)
{
	const char *moment = s->at_us ? s->c->then : s->c->now;

	str_add(&s->text, " WHERE ");
	sql_add(s, moment && !q->all_times ? moment : "1 = 1");
	for (size_t i = 0; i < q->n_filters; i++)
		TRY(add_filter(s, q, i, err));
	if (q->search && q->search[0]) {
		if (strlen(q->search) > LIMIT_NAME_BYTES)
			return condition_bad(err, ERR_TOO_BIG, "q", "is too long");
		str_add(&s->text, " AND ");
		add_search(s, q->search);
	}
	return 0;
}
