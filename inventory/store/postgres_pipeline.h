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

#define POSTGRES_TIMEOUT_MS 60000 /* of a statement without a budget, by the server */

enum postgres_state { POSTGRES_DOWN, POSTGRES_CONNECTING, POSTGRES_READY };

struct postgres_conn {
	PGconn *pg; /* NULL: down */
	char *url;
	enum postgres_state state;
	short poll_for;               /* while connecting */
	int64_t give_up_us, retry_us; /* when connecting fails, when it begins again */
	int64_t wait_us;              /* between tries */
	int64_t slice_us;             /* see postgres_link.c */
	int64_t hang_us;              /* for which an answer is waited for */
	int64_t timeout_ms;           /* that the server has; -1: unknown */
	int watch_fd, anew_fd;        /* of notices; of new connections */
	char why[200];                /* it is down */
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

/* Words of transactions and settings: they need no parameters and cannot be prepared. */
bool postgres_is_plain(const char *sql);
/* Put a statement on its way. It runs when postgres_collect() is called, unless one before it
 * fails. sql: text of ours. */
MUST_CHECK int postgres_send(struct postgres_conn *c, const char *sql,
			     const struct db_param *params, size_t n_params, struct err *err);
/* Run all that was sent and take what the server says. until_us: of db_clock_us(), when a server
 * that does not answer is given up: the connection is closed, ERR_DB_LOST. owns: *ret_last (may be NULL) is the last statement's result,
 * PQclear(). errors: of the first statement that failed; those after it did not run. */
MUST_CHECK int postgres_collect(struct postgres_conn *c, int64_t until_us, PGresult **ret_last,
				struct err *err);

/* errors: ERR_DB_*, by the result's SQLSTATE (result NULL: by the connection) */
MUST_CHECK int postgres_fail(const struct postgres_conn *c, const PGresult *result, const char *sql,
			     struct err *err);
void postgres_first_line(const char *message, char *ret, size_t ret_bytes);

#endif
