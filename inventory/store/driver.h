/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a store must do for db.c: the private side of include/inventory/db.h. Two rows exist, SQLite
 * and PostgreSQL. A driver keeps its own statement cache and maps its errors to ERR_DB_*.
 */
#ifndef INVENTORY_STORE_DRIVER_H
#define INVENTORY_STORE_DRIVER_H

#include <base/vec.h>
#include <base/err.h>
#include <inventory/db.h>

#define DB_PARAMS_MAX 600 /* of a statement */

struct db {
	const struct db_driver *driver;
	void *conn;
	unsigned depth; /* of nested transactions */
	db_end_hook end_hook;
	void *end_arg;
	bool snapshot;
	bool readonly;
	bool broken;         /* the disk failed: nothing more is written by this process */
	int64_t deadline_us; /* of a budget, by the monotonic clock; 0: none */
	int schema_number;
	int64_t n_breaking;   /* migrations that this program knows and that are not additive */
	bool patient;         /* statements may take as long as they need: migrations, samples */
	bool anew;            /* the connection is another one than before */
	bool ticked;          /* the outermost transaction has moved the clock */
	int64_t tick_id;      /* last tick of the transaction; 0: a savepoint may have undone it */
	int mark_fd;          /* of high_water.c; -1: none */
	int64_t acknowledged; /* the last change that this process knows to be kept */
	/* The store lacks changes up to `acknowledged`; NULL: nothing is done about it. */
	int (*went_back)(struct db *db, int64_t acknowledged, struct err *err);
	bool checking; /* that it did not */
	char warning[160];
};

typedef VEC(char *) mended_list;

struct db_rows {
	struct db *db;
	void *impl;
	struct db_param *params; /* copies with mended texts, or NULL */
	mended_list *mended;     /* texts of the present row that were not UTF-8 */
};

struct db_driver {
	const char *scheme;
	bool is_sqlite; /* one file, one writer */
	int (*open)(struct db *db, const char *rest, unsigned flags, struct err *err);
	void (*close)(struct db *db);
	/* At most one of ret_rows and ret_changed is set; with neither, the statement may run when
	 * the next one does, which then fails in its place. */
	int (*run)(struct db *db, const struct db_call *call, void **ret_rows, int64_t *ret_changed,
		   struct err *err);
	int (*rows_next)(struct db *db, void *rows, struct err *err);
	void (*rows_free)(struct db *db, void *rows);
	int (*columns)(void *rows);
	const char *(*column_name)(void *rows, int column);
	enum db_type (*column_type)(void *rows, int column); /* of the present row */
	bool (*is_null)(void *rows, int column);
	int64_t (*get_int)(void *rows, int column);
	const char *(*get_text)(void *rows, int column);
	const void *(*get_blob)(void *rows, int column, size_t *ret_n_bytes);
	/* Outside a transaction: is there a connection? Sets db->anew; NULL: always. */
	int (*ready)(struct db *db, struct err *err);
	/* The budget of db->deadline_us begins or ends; NULL: the driver looks at it itself. */
	void (*budget)(struct db *db);
	/* A copy of the whole store in a new file; NULL: the store's own tools make it. */
	int (*backup)(struct db *db, const char *to_path, struct err *err);
	/* Readable when another writer may have changed something; NULL: there is no other. */
	int (*notify_fd)(struct db *db);
	bool (*notified)(struct db *db);
	/* Rewrites a statement of a migration for this store; the caller frees. */
	char *(*schema_text)(const char *statement);
	const char *begin[2]; /* the second may be NULL */
	const char *begin_snapshot;
};

/* By the clock of deadline_us. */
int64_t db_clock_us(void);

extern const struct db_driver db_driver_sqlite;
extern const struct db_driver db_driver_postgres;

/* upgrade_copy.c: one copy beside the store before its pending migrations, the first of which is
 * `number`; PATH.before-NUMBER. */
MUST_CHECK int upgrade_copy_make(struct db *db, const char *store_path, int number,
				 struct err *err);
/* Remove such copies that are older than UPGRADE_COPY_DAYS: the store has worked for so long. */
void upgrade_copies_expire(const char *store_path, int64_t now_us);

/* high_water.c: refuse a store that lacks acknowledged changes. errors: ERR_DB_BEHIND */
#define DB_MARK_SUFFIX ".acknowledged"
MUST_CHECK int db_mark_open(struct db *db, const char *store_path, struct err *err);
/* Keep the mark in this file and read what it says; 0: nothing. */
MUST_CHECK int db_mark_keep(struct db *db, const char *path, int64_t *ret_marked, struct err *err);
void db_mark_close(struct db *db);
void db_mark_write(struct db *db, int64_t last);

/* Apply what is missing, refuse what is newer and not additive. store_path: of SQLite, else NULL.
 * store/migrate.c */
MUST_CHECK int db_migrate(struct db *db, const char *store_path, struct err *err);
/* Read the number only, for readers. */
MUST_CHECK int db_migrate_check(struct db *db, struct err *err);
/* A word of a transaction (BEGIN, COMMIT, a savepoint's) as it is; a budget that is over does not
 * keep one from ending. waits: its ends must be waited for, its beginnings need not. */
MUST_CHECK int db_say(struct db *db, const char *sql, bool waits, struct err *err);

/* A rollback, also of a connection that refuses everything else. */
void db_say_rollback(struct db *db, const char *sql);

#endif
