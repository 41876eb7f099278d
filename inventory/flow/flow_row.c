/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading one row; see flow_row.h.
 */
#include "flow_row.h"

#include <string.h>

#include <base/json.h>
#include <base/str.h>

void flow_row_text(const struct db_rows *rows, int column, char *dst, size_t dst_bytes)
{
	(void)str_copy(dst, dst_bytes, db_text(rows, column));
}

int flow_row_one(struct db *db, const struct flow_row_kind *kind, const struct db_call *call,
		 void *ret, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	int rc;

	memset(ret, 0, kind->n_bytes);
	TRY(db_query_n(db, call->sql, call->params, call->n_params, &rows, err));
	rc = db_rows_next(rows, err);
	if (rc == 0)
		return err_set(err, ERR_NOT_FOUND, "no such %s", kind->what);
	if (rc < 0)
		return rc;
	kind->read(rows, ret);
	return 0;
}
