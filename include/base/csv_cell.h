/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One cell of CSV that people open in a spreadsheet.
 *
 * Hosts, switches and firmware choose what stands in cells, and a spreadsheet runs what begins like
 * a formula. Where lists are separated by ';', it splits cells at ';' as well, and never sees our
 * quotes; a tab or a line end does the same.
 */
#ifndef BASE_CSV_CELL_H
#define BASE_CSV_CELL_H

#include <base/str.h>

/* Append text as one cell of comma-separated values, quoted where needed (RFC 4180). An apostrophe
 * stands before each formula: at the beginning, and behind each ';', tab or line end. trust: none of
 * text. */
void csv_cell_add(struct str *out, const char *text);

#endif
