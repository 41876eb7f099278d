/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Deliveries as CSV (RFC 4180), as spreadsheets write it: commas, semicolons or tabs, quotes that
 * may hold line ends. What is wrong with one row is an error of that row, with the line of the file
 * on which it begins. Input: files from vendors; fuzzed.
 */
#include <inventory/delivery.h>

#include <string.h>

#include <base/hw_id.h>
#include <base/json.h>
#include <base/str.h>
#include <inventory/identity.h>

#include "csv_columns.h"
#include "delivery_cell.h"
#include "text_encoding.h"

#define VALUE_MAX      4096
#define TEXT_MAX       (2 * DELIVERY_BYTES_MAX)
#define ROW_ERRORS_MAX 4

#define TITLE_LINES_MAX  30 /* among which the heading is looked for */
#define TITLE_VALUES_MAX 2

struct csv {
	const char *p, *end;
	int64_t line;
	char delimiter;
	json_t *place; /* of the row that is read; NULL: the heading */
	struct csv_columns columns;
	size_t column; /* of the value that is read */
	json_t *read_as;
	struct str utf8;
	size_t n_rows;
};

/* ---- records --------------------------------------------------------------------------------- */

static void complain(struct csv *c, const char *what)
{
	json_t *errors = json_object_get(c->place, "errors");

	if (!c->place)
		return;
	if (!errors) {
		errors = json_array();
		(void)json_object_set_new(c->place, "errors", errors);
	}
	if (json_array_size(errors) < ROW_ERRORS_MAX)
		(void)json_array_append_new(
			errors, json_pack("{s:s, s:s}", "code", err_name(ERR_CSV), "detail", what));
}

static bool at_line_end(const struct csv *c)
{
	return c->p == c->end || *c->p == '\n' || *c->p == '\r';
}

static int quoted(struct csv *c, struct str *out, struct err *err)
{
	int64_t begun = c->line;

	for (c->p++;; c->p++) {
		if (c->p == c->end)
			return err_set(err, ERR_CSV,
				       "line %lld: the quote that begins here is not closed",
				       (long long)begun);
		if (*c->p == '"') {
			c->p++;
			if (c->p == c->end || *c->p != '"')
				return 0;
		}
		c->line += *c->p == '\n' ||
			   (*c->p == '\r' && (c->p + 1 == c->end || c->p[1] != '\n'));
		str_addc(out, *c->p);
	}
}

/* A column without a meaning may hold what it likes. */
static bool matters(const struct csv *c)
{
	return !c->place || c->column >= c->columns.n || c->columns.of[c->column] ||
	       c->columns.custom[c->column][0];
}

/* One value; *ret_more when a delimiter follows. ="0012" is how programs keep a spreadsheet from
 * taking a text for a number: it is the text. */
