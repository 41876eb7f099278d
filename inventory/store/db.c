/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The public side of the store seam: statements, rows, the fleet's clock. It holds no SQL of the
 * inventory, only its own clock row. Input: values may hold anything, they are always bound.
 */
#include <inventory/db.h>

#include <stdio.h>
#include <string.h>

#include <base/clock.h>
#include <base/json.h>
#include <base/str.h>

#include "driver.h"

struct db_param p_text(const char *text)
{
	return (struct db_param){
		.type = text ? DB_TEXT : DB_NULL, .p = text, .n_bytes = text ? strlen(text) : 0};
}

bool db_is_sqlite(const struct db *db)
{
	return db->driver->is_sqlite;
}

const char *db_warning(const struct db *db)
{
	return db->warning;
}

int db_schema_number(const struct db *db)
{
	return db->schema_number;
}

/* A connection that was made anew may be one to a store that lacks what was acknowledged: a standby
 * that was behind, a dump that was put back. */
static int check_anew(struct db *db, struct err *err)
{
	int64_t last = 0, at_us = 0, acknowledged = db->acknowledged;

	db->anew = false;
	db->checking = true;
	int r = db_last_tick(db, &last, &at_us, err);
	if (r >= 0 && last < acknowledged)
		r = db->went_back(db, acknowledged, err);
	db->checking = false;
	if (r < 0)
		db->anew = true; /* look again before anything else is asked */
	return r;
}

static int usable(struct db *db, struct err *err)
{
	if (db->broken)
		return err_set(err, ERR_DB_IO,
			       "the store failed earlier in this process; it must be restarted");
	if (db->depth > 0 || db->checking || !db->driver->ready)
		return 0;
	TRY(db->driver->ready(db, err));
	return db->anew && db->went_back ? check_anew(db, err) : 0;
}

/* A failed fsync may have lost pages that a second try would report as written: never go on. */
static int remember(struct db *db, int status)
{
	if (status == -ERR_DB_IO || status == -ERR_DB_CORRUPT)
		db->broken = true;
	return status;
}

/* ---- text that is not UTF-8 ------------------------------------------------------------------ */

/* A store written by an older version may hold text that was cut inside a character, and a caller
 * may bring such text. PostgreSQL refuses it and JSON cannot carry it, so that one poisoned row
 * would stop its host at each request: it is mended on both ways through here. */
static bool all_utf8(const struct db_param *params, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (params[i].type == DB_TEXT && !text_is_utf8(params[i].p))
			return false;
	return true;
}

/* NULL when nothing is to be mended; else one block with the parameters and their texts. */
static struct db_param *mended_params(const struct db_param *params, size_t n)
{
	size_t n_bytes = n * sizeof(*params);

	if (all_utf8(params, n))
		return NULL;
	for (size_t i = 0; i < n; i++)
		n_bytes += params[i].type == DB_TEXT ? params[i].n_bytes + 1 : 0;
	struct db_param *copy = xmalloc(n_bytes);
	char *at = (char *)(copy + n);
	for (size_t i = 0; i < n; i++) {
		copy[i] = params[i];
		if (params[i].type != DB_TEXT)
			continue;
		memcpy(at, params[i].p, params[i].n_bytes + 1);
		text_mend(at);
		copy[i].p = at;
		at += params[i].n_bytes + 1;
	}
	return copy;
}

static const char *mended_text(const struct db_rows *rows, const char *text)
{
	char *copy = xstrdup(text);

	text_mend(copy);
	VEC_PUSH(rows->mended, copy);
	return copy;
}

static void forget_mended(struct db_rows *rows)
{
	for (size_t i = 0; i < rows->mended->n; i++)
		free(rows->mended->items[i]);
	rows->mended->n = 0;
}

/* ---- statements ------------------------------------------------------------------------------ */

int db_exec_n(struct db *db, const char *sql, const struct db_param *params, size_t n_params,
	      int64_t *ret_changed, struct err *err)
{
	int64_t changed = 0;
	bool waits = ret_changed || db->depth == 0; /* else the transaction's end does */
	autofree struct db_param *mended = mended_params(params, n_params);

	TRY(usable(db, err));
	const struct db_call call = {sql, mended ? mended : params, n_params};
	TRY(remember(db, db->driver->run(db, &call, NULL, waits ? &changed : NULL, err)));
	if (ret_changed)
		*ret_changed = changed;
	return 0;
}

int64_t db_clock_us(void)
{
	return clock_boot_us(&clock_system);
}

/* Returns what it was. */
static int64_t set_deadline(struct db *db, int64_t deadline_us)
{
	int64_t before_us = db->deadline_us;

	db->deadline_us = deadline_us;
	if (before_us != deadline_us && db->driver->budget)
		db->driver->budget(db);
	return before_us;
}

