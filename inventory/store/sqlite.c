/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The SQLite side of the store seam. One writing connection per process and per file (a lock file
 * beside the store keeps a second process out), WAL with synchronous=FULL; readers never
 * checkpoint, because Debian 12's SQLite has the WAL-reset bug (reference/guard-rails.md, 7.4).
 * Statements are cached by their text. Input: a path from the configuration, a file that may be
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

#define CACHE_SLOTS      512
#define CACHE_WAYS       8
#define BUSY_MS          5000
#define READER_CACHE_KIB "-6144"  /* an export walks once: nothing it read is read again */
#define CACHE_KIB        "-24576" /* page cache; the kernel keeps the rest of the file */
#define CHECKPOINT_PAGES "4000"
#define BUDGET_STEPS     1000 /* of the virtual machine: some ten microseconds */

struct statement {
	char *sql; /* as given: the key */
	sqlite3_stmt *stmt;
	int n_params;
	uint16_t *map; /* SQLite's parameter i+1 takes our $map[i] */
	bool busy;
	bool cached;
	uint64_t used;
};

struct sqlite_conn {
	sqlite3 *handle;
	char *path;
	int lock_fd;
	uint64_t turn;
	struct statement *cache[CACHE_SLOTS];
};

struct sqlite_rows {
	struct statement *st;
	bool done;
};

/* ---- errors ---------------------------------------------------------------------------------- */

static const struct {
	int sqlite;
	enum err_code code;
} error_map[] = {
	{SQLITE_BUSY, ERR_DB_BUSY},         {SQLITE_LOCKED, ERR_DB_BUSY},
	{SQLITE_FULL, ERR_DB_FULL},         {SQLITE_IOERR, ERR_DB_IO},
	{SQLITE_CORRUPT, ERR_DB_CORRUPT},   {SQLITE_NOTADB, ERR_DB_CORRUPT},
	{SQLITE_CANTOPEN, ERR_DB_OPEN},     {SQLITE_CONSTRAINT, ERR_DB_CONSTRAINT},
	{SQLITE_READONLY, ERR_DB_READONLY}, {SQLITE_INTERRUPT, ERR_DB_SLOW},
};

static int fail(sqlite3 *handle, int rc, const char *sql, struct err *err)
{
	enum err_code code = ERR_DB_SQL;

	for (size_t i = 0; i < ARRAY_LEN(error_map); i++)
		if (error_map[i].sqlite == (rc & 0xff))
			code = error_map[i].code;
	return err_set(err, code, "%s%s%.60s%s",
		       handle ? sqlite3_errmsg(handle) : sqlite3_errstr(rc),
		       code == ERR_DB_SQL ? " in '" : "", code == ERR_DB_SQL ? sql : "",
		       code == ERR_DB_SQL ? "'" : "");
}

/* ---- statement cache ------------------------------------------------------------------------- */

static void statement_free(struct statement *st)
{
	if (!st)
		return;
	(void)sqlite3_finalize(st->stmt);
	free(st->map);
	free(st->sql);
	free(st);
}

static size_t slot_of(const char *sql)
{
	uint64_t h = 1469598103934665603ULL;

	for (const char *c = sql; *c; c++)
		h = (h ^ (uint8_t)*c) * 1099511628211ULL;
	return (size_t)(h % CACHE_SLOTS);
}

/* SQLite numbers $N by first appearance: remember which of ours each one is. */
static int map_params(struct statement *st, struct err *err)
{
	st->n_params = sqlite3_bind_parameter_count(st->stmt);
	if (st->n_params > DB_PARAMS_MAX)
		return err_set(err, ERR_DB_SQL, "more than %d parameters", DB_PARAMS_MAX);
	st->map = xcalloc((size_t)st->n_params + 1, sizeof(*st->map));
	for (int i = 0; i < st->n_params; i++) {
		const char *name = sqlite3_bind_parameter_name(st->stmt, i + 1);
		uint64_t number = 0;
		if (!name || !parse_u64(name + 1, &number) || number < 1 || number > DB_PARAMS_MAX)
			return err_set(err, ERR_DB_SQL, "parameter '%s' is not $1 to $%d",
				       name ? name : "?", DB_PARAMS_MAX);
		st->map[i] = (uint16_t)number;
	}
	return 0;
}

