/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How wide the columns of a table are on a narrow terminal: empty columns go first, then long texts
 * are shortened or wrapped, then the right-most texts are left out. Codes, ids, times and numbers
 * are never cut. Pure: no terminal, no output.
 */
#ifndef CLI_TABLE_FIT_H
#define CLI_TABLE_FIT_H

#include <stdbool.h>
#include <stddef.h>
#include <base/err.h>

#define TABLE_GAP 2 /* columns of the terminal between two of the table */

enum fit_kind {
	FIT_WHOLE,   /* never cut, always there */
	FIT_OMIT,    /* never cut, but left out when there is no room */
	FIT_SHORTEN, /* cut with an ellipsis, or left out */
	FIT_WRAP,    /* goes over several lines */
};

struct fit_column {
	enum fit_kind kind;
	size_t title_width;
	size_t natural_width; /* of the longest cell or the title */
	bool is_empty;        /* no row has a value */
	bool is_hidden;       /* out */
	size_t width;         /* out, of the terminal's columns; at most natural_width */
};

/* Fill in is_hidden and width so that the table is at most `available` wide, where that can be. */
void table_fit(struct fit_column *columns, size_t n, size_t available);

/* Columns of the terminal that a text takes. in: fit for display (display.h). */
size_t text_width(const char *text);
/* The text in at most `width` columns, the last of which is "…" when it was cut between two
 * characters. The caller frees. */
MUST_CHECK char *text_shorten(const char *text, size_t width);
/* The text as lines of at most `width` columns, separated by '\n', broken at blanks where there are
 * any. The caller frees. */
MUST_CHECK char *text_wrap(const char *text, size_t width);

#endif
