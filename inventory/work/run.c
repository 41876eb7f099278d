/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Burn-in runs and their records, kept as the OCP text that the agent sent. Input: records of
 * checked size; ids from the caller.
 */
#include <inventory/run.h>

#include <string.h>

#include <base/clock.h>
#include <base/digest.h>
#include <base/json.h>
#include <base/str.h>
#include <inventory/event.h>
#include <inventory/host.h>

#include "../hosts/history.h"

static int run_num(struct db *db, const char *run_id, int64_t *ret, struct err *err)
{
	TRY(db_query_int(db, err, ret, 0, "SELECT num FROM run WHERE id = $1", p_text(run_id)));
	return *ret ? 0 : err_set(err, ERR_NOT_FOUND, "no run is called '%s'", run_id);
}

static int start(struct db *db, const struct run_draft *d, int64_t now_us, char id[static 37],
		 struct err *err)
{
	const char *retest_of = d->retest_of ? d->retest_of : "";
	struct moment m;
	int64_t n = 0, num = 0;

	if (d->id && d->id[0]) {
		if (!str_copy(id, 37, d->id))
			return err_set(err, ERR_INVALID, "a run's id has at most 36 characters");
	} else {
		uuid_v4(id);
	}
	TRY(moment_next(db, now_us, &m, err));
	TRY(db_query_int(db, err, &n, 0, "SELECT count(*) FROM run WHERE id = $1", p_text(id)));
	if (n)
		return err_set(err, ERR_EXISTS, "run '%s' exists already", id);
	TRY(db_query_int(db, err, &num, 0, "SELECT COALESCE(max(num), 0) + 1 FROM run"));
	TRY(db_exec(db, err,
		    "INSERT INTO run (num, id, host_num, tier, seed, state, result, started_us, "
		    "records, detail, changed_us, revision, retest_of) VALUES ($1, $2, $3, $4, $5, "
		    "'running', '', $6, 0, '', $6, 1, $7)",
		    p_int(num), p_text(id), p_int(d->host_num), p_text(d->tier), p_int(d->seed),
		    p_int(m.at_us), p_text(retest_of)));
	autofree char *summary = retest_of[0] ? xasprintf("retest after a repair started, tier %s",
							  d->tier)
					      : xasprintf("burn-in started, tier %s", d->tier);
	autojson json_t *detail = json_pack("{s:s, s:s}", "run_id", id, "tier", d->tier);
	struct event_draft e = {d->host_num, "run.started", NULL, summary, detail};
	return event_append_at(db, &e, &m, err);
}

int run_start(struct db *db, const struct run_draft *d, int64_t now_us, char ret_id[static 37],
	      struct err *err)
{
	TRY(db_begin(db, err));
	return db_end(db, start(db, d, now_us, ret_id, err), err);
}

static int add_record(struct db *db, const char *run_id, const json_t *record, int64_t now_us,
		      struct err *err)
{
	int64_t num = 0;
	autofree char *text = json_text(record);

	if (strlen(text) > RUN_RECORD_MAX_BYTES)
		return err_set(err, ERR_TOO_BIG, "a record has %zu bytes, at most %d", strlen(text),
			       RUN_RECORD_MAX_BYTES);
	TRY(run_num(db, run_id, &num, err));
	TRY(db_exec(db, err, "UPDATE run SET records = records + 1 WHERE num = $1", p_int(num)));
	return db_exec(db, err,
		       "INSERT INTO run_record (run_num, seq, at_us, body) SELECT num, records, "
		       "CAST($2 AS BIGINT), $3 FROM run WHERE num = $1",
		       p_int(num), p_int(now_us), p_text(text));
}

int run_add_record(struct db *db, const char *run_id, const json_t *record, int64_t now_us,
		   struct err *err)
{
	TRY(db_begin(db, err));
	return db_end(db, add_record(db, run_id, record, now_us, err), err);
}

static int finish(struct db *db, const char *run_id, const char *result, const char *detail,
		  int64_t now_us, struct err *err)
{
	int64_t num = 0, host_num = 0;
	struct moment m;

	TRY(moment_next(db, now_us, &m, err));
	TRY(run_num(db, run_id, &num, err));
	TRY(db_query_int(db, err, &host_num, 0, "SELECT host_num FROM run WHERE num = $1",
			 p_int(num)));
	TRY(history_keep(db, "run", num, &m, err));
	TRY(db_exec(db, err,
		    "UPDATE run SET state = 'done', result = $2, detail = $3, ended_us = $4, "
		    "changed_us = $4, revision = revision + 1 WHERE num = $1",
		    p_int(num), p_text(result), p_text(detail ? detail : ""), p_int(m.at_us)));
	autofree char *summary = xasprintf("burn-in ended: %s", result);
	autojson json_t *j = json_pack("{s:s, s:s}", "run_id", run_id, "result", result);
	struct event_draft e = {host_num, "run.ended", NULL, summary, j};
	return event_append_at(db, &e, &m, err);
}

