/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The SQLite side of the store seam. One writing connection per process and per file (a lock file
 * beside the store keeps a second process out), WAL with synchronous=FULL; readers never
 * checkpoint, because Debian 12's SQLite has the WAL-reset bug (reference/guard-rails.md, 7.4).
 * Input: a path from the configuration, a file that may be
 * damaged.
 */
#include "driver.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <base/file.h>
#include <base/json.h>
#include <base/str.h>

#include "sqlite_statement.h"

#define BUSY_MS          5000
#define READER_CACHE_KIB "-6144"  /* an export walks once: nothing it read is read again */
#define CACHE_KIB        "-24576" /* page cache; the kernel keeps the rest of the file */
#define CHECKPOINT_PAGES "4000"
#define BUDGET_STEPS     1000 /* of the virtual machine: some ten microseconds */

struct sqlite_conn {
	sqlite3 *handle;
	char *path;
	int lock_fd;
	struct sqlite_cache cache;
};

struct sqlite_rows {
	struct sqlite_statement *st;
	bool done;
};

/* ---- running --------------------------------------------------------------------------------- */

static int run_exec(struct sqlite_conn *c, struct sqlite_statement *st, int64_t *ret_changed,
		    struct err *err)
{
	int rc;

	do
		rc = sqlite3_step(st->stmt);
	while (rc == SQLITE_ROW);
	if (rc != SQLITE_DONE)
		return sqlite_fail(c->handle, rc, st->sql, err);
	if (ret_changed)
		*ret_changed = sqlite3_changes64(c->handle);
	return 0;
}

static int sqlite_run(struct db *db, const struct db_call *call, void **ret_rows,
		      int64_t *ret_changed, struct err *err)
{
	struct sqlite_conn *c = db->conn;
	struct sqlite_statement *st = NULL;

	TRY(sqlite_statement_get(&c->cache, call->sql, &st, err));
	int r = sqlite_statement_bind(&c->cache, st, call, err);
	if (r >= 0 && !ret_rows)
		r = run_exec(c, st, ret_changed, err);
	if (r < 0 || !ret_rows) {
		sqlite_statement_put(st);
		return r;
	}
	struct sqlite_rows *rows = xcalloc(1, sizeof(*rows));
	rows->st = st;
	*ret_rows = rows;
	return 0;
}

static int sqlite_rows_next(struct db *db, void *impl, struct err *err)
{
	struct sqlite_conn *c = db->conn;
	struct sqlite_rows *rows = impl;

	if (rows->done)
		return 0;
	int rc = sqlite3_step(rows->st->stmt);
	if (rc == SQLITE_ROW)
		return 1;
	rows->done = true;
	return rc == SQLITE_DONE ? 0 : sqlite_fail(c->handle, rc, rows->st->sql, err);
}

static void sqlite_rows_free(struct db *db, void *impl)
{
	struct sqlite_rows *rows = impl;

	(void)db;
	sqlite_statement_put(rows->st);
	free(rows);
}

static int sqlite_columns(void *impl)
{
	return sqlite3_column_count(((struct sqlite_rows *)impl)->st->stmt);
}

static const char *sqlite_column_name(void *impl, int column)
{
	return sqlite3_column_name(((struct sqlite_rows *)impl)->st->stmt, column);
}

static enum db_type sqlite_column_type(void *impl, int column)
{
	int type = sqlite3_column_type(((struct sqlite_rows *)impl)->st->stmt, column);

	return type == SQLITE_INTEGER ? DB_INT : type == SQLITE_BLOB ? DB_BLOB : DB_TEXT;
}

static bool sqlite_is_null(void *impl, int column)
{
	return sqlite3_column_type(((struct sqlite_rows *)impl)->st->stmt, column) == SQLITE_NULL;
}

static int64_t sqlite_int(void *impl, int column)
{
	return sqlite3_column_int64(((struct sqlite_rows *)impl)->st->stmt, column);
}

static const char *sqlite_text(void *impl, int column)
{
	return (const char *)sqlite3_column_text(((struct sqlite_rows *)impl)->st->stmt, column);
}

static const void *sqlite_blob(void *impl, int column, size_t *ret_n_bytes)
{
	sqlite3_stmt *stmt = ((struct sqlite_rows *)impl)->st->stmt;
	const void *p = sqlite3_column_blob(stmt, column);

	*ret_n_bytes = (size_t)sqlite3_column_bytes(stmt, column);
	return p;
}

