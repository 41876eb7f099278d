/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Migration 15: on PostgreSQL an index of a sort field holds the row's number, too, as SQLite's do by
 * nature, so that a page is read in order instead of sorting all hosts that have the same value. The
 * indexes that these replace go; the version before works with the new ones as well.
 */
#include "schema.h"

#include <base/cleanup.h>

static const char *const none[] = {NULL};

#define PAGED(name, field)                                                                         \
	"CREATE INDEX host_" name "_page ON host (" field ", num)", "DROP INDEX host_" name

static const char *const on_postgres[] = {
	PAGED("memory", "(COALESCE(memory_mib, -1))"),
	PAGED("name", "name"),
	PAGED("serial", "serial"),
	PAGED("uuid", "uuid"),
	PAGED("asset_tag", "asset_tag"),
	PAGED("since", "state_since_us"),
	PAGED("changed", "changed_us"),
};

static int fill(struct db *db, struct err *err)
{
	for (size_t i = 0; i < ARRAY_LEN(on_postgres) && !db_is_sqlite(db); i++)
		TRY(db_exec_n(db, on_postgres[i], NULL, 0, NULL, err));
	return 0;
}

const struct db_migration schema_0015 = {15, "pages in order on PostgreSQL", none, fill};