static int value(struct csv *c, struct str *out, bool *ret_more, struct err *err)
{
	str_done(out);
	str_init(out, VALUE_MAX);
	c->p += c->end - c->p >= 2 && memcmp(c->p, "=\"", 2) == 0;
	if (c->p < c->end && *c->p == '"') {
		TRY(quoted(c, out, err));
		if (!at_line_end(c) && *c->p != c->delimiter)
			complain(c, "text after a closing quote");
	}
	while (!at_line_end(c) && *c->p != c->delimiter) {
		if (*c->p == '"')
			complain(c, "a quote inside a value that is not quoted");
		str_addc(out, *c->p++);
	}
	if (!str_ok(out) && matters(c))
		complain(c, "a value is longer than 4096 bytes");
	*ret_more = c->p < c->end && *c->p == c->delimiter;
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

/* A value that was too long may end in half a character: its row is refused already. */
static json_t *text_json(struct sv t)
{
	json_t *j = json_stringn(t.p, t.n);

	return j ? j : json_string("");
}

/* The same after its quotes were taken off. */
static struct sv plain_text(struct sv t)
{
	bool quoted = t.n >= 3 && memcmp(t.p, "=\"", 2) == 0 && t.p[t.n - 1] == '"';

	if (!quoted || memchr(t.p + 2, '"', t.n - 3))
		return t;
	return sv_trim((struct sv){t.p + 2, t.n - 3});
}

static int record(struct csv *c, json_t *values, struct err *err)
{
	autostr struct str text;
	bool more = true;

	str_init(&text, VALUE_MAX);
	for (c->column = 0; more; c->column++) {
		TRY(value(c, &text, &more, err));
		struct sv t = plain_text(sv_trim(sv_of(text.p)));
		if (json_array_size(values) <= 2 * CSV_COLUMNS_MAX)
			(void)json_array_append_new(values, text_json(t));
	}
	end_line(c);
	return 0;
}

/* ---- the heading ----------------------------------------------------------------------------- */

static const char delimiters[] = ",;\t|";

/* How many of each stand in the line at p, outside quotes. Returns where it ends. */
static const char *count_delimiters(const char *p, const char *end,
				    size_t ret_n[static sizeof(delimiters)])
{
	bool inside = false;

	memset(ret_n, 0, sizeof(delimiters) * sizeof(*ret_n));
	for (; p < end && (inside || (*p != '\n' && *p != '\r')); p++) {
		const char *at = *p ? strchr(delimiters, *p) : NULL;
		inside ^= *p == '"';
		if (at && !inside)
			ret_n[at - delimiters]++;
	}
	return p;
}

/* "sep=;" is a line that spreadsheets understand; else what the heading has most of, and of two that
 * it has as often the one that the line below has more of. */
static void find_delimiter(struct csv *c)
{
	size_t n[sizeof(delimiters)], below[sizeof(delimiters)], best = 0;

	if (c->end - c->p >= 6 && memcmp(c->p, "sep=", 4) == 0 &&
	    (c->p[5] == '\r' || c->p[5] == '\n')) {
		c->delimiter = c->p[4];
		c->p += 5;
		end_line(c);
		return;
	}
	const char *p = count_delimiters(c->p, c->end, n);
	while (p < c->end && (*p == '\r' || *p == '\n'))
		p++;
	(void)count_delimiters(p, c->end, below);
	for (size_t i = 1; delimiters[i]; i++)
		if (n[i] > n[best] || (n[i] && n[i] == n[best] && below[i] > below[best]))
			best = i;
	c->delimiter = delimiters[best];
}

static void skip_empty_lines(struct csv *c)
{
	while (c->p < c->end && at_line_end(c))
		end_line(c);
}

static size_t n_filled(const json_t *values)
{
	size_t n = 0;

	for (size_t i = 0; i < json_array_size(values); i++)
		n += json_string_value(json_array_get(values, i))[0] != '\0';
	return n;
}

/* A line above the heading that holds less than one of the list: "Packing list", "Order;4711". */
static bool is_title(const json_t *values)
{
	char mac[MAC_TEXT_BYTES];

	for (size_t i = 0; i < json_array_size(values); i++)
		if (hw_mac_parse(sv_of(json_string_value(json_array_get(values, i))), MAC_ANY, mac))
			return false;
	return n_filled(values) <= TITLE_VALUES_MAX;
}

struct heading {
	struct csv at; /* behind it */
	struct csv_columns columns;
	json_t *read_as;
	size_t n_filled;
	int64_t line;
};

/* The heading is on this line, or `err` says why not. */
static int try_heading(struct csv *c, struct heading *ret, json_t **ret_values, struct err *err)
{
	autojson json_t *read_as = json_object();
	json_t *values = *ret_values = json_array();

	skip_empty_lines(c);
	ret->line = c->line;
	find_delimiter(c);
	TRY(record(c, values, err));
	TRY(csv_columns_find(values, &ret->columns, ret->line, read_as, err));
	(void)json_object_set_new(read_as, "delimiter", json_stringn(&c->delimiter, 1));
	ret->at = *c;
	ret->n_filled = n_filled(values);
	ret->read_as = take_ptr(read_as);
	return 0;
}

/* The first line that names a serial or a MAC address, below few lines of a title. A line above it
 * that holds as much as the heading is one of the list, which would be lost: the file is refused. */
static int heading(struct csv *c, json_t *read_as, struct err *err)
{
	struct heading found = {0};
	struct err first = ERR_INIT;
	size_t most = 0;
	int r = -1;

	for (size_t i = 0; r < 0 && i < TITLE_LINES_MAX && (i == 0 || c->p < c->end); i++) {
		struct err own = ERR_INIT;
		autojson json_t *values = NULL;
		r = try_heading(c, &found, &values, &own);
		if (i == 0 || n_filled(values) > TITLE_VALUES_MAX)
			first = own;
		if (r < 0 && !is_title(values))
			break;
		if (r < 0 && n_filled(values) > most)
			most = n_filled(values);
	}
	if (r < 0) {
		*err = first;
		return r;
	}
	*c = found.at;
	c->columns = found.columns;
	(void)json_object_update(read_as, found.read_as);
	json_decref(found.read_as);
	if (most >= found.n_filled)
		return err_set(
			err, ERR_CSV,
			"line %lld is the heading, and a line above it holds as much: is the "
			"heading at its place?",
			(long long)found.line);
	(void)json_object_set_new(read_as, "heading_line", json_integer(found.line));
	return 0;
}

/* ---- rows ------------------------------------------------------------------------------------ */

static bool is_blank(const json_t *values)
{
	for (size_t i = 0; i < json_array_size(values); i++)
		if (json_string_value(json_array_get(values, i))[0])
			return false;
	return true;
}

/* Values without a heading and headings without a value are harmless where they are empty. */
static bool fits(const json_t *values, const struct csv_columns *columns)
{
	size_t n = json_array_size(values);

	for (size_t i = columns->n; i < n; i++)
		if (json_string_value(json_array_get(values, i))[0])
			return false;
	return n >= columns->n - columns->n_nameless;
}

/* 1: a row, 0: an empty line, or one of delimiters alone, as spreadsheets write it. */
static int row(struct csv *c, json_t **ret, json_t **ret_place, struct err *err)
{
	const struct csv_columns *columns = &c->columns;
	autojson json_t *values = json_array();
	autojson json_t *place = json_pack("{s:I}", "line", (json_int_t)c->line);

	c->place = place;
	TRY(record(c, values, err));
	if (is_blank(values))
		return 0;
	if (c->n_rows++ == DELIVERY_ROWS_MAX)
		return err_set(err, ERR_TOO_BIG, "a delivery has at most %d rows",
			       DELIVERY_ROWS_MAX);
	if (!fits(values, columns)) {
		autofree char *what = xasprintf("%zu values, the heading has %zu columns",
						json_array_size(values), columns->n);
		complain(c, what);
	}
	*ret = json_object();
	for (size_t i = 0; i < columns->n && i < json_array_size(values); i++)
		csv_put(columns, i, json_array_get(values, i), *ret);
	*ret_place = take_ptr(place);
	return 1;
}

/* Line ends, and the character that old systems end a text with. */
static const char *end_of_text(const char *p, const char *end)
{
	while (end > p && (end[-1] == '\n' || end[-1] == '\r' || end[-1] == '\x1a'))
		end--;
	return end;
}

static int next_row(void *arg, json_t **ret_row, json_t **ret_place, struct err *err)
{
	struct csv *c = arg;
	int r = 0;

	while (r == 0 && c->p < c->end)
		r = row(c, ret_row, ret_place, err);
	return r;
}

static void csv_free(void *arg)
{
	struct csv *c = arg;

	if (!c)
		return;
	json_decref(c->read_as);
	str_done(&c->utf8);
	free(c);
}

/* Workbooks and other documents, told by their first bytes. */
static int refuse_workbook(const char *text, size_t n, struct err *err)
{
	static const struct {
		const char *begin;
		size_t n;
		const char *what;
	} known[] = {
		{"PK\x03\x04", 4, "a workbook (.xlsx, .ods) or another ZIP file"},
		{"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 8, "an old workbook (.xls)"},
		{"%PDF-", 5, "a PDF document"},
		{"{\\rtf", 5, "an RTF document"},
		{"\x1f\x8b", 2, "a file compressed by gzip"},
	};

	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (n >= known[i].n && memcmp(text, known[i].begin, known[i].n) == 0)
			return err_set(err, ERR_CSV,
				       "the file is %s: save the sheet as 'CSV UTF-8' and import "
				       "that",
				       known[i].what);
	return 0;
}

static int csv_begin(struct csv *c, const char *text, size_t n_bytes, struct err *err)
{
	const char *encoding = "";

	TRY(refuse_workbook(text, n_bytes, err));
	TRY(text_to_utf8(text, n_bytes, &c->utf8, &encoding, err));
	c->p = c->utf8.p;
	c->end = end_of_text(c->p, c->p + c->utf8.n_bytes);
	c->line = 1;
	c->read_as = json_pack("{s:s}", "encoding", encoding);
	return heading(c, c->read_as, err);
}

int delivery_source_from_csv(const char *text, size_t n_bytes, struct delivery_source *ret,
			     struct err *err)
{
	*ret = (struct delivery_source){0};
	if (n_bytes > DELIVERY_BYTES_MAX)
		return err_set(err, ERR_TOO_BIG, "a delivery has at most %d bytes",
			       DELIVERY_BYTES_MAX);
	struct csv *c = xcalloc(1, sizeof(*c));
	str_init(&c->utf8, TEXT_MAX);
	int r = csv_begin(c, text, n_bytes, err);
	if (r < 0)
		csv_free(c);
	else
		*ret = (struct delivery_source){next_row, csv_free, c, c->read_as};
	return r;
}

int delivery_list_from_csv(const char *text, size_t n_bytes, struct delivery_list *ret,
			   struct err *err)
{
	struct delivery_source source;
	json_t *one, *place;
	int r;

	*ret = (struct delivery_list){0};
	TRY(delivery_source_from_csv(text, n_bytes, &source, err));
	*ret = (struct delivery_list){json_array(), json_array(), json_incref(source.read_as)};
	while ((r = source.next(source.arg, &one, &place, err)) == 1) {
		(void)json_array_append_new(ret->rows, one);
		(void)json_array_append_new(ret->places, place);
	}
	source.free(source.arg);
	if (r < 0)
		delivery_list_done(ret);
	return r;
}
