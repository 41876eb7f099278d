/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sorting and cursors: the order of a query, and where in it a page ended. Private to the room.
 */
#ifndef INVENTORY_ORDER_H
#define INVENTORY_ORDER_H

#include <base/err.h>

#include "sql.h"

#define ORDER_FIELDS_MAX 3

struct order {
	size_t n;
	const struct collection_field *fields[ORDER_FIELDS_MAX];
	bool down[ORDER_FIELDS_MAX];
	bool key_down;
};
/* "-MemoryMiB,serial" or NULL. errors: ERR_FIELD_UNKNOWN, ERR_INVALID */
MUST_CHECK int order_parse(const struct collection *c, const char *text, struct order *ret,
			   struct err *err);

/* The value a page ended with, per sort field. */
struct place {
	int64_t at_us;
	int64_t num;
	uint64_t question; /* of which query it is a cursor */
	struct {
		bool is_text;
		int64_t i;
		char *text; /* owned */
	} values[ORDER_FIELDS_MAX];
};
void place_done(struct place *p);
uint64_t order_question(const struct collection *c, const struct query_request *q);
/* false when it does not fit */
bool cursor_write(const struct place *p, size_t n_values, char ret[static QUERY_CURSOR_MAX_BYTES]);
/* trust: none of text. errors: ERR_INVALID with pointer /cursor */
MUST_CHECK int cursor_read(const char *text, const struct order *o, uint64_t question,
			   struct place *ret, struct err *err);

/* ", expr AS s0, ..." with unknown made comparable. */
void order_columns(struct sql *s, const struct order *o);
/* " AND ..." after a place. */
void order_after(struct sql *s, const struct order *o, const struct place *p);
/* A field's column, with unknown as -1 when `known`: unknown sorts first. Columns that are never
 * NULL stay bare, so that an index may serve. */
void order_comparable(struct sql *s, const struct collection_field *f, bool known);
/* " ORDER BY ..."; sorted: by sorting what was found, not by walking an index in this order. */
void order_by(struct sql *s, const struct order *o, bool sorted);

#endif
