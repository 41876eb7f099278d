/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The seam between statements and the store: SQLite (embedded, one appliance) or PostgreSQL
 * (several appliances, one fleet). It is thin on purpose and no SQL layer: it opens, binds, steps,
 * commits. Each operation of the inventory is ONE text of SQL that both stores understand, and the
 * same test-suite runs against both. It knows no tables but its own list of applied migrations.
 *
 * How to write SQL for both:
 *   - parameters are $1, $2, ...; each may be used more than once
 *   - times are whole microseconds since 1970 UTC, in columns named *_us; booleans are 0 and 1
 *   - schema text says INTEGER (64 bits), TEXT, BLOB and ends tables with STRICT; PostgreSQL gets
 *     BIGINT, BYTEA and no STRICT. No JSON functions but db_json_text(), no LIKE, no AUTOINCREMENT
 *   - upserts with ON CONFLICT, results of writes with RETURNING
 *   - "FOR UPDATE SKIP LOCKED" at the end of a SELECT is dropped on SQLite, which has one writer
 *   - a failed statement spoils the transaction around it (PostgreSQL): roll back, do not go on
 *
 * Life cycle:
 *  1. db_open() a URL; the first writer also applies migrations (after one copy of SQLite).
 *  2. db_exec() and db_query(), inside db_begin() ... db_end() where several belong together.
 *  3. db_close().
 * A struct db belongs to one thread. SQLite has one writing connection per process; more readers
 * may be opened with DB_READONLY (they never checkpoint: reference/guard-rails.md, 7.4).
 */
#ifndef INVENTORY_DB_H
#define INVENTORY_DB_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <base/cleanup.h>
#include <base/err.h>

struct db;
struct db_rows;

enum db_flags {
	DB_CREATE = 1,   /* make the store when it never existed */
	DB_READONLY = 2, /* a reader: no writes, no migrations, no checkpoints */
	DB_CHECK = 4,    /* quick integrity check while opening */
};

/* Open "sqlite:/path" or "postgresql://..." (libpq URL or "postgresql:///db?host=/socket/dir").
 * owns: *ret is the caller's, db_close().
 * errors: ERR_DB_OPEN, ERR_DB_MISSING, ERR_DB_LOCKED (second writer), ERR_DB_NEWER, ERR_DB_CORRUPT,
 *         ERR_DB_FILESYSTEM (NFS and other remote file systems) */
MUST_CHECK int db_open(const char *url, unsigned flags, struct db **ret, struct err *err);
void db_close(struct db *db);
DEFINE_AUTO(db, struct db, db_close);

/* The which-th database server that a URL names: a host name or an address. False when there are no
 * more; files and sockets, which are this machine, do not count. */
bool db_server_of(const char *url, size_t which, char *ret, size_t ret_bytes);
bool db_is_sqlite(const struct db *db);
/* What an operator should know about where the store lies ("on tmpfs: lost at power-off"), or "".
 */
const char *db_warning(const struct db *db);
/* Number of the newest migration that the store has. */
int db_schema_number(const struct db *db);

/* ---- parameters ------------------------------------------------------------------------------ */
enum db_type { DB_NULL, DB_INT, DB_TEXT, DB_BLOB };

struct db_param {
	enum db_type type;
	int64_t i;
	const void *p; /* borrowed until the call returns; for db_query() until db_rows_free() */
	size_t n_bytes;
};

static inline struct db_param p_int(int64_t v)
{
	return (struct db_param){.type = DB_INT, .i = v};
}
static inline struct db_param p_null(void)
{
	return (struct db_param){.type = DB_NULL};
}
static inline struct db_param p_blob(const void *p, size_t n_bytes)
{
	return (struct db_param){.type = p ? DB_BLOB : DB_NULL, .p = p, .n_bytes = n_bytes};
}
/* NULL is SQL NULL. Text with an embedded NUL cannot be passed. */
struct db_param p_text(const char *text);

/* A statement and its values: $1 is params[0]. sql: text of ours, never from outside; it is the key
 * of the statement cache. All of it is borrowed. */
struct db_call {
	const char *sql;
	const struct db_param *params;
	size_t n_params;
};

