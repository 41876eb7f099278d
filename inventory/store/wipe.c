/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The old pages of a store; see inventory/wipe.h. The log of SQLite keeps each version of a page
 * until it is written over, which may be never. No input.
 */
#include <inventory/wipe.h>

#include "driver.h"

int store_wipe_old(struct db *db, struct err *err)
{
	return db_is_sqlite(db)
		       ? db_exec_n(db, "PRAGMA wal_checkpoint(TRUNCATE)", NULL, 0, NULL, err)
		       : 0;
}
