/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a handler to a reader process and back. A client that goes away takes its reader with it; a
 * client that comes when all are at work waits a little, and is then told when to come again.
 */
#include "read.h"

#include <string.h>

#include <base/clock.h>
#include <base/digest.h>
#include <base/json.h>
#include <base/limits.h>
#include <base/str.h>
#include "request.h"
#include <server/flow/live.h>
#include <server/reader/readers.h>

#define QUEUE_US    (10 * 1000000LL)
#define WAIT_MS     70000 /* longer than a reader may take */
#define RETRY_AFTER "5"
#define TICK_MS     1000

#define TAGGED_MAX_BYTES (128 * KIB)

/* The state of a request whose question went to a reader. */
struct reading {
	struct reader_ticket *ticket; /* NULL: none is free yet */
	int64_t since_us;
};

static void reading_free(void *arg)
{
	struct reading *w = arg;

	reader_ticket_free(w->ticket);
	free(w);
}

/* ---- on the spot ----------------------------------------------------------------------------- */

/* Work that no statement's budget can end. */
static bool is_never_quick(enum read_kind kind)
{
	return kind == READ_AUDIT_CHECK || kind == READ_PIPELINE || kind == READ_DIFFERENCE ||
	       kind == READ_BACKUP || kind == READ_HOST_SEARCH || kind == READ_EXPORT ||
	       kind == READ_BURN_REPORT || kind == READ_PASSWORD || kind == READ_ARCHIVE_CHECK;
}

static int64_t boot_us(void)
{
	return clock_boot_us(&clock_system);
}

static int read_here(struct api *api, const struct read_job *job, char **ret, size_t *ret_n_bytes,
		     struct err *err)
{
	struct query_extra live = api_live(api);
	bool shows_live = job->of == &collection_hosts && api_shows_live(&job->q);
	bool limited = api->readers != NULL;

	if (limited && (is_never_quick(job->kind) || api->read_budget_ms == 0 ||
			slow_questions_has(&api->slow, job, boot_us())))
		return err_set(err, ERR_DB_SLOW, "this takes a reader");
	if (limited)
		db_set_budget(api->flow->db, api->read_budget_ms * 1000);
	int rc = read_job_run(api->flow->db, job, shows_live ? &live : NULL, ret, ret_n_bytes, err);
	db_set_budget(api->flow->db, 0);
	if (rc == -ERR_DB_SLOW && limited)
		slow_questions_note(&api->slow, job, boot_us());
	return rc;
}

/* ---- by a reader ----------------------------------------------------------------------------- */

struct telling {
	struct query_extra extra;
	json_t *all;
};

static void tell_one(void *arg, struct live_host *h)
{
	struct telling *w = arg;
	char key[24];
	autostr struct str text;

	str_init(&text, 4096);
	w->extra.add(w->extra.arg, h->host_num, &text);
	if (!text.n_bytes)
		return;
	snprintf(key, sizeof(key), "%lld", (long long)h->host_num);
	(void)json_object_set_new(w->all, key, json_string(text.p));
}

/* What only the daemon knows of hosts goes with the question. */
static int ask(struct api *api, const struct read_job *job, struct reader_ticket **ret,
	       struct err *err)
{
	struct telling w = {api_live(api), json_object()};
	struct read_job told = *job;

	told.progress = w.all;
	if (job->kind == READ_PAGE && job->of == &collection_hosts && api_shows_live(&job->q))
		live_each(api->flow->live, tell_one, &w);
	autojson json_t *question = read_job_to_json(&told);
	json_decref(w.all);
	enum reader_use use = job->kind == READ_EXPORT     ? READER_EXPORT
			      : job->kind == READ_PASSWORD ? READER_PASSWORD
							   : READER_QUESTION;
	return readers_ask(api->readers, question, use, ret, err);
}

/* 1: the ticket has something to say, 0: the request waits, negative: it failed. */
static int advance(struct http_request *r, const struct read_job *job, struct reading **ret,
		   struct err *err)
{
	struct api *api = http_context(r);
	struct reading *w = http_state(r);