static int statement_new(struct sqlite_conn *c, const char *sql, struct statement **ret,
			 struct err *err)
{
	static const char lock_clause[] = " FOR UPDATE SKIP LOCKED";
	size_t n = strlen(sql);

	if (str_ends(sql, lock_clause))
		n -= sizeof(lock_clause) - 1;
	struct statement *st = xcalloc(1, sizeof(*st));
	st->sql = xstrdup(sql);
	int rc = sqlite3_prepare_v3(c->handle, sql, (int)n, SQLITE_PREPARE_PERSISTENT, &st->stmt,
				    NULL);
	int r = rc == SQLITE_OK ? map_params(st, err) : fail(c->handle, rc, sql, err);
	if (r < 0) {
		statement_free(st);
		return r;
	}
	*ret = st;
	return 0;
}

/* The slots that may hold a text: its own and the next ones. Of those that hold another, the one
 * that was used longest ago gives way; a statement that is running stays. */
static struct statement **find_slot(struct sqlite_conn *c, const char *sql)
{
	struct statement **oldest = NULL;
	size_t first = slot_of(sql);

	for (size_t i = 0; i < CACHE_WAYS; i++) {
		struct statement **slot = &c->cache[(first + i) % CACHE_SLOTS], *st = *slot;
		if (st && str_eq(st->sql, sql) && !st->busy)
			return slot;
		if ((!st || !st->busy) &&
		    (!oldest || (*oldest && (!st || st->used < (*oldest)->used))))
			oldest = slot;
	}
	return oldest;
}

static int statement_get(struct sqlite_conn *c, const char *sql, struct statement **ret,
			 struct err *err)
{
	struct statement **slot = find_slot(c, sql);

	if (!slot || !*slot || !str_eq((*slot)->sql, sql)) {
		TRY(statement_new(c, sql, ret, err));
		if (slot) {
			statement_free(*slot);
			*slot = *ret;
			(*ret)->cached = true;
		}
	}
	if (slot)
		*ret = *slot;
	(*ret)->busy = true;
	(*ret)->used = ++c->turn;
	return 0;
}

static void statement_put(struct statement *st)
{
	(void)sqlite3_reset(st->stmt);
	(void)sqlite3_clear_bindings(st->stmt);
	st->busy = false;
	if (!st->cached)
		statement_free(st);
}

static int bind_one(sqlite3_stmt *stmt, int at, const struct db_param *p)
{
	if (p->n_bytes > INT32_MAX)
		return SQLITE_TOOBIG;
	switch (p->type) {
	case DB_INT:
		return sqlite3_bind_int64(stmt, at, p->i);
	case DB_TEXT:
		return sqlite3_bind_text(stmt, at, p->p, (int)p->n_bytes, SQLITE_STATIC);
	case DB_BLOB:
		return sqlite3_bind_blob(stmt, at, p->p, (int)p->n_bytes, SQLITE_STATIC);
	case DB_NULL:
		break;
	}
	return sqlite3_bind_null(stmt, at);
}

static int bind_all(struct sqlite_conn *c, struct statement *st, const struct db_param *params,
		    size_t n_params, struct err *err)
{
	for (int i = 0; i < st->n_params; i++) {
		if (st->map[i] > n_params)
			return err_set(err, ERR_DB_SQL, "no value for $%d in '%.60s'", st->map[i],
				       st->sql);
		int rc = bind_one(st->stmt, i + 1, &params[st->map[i] - 1]);
		if (rc != SQLITE_OK)
			return fail(c->handle, rc, st->sql, err);
	}
	return 0;
}

/* ---- running --------------------------------------------------------------------------------- */

static int run_exec(struct sqlite_conn *c, struct statement *st, int64_t *ret_changed,
		    struct err *err)
{
	int rc;

