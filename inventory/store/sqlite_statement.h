/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Prepared statements of one SQLite connection, cached by their text.
 */
#ifndef INVENTORY_STORE_SQLITE_STATEMENT_H
#define INVENTORY_STORE_SQLITE_STATEMENT_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <base/err.h>
#include <inventory/db.h>

#define SQLITE_CACHE_SLOTS 512

struct sqlite_statement {
	char *sql; /* as given: the key */
	sqlite3_stmt *stmt;
	int n_params;
	uint16_t *map; /* SQLite's parameter i+1 takes our $map[i] */
	bool busy;
	bool cached;
	uint64_t used;
};

struct sqlite_cache {
	sqlite3 *handle; /* the connection's; not owned */
	uint64_t turn;
	struct sqlite_statement *slots[SQLITE_CACHE_SLOTS];
};

/* SQLite's result code as an error of ours, with its message; handle may be NULL. sql: "" or what
 * was asked. Always negative. */
MUST_CHECK int sqlite_fail(sqlite3 *handle, int rc, const char *sql, struct err *err);

/* The statement of this text, made if need be and busy until it is put back. errors: ERR_DB_SQL */
MUST_CHECK int sqlite_statement_get(struct sqlite_cache *c, const char *sql,
				    struct sqlite_statement **ret, struct err *err);

/* Ready for its next use; freed if the cache had no room for it. */
void sqlite_statement_put(struct sqlite_statement *st);

/* Each of the statement's parameters takes its value; values stay the caller's until the statement
 * is put back. errors: ERR_DB_SQL: a parameter has no value */
MUST_CHECK int sqlite_statement_bind(const struct sqlite_cache *c,
				     const struct sqlite_statement *st, const struct db_call *call,
				     struct err *err);

/* Every statement; the connection may be closed then. */
void sqlite_cache_free(struct sqlite_cache *c);

#endif
