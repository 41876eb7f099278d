/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows of JSON as CSV (RFC 4180) for other programs and spreadsheets, which must not run a cell.
 */
#ifndef CLI_CSV_H
#define CLI_CSV_H

#include <jansson.h>

#include "table.h"

/* Print a header of member names and a line for each object of items. trust: none of the values. */
void csv_print(const json_t *items, const struct column *columns);

#endif
