/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The fields that a summary names, and their values in its answer. Private to the room.
 */
#ifndef INVENTORY_SUMMARY_FIELD_H
#define INVENTORY_SUMMARY_FIELD_H

#include <jansson.h>
#include <base/err.h>

#include "sql.h"

struct summary_fields {
	const struct collection_field **items; /* the caller's room for max */
	size_t max, n;
};
/* Read "a,b" as fields that have the flag. errors: ERR_FIELD_UNKNOWN, ERR_TOO_BIG with the pointer */
MUST_CHECK int summary_fields_read(const struct collection *c, const char *text, unsigned flag,
				   const char *pointer, struct summary_fields *ret,
				   struct err *err);
/* A column of a group, as the answer shows it. */
MUST_CHECK json_t *summary_value(const struct db_rows *rows, int column,
				 const struct collection_field *f);
/* The items of an answer by the values of their groups: a further statement brings its groups in any
 * order, and there may be thousands. owns: the caller frees both. */
MUST_CHECK json_t *summary_index(json_t *items, const struct collection_field *const *fields,
				 size_t n);
/* The key of a row in that index; its groups begin at `column`. */
MUST_CHECK char *summary_key(const struct db_rows *rows, int column,
			     const struct collection_field *const *fields, size_t n);
#endif
