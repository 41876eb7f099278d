/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Headings of vendors' files and the members of a delivery row that they mean. Pure. Private to the
 * room.
 */
#ifndef INVENTORY_CSV_COLUMNS_H
#define INVENTORY_CSV_COLUMNS_H

#include <inventory/custom.h>

#include "delivery_row.h"

struct csv_columns {
	size_t n, n_nameless;                              /* at the end, without a heading */
	const struct delivery_column *of[CSV_COLUMNS_MAX]; /* NULL: ignored */
	/* of a heading "custom.NAME": the name; "": it is none */
	char custom[CSV_COLUMNS_MAX][CUSTOM_NAME_BYTES_MAX + 1];
};
/* headings: array of texts, from a line of the file. read_as: object that gets "columns" and "ignored_columns". Every
 * problem of the line is in the one message. errors: ERR_CSV */
MUST_CHECK int csv_columns_find(const json_t *headings, struct csv_columns *ret, int64_t line,
				json_t *read_as, struct err *err);
/* csv_cells.c: put the text of the i-th column into a row. cell: borrowed. trust: none of it. */
void csv_put(const struct csv_columns *columns, size_t i, json_t *cell, json_t *row);

#endif