int run_finish(struct db *db, const char *run_id, const char *result, const char *detail,
	       int64_t now_us, struct err *err)
{
	TRY(db_begin(db, err));
	return db_end(db, finish(db, run_id, result, detail, now_us, err), err);
}

int run_signature_add(struct db *db, const char *run_id, const char *key_sha256,
		      const json_t *envelope, int64_t now_us, struct err *err)
{
	autofree char *text = json_text(envelope);

	return db_exec(
		db, err,
		"INSERT INTO run_signature (run_id, key_sha256, envelope, at_us) VALUES ($1, "
		"$2, $3, $4) ON CONFLICT (run_id, key_sha256) DO NOTHING",
		p_text(run_id), p_text(key_sha256), p_text(text), p_int(now_us));
}

int run_signatures(struct db *db, const char *run_id, json_t **ret, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	autojson json_t *out = json_array();
	int r;

	TRY(db_query(
		db, err, &rows,
		"SELECT key_sha256, at_us, envelope FROM run_signature WHERE run_id = $1 ORDER "
		"BY at_us, key_sha256",
		p_text(run_id)));
	while ((r = db_rows_next(rows, err)) == 1) {
		json_t *envelope = json_loads(db_text(rows, 2), 0, NULL);
		char at[TIME_TEXT_BYTES];

		time_rfc3339(db_int(rows, 1), at);
		json_array_append_new(out, json_pack("{s:s, s:s, s:o}", "key_sha256",
						     db_text(rows, 0), "at", at, "envelope",
						     envelope ? envelope : json_null()));
	}
	if (r == 0)
		*ret = json_incref(out);
	return r;
}

static int read_row(struct db_rows *rows, struct run_row *ret, struct err *err)
{
	int r = db_rows_next(rows, err);

	*ret = (struct run_row){0};
	if (r != 1)
		return r;
	(void)text_fit(ret->id, sizeof(ret->id), db_text(rows, 0));
	(void)text_fit(ret->tier, sizeof(ret->tier), db_text(rows, 1));
	(void)text_fit(ret->result, sizeof(ret->result), db_text(rows, 2));
	(void)text_fit(ret->detail, sizeof(ret->detail), db_text(rows, 3));
	(void)text_fit(ret->retest_of, sizeof(ret->retest_of), db_text(rows, 4));
	ret->started_us = db_int(rows, 5);
	return 1;
}

#define ROW_COLUMNS "SELECT id, tier, result, detail, retest_of, started_us FROM run "

int run_last_judged(struct db *db, int64_t host_num, struct run_row *ret, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;

	TRY(db_query(db, err, &rows,
		     ROW_COLUMNS "WHERE host_num = $1 AND result IN ('PASS', 'FAIL', "
				 "'INCOMPLETE') ORDER BY num DESC LIMIT 1",
		     p_int(host_num)));
	return read_row(rows, ret, err);
}

int run_get(struct db *db, const char *run_id, struct run_row *ret, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;

	TRY(db_query(db, err, &rows, ROW_COLUMNS "WHERE id = $1", p_text(run_id)));
	int r = read_row(rows, ret, err);
	return r == 0 ? err_set(err, ERR_NOT_FOUND, "no run is called '%s'", run_id) : r;
}

int run_each_record(struct db *db, const struct run_records *which,
		    int (*visit)(void *arg, int64_t seq, const char *body, struct err *err),
		    void *arg, struct err *err)
{
	int64_t num = 0;

	TRY(run_num(db, which->run_id, &num, err));
	AUTO(db_rows) struct db_rows *rows = NULL;
	TRY(db_query(
		db, err, &rows,
		"SELECT seq, body FROM run_record WHERE run_num = $1 AND seq > $2 ORDER BY seq "
		"LIMIT $3",
		p_int(num), p_int(which->after_seq), p_int(which->max)));
	int r;
	while ((r = db_rows_next(rows, err)) == 1)
		TRY(visit(arg, db_int(rows, 0), db_text(rows, 1), err));
	return r;
}
