/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keeping past versions: a row is copied to its history just before it changes. Private to the
 * room.
 */
#ifndef INVENTORY_HISTORY_H
#define INVENTORY_HISTORY_H

#include <inventory/db.h>
#include <inventory/event.h>
#include <base/err.h>

/* Open placements and current versions last until here. */
#define MOMENT_OPEN INT64_MAX

/* Copy the current version of a row to TABLE_history, valid until the moment. Twice at the same
 * moment keeps once. table: a literal of ours that has a history. */
MUST_CHECK int history_keep(struct db *db, const char *table, int64_t num, const struct moment *m,
			    struct err *err);

/* What to select from a table so that its history, with until_us named behind it, gives the same
 * columns in the same order: "*" where that is so by itself. */
const char *history_columns(const char *table);

#endif
