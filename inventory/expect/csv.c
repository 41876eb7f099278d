/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Deliveries as CSV (RFC 4180): a header line names the columns, quotes may hold commas and line
 * ends. Only our columns are taken, so that a shifted list is noticed. Input: files from vendors;
 * fuzzed.
 */
#include <inventory/expect.h>

#include <string.h>

#include <base/json.h>
#include <base/str.h>

#define VALUE_MAX 4096

struct csv {
	const char *p, *end;
	unsigned line;
};

static const struct {
	const char *name, *member;
	enum { AS_TEXT, AS_NUMBER, AS_MACS } kind;
} columns[] = {
	{"serial", "serial", AS_TEXT},       {"mac", "macs", AS_MACS},
	{"macs", "macs", AS_MACS},           {"sku", "sku", AS_TEXT},
	{"site", "site", AS_TEXT},           {"row", "row", AS_TEXT},
	{"rack", "rack", AS_TEXT},           {"unit", "unit", AS_NUMBER},
	{"asset_tag", "asset_tag", AS_TEXT}, {"switch", "switch", AS_TEXT},
	{"port", "port", AS_TEXT},           {"name", "name", AS_TEXT},
};

static int bad(const struct csv *c, struct err *err, const char *what)
{
	return err_set(err, ERR_CSV, "line %u: %s", c->line, what);
}

static bool at_line_end(const struct csv *c)
{
	return c->p == c->end || *c->p == '\n' || *c->p == '\r';
}

static int quoted(struct csv *c, struct str *out, struct err *err)
{
	for (c->p++;; c->p++) {
		if (c->p == c->end)
			return bad(c, err, "a quote is not closed");
		if (*c->p == '"') {
			c->p++;
			if (c->p == c->end || *c->p != '"')
				break;
		}
		c->line += *c->p == '\n';
		str_addc(out, *c->p);
	}
	return at_line_end(c) || *c->p == ',' ? 0 : bad(c, err, "text after a closing quote");
}

/* One value; *ret_more when a comma follows. */
static int value(struct csv *c, struct str *out, bool *ret_more, struct err *err)
{
	str_clear(out);
	if (c->p < c->end && *c->p == '"')
		TRY(quoted(c, out, err));
	else
		while (!at_line_end(c) && *c->p != ',') {
			if (*c->p == '"')
				return bad(c, err, "a quote inside a value");
			str_addc(out, *c->p++);
		}
	if (!str_ok(out))
		return bad(c, err, "a value is too long");
	if (memchr(out->p, '\0', out->n_bytes))
		return bad(c, err, "a NUL byte");
	*ret_more = c->p < c->end && *c->p == ',';
	c->p += *ret_more;
	return 0;
}

static void end_line(struct csv *c)
{
	if (c->p < c->end && *c->p == '\r')
		c->p++;
	if (c->p < c->end && *c->p == '\n')
		c->p++;
	c->line++;
}

static int header(struct csv *c, unsigned *ret_map, size_t *ret_n, struct err *err)
{
	autostr struct str text;
	bool more = true;

	str_init(&text, VALUE_MAX);
	while (more) {
		unsigned k = 0;
		TRY(value(c, &text, &more, err));
		struct sv name = sv_trim(sv_of(text.p));
		while (k < ARRAY_LEN(columns) && !sv_eq_str(name, columns[k].name))
			k++;
		if (k == ARRAY_LEN(columns))
			return err_set(err, ERR_CSV, "line 1: there is no column '%.60s'", text.p);
		for (size_t i = 0; i < *ret_n; i++)
			if (columns[ret_map[i]].member == columns[k].member)
				return err_set(err, ERR_CSV, "line 1: column '%.60s' comes twice",
					       text.p);
		if (*ret_n == CSV_COLUMNS_MAX)
			return bad(c, err, "too many columns");
		ret_map[(*ret_n)++] = k;
	}
	end_line(c);
	return 0;
}

static json_t *macs_json(const char *text)
{
	json_t *list = json_array();

	while (*text) {
		size_t n = strcspn(text, " ;|");
		if (n > 0)
			(void)json_array_append_new(list, json_stringn(text, n));
		text += n + (text[n] != '\0');
	}
	return list;
}

static int put(const struct csv *c, json_t *row, unsigned column, const char *text, struct err *err)
{
	struct sv t = sv_trim(sv_of(text));
	autofree char *trimmed = xstrndup(t.p, t.n);
	int64_t number = 0;
	json_t *j = NULL;

	if (t.n == 0)
		return 0;
	if (columns[column].kind == AS_MACS)
		j = macs_json(trimmed);
	else if (columns[column].kind == AS_TEXT)
		j = json_string(trimmed);
	else if (parse_i64(trimmed, &number))
		j = json_integer(number);
	else
		return err_set(err, ERR_CSV, "line %u: '%.40s' is no number", c->line, trimmed);
	if (!j)
		return bad(c, err, "not valid UTF-8");
	return json_object_set_new(row, columns[column].member, j) < 0
		       ? bad(c, err, "not valid UTF-8")
		       : 0;
}

static int line(struct csv *c, const unsigned *map, size_t n_columns, json_t *row, struct err *err)
{
	autostr struct str text;
	bool more = true;
	size_t i = 0;

	str_init(&text, VALUE_MAX);
	for (; more; i++) {
		TRY(value(c, &text, &more, err));
		if (i == n_columns)
			return bad(c, err, "more values than columns");
		TRY(put(c, row, map[i], text.p, err));
	}
	if (i != n_columns)
		return bad(c, err, "fewer values than columns");
	end_line(c);
	return 0;
}

int delivery_rows_from_csv(const char *text, size_t n_bytes, json_t **ret, struct err *err)
{
	struct csv c = {text, text + n_bytes, 1};
	unsigned map[CSV_COLUMNS_MAX];
	size_t n = 0;
	autojson json_t *rows = json_array();

	if (n_bytes > DELIVERY_BYTES_MAX)
		return err_set(err, ERR_TOO_BIG, "a delivery has at most %d bytes",
			       DELIVERY_BYTES_MAX);
	if (n_bytes >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		c.p += 3; /* spreadsheets write it */
	TRY(header(&c, map, &n, err));
	while (c.p < c.end) {
		autojson json_t *row = json_object();
		if (at_line_end(&c)) { /* an empty line */
			end_line(&c);
			continue;
		}
		if (json_array_size(rows) == DELIVERY_ROWS_MAX)
			return err_set(err, ERR_TOO_BIG, "a delivery has at most %d rows",
				       DELIVERY_ROWS_MAX);
		TRY(line(&c, map, n, row, err));
		(void)json_array_append(rows, row);
	}
	*ret = take_ptr(rows);
	return 0;
}
