/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CSV; see csv.h. Input: the server's answers, which hold what hosts said.
 */
#include "csv.h"

#include <stdio.h>
#include <string.h>

#include <base/csv_cell.h>
#include <base/str.h>

static void print_value(const char *text)
{
	autostr struct str cell;

	str_init(&cell, 3 * strlen(text) + 8); /* all quotes, and ours */
	csv_cell_add(&cell, text);
	fwrite(cell.p, 1, cell.n_bytes, stdout);
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
