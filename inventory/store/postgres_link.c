/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Connecting to PostgreSQL by PQconnectStartParams() and PQconnectPoll(), so that a server that
 * does not answer never holds up the event loop for longer than one statement's limit. Between
 * connections every statement fails at once. Input: a URL from the configuration, what a server
 * answers. libpq looks host names up without a limit: name servers by address where that matters.
 */
#include "postgres_link.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <base/cleanup.h>
#include <base/json.h>
#include <base/str.h>

#define CONNECT_US     (5 * 1000000LL) /* for the first connection, and for one in the background */
#define RETRY_FIRST_US 100000LL
#define RETRY_MAX_US   2000000LL
#define GREET_US       (1 * 1000000LL)
/* what a statement lends to the connection that is being made: much when the old one was closed, as
 * by a restart of the server, little when the server hangs or the first try failed */
#define SLICE_FIRST_US 500000LL
#define SLICE_US       1000LL
#define OPTIONS_MAX    64

/* ---- options --------------------------------------------------------------------------------- */

/* What a URL gets that does not say otherwise. A session that can write: a standby, or a primary
 * that was demoted, is refused and the next host, or the next moment, tried. */
static const struct {
	const char *keyword, *value;
} defaults[] = {
	{"target_session_attrs", "read-write"},
	{"connect_timeout", "5"},
	{"tcp_user_timeout", "5000"},
	{"keepalives", "1"},
	{"keepalives_idle", "5"},
	{"keepalives_interval", "2"},
	{"keepalives_count", "3"},
	{"fallback_application_name", "slipway"},
};

struct options {
	PQconninfoOption *parsed;
	const char *keywords[OPTIONS_MAX + 1], *values[OPTIONS_MAX + 1];
};

static const char *value_of(const PQconninfoOption *list, const char *keyword)
{
	for (const PQconninfoOption *o = list; o->keyword; o++)
		if (str_eq(o->keyword, keyword))
			return o->val && o->val[0] ? o->val : NULL;
	return NULL;
}

static void read_options(const char *url, struct options *ret)
{
	size_t n = 0;

	*ret = (struct options){.parsed = PQconninfoParse(url, NULL)};
	for (const PQconninfoOption *o = ret->parsed; o && o->keyword && n < OPTIONS_MAX; o++) {
		if (!o->val || !o->val[0])
			continue;
		ret->keywords[n] = o->keyword;
		ret->values[n++] = o->val;
	}
	for (size_t i = 0; ret->parsed && i < ARRAY_LEN(defaults) && n < OPTIONS_MAX; i++) {
		if (value_of(ret->parsed, defaults[i].keyword))
			continue;
		ret->keywords[n] = defaults[i].keyword;
		ret->values[n++] = defaults[i].value;
	}
}

static void no_notice(void *arg, const char *message)
{
	(void)arg;
	(void)message;
}

static void start(struct postgres_conn *c)
{
	struct options o;

	read_options(c->url, &o);
	c->pg = o.parsed ? PQconnectStartParams(o.keywords, o.values, 0) : PQconnectStart(c->url);
	PQconninfoFree(o.parsed);
	c->state = POSTGRES_CONNECTING;
	c->poll_for = POLLOUT;
	c->give_up_us = db_clock_us() + CONNECT_US;
	if (c->pg)
		(void)PQsetNoticeProcessor(c->pg, no_notice, NULL);
}

/* ---- watching -------------------------------------------------------------------------------- */

/* The descriptor of notices stays one and the same: it watches whichever socket there is. */
static int watch_open(struct postgres_conn *c, struct err *err)
{
	struct epoll_event e = {.events = EPOLLIN};

	c->watch_fd = epoll_create1(EPOLL_CLOEXEC);
	c->anew_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (c->watch_fd < 0 || c->anew_fd < 0 ||
	    epoll_ctl(c->watch_fd, EPOLL_CTL_ADD, c->anew_fd, &e) < 0)
		return err_sys(err, ERR_SYS, "cannot watch the store's connection");
	return 0;
}

static void watch_socket(struct postgres_conn *c)
{
	struct epoll_event e = {.events = EPOLLIN};
	uint64_t one = 1;

	(void)epoll_ctl(c->watch_fd, EPOLL_CTL_ADD, PQsocket(c->pg), &e);
	if (write(c->anew_fd, &one, sizeof(one)) < 0)
		return; /* it is readable already */
}

int postgres_link_notify_fd(const struct postgres_conn *c)
{
	return c->watch_fd;
}

bool postgres_link_notified(struct postgres_conn *c)
{
	uint64_t times = 0;
	bool any = read(c->anew_fd, &times, sizeof(times)) > 0;
	PGnotify *notice;

	if (c->state != POSTGRES_READY)
		return any;
	if (!PQconsumeInput(c->pg)) {
		postgres_link_drop(c, PQerrorMessage(c->pg), false);
		return true; /* whoever looks now makes a new connection */
	}
	while ((notice = PQnotifies(c->pg))) {
		any = true;
		PQfreemem(notice);
	}
	return any;
}

/* ---- giving up ------------------------------------------------------------------------------- */

static void finish(struct postgres_conn *c)
{
	if (c->pg && c->state == POSTGRES_READY)
		(void)epoll_ctl(c->watch_fd, EPOLL_CTL_DEL, PQsocket(c->pg), NULL);
	postgres_pipeline_forget(c);
	PQfinish(c->pg);
	c->pg = NULL;
}