void db_set_budget(struct db *db, int64_t budget_us)
{
	(void)set_deadline(db, budget_us ? db_clock_us() + budget_us : 0);
}

int db_query_n(struct db *db, const char *sql, const struct db_param *params, size_t n_params,
	       struct db_rows **ret, struct err *err)
{
	void *impl = NULL;
	autofree struct db_param *mended = mended_params(params, n_params);

	TRY(usable(db, err));
	const struct db_call call = {sql, mended ? mended : params, n_params};
	TRY(remember(db, db->driver->run(db, &call, &impl, NULL, err)));
	struct db_rows *rows = xcalloc(1, sizeof(*rows) + sizeof(*rows->mended));
	*rows = (struct db_rows){.db = db,
				 .impl = impl,
				 .params = take_ptr(mended),
				 .mended = (mended_list *)(rows + 1)};
	*ret = rows;
	return 0;
}

int db_query_int_n(struct db *db, const struct db_call *call, int64_t fallback, int64_t *ret,
		   struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;

	TRY(db_query_n(db, call->sql, call->params, call->n_params, &rows, err));
	int r = db_rows_next(rows, err);
	if (r < 0)
		return r;
	*ret = r == 1 && !db_is_null(rows, 0) ? db_int(rows, 0) : fallback;
	return 0;
}

int db_each_count(struct db *db, const char *sql,
		  void (*visit)(void *arg, const char *word, int64_t n), void *arg, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	int r;

	TRY(db_query_n(db, sql, NULL, 0, &rows, err));
	while ((r = db_rows_next(rows, err)) > 0)
		visit(arg, db_text(rows, 0), db_int(rows, 1));
	return r;
}

int db_rows_next(struct db_rows *rows, struct err *err)
{
	forget_mended(rows);
	return remember(rows->db, rows->db->driver->rows_next(rows->db, rows->impl, err));
}

void db_rows_free(struct db_rows *rows)
{
	if (!rows)
		return;
	rows->db->driver->rows_free(rows->db, rows->impl);
	forget_mended(rows);
	free(rows->mended->items);
	free(rows->params);
	free(rows);
}

int db_columns(const struct db_rows *rows)
{
	return rows->db->driver->columns(rows->impl);
}

const char *db_column_name(const struct db_rows *rows, int column)
{
	return rows->db->driver->column_name(rows->impl, column);
}

enum db_type db_column_type(const struct db_rows *rows, int column)
{
	return db_is_null(rows, column) ? DB_NULL
					: rows->db->driver->column_type(rows->impl, column);
}

bool db_is_null(const struct db_rows *rows, int column)
{
	return rows->db->driver->is_null(rows->impl, column);
}

void db_time_json(json_t *object, const char *key, const struct db_rows *rows, int column)
{
	char text[TIME_TEXT_BYTES];

	if (db_is_null(rows, column))
		return;
	time_rfc3339(db_int(rows, column), text);
	(void)json_object_set_new(object, key, json_string(text));
}

int64_t db_int(const struct db_rows *rows, int column)
{
	return rows->db->driver->get_int(rows->impl, column);
}

const char *db_text(const struct db_rows *rows, int column)
{
	const char *text = rows->db->driver->get_text(rows->impl, column);

	return !text ? "" : text_is_utf8(text) ? text : mended_text(rows, text);
}

const void *db_blob(const struct db_rows *rows, int column, size_t *ret_n_bytes)
{
	return rows->db->driver->get_blob(rows->impl, column, ret_n_bytes);
}

/* ---- words of a transaction ------------------------------------------------------------------- */

int db_say(struct db *db, const char *sql, bool waits, struct err *err)
{
	int64_t changed = 0, deadline_us = set_deadline(db, 0);
	int status = usable(db, err);

	if (status >= 0)
		status = remember(db, db->driver->run(db, &(struct db_call){.sql = sql}, NULL,
						      waits ? &changed : NULL, err));
	(void)set_deadline(db, deadline_us);
	return status;
}

void db_say_rollback(struct db *db, const char *sql)
{
	int64_t deadline_us = set_deadline(db, 0);

	(void)db->driver->run(db, &(struct db_call){.sql = sql}, NULL, &(int64_t){0}, NULL);
	(void)set_deadline(db, deadline_us);
}

/* ---- clock ----------------------------------------------------------------------------------- */

static int read_tick(struct db_rows *rows, int64_t *ret_id, int64_t *ret_at_us, struct err *err)
{
	int r = db_rows_next(rows, err);

	if (r < 0)
		return r;
	if (r == 0)
		return err_set(err, ERR_DB_CORRUPT, "the store's clock row is missing");
	*ret_id = db_int(rows, 0);
	*ret_at_us = db_int(rows, 1);
	return 0;
}

