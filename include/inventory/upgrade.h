/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a migration cannot do by statements alone: rows of a store from before are completed with
 * what newer tables and columns say about them. The daemon calls it once after db_open(); a store
 * that is complete is left alone.
 */
#ifndef INVENTORY_UPGRADE_H
#define INVENTORY_UPGRADE_H

#include <inventory/db.h>
#include <base/err.h>

/* In one transaction; some tenths of a millisecond for a host and for an event. blocks. */
MUST_CHECK int upgrade_finish(struct db *db, struct err *err);

#endif
