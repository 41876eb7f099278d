/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The PostgreSQL side of the store seam, over libpq: several appliances share one database. Results
 * arrive whole, so callers page; statements are prepared once per connection by their text; a lost
 * connection is made anew between transactions, never inside one. Input: what the server answers.
 */
#include "driver.h"

#include <ctype.h>
#include <libpq-fe.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <base/json.h>
#include <base/str.h>

#define CACHE_SLOTS 512
#define PARAMS_MAX  64
#define NUMBER_MAX  24

struct prepared {
	char *sql;
	unsigned name;
};

struct postgres_conn {
	PGconn *pg;
	bool listening;
	unsigned next_name;
	struct prepared cache[CACHE_SLOTS];
};

struct postgres_rows {
	PGresult *result;
	int at;
	void *blob; /* of the last get_blob, PQfreemem */
};

/* ---- errors ---------------------------------------------------------------------------------- */

static const struct {
	const char *state; /* prefix of SQLSTATE */
	enum err_code code;
} error_map[] = {
	{"23", ERR_DB_CONSTRAINT},  {"40", ERR_DB_BUSY},    {"55P03", ERR_DB_BUSY},
	{"53100", ERR_DB_FULL},     {"58", ERR_DB_IO},      {"XX001", ERR_DB_CORRUPT},
	{"XX002", ERR_DB_CORRUPT},  {"08", ERR_DB_LOST},    {"57P", ERR_DB_LOST},
	{"25006", ERR_DB_READONLY}, {"53300", ERR_DB_LOST}, {"57014", ERR_DB_SLOW},
};

static void first_line(const char *message, char *ret, size_t ret_bytes)
{
	size_t n = strcspn(message, "\n");
	(void)snprintf(ret, ret_bytes, "%.*s", (int)(n < ret_bytes ? n : ret_bytes - 1), message);
}

static int fail(struct postgres_conn *c, const PGresult *result, const char *sql, struct err *err)
{
	const char *state = result ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : NULL;
	enum err_code code = ERR_DB_SQL;
	if (PQstatus(c->pg) == CONNECTION_BAD)
		code = ERR_DB_LOST;
	for (size_t i = 0; state && i < ARRAY_LEN(error_map); i++)
		if (str_starts(state, error_map[i].state))
			code = error_map[i].code;
	char line[200];
	first_line(result ? PQresultErrorMessage(result) : PQerrorMessage(c->pg), line,
		   sizeof(line));
	if (code == ERR_DB_SQL)
		return err_set(err, code, "%s in '%.60s'", line, sql);
	return err_set(err, code, "%s", line);
}

/* ---- prepared statements --------------------------------------------------------------------- */

static void forget_prepared(struct postgres_conn *c)
{
	for (size_t i = 0; i < CACHE_SLOTS; i++) {
		free(c->cache[i].sql);
		c->cache[i] = (struct prepared){0};
	}
}

static size_t slot_of(const char *sql)
{
	uint64_t h = 1469598103934665603ULL;
	for (const char *p = sql; *p; p++)
		h = (h ^ (uint8_t)*p) * 1099511628211ULL;
	return (size_t)(h % CACHE_SLOTS);
}

static int simple(struct postgres_conn *c, const char *sql, struct err *err)
{
	PGresult *result = PQexec(c->pg, sql);
	ExecStatusType status = PQresultStatus(result);
	int r = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK ? 0
									: fail(c, result, sql, err);
	PQclear(result);
	return r;
}

static int prepare(struct postgres_conn *c, const char *sql, char name[static NUMBER_MAX],
		   struct err *err)
{
	struct prepared *slot = &c->cache[slot_of(sql)];
	if (slot->sql && str_eq(slot->sql, sql)) {
		(void)snprintf(name, NUMBER_MAX, "s%u", slot->name);
		return 0;
	}
	if (slot->sql) {
		char drop[NUMBER_MAX + 16];
		(void)snprintf(drop, sizeof(drop), "DEALLOCATE s%u", slot->name);
		free(take_ptr(slot->sql));
		TRY(simple(c, drop, err));
	}
	unsigned number = ++c->next_name;
	(void)snprintf(name, NUMBER_MAX, "s%u", number);
	PGresult *result = PQprepare(c->pg, name, sql, 0, NULL);
	int r = PQresultStatus(result) == PGRES_COMMAND_OK ? 0 : fail(c, result, sql, err);
	PQclear(result);
	if (r == 0)
		*slot = (struct prepared){.sql = xstrdup(sql), .name = number};
	return r;
}

/* Statements that need no parameters and rarely repeat, or cannot be prepared. */
static bool is_plain(const char *sql)
{
	static const char *const words[] = {"BEGIN",   "COMMIT", "ROLLBACK", "SAVEPOINT",
					    "RELEASE", "CREATE", "ALTER",    "DROP",
					    "LOCK",    "NOTIFY", "LISTEN"};
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (str_starts(sql, words[i]))
			return true;
	return false;
}