	if (!w) {
		w = xcalloc(1, sizeof(*w));
		w->since_us = flow_now_us(api->flow);
		http_set_state(r, w, reading_free);
	}
	*ret = w;
	if (http_client_gone(r))
		return err_set(err, ERR_CANCELLED, "the client went away");
	if (!w->ticket) {
		int rc = ask(api, job, &w->ticket, err);
		if (rc == -ERR_BUSY && flow_now_us(api->flow) - w->since_us < QUEUE_US)
			return http_wait(r, READERS_TOPIC, WAIT_MS);
		if (rc == -ERR_BUSY)
			http_reply_header(r, "Retry-After", RETRY_AFTER);
		if (rc < 0)
			return rc;
	}
	if (reader_ticket_state(w->ticket) == TICKET_RUNNING)
		return http_wait(r, reader_ticket_topic(w->ticket), WAIT_MS);
	return reader_ticket_state(w->ticket) == TICKET_FAILED ? reader_ticket_error(w->ticket, err)
							       : 1;
}

int api_read_text(struct http_request *r, const struct read_job *job, char **ret,
		  size_t *ret_n_bytes, struct err *err)
{
	struct reading *w = NULL;
	int rc = -ERR_DB_SLOW;

	if (!http_state(r))
		rc = read_here(http_context(r), job, ret, ret_n_bytes, err);
	if (rc != -ERR_DB_SLOW)
		return rc < 0 ? rc : 1;
	rc = advance(r, job, &w, err);
	if (rc == 1)
		*ret = reader_ticket_take(w->ticket, ret_n_bytes);
	return rc;
}

/* A weak tag of what the answer says, without the moment at which it was true. Large answers have
 * none: their hash would hold up the loop. */
static void add_tag(struct http_request *r, const char *text, size_t n)
{
	char hex[SHA256_HEX_BYTES];
	const char *as_of = NULL;

	if (n >= TAGGED_MAX_BYTES || !str_eq(http_method(r), "GET"))
		return;
	for (const char *at = text; (at = strstr(at, READ_AS_OF)); at++)
		as_of = at;
	sha256_hex_of(text, as_of ? (size_t)(as_of - text) : n, hex);
	autofree char *tag = xasprintf("W/\"%.32s\"", hex);
	http_reply_header(r, "ETag", tag);
}

int api_read(struct http_request *r, const struct read_job *job, int status, struct err *err)
{
	char *text = NULL;
	size_t n = 0;
	int rc = api_read_text(r, job, &text, &n, err);

	if (rc != 1)
		return rc;
	if (status == 200)
		add_tag(r, text, n);
	return http_reply_text(r, status, "application/json", text, n);
}

/* ---- exports --------------------------------------------------------------------------------- */

struct passing {
	struct reader_ticket *ticket;
	const struct http_request *r;
};

static int64_t pass_read(void *arg, char *buf, size_t max)
{
	struct passing *p = arg;
	int64_t n = reader_ticket_read(p->ticket, buf, max);

	if (n == -2 || (n == 0 && http_client_gone(p->r)))
		return HTTP_STREAM_ABORT;
	return n == -1 ? HTTP_STREAM_END : n;
}

static void pass_free(void *arg)
{
	struct passing *p = arg;

	reader_ticket_free(p->ticket);
	free(p);
}

int api_read_export(struct http_request *r, const struct read_job *job, const char *content_type,
		    struct err *err)
{
	struct api *api = http_context(r);
	struct reading *w = NULL;

	if (!api->readers)
		return err_set(err, ERR_UNSUPPORTED, "this server has no readers");
	int rc = advance(r, job, &w, err);
	if (rc <= 0)
		return rc;
	struct passing *p = xcalloc(1, sizeof(*p));
	*p = (struct passing){take_ptr(w->ticket), r};
	if (job->gzip)
		http_reply_header(r, "Content-Encoding", "gzip");
	struct http_stream stream = {pass_read, pass_free, p, reader_ticket_topic(p->ticket),
				     TICK_MS};
	return http_reply_stream(r, 200, content_type, &stream);
}
