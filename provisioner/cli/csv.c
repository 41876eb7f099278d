/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CSV; see csv.h. Input: the server's answers, which hold what hosts said.
 */
#include "csv.h"

#include <stdio.h>
#include <string.h>

#include <base/str.h>

/* A cell that begins like a formula gets an apostrophe, or a spreadsheet would run it. */
static void print_value(const char *text)
{
	bool formula = text_is_formula(text);

	if (!formula && !strpbrk(text, ",\"\r\n")) {
		printf("%s", text);
		return;
	}
	printf(formula ? "\"'" : "\"");
	for (; *text; text++)
		printf(*text == '"' ? "\"\"" : "%c", *text);
	printf("\"");
}

void csv_print(const json_t *items, const struct column *columns)
{
	size_t i;
	json_t *row;

	for (const struct column *c = columns; c->title; c++)
		printf("%s%s", c->member, c[1].title ? "," : "\r\n");
	json_array_foreach (items, i, row) {
		for (const struct column *c = columns; c->title; c++) {
			autofree char *text = table_cell(row, c->member);

			print_value(text);
			printf(c[1].title ? "," : "\r\n");
		}
	}
}