/* A dump may be put back under a connection that lives on: ids would be given out again. */
static int check_forward(struct db *db, int64_t id, struct err *err)
{
	if (!db->went_back || db->checking || id > db->acknowledged)
		return 0;
	db->anew = true; /* looked at before the next statement outside a transaction */
	return err_set(err, ERR_DB_LOST, "the store went back to change %lld, %lld is known",
		       (long long)id - 1, (long long)db->acknowledged);
}

static int check_breaking(const struct db *db, int64_t breaking, struct err *err)
{
	if (breaking <= db->n_breaking)
		return 0;
	return err_set(
		err, ERR_DB_NEWER,
		"another appliance has upgraded the store: this version reads it, and must be "
		"upgraded before it changes anything");
}

int db_tick(struct db *db, int64_t now_us, int64_t *ret_id, int64_t *ret_at_us, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;

	db->ticked = true;
	TRY(db_query(
		db, err, &rows,
		"UPDATE fleet_clock SET last_id = last_id + 1, last_us = CASE WHEN last_us < $1 "
		"THEN $1 ELSE last_us + 1 END WHERE one = 1 RETURNING last_id, last_us, breaking",
		p_int(now_us)));
	TRY(read_tick(rows, ret_id, ret_at_us, err));
	TRY(check_breaking(db, db_int(rows, 2), err));
	TRY(check_forward(db, *ret_id, err));
	db->tick_id = db_is_sqlite(db) ? 0 : *ret_id;
	return db_rows_next(rows, err); /* SQLite completes a writing statement at its end */
}

int db_last_tick(struct db *db, int64_t *ret_id, int64_t *ret_at_us, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;

	TRY(db_query(db, err, &rows, "SELECT last_id, last_us FROM fleet_clock WHERE one = 1"));
	TRY(read_tick(rows, ret_id, ret_at_us, err));
	/* what others did is kept too, as far as this process saw it */
	if (db->depth == 0 && *ret_id > db->acknowledged)
		db->acknowledged = *ret_id;
	return 0;
}

/* ---- dialect, backup ------------------------------------------------------------------------- */

void db_json_text(const struct db *db, const char *column, const char *key, char *ret,
		  size_t ret_bytes)
{
	if (db_is_sqlite(db))
		(void)snprintf(ret, ret_bytes, "CAST(json_extract(%s, '$.%s') AS TEXT)", column,
			       key);
	else
		(void)snprintf(ret, ret_bytes, "(%s::jsonb ->> '%s')", column, key);
}

int db_backup(struct db *db, const char *to_path, struct err *err)
{
	if (!db->driver->backup)
		return err_set(err, ERR_UNSUPPORTED,
			       "backups of a PostgreSQL store are made with pg_dump");
	return db->driver->backup(db, to_path, err);
}

int db_check(struct db *db, bool quick, struct err *err)
{
	if (!db_is_sqlite(db))
		return 0; /* PostgreSQL checks its own pages */
	AUTO(db_rows) struct db_rows *rows = NULL;
	TRY(db_query_n(db, quick ? "PRAGMA quick_check(1)" : "PRAGMA integrity_check(1)", NULL, 0,
		       &rows, err));
	int r = db_rows_next(rows, err);
	if (r < 0)
		return r;
	if (r == 0 || !str_eq(db_text(rows, 0), "ok"))
		return err_set(err, ERR_DB_CORRUPT, "integrity check: %s", db_text(rows, 0));
	return 0;
}

int db_sample_table(struct db *db, int64_t which, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;

	if (!db_is_sqlite(db))
		return 0;
	TRY(db_query(db, err, &rows,
		     "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE "
		     "'sqlite%' ORDER BY name LIMIT 1 OFFSET $1",
		     p_int(which)));
	int r = db_rows_next(rows, err);
	if (r <= 0)
		return r;
	autofree char *sql = xasprintf("ANALYZE %s", db_text(rows, 0)); /* a name of ours */
	db_rows_free(take_ptr(rows));
	TRY(db_exec(db, err, "PRAGMA analysis_limit=100"));
	TRY(db_exec_n(db, sql, NULL, 0, NULL, err));
	return 1;
}

void db_set_patient(struct db *db, bool patient)
{
	db->patient = patient;
}

int db_sample(struct db *db, struct err *err)
{
	int r = 1;

	if (!db_is_sqlite(db)) {
		db->patient = true;
		r = db_exec_n(db, "ANALYZE", NULL, 0, NULL, err);
		db->patient = false;
		return r;
	}
	for (int64_t which = 0; r == 1; which++)
		r = db_sample_table(db, which, err);
	return r;
}

int db_notify_fd(struct db *db)
{
	return db->driver->notify_fd ? db->driver->notify_fd(db) : -1;
}

bool db_notified(struct db *db)
{
	return db->driver->notified && db->driver->notified(db);
}

int db_notify(struct db *db, struct err *err)
{
	return db_is_sqlite(db) ? 0 : db_exec_n(db, "NOTIFY slipway", NULL, 0, NULL, err);
}
