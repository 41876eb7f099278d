/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A long list of objects inside a JSON document, read one by one: a body of thousands of rows takes
 * longer to parse than a loop may be held up. What is read is as strict as json_load_strict(), which
 * reads the pieces.
 */
#ifndef BASE_JSON_ROWS_H
#define BASE_JSON_ROWS_H

#include <jansson.h>
#include <base/err.h>

struct json_rows {
	const char *at, *end; /* borrowed: the list between its brackets */
	size_t n, read;       /* rows, and how many were read */
	json_t *rest;         /* the document with an empty list; the caller's, json_rows_done() */
};
/* Find the member `member` of the document: a list of objects. Borrows text until json_rows_done().
 * 1: found; 0: the document has another shape, ask json_load_strict(). errors: as that of the rest
 * trust: none of text */
MUST_CHECK int json_rows_cut(const char *text, size_t n_bytes, const char *member,
			     struct json_rows *ret, struct err *err);
/* The next row. 1: *ret is the caller's; 0: there are no more; errors: ERR_JSON, ERR_JSON_DEPTH with
 * the number of the row */
MUST_CHECK int json_rows_next(struct json_rows *rows, json_t **ret, struct err *err);
void json_rows_done(struct json_rows *rows);

#endif
