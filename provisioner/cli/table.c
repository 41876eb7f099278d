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

#define CELL_MAX_BYTES 16384

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

static int flags_of(const json_t *items, const struct column *c)
{
	int flags = is_numeric(items, c->member) ? SCOLS_FL_RIGHT : 0;

	if (c->kind == COLUMN_TEXT)
		flags |= SCOLS_FL_TRUNC;
	if (c->kind == COLUMN_WRAPPED)
		flags |= SCOLS_FL_WRAP;
	return flags;
}

/* States catch the eye: what stopped, and what is done. */
static void add_colour(struct libscols_line *line, size_t column, const char *member,
		       const char *text)
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
			(void)scols_cell_set_color(scols_line_get_cell(line, column),
						   colours[i].colour);
}

static void add_row(struct libscols_table *t, const json_t *row, const struct column *columns)
{
	struct libscols_line *line = scols_table_new_line(t, NULL);

	size_t n = 0;

	for (const struct column *c = columns; line && c->title; c++) {
		if (c->kind == COLUMN_CSV_ONLY)
			continue;
		char *text = cell_text(row, c);
		add_colour(line, n, c->member, text);
		if (scols_line_refer_data(line, n++, text) != 0)
			free(text);
	}
}

/* Without rows the titles stand alone: scripts look for them. */
static char *titles_alone(const struct column *columns)
{
	autostr struct str out;
	char *text;

	str_init(&out, CELL_MAX_BYTES);
	for (const struct column *c = columns; c->title; c++) {
		if (c->kind == COLUMN_CSV_ONLY)
			continue;
		str_add(&out, out.n_bytes ? "  " : "");
		display_add(&out, c->title);
	}
	str_addc(&out, '\n');
	text = str_take(&out);
	return text ? text : xstrdup("");
}

char *table_text(const json_t *items, const struct column *columns)
{
	AUTO(table) struct libscols_table *t = scols_new_table();
	char *text = NULL;
	size_t i;
	json_t *row;

	if (!t || json_array_size(items) == 0)
		return titles_alone(columns);
	(void)scols_table_enable_colors(t, display_has_colour());
	(void)scols_table_set_column_separator(t, "  ");
	for (const struct column *c = columns; c->title; c++) {
		autofree char *title = display_text(c->title);

		if (c->kind == COLUMN_CSV_ONLY)
			continue;
		(void)scols_table_new_column(t, title, 0, flags_of(items, c));
	}
	json_array_foreach (items, i, row)
		add_row(t, row, columns);
	if (scols_print_table_to_string(t, &text) != 0)
		return xstrdup("");
	size_t n = strlen(text);
	if (n && text[n - 1] != '\n') {
		char *whole = xasprintf("%s\n", text);

		free(text);
		return whole;
	}
	return text;
}

void table_print(const json_t *items, const struct column *columns)
{
	autofree char *text = table_text(items, columns);

	fputs(text, stdout);
}
