/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libpq's pipeline mode (PostgreSQL documentation, "Pipeline Mode"): statements are prepared once a
 * connection by their text, sent without waiting, and answered in order up to a sync. A statement
 * that fails keeps those after it, up to the sync, from running. Input: what the server answers.
 */
#include "postgres_link.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>

#include <base/json.h>
#include <base/str.h>

#define NUMBER_MAX 24

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

void postgres_first_line(const char *message, char *ret, size_t ret_bytes)
{
	size_t n = strcspn(message, "\n");

	text_print(ret, ret_bytes, "%.*s", (int)(n < ret_bytes ? n : ret_bytes - 1), message);
}

int postgres_fail(const struct postgres_conn *c, const PGresult *result, const char *sql,
		  struct err *err)
{
	const char *state = result ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : NULL;
	enum err_code code = ERR_DB_SQL;

	if (PQstatus(c->pg) == CONNECTION_BAD)
		code = ERR_DB_LOST;
	for (size_t i = 0; state && i < ARRAY_LEN(error_map); i++)
		if (str_starts(state, error_map[i].state))
			code = error_map[i].code;
	char line[200];
	postgres_first_line(result ? PQresultErrorMessage(result) : PQerrorMessage(c->pg), line,
			    sizeof(line));
	if (code == ERR_DB_SQL)
		return err_set(err, code, "%s in '%.60s'", line, sql);
	return err_set(err, code, "%s", line);
}

/* ---- on their way ---------------------------------------------------------------------------- */

int postgres_pipeline_begin(struct postgres_conn *c, struct err *err)
{
	return PQsetnonblocking(c->pg, 1) == 0 && PQenterPipelineMode(c->pg)
		       ? 0
		       : postgres_fail(c, NULL, "pipeline", err);
}

void postgres_pipeline_forget(struct postgres_conn *c)
{
	c->n_pending = 0;
	for (size_t i = 0; i < POSTGRES_CACHE_SLOTS; i++) {
		free(c->cache[i].sql);
		c->cache[i] = (struct postgres_prepared){0};
	}
}

static void drop(struct postgres_prepared *slot)
{
	free(slot->sql);
	*slot = (struct postgres_prepared){0};
}

/* sent: what libpq said. */
static int note(struct postgres_conn *c, int sent, const char *sql, struct postgres_prepared *slot,
		struct err *err)
{
	if (!sent)
		return postgres_fail(c, NULL, sql, err);
	struct postgres_pending *p = &c->pending[c->n_pending++];
	(void)snprintf(p->sql, sizeof(p->sql), "%s", sql);
	p->slot = slot;
	return 0;
}

/* The slot that has the statement, or else the one that is free or was not used for longest. */
static struct postgres_prepared *slot_of(struct postgres_conn *c, const char *sql)
{
	uint64_t h = 1469598103934665603ULL;

	for (const char *p = sql; *p; p++)
		h = (h ^ (uint8_t)*p) * 1099511628211ULL;
	size_t first = (size_t)(h % (POSTGRES_CACHE_SLOTS / POSTGRES_CACHE_WAYS)) *
		       POSTGRES_CACHE_WAYS;
	struct postgres_prepared *oldest = &c->cache[first];
	for (size_t i = first; i < first + POSTGRES_CACHE_WAYS; i++) {
		struct postgres_prepared *slot = &c->cache[i];
		if (slot->sql && str_eq(slot->sql, sql))
			return slot;
		if (slot->used < oldest->used)
			oldest = slot;
	}
	return oldest;
}

static int prepare(struct postgres_conn *c, const char *sql, char name[static NUMBER_MAX],
		   struct err *err)
{
	struct postgres_prepared *slot = slot_of(c, sql);

	if (slot->sql && !str_eq(slot->sql, sql)) {
		char text[NUMBER_MAX + 16];
		(void)snprintf(text, sizeof(text), "DEALLOCATE s%u", slot->name);
		drop(slot);
		TRY(note(c, PQsendQueryParams(c->pg, text, 0, NULL, NULL, NULL, NULL, 0), text,
			 NULL, err));
	}
	bool known = slot->sql != NULL;
	if (!known)
		*slot = (struct postgres_prepared){.sql = xstrdup(sql), .name = ++c->next_name};
	slot->used = ++c->sent;
	(void)snprintf(name, NUMBER_MAX, "s%u", slot->name);
	return known ? 0 : note(c, PQsendPrepare(c->pg, name, sql, 0, NULL), sql, slot, err);
}

/* Statements that need no parameters and rarely repeat, or cannot be prepared. */
bool postgres_is_plain(const char *sql)
{
	static const char *const words[] = {"BEGIN",   "COMMIT", "ROLLBACK", "SAVEPOINT",
					    "RELEASE", "CREATE", "ALTER",    "DROP",
					    "LOCK",    "NOTIFY", "LISTEN",   "SET"};

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (str_starts(sql, words[i]))
			return true;
	return false;
}