/* Wait until the deadline; then ask the server to stop, and take what it says. */
static PGresult *result_until(struct postgres_conn *c, int64_t deadline_us)
{
	struct pollfd p = {.fd = PQsocket(c->pg), .events = POLLIN};
	char text[256];
	PGresult *last = NULL, *one;
	while (PQisBusy(c->pg)) {
		int64_t left_ms = (deadline_us - db_clock_us() + 999) / 1000;
		if (left_ms <= 0 || poll(&p, 1, (int)left_ms) == 0) {
			PGcancel *cancel = PQgetCancel(c->pg);
			(void)PQcancel(cancel, text, sizeof(text));
			PQfreeCancel(cancel);
			break;
		}
		if (!PQconsumeInput(c->pg))
			break;
	}
	while ((one = PQgetResult(c->pg))) {
		PQclear(last);
		last = one;
	}
	return last;
}

static PGresult *execute(struct db *db, const char *name, const struct db_param *params,
			 size_t n_params)
{
	struct postgres_conn *c = db->conn;
	const char *values[PARAMS_MAX];
	int lengths[PARAMS_MAX], formats[PARAMS_MAX];
	char numbers[PARAMS_MAX][NUMBER_MAX];
	for (size_t i = 0; i < n_params; i++) {
		const struct db_param *p = &params[i];
		values[i] = p->type == DB_NULL ? NULL : p->p;
		lengths[i] = (int)p->n_bytes;
		formats[i] = p->type == DB_BLOB;
		if (p->type == DB_INT) {
			(void)snprintf(numbers[i], NUMBER_MAX, "%lld", (long long)p->i);
			values[i] = numbers[i];
		}
	}
	if (!db->deadline_us)
		return PQexecPrepared(c->pg, name, (int)n_params, values, lengths, formats, 0);
	if (!PQsendQueryPrepared(c->pg, name, (int)n_params, values, lengths, formats, 0))
		return NULL;
	return result_until(c, db->deadline_us);
}

static int reconnect(struct db *db, struct err *err)
{
	struct postgres_conn *c = db->conn;
	if (PQstatus(c->pg) == CONNECTION_OK)
		return 0;
	if (db->depth > 0)
		return err_set(err, ERR_DB_LOST, "the connection was lost inside a transaction");
	forget_prepared(c);
	PQreset(c->pg);
	if (PQstatus(c->pg) != CONNECTION_OK)
		return fail(c, NULL, "connect", err);
	return c->listening ? simple(c, "LISTEN slipway", err) : 0;
}

static int run_once(struct db *db, const char *sql, const struct db_param *params, size_t n_params,
		    PGresult **ret, struct err *err)
{
	struct postgres_conn *c = db->conn;
	PGresult *result;
	if (is_plain(sql)) {
		result = PQexec(c->pg, sql);
	} else {
		char name[NUMBER_MAX];
		TRY(prepare(c, sql, name, err));
		result = execute(db, name, params, n_params);
	}
	ExecStatusType status = PQresultStatus(result);
	if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
		int r = fail(c, result, sql, err);
		PQclear(result);
		return r;
	}
	*ret = result;
	return 0;
}

static int postgres_run(struct db *db, const char *sql, const struct db_param *params,
			size_t n_params, void **ret_rows, int64_t *ret_changed, struct err *err)
{
	PGresult *result = NULL;
	if (n_params > PARAMS_MAX)
		return err_set(err, ERR_DB_SQL, "more than %d parameters", PARAMS_MAX);
	TRY(reconnect(db, err));
	TRY(run_once(db, sql, params, n_params, &result, err));
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

static void no_notice(void *arg, const char *message)
{
	(void)arg;
	(void)message;
}

static int postgres_open(struct db *db, const char *url, unsigned flags, struct err *err)
{
	struct postgres_conn *c = xcalloc(1, sizeof(*c));
	(void)flags;
	db->conn = c;
	c->pg = PQconnectdb(url);
	if (PQstatus(c->pg) != CONNECTION_OK) {
		char line[200];
		first_line(PQerrorMessage(c->pg), line, sizeof(line));
		return err_set(err, ERR_DB_OPEN, "%s", line);
	}
	(void)PQsetNoticeProcessor(c->pg, no_notice, NULL);
	TRY(simple(c, "SET client_encoding = 'UTF8'", err));
	TRY(simple(c, "SET statement_timeout = '60s'", err));
	TRY(simple(c, "SET idle_in_transaction_session_timeout = '60s'", err));
	if (db->readonly)
		TRY(simple(c, "SET default_transaction_read_only = on", err));
	/* a reader that was killed must not leave its question running */
	if (db->readonly)
		TRY(simple(c, "SET client_connection_check_interval = '1s'", err));
	TRY(simple(c, "LISTEN slipway", err));
	c->listening = true;
	return 0;
}

static void postgres_close(struct db *db)
{
	struct postgres_conn *c = db->conn;
	forget_prepared(c);
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
	.begin_sql = "BEGIN; SELECT pg_advisory_xact_lock(5357444901)",
	.begin_snapshot_sql = "BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY",
};