/* ---- statements ------------------------------------------------------------------------------ */
/* Run a statement that returns no rows. out: *ret_changed (may be NULL): rows inserted, updated,
 * deleted. Inside a transaction, without ret_changed, PostgreSQL is not waited for: a failure may
 * be told by a later call, by the end of the (inner) transaction at the latest. errors:
 * ERR_DB_CONSTRAINT, ERR_DB_BUSY, ERR_DB_FULL, ERR_DB_LOST, ERR_DB_IO. */
MUST_CHECK int db_exec_n(struct db *db, const char *sql, const struct db_param *params,
			 size_t n_params, int64_t *ret_changed, struct err *err);
/* Run a statement that returns rows. owns: *ret, db_rows_free(). */
MUST_CHECK int db_query_n(struct db *db, const char *sql, const struct db_param *params,
			  size_t n_params, struct db_rows **ret, struct err *err);
/* First column of the first row; fallback when there is no row or it is NULL. */
MUST_CHECK int db_query_int_n(struct db *db, const struct db_call *call, int64_t fallback,
			      int64_t *ret, struct err *err);

/* Visit each row of a statement that gives a word and a number. */
MUST_CHECK int db_each_count(struct db *db, const char *sql,
			     void (*visit)(void *arg, const char *word, int64_t n), void *arg,
			     struct err *err);

/* The parameters follow the fixed arguments: db_exec(db, err, "... $1 ... $2", p_int(1), p_text(t))
 */
