/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A mark of how far the store came, beside a SQLite store, or in an appliance's own folder for
 * PostgreSQL (see backup_guard()): the number of the last change that
 * was acknowledged. SQLite takes a write-ahead log that was removed, cut off or damaged for one
 * that ended earlier, and goes on without the changes in it; the mark shows that some are missing.
 * It is written after the commit and never synced: it may lag behind the store, never be ahead of
 * it. Input: a file that may be damaged.
 */
#include "driver.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <base/json.h>
#include <base/str.h>

#define MARK_BYTES 20 /* 19 digits and a newline: always one small write in place */

static int read_mark(struct db *db, int64_t *ret)
{
	char text[MARK_BYTES + 1] = "";
	ssize_t n = pread(db->mark_fd, text, MARK_BYTES, 0);

	*ret = 0;
	if (n == 0)
		return 0;
	text[strcspn(text, "\n")] = '\0';
	const char *digits = text + strspn(text, "0");
	return n == MARK_BYTES && parse_i64(digits[0] ? digits : "0", ret) ? 0 : -ERR_INVALID;
}

int db_mark_keep(struct db *db, const char *path, int64_t *ret_marked, struct err *err)
{
	db->mark_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (db->mark_fd < 0)
		return err_sys(err, ERR_DB_OPEN, "cannot open '%s'", path);
	if (read_mark(db, ret_marked) < 0) /* nothing to compare with; the next commit writes it */
		text_print(db->warning, sizeof(db->warning), "'%.100s' cannot be read", path);
	return 0;
}

int db_mark_open(struct db *db, const char *store_path, struct err *err)
{
	autofree char *path = xasprintf("%s" DB_MARK_SUFFIX, store_path);
	int64_t marked = 0, last = 0, at_us = 0;

	TRY(db_mark_keep(db, path, &marked, err));
	TRY(db_last_tick(db, &last, &at_us, err));
	if (marked <= last)
		return 0;
	return err_set(err, ERR_DB_BEHIND,
		       "the store ends at change %lld, but change %lld was acknowledged: its "
		       "write-ahead log is missing or damaged",
		       (long long)last, (long long)marked);
}

void db_mark_close(struct db *db)
{
	if (db->mark_fd >= 0)
		(void)close(db->mark_fd);
	db->mark_fd = -1;
}

void db_mark_write(struct db *db, int64_t last)
{
	char text[MARK_BYTES + 1];

	(void)snprintf(text, sizeof(text), "%019lld\n", (long long)last);
	if (db->mark_fd >= 0 && pwrite(db->mark_fd, text, MARK_BYTES, 0) != MARK_BYTES)
		db_mark_close(db); /* it lags behind from here on */
}
