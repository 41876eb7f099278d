/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fields that people define (inventory/custom.h) as fields of collections. What is defined is read
 * before a question that names one; afterwards "custom.NAME" is found like any other field. Private
 * to the room.
 */
#ifndef INVENTORY_CUSTOM_FIELD_H
#define INVENTORY_CUSTOM_FIELD_H

#include "condition.h"

/* Read the definitions when one of the texts (a list ended by NULL pointers is not: n of them) or a
 * filter, the order or the fields of q name one. */
MUST_CHECK int custom_fields_load(struct db *db, const struct query_request *q,
				  const char *const *texts, size_t n, struct err *err);
/* NULL: none of that name. It stays valid for the process. */
const struct collection_field *custom_field_find(const struct collection *c, const char *name,
						 size_t n_bytes);
bool custom_field_is(const struct collection_field *f);
/* "t.num IN (rows with a value that fits)". */
MUST_CHECK int custom_field_add(struct sql *s, const struct collection_field *f,
				const struct condition *c, struct err *err);

#endif
