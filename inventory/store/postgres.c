/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The PostgreSQL side of the store seam, over libpq: several appliances share one database. Results
 * arrive whole, so callers page; statements are prepared once per connection by their text; a lost
 * connection is made anew between transactions, never inside one, and nothing here waits for longer
 * than a limit. Input: what the server answers.
 */
#include "postgres_link.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include <base/json.h>
#include <base/str.h>

#define PATIENT_US      (3600 * 1000000LL) /* for a migration */
#define BUDGET_GRACE_US (1 * 1000000LL)    /* the server's word that the time is over */

struct postgres_rows {
	PGresult *result;
	int at;
	void *blob; /* of the last get_blob, PQfreemem */
};

/* ---- running --------------------------------------------------------------------------------- */

/* A rollback must run whatever became of the statements before it. */
static void settle(struct postgres_conn *c, const char *sql)
{
	struct err ignored = ERR_INIT;

	if (c->n_pending > 0 && str_starts(sql, "ROLLBACK"))
		IGNORE_RESULT(postgres_collect(c, db_clock_us() + c->hang_us, NULL, &ignored));
}

/* The server ends a statement by itself when the budget is over: nothing of ours has to reach it
 * then. The setting travels with the statement; a rollback takes it back. */
static int set_timeout(struct db *db, const char *sql, struct err *err)
{
	struct postgres_conn *c = db->conn;
	int64_t left_us = db->deadline_us - db_clock_us();
	int64_t want_ms = db->deadline_us ? left_us / 1000 + 1
			  : db->patient   ? 0
					  : POSTGRES_TIMEOUT_MS;
	char text[64];

	if (db->deadline_us && left_us <= 0)
		return err_set(err, ERR_DB_SLOW, "the time for this question is over");
	if (postgres_is_plain(sql)) {
		if (str_starts(sql, "ROLLBACK"))
			c->timeout_ms = -1;
		return 0;
	}
	if (c->timeout_ms == want_ms)
		return 0;
	(void)snprintf(text, sizeof(text), "SET statement_timeout = %lld", (long long)want_ms);
	c->timeout_ms = want_ms;
	return postgres_send(c, text, NULL, 0, err);
}

/* How long an answer is waited for: longer than the server may take. */
static int64_t hang_at(const struct db *db)
{
	const struct postgres_conn *c = db->conn;
	int64_t now_us = db_clock_us();

	if (db->patient)
		return now_us + PATIENT_US;
	return db->deadline_us && db->deadline_us + BUDGET_GRACE_US < now_us + c->hang_us
		       ? db->deadline_us + BUDGET_GRACE_US
		       : now_us + c->hang_us;
}

static int send_and_collect(struct db *db, const struct db_call *call, bool waits, PGresult **ret,
			    struct err *err)
{
	struct postgres_conn *c = db->conn;

	settle(c, call->sql);
	if (c->state != POSTGRES_READY)
		return err_set(err, ERR_DB_LOST, "%s", c->why);
	TRY(set_timeout(db, call->sql, err));
	TRY(postgres_send(c, call->sql, call->params, call->n_params, err));
	return waits ? postgres_collect(c, hang_at(db), ret, err) : 0;
}

/* A connection that failed is of no use to a transaction, and one that became a standby's is of no
 * use to a writer. */
static int judge(struct db *db, int status, struct err *err)
{
	struct postgres_conn *c = db->conn;

	if (status < 0)
		c->timeout_ms = -1;
	if (status != -ERR_DB_READONLY || db->readonly || c->state != POSTGRES_READY)
		return status;
	postgres_link_drop(c, "the server is a standby: it does not take changes", false);
	return err_set(err, ERR_DB_LOST, "%s", c->why);
}

static int postgres_ready(struct db *db, struct err *err)
{
	int r = postgres_link_ready(db, err);

	if (r == 1)
		db->anew = true;
	return r < 0 ? r : 0;
}

static int connected(struct db *db, struct err *err)
{
	struct postgres_conn *c = db->conn;

	if (db->depth > 0)
		return c->state == POSTGRES_READY
			       ? 0
			       : err_set(err, ERR_DB_LOST, "the connection was lost: %s", c->why);
	return postgres_ready(db, err);
}

static int postgres_run(struct db *db, const struct db_call *call, void **ret_rows,
			int64_t *ret_changed, struct err *err)
{
	PGresult *result = NULL;
	bool waits = ret_rows || ret_changed;

	TRY(connected(db, err));
	TRY(judge(db, send_and_collect(db, call, waits, &result, err), err));
	if (!waits)
		return 0;
	if (!ret_rows) {
		uint64_t n = 0;
		*ret_changed = parse_u64(PQcmdTuples(result), &n) ? (int64_t)n : 0;
		PQclear(result);
		return 0;
	}
	struct postgres_rows *rows = xcalloc(1, sizeof(*rows));
	*rows = (struct postgres_rows){.result = result, .at = -1};
	*ret_rows = rows;
	return 0;
}

/* ---- rows ------------------------------------------------------------------------------------ */

static int postgres_rows_next(struct db *db, void *impl, struct err *err)
{
	struct postgres_rows *rows = impl;

	(void)db;
	(void)err;
	if (rows->at + 1 >= PQntuples(rows->result))
		return 0;
	rows->at++;
	return 1;
}

static void postgres_rows_free(struct db *db, void *impl)
{
	struct postgres_rows *rows = impl;

	(void)db;
	PQfreemem(rows->blob);
	PQclear(rows->result);
	free(rows);
}