	do
		rc = sqlite3_step(st->stmt);
	while (rc == SQLITE_ROW);
	if (rc != SQLITE_DONE)
		return fail(c->handle, rc, st->sql, err);
	if (ret_changed)
		*ret_changed = sqlite3_changes64(c->handle);
	return 0;
}

static int sqlite_run(struct db *db, const char *sql, const struct db_param *params,
		      size_t n_params, void **ret_rows, int64_t *ret_changed, struct err *err)
{
	struct sqlite_conn *c = db->conn;
	struct statement *st = NULL;

	TRY(statement_get(c, sql, &st, err));
	int r = bind_all(c, st, params, n_params, err);
	if (r >= 0 && !ret_rows)
		r = run_exec(c, st, ret_changed, err);
	if (r < 0 || !ret_rows) {
		statement_put(st);
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
	return rc == SQLITE_DONE ? 0 : fail(c->handle, rc, rows->st->sql, err);
}

static void sqlite_rows_free(struct db *db, void *impl)
{
	struct sqlite_rows *rows = impl;

	(void)db;
	statement_put(rows->st);
	free(rows);
}

static int sqlite_columns(void *impl)
{
	return sqlite3_column_count(((struct sqlite_rows *)impl)->st->stmt);
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
			return err_set(err, ERR_DB_FILESYSTEM, "'%s' lies on %s", path,
				       file_systems[i].name);
		(void)snprintf(db->warning, sizeof(db->warning),
			       "the store lies on %s: it may be lost at power-off",
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
		int r = fail(c->handle, rc, "", err);
		(void)r;
		return err_wrap(err, "store '%s'", path);
	}
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

	for (size_t i = 0; i < CACHE_SLOTS; i++)
		statement_free(c->cache[i]);
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
		return fail(to, sqlite3_errcode(to), "backup", err);
	int rc = sqlite3_backup_step(b, -1);
	(void)sqlite3_backup_finish(b);
	if (rc != SQLITE_DONE)
		return fail(to, rc, "backup", err);
	rc = sqlite3_exec(to, "PRAGMA journal_mode=DELETE", NULL, NULL, NULL);
	if (rc != SQLITE_OK)
		return fail(to, rc, "backup", err);
	return sync_file(to_path, err);
}

int db_sqlite_backup(struct db *db, const char *to_path, struct err *err)
{
	struct sqlite_conn *c = db->conn;

	if (access(to_path, F_OK) == 0)
		return err_set(err, ERR_EXISTS, "backup '%s' exists already", to_path);
	sqlite3 *to = NULL;
	mode_t old = umask(077);
	int rc = sqlite3_open_v2(to_path, &to, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL);
	(void)umask(old);
	int r = rc == SQLITE_OK ? copy_pages(c, to, to_path, err) : fail(to, rc, "", err);
	(void)sqlite3_close(to);
	if (r < 0) {
		(void)unlink(to_path);
		return err_wrap(err, "backup to '%s'", to_path);
	}
	return 0;
}

int db_sqlite_backup_before(struct db *db, int number, struct err *err)
{
	struct sqlite_conn *c = db->conn;

	if (db->schema_number == 0)
		return 0;
	autofree char *to = xasprintf("%s.before-%04d", c->path, number);
	(void)unlink(to); /* of an earlier, interrupted try */
	return db_sqlite_backup(db, to, err);
}

const struct db_driver db_driver_sqlite = {
	.scheme = "sqlite:",
	.open = sqlite_open,
	.close = sqlite_close,
	.run = sqlite_run,
	.rows_next = sqlite_rows_next,
	.rows_free = sqlite_rows_free,
	.columns = sqlite_columns,
	.is_null = sqlite_is_null,
	.get_int = sqlite_int,
	.get_text = sqlite_text,
	.get_blob = sqlite_blob,
	.budget = sqlite_budget,
	.schema_text = sqlite_schema_text,
	.begin = {"BEGIN IMMEDIATE"},
	.begin_snapshot = "BEGIN",
};
