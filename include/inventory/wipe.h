/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a store no longer holds is not in its files either: for rows whose text was sealed or taken
 * out after an older version had written it in the clear.
 */
#ifndef INVENTORY_WIPE_H
#define INVENTORY_WIPE_H

#include <base/err.h>
#include <inventory/db.h>

/* Bring the log of a SQLite store into its pages and empty it. Deleted cells are zeroed there
 * already (secure_delete). PostgreSQL keeps its own files: nothing is done. Outside a transaction.
 * errors: those of db_exec_n() */
MUST_CHECK int store_wipe_old(struct db *db, struct err *err);

#endif
