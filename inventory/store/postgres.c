/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The PostgreSQL side of the store seam, over libpq: several appliances share one database. Results
 * arrive whole, so callers page; statements are prepared once per connection by their text; a lost
 * connection is made anew between transactions, never inside one. Input: what the server answers.
 */
#include "postgres_pipeline.h"

#include <ctype.h>
#include <string.h>

#include <base/json.h>
#include <base/str.h>

struct postgres_rows {
	PGresult *result;
	int at;
	void *blob; /* of the last get_blob, PQfreemem */
};

/* Before the pipeline begins. */
static int simple(struct postgres_conn *c, const char *sql, struct err *err)
{
	PGresult *result = PQexec(c->pg, sql);
	ExecStatusType status = PQresultStatus(result);
	int r = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK
			? 0
			: postgres_fail(c, result, sql, err);

	PQclear(result);
	return r;
}

/* ---- connecting ------------------------------------------------------------------------------ */

static void no_notice(void *arg, const char *message)
{
	(void)arg;
	(void)message;
}

static int say_all(struct postgres_conn *c, const char *const *statements, struct err *err)
{
	for (; *statements; statements++)
		TRY(simple(c, *statements, err));
	return 0;
}

/* What a new connection is told, also one that was made anew. */
static int prepare_connection(struct db *db, struct err *err)
{
	static const char *const all[] = {
		"SET client_encoding = 'UTF8'", "SET statement_timeout = '60s'",
		"SET idle_in_transaction_session_timeout = '60s'",
		/* small questions by index on solid-state disks: a page is a page wherever it
		 * lies, and none is worth compiling */
		"SET random_page_cost = 1.1", "SET jit = off", "LISTEN slipway", NULL};

	/* a reader that was killed must not leave its question running */
	static const char *const reader[] = {"SET default_transaction_read_only = on",
					     "SET client_connection_check_interval = '1s'", NULL};
	struct postgres_conn *c = db->conn;
	TRY(say_all(c, all, err));
	if (db->readonly)
		TRY(say_all(c, reader, err));
	return postgres_pipeline_begin(c, err);
}

/* ---- running --------------------------------------------------------------------------------- */

static int reconnect(struct db *db, struct err *err)
{
	struct postgres_conn *c = db->conn;

	if (PQstatus(c->pg) == CONNECTION_OK)
		return 0;
	if (db->depth > 0)
		return err_set(err, ERR_DB_LOST, "the connection was lost inside a transaction");
	postgres_pipeline_forget(c);
	PQreset(c->pg);
	if (PQstatus(c->pg) != CONNECTION_OK)
		return postgres_fail(c, NULL, "connect", err);
	return prepare_connection(db, err);
}

/* A rollback must run whatever became of the statements before it. */
static void settle(struct postgres_conn *c, const char *sql)
{
	struct err ignored = ERR_INIT;

	if (c->n_pending > 0 && str_starts(sql, "ROLLBACK"))
		IGNORE_RESULT(postgres_collect(c, 0, NULL, &ignored));
}

static int postgres_run(struct db *db, const char *sql, const struct db_param *params,
			size_t n_params, void **ret_rows, int64_t *ret_changed, struct err *err)
{
	struct postgres_conn *c = db->conn;
	PGresult *result = NULL;

	TRY(reconnect(db, err));
	settle(c, sql);
	TRY(postgres_send(c, sql, params, n_params, err));
	if (!ret_rows && !ret_changed)
		return 0;
	TRY(postgres_collect(c, db->deadline_us, &result, err));
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
	struct postgres_conn *c = xcalloc(1, sizeof(*c));

	(void)flags;
	db->conn = c;
	c->pg = PQconnectdb(url);
	if (PQstatus(c->pg) != CONNECTION_OK) {
		char line[200];
		postgres_first_line(PQerrorMessage(c->pg), line, sizeof(line));
		return err_set(err, ERR_DB_OPEN, "%s", line);
	}
	(void)PQsetNoticeProcessor(c->pg, no_notice, NULL);
	return prepare_connection(db, err);
}

static void postgres_close(struct db *db)
{
	struct postgres_conn *c = db->conn;

	postgres_pipeline_forget(c);
	PQfinish(c->pg);
	free(c);
	db->conn = NULL;
}

int db_postgres_notify_fd(struct db *db)
{
	return PQsocket(((struct postgres_conn *)db->conn)->pg);
}

bool db_postgres_notified(struct db *db)
{
	struct postgres_conn *c = db->conn;
	bool any = false;
	PGnotify *notice;

	if (!PQconsumeInput(c->pg))
		return false;
	while ((notice = PQnotifies(c->pg))) {
		any = true;
		PQfreemem(notice);
	}
	return any;
}

const struct db_driver db_driver_postgres = {
	.scheme = "postgresql:",
	.open = postgres_open,
	.close = postgres_close,
	.run = postgres_run,
	.rows_next = postgres_rows_next,
	.rows_free = postgres_rows_free,
	.columns = postgres_columns,
	.is_null = postgres_is_null,
	.get_int = postgres_int,
	.get_text = postgres_text,
	.get_blob = postgres_blob,
	.schema_text = postgres_schema_text,
	/* writers of the fleet take turns, as SQLite's do: what a transaction reads stays so until
	 * its end, whichever appliance it runs on */
	.begin = {"BEGIN", "SELECT pg_advisory_xact_lock(5357444901)"},
	.begin_snapshot = "BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY",
};

bool db_server_of(const char *url, char *ret, size_t ret_bytes)
{
	static const char *const keys[] = {"hostaddr", "host"};
	PQconninfoOption *list = PQconninfoParse(url, NULL);
	bool found = false;

	for (size_t k = 0; k < ARRAY_LEN(keys); k++)
		for (const PQconninfoOption *o = list; o && o->keyword && !found; o++)
			found = str_eq(o->keyword, keys[k]) && o->val && o->val[0] &&
				o->val[0] != '/' && str_copy(ret, ret_bytes, o->val);
	PQconninfoFree(list);
	return found;
}