/* ---- budgets --------------------------------------------------------------------------------- */

static int is_over(void *arg)
{
	const struct db *db = arg;

	return db_clock_us() > db->deadline_us;
}

static void sqlite_budget(struct db *db)
{
	struct sqlite_conn *c = db->conn;

	sqlite3_progress_handler(c->handle, db->deadline_us ? BUDGET_STEPS : 0, is_over, db);
}

static char *sqlite_schema_text(const char *statement)
{
	return xstrdup(statement);
}

/* ---- opening --------------------------------------------------------------------------------- */

static const struct {
	long magic;
	bool refuse;
	const char *name;
} file_systems[] = {
	{0x6969, true, "NFS"},        {0x517b, true, "SMB"},        {0xff534d42, true, "CIFS"},
	{0xfe534d42, true, "SMB2"},   {0x01021997, true, "9P"},     {0x65735546, false, "FUSE"},
	{0x01021994, false, "tmpfs"}, {0x858458f6, false, "ramfs"}, {0x794c7630, false, "overlay"},
};

static int check_file_system(struct db *db, const char *path, struct err *err)
{
	autofree char *dir = xstrdup(path);
	char *slash = strrchr(dir, '/');

	if (!slash)
		return err_set(err, ERR_DB_OPEN, "store path '%s' is not absolute", path);
	*(slash == dir ? slash + 1 : slash) = '\0';
	struct statfs fs;
	if (statfs(dir, &fs) < 0)
		return err_sys(err, ERR_DB_OPEN, "cannot use folder '%s' for the store", dir);
	for (size_t i = 0; i < ARRAY_LEN(file_systems); i++) {
		if ((unsigned long)fs.f_type != (unsigned long)file_systems[i].magic)
			continue;
		if (file_systems[i].refuse)
			return err_set(err, ERR_DB_FILESYSTEM, "'%s' is on %s", path,
				       file_systems[i].name);
		(void)snprintf(db->warning, sizeof(db->warning),
			       "the store is on %s: it may be lost at power-off",
			       file_systems[i].name);
	}
	return 0;
}

static int take_lock(struct sqlite_conn *c, struct err *err)
{
	autofree char *path = xasprintf("%s.lock", c->path);

	c->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (c->lock_fd < 0)
		return err_sys(err, ERR_DB_OPEN, "cannot open '%s'", path);
	if (flock(c->lock_fd, LOCK_EX | LOCK_NB) < 0)
		return err_sys(err, ERR_DB_LOCKED, "store '%s' is in use", c->path);
	return 0;
}

/* A store that was made once leaves "PATH.made" beside it, so that a lost file is noticed. */
static int check_missing(struct sqlite_conn *c, unsigned flags, struct err *err)
{
	if (access(c->path, F_OK) == 0)
		return 0;
	autofree char *made = xasprintf("%s.made", c->path);
	autofree char *wal = xasprintf("%s-wal", c->path);
	if (!(flags & DB_CREATE) || access(made, F_OK) == 0 || access(wal, F_OK) == 0)
		return err_set(err, ERR_DB_MISSING, "store '%s' does not exist", c->path);
	static const char text[] = "a store was made here\n";
	return file_write_atomic(made, text, sizeof(text) - 1, 0600, err);
}

static int set_pragmas(struct db *db, struct err *err)
{
	static const char *const writer[] = {
		"PRAGMA journal_mode=WAL",
		"PRAGMA synchronous=FULL",
		"PRAGMA wal_autocheckpoint=" CHECKPOINT_PAGES,
		"PRAGMA secure_delete=ON",
		NULL,
	};
	static const char *const both[] = {
		"PRAGMA foreign_keys=ON", "PRAGMA trusted_schema=OFF", "PRAGMA cell_size_check=ON",
		"PRAGMA mmap_size=0",     "PRAGMA temp_store=MEMORY",  NULL,
	};

	for (size_t i = 0; !db->readonly && writer[i]; i++)
		TRY(db_exec_n(db, writer[i], NULL, 0, NULL, err));
	for (size_t i = 0; both[i]; i++)
		TRY(db_exec_n(db, both[i], NULL, 0, NULL, err));
	return db_exec_n(db,
			 db->readonly ? "PRAGMA cache_size=" READER_CACHE_KIB
				      : "PRAGMA cache_size=" CACHE_KIB,
			 NULL, 0, NULL, err);
}