static int send_prepared(struct postgres_conn *c, const char *name, const struct db_param *params,
			 size_t n_params)
{
	const char *values[DB_PARAMS_MAX];
	int lengths[DB_PARAMS_MAX], formats[DB_PARAMS_MAX];
	char numbers[DB_PARAMS_MAX][NUMBER_MAX];

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
	return PQsendQueryPrepared(c->pg, name, (int)n_params, values, lengths, formats, 0);
}

int postgres_send(struct postgres_conn *c, const char *sql, const struct db_param *params,
		  size_t n_params, struct err *err)
{
	char name[NUMBER_MAX];

	if (n_params > DB_PARAMS_MAX)
		return err_set(err, ERR_DB_SQL, "more than %d parameters", DB_PARAMS_MAX);
	/* a statement may need three places: the slot's old one goes, it is prepared, it runs */
	if (c->n_pending + 3 > POSTGRES_PENDING_MAX)
		TRY(postgres_collect(c, db_clock_us() + c->hang_us, NULL, err));
	if (postgres_is_plain(sql))
		return note(c, PQsendQueryParams(c->pg, sql, 0, NULL, NULL, NULL, NULL, 0), sql,
			    NULL, err);
	TRY(prepare(c, sql, name, err));
	return note(c, send_prepared(c, name, params, n_params), sql, NULL, err);
}

/* ---- what the server says -------------------------------------------------------------------- */

enum waited { ANSWERED, HANGS, BROKEN };

/* Until an answer is there; what is not sent yet goes out meanwhile. */
static enum waited wait_for_answer(struct postgres_conn *c, int64_t until_us)
{
	for (;;) {
		int unsent = PQflush(c->pg);
		if (unsent < 0)
			return BROKEN;
		if (!PQisBusy(c->pg))
			return ANSWERED;
		struct pollfd p = {.fd = PQsocket(c->pg),
				   .events = (short)(POLLIN | (unsent ? POLLOUT : 0))};
		int64_t left_us = until_us - db_clock_us();
		if (left_us <= 0 || poll(&p, 1, (int)((left_us + 999) / 1000)) == 0)
			return HANGS;
		if (!PQconsumeInput(c->pg))
			return BROKEN;
	}
}

static int give_up(struct postgres_conn *c, enum waited how, struct err *err)
{
	const char *why = how == HANGS ? "the server does not answer" : PQerrorMessage(c->pg);
	char line[200];

	postgres_first_line(why, line, sizeof(line));
	postgres_link_drop(c, line, how == HANGS);
	return err_set(err, ERR_DB_LOST, "%s", line);
}

/* A statement's result, and the NULL after it. */
static int one_result(struct postgres_conn *c, int64_t until_us, PGresult **ret, struct err *err)
{
	enum waited how = wait_for_answer(c, until_us);

	*ret = how == ANSWERED ? PQgetResult(c->pg) : NULL;
	for (bool more = *ret != NULL; more && how == ANSWERED;) {
		how = wait_for_answer(c, until_us);
		PGresult *next = how == ANSWERED ? PQgetResult(c->pg) : NULL;
		more = next != NULL;
		PQclear(next);
	}
	if (how == ANSWERED)
		return 0;
	PQclear(*ret);
	return give_up(c, how, err);
}

static bool went_well(const PGresult *result)
{
	ExecStatusType status = PQresultStatus(result);

	return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
}

static int take_results(struct postgres_conn *c, int64_t until_us, PGresult **ret_last,
			struct err *err)
{
	int r = 0;

	for (size_t i = 0; i < c->n_pending; i++) {
		struct postgres_pending *p = &c->pending[i];
		PGresult *result = NULL;
		int lost = one_result(c, until_us, &result, err);
		if (lost < 0)
			return lost;
		bool ok = went_well(result);
		if (!ok && p->slot)
			drop(p->slot); /* it was not prepared */
		if (!ok && r == 0)
			r = postgres_fail(c, result, p->sql, err);
		if (ok && r == 0 && i + 1 == c->n_pending && ret_last)
			*ret_last = result;
		else
			PQclear(result);
	}
	return r;
}

int postgres_collect(struct postgres_conn *c, int64_t until_us, PGresult **ret_last,
		     struct err *err)
{
	PGresult *sync = NULL;

	if (!PQpipelineSync(c->pg))
		return give_up(c, BROKEN, err);
	int r = take_results(c, until_us, ret_last, err);
	c->n_pending = 0;
	if (c->state != POSTGRES_READY)
		return r;
	enum waited how = wait_for_answer(c, until_us);
	if (how == ANSWERED)
		sync = PQgetResult(c->pg);
	if (PQresultStatus(sync) == PGRES_PIPELINE_SYNC) {
		PQclear(sync);
		return r;
	}
	PQclear(sync);
	if (ret_last && r >= 0)
		PQclear(*ret_last);
	int lost = give_up(c, how == ANSWERED ? BROKEN : how, r < 0 ? NULL : err);
	return r < 0 ? r : lost;
}
