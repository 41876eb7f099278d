/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One row of a flow table into one struct: what arms, sessions and plans have in common. Statements
 * and columns stay with each table.
 */
#ifndef INVENTORY_FLOW_FLOW_ROW_H
#define INVENTORY_FLOW_FLOW_ROW_H

#include <inventory/db.h>
#include <base/err.h>

/* Text of a column into a member that is an array; what does not fit becomes "". */
#define COL(rows, column, member) flow_row_text(rows, column, member, sizeof(member))
void flow_row_text(const struct db_rows *rows, int column, char *dst, size_t dst_bytes);

/* What a table's rows are read into. */
struct flow_row_kind {
	const char *what; /* the noun of a message */
	void (*read)(const struct db_rows *rows, void *ret);
	size_t n_bytes; /* of the struct, zeroed before read() */
};

/* The first row of a statement.
 * errors: ERR_NOT_FOUND when there is no row, and the store's */
MUST_CHECK int flow_row_one(struct db *db, const struct flow_row_kind *kind,
			    const struct db_call *call, void *ret, struct err *err);

#endif
