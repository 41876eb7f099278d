/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows of the flow's tables as structs: one const table of columns serves reading and writing both,
 * so that a column cannot be read into another member than it was written from. As proto/record.h
 * does it for JSON. Conditions stay with each table.
 *
 * How to add a column: 1. a migration in inventory/store. 2. a member in the struct. 3. a row in
 * the table's columns.
 */
#ifndef INVENTORY_FLOW_FLOW_ROW_H
#define INVENTORY_FLOW_FLOW_ROW_H

#include <stddef.h>
#include <inventory/db.h>
#include <base/err.h>

#define FLOW_COLUMNS_MAX 32

enum flow_column_type {
	FLOW_TEXT,      /* char[]; what does not fit is read as "" */
	FLOW_INT,       /* int64_t */
	FLOW_BOOL,      /* bool */
	FLOW_LONG_TEXT, /* char *, the caller's to free when it was read */
};

struct flow_column {
	const char *name; /* or an expression, in a table that is only read */
	enum flow_column_type type;
	size_t offset, n_bytes;
};
#define FLOW_TYPE(S, m)                                                                            \
	_Generic(&((S *)0)->m, int64_t *: FLOW_INT, bool *: FLOW_BOOL, char **: FLOW_LONG_TEXT,    \
		 default: FLOW_TEXT)
#define FLOW_COLUMN_AS(S, m, name)                                                                 \
	{                                                                                          \
		name, FLOW_TYPE(S, m), offsetof(S, m), sizeof(((S *)0)->m)                         \
	}
#define FLOW_COLUMN(S, m) FLOW_COLUMN_AS(S, m, #m)

struct flow_table {
	const char *name;
	const char *what;                  /* the noun of a message */
	const struct flow_column *columns; /* the first one is the key */
	size_t n_columns;
	size_t row_bytes;
};
#define FLOW_TABLE(name, what, S, columns)                                                         \
	{                                                                                          \
		name, what, columns, ARRAY_LEN(columns), sizeof(S)                                 \
	}

/* All columns of the rows for which a condition holds: "host_num = $1 ORDER BY ...".
 * owns: *ret, db_rows_free(). */
MUST_CHECK int flow_rows(struct db *db, const struct flow_table *t, const struct db_call *where,
			 struct db_rows **ret, struct err *err);
/* The present row into a struct, which is zeroed first. */
void flow_row_read(const struct flow_table *t, const struct db_rows *rows, void *ret);
/* The first of such rows. Returns 1, or 0 when there is none: all zeros then. */
MUST_CHECK int flow_row_find(struct db *db, const struct flow_table *t, const struct db_call *where,
			     void *ret, struct err *err);
/* The same, but 0 for a row. errors: ERR_NOT_FOUND when there is none, and the store's */
MUST_CHECK int flow_row_one(struct db *db, const struct flow_table *t, const struct db_call *where,
			    void *ret, struct err *err);
/* A new row; put: or in place of the one with its key. errors: the store's */
MUST_CHECK int flow_row_add(struct db *db, const struct flow_table *t, const void *row,
			    struct err *err);
MUST_CHECK int flow_row_put(struct db *db, const struct flow_table *t, const void *row,
			    struct err *err);

#endif
