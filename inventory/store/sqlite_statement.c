/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Prepared statements of one SQLite connection, cached by their text: a hash of few ways, in which
 * the one that was used longest ago gives way. Input: SQL of the inventory, values of anybody.
 */
#include "sqlite_statement.h"

#include <string.h>

#include <base/json.h>
#include <base/str.h>

#include "driver.h"

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

int sqlite_fail(sqlite3 *handle, int rc, const char *sql, struct err *err)
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

static void statement_free(struct sqlite_statement *st)
{
	if (!st)
		return;
	(void)sqlite3_finalize(st->stmt);
	free(st->map);
	free(st->sql);
	free(st);
}

#define WAYS 8

static size_t slot_of(const char *sql)
{
	uint64_t h = 1469598103934665603ULL;

	for (const char *c = sql; *c; c++)
		h = (h ^ (uint8_t)*c) * 1099511628211ULL;
	return (size_t)(h % SQLITE_CACHE_SLOTS);
}

/* SQLite numbers $N by first appearance: remember which of ours each one is. */
static int map_params(struct sqlite_statement *st, struct err *err)
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

static int statement_new(struct sqlite_cache *c, const char *sql, struct sqlite_statement **ret,
			 struct err *err)
{
	static const char lock_clause[] = " FOR UPDATE SKIP LOCKED";
	size_t n = strlen(sql);

	if (str_ends(sql, lock_clause))
		n -= sizeof(lock_clause) - 1;
	struct sqlite_statement *st = xcalloc(1, sizeof(*st));
	st->sql = xstrdup(sql);
	int rc = sqlite3_prepare_v3(c->handle, sql, (int)n, SQLITE_PREPARE_PERSISTENT, &st->stmt,
				    NULL);
	int r = rc == SQLITE_OK ? map_params(st, err) : sqlite_fail(c->handle, rc, sql, err);
	if (r < 0) {
		statement_free(st);
		return r;
	}
	*ret = st;
	return 0;
}

/* The slots that may hold a text: its own and the next ones. Of those that hold another, the one
 * that was used longest ago gives way; a statement that is running stays. */
static struct sqlite_statement **find_slot(struct sqlite_cache *c, const char *sql)
{
	struct sqlite_statement **oldest = NULL;
	size_t first = slot_of(sql);

	for (size_t i = 0; i < WAYS; i++) {
		struct sqlite_statement **slot = &c->slots[(first + i) % SQLITE_CACHE_SLOTS],
					*st = *slot;
		if (st && str_eq(st->sql, sql) && !st->busy)
			return slot;
		if ((!st || !st->busy) &&
		    (!oldest || (*oldest && (!st || st->used < (*oldest)->used))))
			oldest = slot;
	}
	return oldest;
}

int sqlite_statement_get(struct sqlite_cache *c, const char *sql, struct sqlite_statement **ret,
			 struct err *err)
{
	struct sqlite_statement **slot = find_slot(c, sql);

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

void sqlite_statement_put(struct sqlite_statement *st)
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

int sqlite_statement_bind(const struct sqlite_cache *c, const struct sqlite_statement *st,
			  const struct db_call *call, struct err *err)
{
	for (int i = 0; i < st->n_params; i++) {
		if (st->map[i] > call->n_params)
			return err_set(err, ERR_DB_SQL, "no value for $%d in '%.60s'", st->map[i],
				       st->sql);
		int rc = bind_one(st->stmt, i + 1, &call->params[st->map[i] - 1]);
		if (rc != SQLITE_OK)
			return sqlite_fail(c->handle, rc, st->sql, err);
	}
	return 0;
}

void sqlite_cache_free(struct sqlite_cache *c)
{
	for (size_t i = 0; i < ARRAY_LEN(c->slots); i++)
		statement_free(c->slots[i]);
}
