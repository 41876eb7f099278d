/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tables by libsmartcols; see table.h. Input: the server's answers, which hold what hosts said.
 */
#include "table.h"

#include <stdio.h>
#include <string.h>

#include <libsmartcols.h>

#include <base/clock.h>
#include <base/json.h>
#include <base/str.h>

#include "display.h"
#include "table_fit.h"

#define CELL_MAX_BYTES    16384
#define TABLE_COLUMNS_MAX 32

DEFINE_AUTO(table, struct libscols_table, scols_unref_table);

/* ---- cells ----------------------------------------------------------------------------------- */

static const json_t *member_of(const json_t *obj, const char *path)
{
	struct sv rest = sv_of(path);

	while (obj && rest.n > 0) {
		struct sv one = sv_split(&rest, '.');
		autofree char *name = xstrndup(one.p, one.n);

		obj = json_object_get(obj, name);
	}
	return obj;
}

/* A list of texts: "read arm approve". */
static void add_words(struct str *out, const json_t *list)
{
	size_t i;
	json_t *word;

	json_array_foreach (list, i, word) {
		if (!json_is_string(word))
			continue;
		str_add(out, out->n_bytes ? " " : "");
		display_add(out, json_string_value(word));
	}
}

char *table_cell(const json_t *row, const char *member)
{
	const json_t *j = member_of(row, member);
	autostr struct str s;
	char *text;

	str_init(&s, CELL_MAX_BYTES);
	if (json_is_string(j))
		display_add(&s, json_string_value(j));
	else if (json_is_integer(j))
		str_addf(&s, "%lld", (long long)json_integer_value(j));
	else if (json_is_real(j))
		str_addf(&s, "%.1f", json_real_value(j));
	else if (json_is_boolean(j))
		str_add(&s, json_is_true(j) ? "yes" : "no");
	else
		add_words(&s, j);
	text = str_take(&s);
	return text ? text : xstrdup("...");
}

/* A time in relation to now: "3 h", "in 3 d", "3 d ago". What is not a time stays as it is. */
static char *relative(char *text, enum column_kind kind)
{
	char amount[DURATION_BYTES];
	int64_t at_us = 0, left_us;

	if (!time_parse_rfc3339(text, &at_us))
		return text;
	free(text);
	left_us = at_us - time_wall_us();
	display_duration(left_us < 0 ? -left_us : left_us, amount);
	if (kind == COLUMN_AGE)
		return xstrdup(amount);
	return left_us < 0 ? xasprintf("%s ago", amount) : xasprintf("in %s", amount);
}

/* Of {"stage", "done", "total", "eta_s"}: "memory 40 %, 12 min left". */
static char *progress(const json_t *p)
{
	autofree char *stage = table_cell(p, "stage");
	const json_t *eta = json_object_get(p, "eta_s");
	long long done = (long long)json_integer_value(json_object_get(p, "done"));
	long long total = (long long)json_integer_value(json_object_get(p, "total"));
	char left[DURATION_BYTES];

	if (total <= 0 || done < 0 || done > total)
		return xstrdup(stage);
	done = (long long)((double)done * 100 / (double)total);
	if (!json_is_integer(eta))
		return xasprintf("%s %lld %%", stage, done);
	display_duration(json_integer_value(eta) * 1000000, left);
	return xasprintf("%s %lld %%, %s left", stage, done, left);
}

static char *cell_text(const json_t *row, const struct column *c)
{
	if (c->kind == COLUMN_PROGRESS)
		return progress(member_of(row, c->member));
	char *text = table_cell(row, c->member);
	return c->kind == COLUMN_AGE || c->kind == COLUMN_WHEN ? relative(text, c->kind) : text;
}

/* ---- tables ---------------------------------------------------------------------------------- */

struct table {
	const struct column *columns[TABLE_COLUMNS_MAX];
	struct fit_column fits[TABLE_COLUMNS_MAX];
	bool is_numeric[TABLE_COLUMNS_MAX];
	size_t n_columns, n_rows;
	char **cells; /* n_rows times n_columns */
	const json_t *items;
};

static char **cell_at(const struct table *t, size_t row, size_t column)
{
	return &t->cells[row * t->n_columns + column];
}

static void table_done(struct table *t)
{
	for (size_t i = 0; i < t->n_rows * t->n_columns; i++)
		free(t->cells[i]);
	free(t->cells);
}

/* Are all the values of this column numbers? Then they stand at its right edge. */
static bool is_numeric(const json_t *items, const char *member)
{
	bool found = false;
	size_t i;
	json_t *row;

	json_array_foreach (items, i, row) {
		const json_t *j = member_of(row, member);

		if (j && !json_is_null(j) && !json_is_number(j))
			return false;
		found = found || json_is_number(j);
	}
	return found;
}

static enum fit_kind fit_kind_of(const struct table *t, size_t column)
{
	enum column_kind kind = t->columns[column]->kind;

	if (t->is_numeric[column])
		return kind == COLUMN_KEY ? FIT_WHOLE : FIT_OMIT;
	return kind == COLUMN_TEXT ? FIT_SHORTEN : kind == COLUMN_WRAPPED ? FIT_WRAP : FIT_WHOLE;
}

