/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Cells of CSV; see base/csv_cell.h. Input: hostile text.
 */
#include <base/csv_cell.h>

#include <string.h>
#include <base/text.h>

#define ENDS ";\t\r\n" /* of a cell, for one spreadsheet or another */

static bool ends_cell(char c)
{
	return c && strchr(ENDS, c);
}

/* Quotes at the beginning of a cell are the spreadsheet's to remove. */
static const char *cell_begin(const char *p)
{
	return p + strspn(p, "\"");
}

/* Is there a formula behind what ends a cell at p? White space is none: a cell of its own begins
 * there. */
static bool formula_follows(const char *p)
{
	const char *next = cell_begin(p + 1);

	return ends_cell(*p) && !ends_cell(*next) && text_is_formula(next);
}

static bool has_formula(const char *text)
{
	if (text_is_formula(text))
		return true;
	for (text = strpbrk(text, ENDS); text; text = strpbrk(text + 1, ENDS))
		if (formula_follows(text))
			return true;
	return false;
}

static void add_char(struct str *out, char c)
{
	if (c == '"')
		str_addc(out, '"');
	str_addc(out, c);
}

void csv_cell_add(struct str *out, const char *text)
{
	const char *formula = text_is_formula(text) ? text : NULL;

	if (!has_formula(text) && !strpbrk(text, ",\"\r\n")) {
		str_add(out, text);
		return;
	}
	str_addc(out, '"');
	for (; *text; text++) {
		if (text == formula)
			str_addc(out, '\'');
		add_char(out, *text);
		if (formula_follows(text))
			formula = cell_begin(text + 1);
	}
	str_addc(out, '"');
}