static int sqlite_open(struct db *db, const char *path, unsigned flags, struct err *err)
{
	struct sqlite_conn *c = xcalloc(1, sizeof(*c));

	c->lock_fd = -1;
	c->path = xstrdup(path);
	db->conn = c;
	TRY(check_file_system(db, path, err));
	if (!db->readonly)
		TRY(take_lock(c, err));
	TRY(check_missing(c, flags, err));
	int how = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
	how |= db->readonly ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
	mode_t old = umask(077);
	int rc = sqlite3_open_v2(path, &c->handle, how, NULL);
	(void)umask(old);
	if (rc != SQLITE_OK) {
		int r = sqlite_fail(c->handle, rc, "", err);
		(void)r;
		return err_wrap(err, "store '%s'", path);
	}
	c->cache.handle = c->handle;
	(void)sqlite3_busy_timeout(c->handle, BUSY_MS);
	(void)sqlite3_db_config(c->handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	if (db->readonly)
		(void)sqlite3_db_config(c->handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	if (set_pragmas(db, err) < 0)
		return err_wrap(err, "store '%s'", path);
	return 0;
}

static void sqlite_close(struct db *db)
{
	struct sqlite_conn *c = db->conn;

	sqlite_cache_free(&c->cache);
	(void)sqlite3_close_v2(c->handle);
	if (c->lock_fd >= 0)
		(void)close(c->lock_fd);
	free(c->path);
	free(c);
	db->conn = NULL;
}

/* ---- backup ---------------------------------------------------------------------------------- */

static int sync_file(const char *path, struct err *err)
{
	autoclose int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || fsync(fd) < 0)
		return err_sys(err, ERR_IO, "cannot sync '%s'", path);
	return 0;
}

static int copy_pages(struct sqlite_conn *c, sqlite3 *to, const char *to_path, struct err *err)
{
	sqlite3_backup *b = sqlite3_backup_init(to, "main", c->handle, "main");

	if (!b)
		return sqlite_fail(to, sqlite3_errcode(to), "backup", err);
	int rc = sqlite3_backup_step(b, -1);
	(void)sqlite3_backup_finish(b);
	if (rc != SQLITE_DONE)
		return sqlite_fail(to, rc, "backup", err);
	rc = sqlite3_exec(to, "PRAGMA journal_mode=DELETE", NULL, NULL, NULL);
	if (rc != SQLITE_OK)
		return sqlite_fail(to, rc, "backup", err);
	return sync_file(to_path, err);
}

static int sqlite_backup(struct db *db, const char *to_path, struct err *err)
{
	struct sqlite_conn *c = db->conn;

	if (access(to_path, F_OK) == 0)
		return err_set(err, ERR_EXISTS, "backup '%s' exists already", to_path);
	sqlite3 *to = NULL;
	mode_t old = umask(077);
	int rc = sqlite3_open_v2(to_path, &to, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL);
	(void)umask(old);
	int r = rc == SQLITE_OK ? copy_pages(c, to, to_path, err) : sqlite_fail(to, rc, "", err);
	(void)sqlite3_close(to);
	if (r < 0) {
		(void)unlink(to_path);
		return err_wrap(err, "backup to '%s'", to_path);
	}
	return 0;
}

const struct db_driver db_driver_sqlite = {
	.scheme = "sqlite:",
	.is_sqlite = true,
	.open = sqlite_open,
	.close = sqlite_close,
	.run = sqlite_run,
	.rows_next = sqlite_rows_next,
	.rows_free = sqlite_rows_free,
	.columns = sqlite_columns,
	.column_name = sqlite_column_name,
	.column_type = sqlite_column_type,
	.is_null = sqlite_is_null,
	.get_int = sqlite_int,
	.get_text = sqlite_text,
	.get_blob = sqlite_blob,
	.budget = sqlite_budget,
	.backup = sqlite_backup,
	.schema_text = sqlite_schema_text,
	.begin = {"BEGIN IMMEDIATE"},
	.begin_snapshot = "BEGIN",
};
