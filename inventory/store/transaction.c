/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Transactions of the store seam: nested by savepoints, with functions that are called when they end
 * and the high-water mark written behind the commit.
 */
#include <inventory/db.h>

#include <base/clock.h>

#include "driver.h"

/* Names of savepoints are literals so that they stay in the statement cache. */
static const char *const savepoints[][3] = {
	{"SAVEPOINT s1", "RELEASE SAVEPOINT s1", "ROLLBACK TO SAVEPOINT s1"},
	{"SAVEPOINT s2", "RELEASE SAVEPOINT s2", "ROLLBACK TO SAVEPOINT s2"},
	{"SAVEPOINT s3", "RELEASE SAVEPOINT s3", "ROLLBACK TO SAVEPOINT s3"},
	{"SAVEPOINT s4", "RELEASE SAVEPOINT s4", "ROLLBACK TO SAVEPOINT s4"},
	{"SAVEPOINT s5", "RELEASE SAVEPOINT s5", "ROLLBACK TO SAVEPOINT s5"},
	{"SAVEPOINT s6", "RELEASE SAVEPOINT s6", "ROLLBACK TO SAVEPOINT s6"},
};

static void tell_end(const struct db *db, bool committed)
{
	if (db->end_hook)
		db->end_hook(db->end_arg, (int)db->depth, committed);
}

int db_begin(struct db *db, struct err *err)
{
	BUG_ON(db->depth > ARRAY_LEN(savepoints));
	if (db->depth == 0 && db->readonly)
		return db_begin_snapshot(db, err);
	const char *const *begin = db->driver->begin;
	TRY(db_say(db, db->depth == 0 ? begin[0] : savepoints[db->depth - 1][0], false, err));
	db->depth++;
	if (db->depth > 1 || !begin[1])
		return 0;
	int status = db_say(db, begin[1], false, err);
	if (status < 0)
		db_rollback(db);
	return status;
}

int db_begin_snapshot(struct db *db, struct err *err)
{
	if (db->depth > 0) /* the caller's transaction is a snapshot already */
		return db_begin(db, err);
	TRY(db_say(db, db->driver->begin_snapshot, false, err));
	db->depth = 1;
	return 0;
}

/* What the mark will say after this commit: a savepoint may have taken ticks back. */
static int mark_of(struct db *db, int64_t *ret, struct err *err)
{
	int64_t at_us = 0;

	*ret = 0;
	if (db->depth > 1 || !db->ticked)
		return 0;
	db->ticked = false;
	if (db->mark_fd < 0)
		return 0;
	*ret = db->tick_id;
	return db->tick_id ? 0 : db_last_tick(db, ret, &at_us, err);
}

int db_commit(struct db *db, struct err *err)
{
	int64_t mark = 0;

	BUG_ON(db->depth == 0);
	const char *sql = db->depth == 1 ? "COMMIT" : savepoints[db->depth - 2][1];
	int r = mark_of(db, &mark, err);
	if (r >= 0)
		r = db_say(db, sql, true, err);
	if (r < 0) {
		db_rollback(db);
		return r;
	}
	db->depth--;
	if (mark > 0)
		db_mark_write(db, mark);
	if (mark > db->acknowledged)
		db->acknowledged = mark;
	tell_end(db, true);
	return 0;
}

void db_rollback(struct db *db)
{
	BUG_ON(db->depth == 0);
	if (db->depth == 1) {
		db->ticked = false;
		db_say_rollback(db, "ROLLBACK");
	} else {
		const char *const *sql = savepoints[db->depth - 2];
		db->tick_id = 0;
		db_say_rollback(db, sql[2]);
		db_say_rollback(db, sql[1]);
	}
	db->depth--;
	tell_end(db, false);
}

bool db_in_transaction(const struct db *db)
{
	return db->depth > 0;
}

int db_depth(const struct db *db)
{
	return (int)db->depth;
}

void db_on_end(struct db *db, db_end_hook hook, void *arg)
{
	db->end_hook = hook;
	db->end_arg = arg;
}

int db_end(struct db *db, int status, struct err *err)
{
	if (status < 0) {
		db_rollback(db);
		return status;
	}
	TRY(db_commit(db, err));
	return status;
}
