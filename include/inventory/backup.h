/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Putting a backup of a SQLite store back in place. A restored store is older than the fleet: what was
 * permitted after the backup must not be permitted again, and agents that are in the middle of
 * something must notice. So the generation counts up, every open session, plan and arm ends, epochs
 * and event ids jump ahead, hosts that were being written fail, and all writing is stopped until a
 * person lets it go on: a host that was new then may be in service by now. Backups are made with
 * db_backup() while the daemon runs; PostgreSQL has its own tools, and a
 * guard that notices.
 */
#ifndef INVENTORY_BACKUP_H
#define INVENTORY_BACKUP_H

#include <inventory/db.h>
#include <base/err.h>

/* How far epochs and event ids jump: more than a fleet makes between two backups. */
#define BACKUP_JUMP 1000000

/* Check the backup, move the present store aside ("PATH.replaced-TIME"), put the backup in its
 * place. The daemon must not run. blocks. errors: ERR_DB_LOCKED, ERR_DB_CORRUPT, ERR_DB_NEWER,
 * ERR_DB_MISSING */
MUST_CHECK int backup_restore(const char *backup_path, const char *store_path, int64_t now_us,
			      struct err *err);

/* Keep the number of the last acknowledged change of a PostgreSQL store in this file of the
 * appliance, and compare the store with it now and after each new connection. A store that lacks
 * changes went back: an asynchronous standby was promoted, a dump was put back. It is made safe at
 * once, as by backup_make_safe(). errors: ERR_DB_OPEN and those of the store */
MUST_CHECK int backup_guard(struct db *db, const char *mark_path, struct err *err);

/* A store that was restored is made safe: open arms, plans and sessions end, hosts that were
 * being written fail, event ids and epochs jump beyond what was acknowledged, all writing is
 * stopped, event store.restored. beyond: the last id that is known to have been given out, 0:
 * unknown. Nothing is done when the ids are beyond it already. */
MUST_CHECK int backup_make_safe(struct db *db, int64_t beyond, int64_t now_us, struct err *err);

/* For a store that other tools put back (pg_restore): make it safe, once, whatever it lacks.
 * mark_path: as for backup_guard(); may be missing. blocks. */
MUST_CHECK int backup_restored(struct db *db, const char *mark_path, int64_t now_us,
			       struct err *err);

#endif
