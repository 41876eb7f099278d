/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opening a store: the driver by the URL's scheme, then what must hold before anybody asks it
 * anything (its pages, its schema, what was acknowledged). Input: a URL from the configuration.
 */
#include <inventory/db.h>

#include <string.h>

#include <base/str.h>

#include "../parts/version.h"
#include "driver.h"

static const struct db_driver *const drivers[] = {&db_driver_sqlite, &db_driver_postgres};

static int open_with(struct db *db, const char *rest, unsigned flags, struct err *err)
{
	TRY(db->driver->open(db, rest, flags, err));
	db->patient = true; /* until the end of this function */
	if (flags & DB_CHECK)
		TRY(db_check(db, true, err));
	if (db->readonly)
		return db_migrate_check(db, err);
	TRY(db_migrate(db, db_is_sqlite(db) ? rest : NULL, err));
	/* an appliance of the version before stores versions without their keys */
	return db_is_sqlite(db) ? db_mark_open(db, rest, err) : version_fill(db, false, err);
}

int db_open(const char *url, unsigned flags, struct db **ret, struct err *err)
{
	for (size_t i = 0; i < ARRAY_LEN(drivers); i++) {
		size_t n = strlen(drivers[i]->scheme);
		if (strncmp(url, drivers[i]->scheme, n) != 0)
			continue;
		struct db *db = xcalloc(1, sizeof(*db));
		db->driver = drivers[i];
		db->mark_fd = -1;
		db->readonly = (flags & DB_READONLY) != 0;
		int r = open_with(db, i == 0 ? url + n : url, flags, err);
		db->patient = false;
		if (r < 0) {
			db_close(db);
			return r;
		}
		*ret = db;
		return 0;
	}
	return err_set(err, ERR_DB_OPEN, "store '%s' is neither sqlite:/path nor postgresql://...",
		       url);
}

void db_close(struct db *db)
{
	if (!db)
		return;
	if (db->conn)
		db->driver->close(db);
	db_mark_close(db);
	free(db);
}