void postgres_link_drop(struct postgres_conn *c, const char *why, bool hangs)
{
	postgres_first_line(why, c->why, sizeof(c->why));
	finish(c);
	c->slice_us = c->state == POSTGRES_READY && !hangs ? SLICE_FIRST_US : SLICE_US;
	c->wait_us = c->state == POSTGRES_READY      ? 0
		     : c->wait_us == 0               ? RETRY_FIRST_US
		     : c->wait_us * 2 > RETRY_MAX_US ? RETRY_MAX_US
						     : c->wait_us * 2;
	c->state = POSTGRES_DOWN;
	c->retry_us = db_clock_us() + c->wait_us;
}

void postgres_link_close(struct postgres_conn *c)
{
	finish(c);
	if (c->watch_fd >= 0)
		(void)close(c->watch_fd);
	if (c->anew_fd >= 0)
		(void)close(c->anew_fd);
	free(c->url);
	free(c);
}

/* ---- connecting ------------------------------------------------------------------------------ */

/* What a new connection is told, also one that was made anew. All travels at once. */
static int greet(struct db *db, struct err *err)
{
	static const char *const all[] = {
		"SET client_encoding = 'UTF8'", "SET statement_timeout = 60000",
		/* small questions by index on solid-state disks: a page is a page wherever it
		 * lies, and none is worth compiling */
		"SET random_page_cost = 1.1", "SET jit = off",
		/* a question whose asker was killed or gave up must not run on */
		"SET client_connection_check_interval = '1s'", NULL};

	/* an appliance that stopped inside a transaction must not stop the fleet's writers */
	static const char *const writer[] = {"SET idle_in_transaction_session_timeout = '5s'",
					     "SET lock_timeout = '1500ms'", "LISTEN slipway", NULL};
	static const char *const reader[] = {"SET idle_in_transaction_session_timeout = '60s'",
					     "SET default_transaction_read_only = on", NULL};
	struct postgres_conn *c = db->conn;

	TRY(postgres_pipeline_begin(c, err));
	for (const char *const *s = all; *s; s++)
		TRY(postgres_send(c, *s, NULL, 0, err));
	for (const char *const *s = db->readonly ? reader : writer; *s; s++)
		TRY(postgres_send(c, *s, NULL, 0, err));
	c->timeout_ms = POSTGRES_TIMEOUT_MS;
	return postgres_collect(c, db_clock_us() + GREET_US, NULL, err);
}

enum progress { CONNECTED, ONGOING, EXPIRED };

/* The connection's next steps, waiting for no longer than this: how far it came, or negative. */
static int advance(struct db *db, int64_t until_us, struct err *err)
{
	struct postgres_conn *c = db->conn;

	for (;;) {
		struct pollfd p = {.fd = PQsocket(c->pg), .events = c->poll_for};
		int64_t left_us = until_us - db_clock_us();
		if (!c->pg || PQstatus(c->pg) == CONNECTION_BAD)
			break;
		if (poll(&p, 1, left_us > 0 ? (int)((left_us + 999) / 1000) : 0) == 0)
			return db_clock_us() < c->give_up_us ? ONGOING : EXPIRED;
		PostgresPollingStatusType next = PQconnectPoll(c->pg);
		c->poll_for = next == PGRES_POLLING_READING ? POLLIN : POLLOUT;
		if (next == PGRES_POLLING_FAILED)
			break;
		if (next != PGRES_POLLING_OK)
			continue;
		c->state = POSTGRES_READY;
		TRY(greet(db, err));
		watch_socket(c);
		return CONNECTED;
	}
	return err_set(err, ERR_DB_LOST, "%s", c->pg ? PQerrorMessage(c->pg) : "out of memory");
}

int postgres_link_open(struct db *db, const char *url, struct err *err)
{
	struct postgres_conn *c = xcalloc(1, sizeof(*c));

	db->conn = c;
	c->watch_fd = c->anew_fd = -1;
	c->url = xstrdup(url);
	c->hang_us = CONNECT_US;
	c->timeout_ms = POSTGRES_TIMEOUT_MS;
	TRY(watch_open(c, err));
	start(c);
	int r = advance(db, db_clock_us() + CONNECT_US, err);
	if (r < 0)
		return err_set(err, ERR_DB_OPEN, "%s", c->pg ? PQerrorMessage(c->pg) : "no memory");
	return r == CONNECTED ? 0 : err_set(err, ERR_DB_OPEN, "the server does not answer");
}

int postgres_link_ready(struct db *db, struct err *err)
{
	struct postgres_conn *c = db->conn;
	struct err own = ERR_INIT;

	if (c->state == POSTGRES_READY && PQstatus(c->pg) != CONNECTION_OK)
		postgres_link_drop(c, PQerrorMessage(c->pg), false);
	if (c->state == POSTGRES_READY)
		return 0;
	if (c->state == POSTGRES_DOWN && db_clock_us() >= c->retry_us)
		start(c);
	if (c->state == POSTGRES_CONNECTING) {
		int r = advance(db, db_clock_us() + c->slice_us, &own);
		c->slice_us = SLICE_US;
		if (r == CONNECTED)
			return 1;
		if (r != ONGOING)
			postgres_link_drop(c, r < 0 ? own.msg : "the server does not answer", true);
	}
	return err_set(err, ERR_DB_LOST, "%s", c->why[0] ? c->why : "no connection");
}
