/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds where the rows of a list begin and end, by brackets and strings alone. Whether they are JSON
 * is json_load_strict()'s to say: it reads each row, and the document around them. Input: bodies of
 * requests; fuzzed.
 */
#include <base/json_rows.h>

#include <string.h>

#include <base/json.h>
#include <base/str.h>

struct scan {
	const char *p, *end;
};

static void skip_blanks(struct scan *s)
{
	while (s->p < s->end && memchr(" \t\r\n", *s->p, 4))
		s->p++;
}

static bool take(struct scan *s, char c)
{
	skip_blanks(s);
	if (s->p == s->end || *s->p != c)
		return false;
	s->p++;
	return true;
}

/* From its first quote to behind its last one. */
static bool skip_string(struct scan *s)
{
	for (s->p++; s->p < s->end; s->p++) {
		if (*s->p == '"') {
			s->p++;
			return true;
		}
		if (*s->p == '\\' && ++s->p == s->end)
			return false;
	}
	return false;
}

/* A string, a value in brackets, or what lies before the next comma or bracket. */
static bool skip_value(struct scan *s)
{
	size_t depth = 0;

	skip_blanks(s);
	while (s->p < s->end) {
		char c = *s->p;
		if (c == '"' ? !skip_string(s) : depth == 0 && (c == ',' || c == '}' || c == ']'))
			return c != '"';
		if (c == '"')
			continue;
		depth += c == '{' || c == '[';
		if (c == '}' || c == ']')
			depth--;
		s->p++;
		if (depth == 0 && (c == '}' || c == ']'))
			return true;
	}
	return false;
}

/* Objects and commas up to the closing bracket, at which *s ends. */
static bool count_rows(struct scan *s, size_t *ret_n)
{
	*ret_n = 0;
	skip_blanks(s);
	if (s->p < s->end && *s->p == ']')
		return true;
	do {
		skip_blanks(s);
		if (s->p == s->end || *s->p != '{' || !skip_value(s))
			return false;
		++*ret_n;
	} while (take(s, ','));
	return s->p < s->end && *s->p == ']';
}

/* The member of the object that *s begins with. */
static bool find_member(struct scan *s, const char *member, struct json_rows *ret)
{
	size_t n = strlen(member);

	if (!take(s, '{'))
		return false;
	do {
		skip_blanks(s);
		const char *key = s->p;
		if (s->p == s->end || *s->p != '"' || !skip_string(s))
			return false;
		bool it = (size_t)(s->p - key) == n + 2 && memcmp(key + 1, member, n) == 0;
		if (!take(s, ':'))
			return false;
		if (it && take(s, '[')) {
			ret->at = s->p;
			bool whole = count_rows(s, &ret->n);
			ret->end = s->p;
			return whole;
		}
		if (!skip_value(s))
			return false;
	} while (take(s, ','));
	return false;
}

int json_rows_cut(const char *text, size_t n_bytes, const char *member, struct json_rows *ret,
		  struct err *err)
{
	struct scan s = {text, text + n_bytes};

	*ret = (struct json_rows){0};
	if (!find_member(&s, member, ret)) {
		*ret = (struct json_rows){0};
		return 0;
	}
	size_t before = (size_t)(ret->at - text), behind = (size_t)(text + n_bytes - ret->end);
	autofree char *rest = xcalloc(1, before + behind + 1);
	memcpy(rest, text, before);
	memcpy(rest + before, ret->end, behind);
	TRY(json_load_strict(rest, before + behind, before + behind, &ret->rest, err));
	return 1;
}

int json_rows_next(struct json_rows *rows, json_t **ret, struct err *err)
{
	struct scan s = {rows->at, rows->end};

	if (rows->read == rows->n)
		return 0;
	(void)(rows->read > 0 && take(&s, ','));
	skip_blanks(&s);
	const char *begin = s.p;
	BUG_ON(!skip_value(&s)); /* count_rows() has passed it */
	size_t n = (size_t)(s.p - begin);
	if (json_load_strict(begin, n, n, ret, err) < 0)
		return err_wrap(err, "row %zu", rows->read + 1);
	rows->at = s.p;
	rows->read++;
	return 1;
}

void json_rows_done(struct json_rows *rows)
{
	json_decref(rows->rest);
	*rows = (struct json_rows){0};
}
