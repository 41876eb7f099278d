/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Restoring a backup, so that nothing permitted since can happen again
 * (reference/guard-rails.md, 7.4). The old store is kept aside, never removed. Input: two paths
 * from an operator, a file that may be damaged.
 */
#include <inventory/backup.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <unistd.h>

#include <base/clock.h>
#include <base/json.h>
#include <base/str.h>
#include <base/vec.h>
#include <inventory/event.h>
#include <inventory/flow.h>
#include <inventory/host.h>
#include <inventory/order.h>

#include "driver.h"

typedef VEC(int64_t) num_list;

static int check_unlocked(const char *store_path, struct err *err)
{
	autofree char *path = xasprintf("%s.lock", store_path);
	autoclose int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0)
		return err_sys(err, ERR_DB_OPEN, "cannot open '%s'", path);
	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		return err_set(err, ERR_DB_LOCKED, "store '%s' is in use: stop slipwayd first",
			       store_path);
	return 0;
}

static int move_aside(const char *store_path, int64_t now_us, struct err *err)
{
	static const char *const suffixes[] = {"-wal", "-shm", DB_MARK_SUFFIX, ""};

	for (size_t i = 0; i < ARRAY_LEN(suffixes); i++) {
		autofree char *from = xasprintf("%s%s", store_path, suffixes[i]);
		autofree char *to = xasprintf("%s.replaced-%lld%s", store_path,
					      (long long)(now_us / 1000000), suffixes[i]);
		if (rename(from, to) < 0 && errno != ENOENT)
			return err_sys(err, ERR_IO, "cannot move '%s' aside", from);
	}
	return 0;
}

static int copy_in(const char *backup_path, const char *store_path, int64_t now_us, struct err *err)
{
	autofree char *url = xasprintf("sqlite:%s", backup_path);
	AUTO(db) struct db *backup = NULL;

	TRY(db_open(url, DB_READONLY, &backup, err));
	TRY(db_check(backup, false, err));
	TRY(check_unlocked(store_path, err));
	TRY(move_aside(store_path, now_us, err));
	return db_backup(backup, store_path, err);
}

static int list_writers(struct db *db, num_list *ret, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	int r;

	TRY(db_query(db, err, &rows,
		     "SELECT host_num FROM flow_arm WHERE ended_us = 0 AND consumed_us > 0"));
	while ((r = db_rows_next(rows, err)) == 1)
		VEC_PUSH(ret, db_int(rows, 0));
	return r;
}

/* Who was being written then may be in service by now: a person says what becomes of it. */
static int stop_writers(struct db *db, int64_t now_us, struct err *err)
{
	static const struct host_state_change lost = {
		.state = "failed",
		.detail = "restored: it was being written when the backup was made; look at it, "
			  "then retry or release it",
		.turn = "operator",
		.actor = "operator",
		.why = "restored",
	};
	num_list nums = {0};
	int r = list_writers(db, &nums, err);

	for (size_t i = 0; i < nums.n && r >= 0; i++)
		r = host_set_state(db, nums.items[i], &lost, now_us, NULL, err);
	VEC_DONE(&nums);
	return r;
}

/* Tables of the flow are named here because a restored store must be made safe as a whole, in one
 * step. */
static int make_safe(struct db *db, int64_t beyond, int64_t now_us, struct err *err)
{
	TRY(db_exec(
		db, err,
		"UPDATE fleet_clock SET generation = generation + 1, last_id = CASE WHEN last_id < "
		"$2 THEN $2 ELSE last_id END + $1",
		p_int(BACKUP_JUMP), p_int(beyond)));
	TRY(db_exec(db, err, "UPDATE flow_host SET epoch = epoch + $1", p_int(BACKUP_JUMP)));
	TRY(db_exec(db, err, "UPDATE flow_session SET closed_us = $1 WHERE closed_us = 0",
		    p_int(now_us)));
	TRY(db_exec(db, err,
		    "UPDATE flow_plan SET ended_us = $1, result = 'restored' WHERE ended_us = 0",
		    p_int(now_us)));
	/* a sign-in or a link that was ended since would be valid again */
	TRY(db_exec(db, err, "DELETE FROM account_session"));
	TRY(db_exec(db, err, "DELETE FROM account_link"));
	TRY(stop_writers(db, now_us, err));
	TRY(db_exec(db, err,
		    "UPDATE flow_arm SET ended_us = $1, result = 'restored' WHERE ended_us = 0",
		    p_int(now_us)));
	TRY(flow_orders_end(db, "restored", now_us, err));
	TRY(flow_setting_put(db, "stopped", "1", err));
	struct event_draft e = {
		.kind = "store.restored",
		.actor = "operator",
		.summary = "the store was restored from a backup: open arms, plans and "
			   "sessions ended, all writing is stopped"};
	return event_append(db, &e, now_us, NULL, err);
}

int backup_restore(const char *backup_path, const char *store_path, int64_t now_us, struct err *err)
{
	autofree char *url = xasprintf("sqlite:%s", store_path);
	AUTO(db) struct db *db = NULL;

	TRY(copy_in(backup_path, store_path, now_us, err));
	TRY(db_open(url, DB_CHECK, &db, err));
	TRY(db_begin(db, err));
	return db_end(db, make_safe(db, 0, now_us, err), err);
}

/* ---- PostgreSQL ------------------------------------------------------------------------------ */

/* Another appliance may have done it already. */
static int make_safe_once(struct db *db, int64_t beyond, int64_t now_us, struct err *err)
{
	int64_t last = 0, at_us = 0;

	TRY(db_last_tick(db, &last, &at_us, err));
	if (beyond && last >= beyond)
		return 0;
	TRY(make_safe(db, beyond, now_us, err));
	return db_notify(db, err);
}

int backup_make_safe(struct db *db, int64_t beyond, int64_t now_us, struct err *err)
{
	TRY(db_begin(db, err));
	return db_end(db, make_safe_once(db, beyond, now_us, err), err);
}

static int went_back(struct db *db, int64_t acknowledged, struct err *err)
{
	return backup_make_safe(db, acknowledged, time_wall_us(), err);
}

int backup_guard(struct db *db, const char *mark_path, struct err *err)
{
	int64_t marked = 0, last = 0, at_us = 0;

	TRY(db_mark_keep(db, mark_path, &marked, err));
	db->went_back = went_back;
	TRY(db_last_tick(db, &last, &at_us, err));
	return marked <= last ? 0 : went_back(db, marked, err);
}

static int read_generation(struct db *db, int64_t *ret, struct err *err)
{
	return db_query_int(db, err, ret, 0, "SELECT generation FROM fleet_clock");
}

/* The guard, or an appliance that was quicker, may have done it already: then the mark lies behind. */
int backup_restored(struct db *db, const char *mark_path, int64_t now_us, struct err *err)
{
	int64_t before = 0, after = 0;

	TRY(read_generation(db, &before, err));
	if (!db_is_sqlite(db)) /* SQLite compares with its own mark while it is opened */
		TRY(backup_guard(db, mark_path, err));
	TRY(read_generation(db, &after, err));
	return after > before ? 0 : backup_make_safe(db, 0, now_us, err);
}