static void measure(struct table *t, size_t column)
{
	struct fit_column *fit = &t->fits[column];

	*fit = (struct fit_column){.kind = fit_kind_of(t, column), .is_empty = true};
	fit->title_width = text_width(t->columns[column]->title);
	fit->natural_width = fit->title_width;
	for (size_t row = 0; row < t->n_rows; row++) {
		size_t width = text_width(*cell_at(t, row, column));

		fit->is_empty = fit->is_empty && width == 0;
		if (width > fit->natural_width)
			fit->natural_width = width;
	}
	fit->width = fit->natural_width;
}

static void fill(struct table *t, const json_t *items, const struct column *columns)
{
	*t = (struct table){.items = items, .n_rows = json_array_size(items)};
	for (const struct column *c = columns; c->title && t->n_columns < TABLE_COLUMNS_MAX; c++)
		if (c->kind != COLUMN_CSV_ONLY)
			t->columns[t->n_columns++] = c;
	t->cells = xcalloc(t->n_rows * t->n_columns + 1, sizeof(*t->cells));
	for (size_t c = 0; c < t->n_columns; c++) {
		t->is_numeric[c] = is_numeric(items, t->columns[c]->member);
		for (size_t row = 0; row < t->n_rows; row++)
			*cell_at(t, row, c) = cell_text(json_array_get(items, row), t->columns[c]);
		measure(t, c);
	}
}

/* ---- by libsmartcols ------------------------------------------------------------------------- */

/* States catch the eye: what stopped, and what is done. */
static void add_colour(struct libscols_cell *cell, const char *member, const char *text)
{
	static const struct {
		const char *state, *colour;
	} colours[] = {
		{"failed", "red"},        {"quarantined", "red"}, {"open", "red"},
		{"ready", "green"},       {"passed", "green"},    {"expected", "darkgray"},
		{"maintenance", "brown"}, {"pending", "brown"},   {"retired", "darkgray"},
	};

	if (!str_eq(member, "state") && !str_eq(member, "result"))
		return;
	for (size_t i = 0; i < ARRAY_LEN(colours); i++)
		if (str_eq(text, colours[i].state))
			(void)scols_cell_set_color(cell, colours[i].colour);
}

static void add_column(struct libscols_table *to, const struct table *t, size_t c)
{
	int flags = t->is_numeric[c] ? SCOLS_FL_RIGHT : 0;
	bool wraps = t->fits[c].kind == FIT_WRAP;
	struct libscols_column *column = scols_table_new_column(
		to, t->columns[c]->title, 0, wraps ? flags | SCOLS_FL_WRAP : flags);

	(void)scols_column_set_safechars(column, "\n"); /* text_wrap() put it there */
	if (wraps)
		(void)scols_column_set_wrapfunc(column, scols_wrapnl_chunksize,
						scols_wrapnl_nextchunk, NULL);
}

static char *fitted(const struct fit_column *fit, const char *text)
{
	return fit->kind == FIT_WRAP      ? text_wrap(text, fit->width)
	       : fit->kind == FIT_SHORTEN ? text_shorten(text, fit->width)
					  : xstrdup(text);
}

static void add_row(struct libscols_table *to, const struct table *t, size_t row)
{
	struct libscols_line *line = scols_table_new_line(to, NULL);
	size_t n = 0;

	for (size_t c = 0; line && c < t->n_columns; c++) {
		const char *text = *cell_at(t, row, c);

		if (t->fits[c].is_hidden)
			continue;
		char *shown = fitted(&t->fits[c], text);
		add_colour(scols_line_get_cell(line, n), t->columns[c]->member, text);
		if (scols_line_refer_data(line, n++, shown) != 0)
			free(shown);
	}
}

/* Without rows the titles stand alone: scripts look for them. */
static char *titles_alone(const struct table *t)
{
	autostr struct str out;
	char *text;

	str_init(&out, CELL_MAX_BYTES);
	for (size_t c = 0; c < t->n_columns; c++)
		str_addf(&out, "%s%s", c ? "  " : "", t->columns[c]->title);
	str_addc(&out, '\n');
	text = str_take(&out);
	return text ? text : xstrdup("");
}

static char *laid_out(const struct table *t)
{
	AUTO(table) struct libscols_table *to = scols_new_table();
	autofree char *text = NULL;

	if (!to || t->n_rows == 0)
		return titles_alone(t);
	/* the widths are settled: into a pipe and on a terminal alike */
	(void)scols_table_set_termforce(to, SCOLS_TERMFORCE_NEVER);
	(void)scols_table_enable_colors(to, display_has_colour());
	(void)scols_table_set_column_separator(to, "  ");
	for (size_t c = 0; c < t->n_columns; c++)
		if (!t->fits[c].is_hidden)
			add_column(to, t, c);
	for (size_t row = 0; row < t->n_rows; row++)
		add_row(to, t, row);
	if (scols_print_table_to_string(to, &text) != 0 || !text)
		return xstrdup("");
	return xasprintf("%s%s", text, str_ends(text, "\n") ? "" : "\n");
}

char *table_text(const json_t *items, const struct column *columns)
{
	size_t available = display_columns();
	struct table t;
	char *text;

	fill(&t, items, columns);
	if (available)
		table_fit(t.fits, t.n_columns, available);
	text = laid_out(&t);
	table_done(&t);
	return text;
}

void table_print(const json_t *items, const struct column *columns)
{
	autofree char *text = table_text(items, columns);

	fputs(text, stdout);
}
