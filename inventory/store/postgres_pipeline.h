/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One connection to PostgreSQL and the statements on their way to it. The time of a small statement
 * is the way there and back, so what need not be waited for is sent along with what must be.
 * Private to postgres.c.
 */
#ifndef INVENTORY_STORE_POSTGRES_PIPELINE_H
#define INVENTORY_STORE_POSTGRES_PIPELINE_H

#include <libpq-fe.h>
#include <base/err.h>

#include "driver.h"

#define POSTGRES_CACHE_SLOTS 512
#define POSTGRES_CACHE_WAYS  4  /* slots that a statement may lie in */
#define POSTGRES_PENDING_MAX 64 /* unread answers of statements: a few KiB on the server's side */

struct postgres_prepared {
	char *sql;
	unsigned name;
	uint64_t used; /* when: counts statements */
};

struct postgres_pending {
	char sql[64];                   /* its beginning, for messages */
	struct postgres_prepared *slot; /* it was prepared by this; else NULL */
};

struct postgres_conn {
	PGconn *pg;
	unsigned next_name;
	uint64_t sent; /* statements */
	struct postgres_prepared cache[POSTGRES_CACHE_SLOTS];
	struct postgres_pending pending[POSTGRES_PENDING_MAX];
	size_t n_pending;
};

/* From now on statements are sent by postgres_send() only. errors: ERR_DB_LOST */
MUST_CHECK int postgres_pipeline_begin(struct postgres_conn *c, struct err *err);
/* The connection is a new one, or ends: nothing is prepared, nothing pending. */
void postgres_pipeline_forget(struct postgres_conn *c);

/* Put a statement on its way. It runs when postgres_collect() is called, unless one before it
 * fails. sql: text of ours. */
MUST_CHECK int postgres_send(struct postgres_conn *c, const char *sql,
			     const struct db_param *params, size_t n_params, struct err *err);
/* Run all that was sent and take what the server says. deadline_us: of db_clock_us(), 0: none; then
 * the server is asked to stop. owns: *ret_last (may be NULL) is the last statement's result,
 * PQclear(). errors: of the first statement that failed; those after it did not run. */
MUST_CHECK int postgres_collect(struct postgres_conn *c, int64_t deadline_us, PGresult **ret_last,
				struct err *err);

/* errors: ERR_DB_*, by the result's SQLSTATE (result NULL: by the connection) */
MUST_CHECK int postgres_fail(const struct postgres_conn *c, const PGresult *result, const char *sql,
			     struct err *err);
void postgres_first_line(const char *message, char *ret, size_t ret_bytes);

#endif
