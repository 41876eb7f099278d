/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows of JSON as a table for people: the width of the terminal, UTF-8, times as "3 h ago". Text
 * from hosts is made inert (display.h) before it reaches the table. Into a pipe the table is as
 * wide as its longest cells and nothing is cut.
 */
#ifndef CLI_TABLE_H
#define CLI_TABLE_H

#include <jansson.h>
#include <base/err.h>

enum column_kind {
	COLUMN_TEXT,     /* shortened on a narrow terminal */
	COLUMN_KEY,      /* never shortened: what people copy (codes, ids) */
	COLUMN_WRAPPED,  /* over several lines on a narrow terminal */
	COLUMN_AGE,      /* a time: how long ago, "3 h" */
	COLUMN_WHEN,     /* a time: "in 3 d", "3 d ago" */
	COLUMN_PROGRESS, /* a host's progress: "40 %, 12 min left" */
	COLUMN_CSV_ONLY, /* for programs; people find it on the object's page */
};

struct column {
	const char *title;  /* NULL ends a list */
	const char *member; /* "image.line" goes into an object */
	enum column_kind kind;
};

/* Print items, an array of objects, on standard output. */
void table_print(const json_t *items, const struct column *columns);
/* The same as text; the caller frees. */
MUST_CHECK char *table_text(const json_t *items, const struct column *columns);

/* A member of an object as inert text: lists as words, what is not there as "". The caller frees.
 */
MUST_CHECK char *table_cell(const json_t *row, const char *member);

#endif