static int postgres_columns(void *impl)
{
	return PQnfields(((struct postgres_rows *)impl)->result);
}

static const char *postgres_column_name(void *impl, int column)
{
	return PQfname(((struct postgres_rows *)impl)->result, column);
}

/* Numbers of pg_type that never change: int8, int4, bytea. */
static enum db_type postgres_column_type(void *impl, int column)
{
	Oid type = PQftype(((struct postgres_rows *)impl)->result, column);

	return type == 20 || type == 23 ? DB_INT : type == 17 ? DB_BLOB : DB_TEXT;
}

static bool postgres_is_null(void *impl, int column)
{
	struct postgres_rows *rows = impl;

	return PQgetisnull(rows->result, rows->at, column);
}

static const char *postgres_text(void *impl, int column)
{
	struct postgres_rows *rows = impl;

	return postgres_is_null(impl, column) ? NULL : PQgetvalue(rows->result, rows->at, column);
}

static int64_t postgres_int(void *impl, int column)
{
	struct postgres_rows *rows = impl;

	return strtoll(PQgetvalue(rows->result, rows->at, column), NULL, 10);
}

static const void *postgres_blob(void *impl, int column, size_t *ret_n_bytes)
{
	struct postgres_rows *rows = impl;

	PQfreemem(rows->blob);
	rows->blob = NULL;
	*ret_n_bytes = 0;
	if (postgres_is_null(impl, column))
		return NULL;
	rows->blob = PQunescapeBytea(
		(const unsigned char *)PQgetvalue(rows->result, rows->at, column), ret_n_bytes);
	return rows->blob;
}

/* ---- schema text ----------------------------------------------------------------------------- */

/* Text sorts by bytes on both stores: keyset cursors and prefixes depend on it. */
static const struct {
	const char *word;
	const char *instead;
} words[] = {
	{"INTEGER", "BIGINT"},
	{"TEXT", "TEXT COLLATE \"C\""},
	{"BLOB", "BYTEA"},
	{"STRICT", ""},
};

static const char *replacement(struct sv word)
{
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (sv_eq_str(word, words[i].word))
			return words[i].instead;
	return NULL;
}

static char *postgres_schema_text(const char *statement)
{
	autostr struct str out;

	str_init(&out, 1 << 20);
	const char *options = strstr(statement, ", WITHOUT ROWID");
	for (const char *p = statement; *p;) {
		if (p == options)
			break;
		size_t n = 0;
		while (isalnum((unsigned char)p[n]) || p[n] == '_')
			n++;
		if (n == 0) {
			str_addc(&out, *p++);
			continue;
		}
		const char *instead = replacement((struct sv){p, n});
		if (instead)
			str_add(&out, instead);
		else
			str_addn(&out, p, n);
		p += n;
	}
	return str_take(&out);
}

/* ---- opening --------------------------------------------------------------------------------- */

static int postgres_open(struct db *db, const char *url, unsigned flags, struct err *err)
{
	(void)flags;
	TRY(postgres_link_open(db, url, err));
	((struct postgres_conn *)db->conn)->hang_us = db->readonly ? POSTGRES_READER_HANG_US
								   : POSTGRES_HANG_US;
	return 0;
}

static void postgres_close(struct db *db)
{
	postgres_link_close(db->conn);
	db->conn = NULL;
}

static int postgres_notify_fd(struct db *db)
{
	return postgres_link_notify_fd(db->conn);
}

static bool postgres_notified(struct db *db)
{
	return postgres_link_notified(db->conn);
}

const struct db_driver db_driver_postgres = {
	.scheme = "postgresql:",
	.open = postgres_open,
	.close = postgres_close,
	.run = postgres_run,
	.ready = postgres_ready,
	.rows_next = postgres_rows_next,
	.rows_free = postgres_rows_free,
	.columns = postgres_columns,
	.column_name = postgres_column_name,
	.column_type = postgres_column_type,
	.is_null = postgres_is_null,
	.get_int = postgres_int,
	.get_text = postgres_text,
	.get_blob = postgres_blob,
	.notify_fd = postgres_notify_fd,
	.notified = postgres_notified,
	.schema_text = postgres_schema_text,
	/* writers of the fleet take turns, as SQLite's do: what a transaction reads stays so until
	 * its end, whichever appliance it runs on */
	.begin = {"BEGIN", "SELECT pg_advisory_xact_lock(5357444901)"},
	.begin_snapshot = "BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY",
};

bool db_server_of(const char *url, size_t which, char *ret, size_t ret_bytes)
{
	static const char *const keys[] = {"hostaddr", "host"};
	PQconninfoOption *list = PQconninfoParse(url, NULL);
	bool found = false;

	for (size_t k = 0; k < ARRAY_LEN(keys) && !found; k++)
		for (const PQconninfoOption *o = list; o && o->keyword && !found; o++) {
			if (!str_eq(o->keyword, keys[k]) || !o->val)
				continue;
			struct sv rest = sv_of(o->val);
			for (size_t n = 0; rest.n > 0 && !found;) {
				struct sv one = sv_split(&rest, ',');
				bool server = one.n > 0 && one.p[0] != '/';
				found = server && n++ == which && one.n < ret_bytes;
				if (found)
					text_print(ret, ret_bytes, "%.*s", (int)one.n, one.p);
			}
		}
	PQconninfoFree(list);
	return found;
}