#define DB_PARAMS_(...)                                                                            \
	&((const struct db_param[]){{.type = DB_NULL}, ##__VA_ARGS__})[1],                         \
		sizeof((const struct db_param[]){{.type = DB_NULL}, ##__VA_ARGS__}) /              \
				sizeof(struct db_param) -                                          \
			1
#define db_exec(db, err, sql, ...) db_exec_n(db, sql, DB_PARAMS_(__VA_ARGS__), NULL, err)
#define db_exec_changed(db, err, ret_changed, sql, ...)                                            \
	db_exec_n(db, sql, DB_PARAMS_(__VA_ARGS__), ret_changed, err)
#define db_query(db, err, ret_rows, sql, ...)                                                      \
	db_query_n(db, sql, DB_PARAMS_(__VA_ARGS__), ret_rows, err)
#define db_query_int(db, err, ret, fallback, sql, ...)                                             \
	db_query_int_n(db, &(const struct db_call){sql, DB_PARAMS_(__VA_ARGS__)}, fallback, ret,   \
		       err)

/* From now on, until it is set again, statements fail with ERR_DB_SLOW when budget_us have passed
 * since this call; 0: no budget. For an event loop that must not be held up: what does not answer
 * in time is asked again by a process of its own. Only around reads. */
void db_set_budget(struct db *db, int64_t budget_us);

/* Statements may take as long as they need until this is taken back: for programs and tests that make
 * rows by the thousand. Never on an event loop, where a server that hangs must be noticed. */
void db_set_patient(struct db *db, bool patient);

/* ---- rows ------------------------------------------------------------------------------------ */
/* 1: on the next row, 0: no more, negative: failed. Values are valid until the next call. */
MUST_CHECK int db_rows_next(struct db_rows *rows, struct err *err);
void db_rows_free(struct db_rows *rows);
DEFINE_AUTO(db_rows, struct db_rows, db_rows_free);

int db_columns(const struct db_rows *rows);
const char *db_column_name(const struct db_rows *rows, int column);
/* Of the value in the present row. */
enum db_type db_column_type(const struct db_rows *rows, int column);
bool db_is_null(const struct db_rows *rows, int column);
/* A column of microseconds as RFC 3339 into an object, under that key; NULL: left out. */
void db_time_json(json_t *object, const char *key, const struct db_rows *rows, int column);
int64_t db_int(const struct db_rows *rows, int column);      /* 0 for NULL */
const char *db_text(const struct db_rows *rows, int column); /* "" for NULL, never NULL */
const void *db_blob(const struct db_rows *rows, int column, size_t *ret_n_bytes);

/* ---- transactions ---------------------------------------------------------------------------- */
/* Nests: the outermost is BEGIN IMMEDIATE (SQLite) or BEGIN, inner ones are savepoints. So an
 * operation that needs a transaction begins one whether or not its caller has. */
MUST_CHECK int db_begin(struct db *db, struct err *err);
MUST_CHECK int db_commit(struct db *db, struct err *err);
void db_rollback(struct db *db);
bool db_in_transaction(const struct db *db);
/* How many transactions and savepoints are open: 0 outside. */
int db_depth(const struct db *db);
/* Called after each transaction or savepoint has ended: depth is what is open then, 0 after the
 * outermost one. One hook a store, which may query but not begin; NULL takes it away. */
typedef void (*db_end_hook)(void *arg, int depth, bool committed);
void db_on_end(struct db *db, db_end_hook hook, void *arg);
/* End a transaction by how it went: commits when status >= 0, else rolls back. Returns the status,
 * or the commit's error: `TRY(db_begin(db, err)); return db_end(db, work(db, err), err);` */
MUST_CHECK int db_end(struct db *db, int status, struct err *err);
/* A read-only snapshot: every query until db_end() sees one moment. For exports. */
MUST_CHECK int db_begin_snapshot(struct db *db, struct err *err);

/* ---- the fleet's clock ----------------------------------------------------------------------- */
/* One number line for the event log, the history and cursors: *ret_id counts up by one, *ret_at_us
 * is max(now_us, last + 1), both in commit order, also with several writers on one PostgreSQL and
 * with a wall clock that was set back. Call inside a transaction. errors: ERR_DB_NEWER (another
 * appliance was upgraded past this one), ERR_DB_LOST (the store went back: try again) */
MUST_CHECK int db_tick(struct db *db, int64_t now_us, int64_t *ret_id, int64_t *ret_at_us,
		       struct err *err);
/* The last tick that this connection can see. */
MUST_CHECK int db_last_tick(struct db *db, int64_t *ret_id, int64_t *ret_at_us, struct err *err);

/* ---- dialect, backup ------------------------------------------------------------------------- */
/* SQL for the text of member `key` of JSON text column `column`, into ret. Both are ours. */
void db_json_text(const struct db *db, const char *column, const char *key, char *ret,
		  size_t ret_bytes);
/* A consistent copy of a SQLite store while it is in use. The file must not exist. blocks. */
MUST_CHECK int db_backup(struct db *db, const char *to_path, struct err *err);
/* Full check (nightly): ERR_DB_CORRUPT with the first finding. blocks. */
MUST_CHECK int db_check(struct db *db, bool quick, struct err *err);
/* Look at samples of a table's indexes, so that the store knows which of them finds few rows.
 * which: the table, from 0. Returns 1, or 0 when there are no more tables, and always on
 * PostgreSQL, which does so by itself. Some milliseconds for a table of millions. */
MUST_CHECK int db_sample_table(struct db *db, int64_t which, struct err *err);
/* All tables, on PostgreSQL too: after rows were made by the thousand. blocks. */
MUST_CHECK int db_sample(struct db *db, struct err *err);
/* PostgreSQL: a descriptor that turns readable when another appliance wrote (LISTEN slipway); -1 on
 * SQLite. db_notified() empties it and says whether there was a notice. */
int db_notify_fd(struct db *db);
bool db_notified(struct db *db);
/* Tell the other appliances at commit that something changed. Nothing on SQLite. */
MUST_CHECK int db_notify(struct db *db, struct err *err);

/* ---- migrations ------------------------------------------------------------------------------ */
/* Days that the copy of a SQLite store from before an upgrade is kept. */
#define UPGRADE_COPY_DAYS 30

/* Numbered, ascending, applied once each in a transaction of its own. How to add one: 1. write
 * inventory/schema/NNNN_what.c with a NULL-terminated list of statements. 2. add its row to
 * inventory/schema/migrations.c (00xx inventory, 01xx flow), and its number to the list there when it
 * is additive. 3. never change a released one.
 *
 * Rolling upgrades: the first of several appliances on one PostgreSQL that is upgraded migrates, the
 * others go on with the version before. An additive migration has only new tables, new indexes that
 * are not unique, and new columns with a default (in X and X_history alike, before until_us): the
 * version before works beside it, also when it is started anew. Any other breaks the version
 * before, whose running daemons refuse to write from then on (db_tick()) and to start. */
struct db_migration {
	int number;
	const char *name;
	const char *const *statements;
	int (*fill)(struct db *db, struct err *err); /* after them; NULL: nothing to fill in */
};
extern const struct db_migration *const db_migrations[];
extern const size_t db_n_migrations;
/* Of the list in migrations.c. */
bool db_migration_is_additive(int number);

#endif
