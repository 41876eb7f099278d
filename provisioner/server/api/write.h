/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One frame for every change through the public API: transaction, idempotency key, dry run, audit
 * entry, then the answer. Private to api_*.c.
 */
#ifndef SERVER_API_WRITE_H
#define SERVER_API_WRITE_H

#include <jansson.h>
#include <base/json_rows.h>
#include <proto/record.h>
#include "api.h"
#include <server/http/http.h>
#include <base/err.h>

#define API_KEY_MAX_BYTES 128 /* of an Idempotency-Key */

struct collection;

struct write {
	struct api *api;
	struct flow *flow; /* the api's */
	struct http_request *request;
	const char *who;
	json_t *body;           /* an object; empty when the request had no body */
	struct json_rows *rows; /* of the member .rows_member; NULL: the body holds them */
	const void *ask;        /* the body as the route's fields read it; NULL without fields */
	bool dry_run;           /* may be set by the work: then everything is undone */
	int64_t revision;       /* of If-Match, -1: none */
	/* what the work fills in */
	int status;       /* 200 unless set */
	json_t *doc;      /* answer; taken over */
	char *text;       /* the same as text; taken over */
	char etag[40];    /* or "" */
	int64_t host_num; /* whose watchers to wake; 0: nobody */
	/* What a work in slices keeps from one to the next, freed with the request. */
	void *state;
	void (*free_state)(void *state);
	int64_t slice_end_us; /* see api_slice_is_over() */
	/* After the commit, unless nothing was done (dry run, repeated key); may be NULL. */
	void (*after)(struct write *w);
};

/* A row for a route that changes something. The work runs inside a transaction together with its
 * audit entry; an error rolls back, is written into the audit log and becomes the answer. Each
 * understands the header Idempotency-Key, and ?dry_run=true; If-Match where api_takes_match(). The body is read by the
 * record table that API_BODY(table, struct) names; members outside it are refused. */
#define API_CHANGE(method_, pattern_, scope_, max_body_, work_, summary_, ...)                     \
	API_CHANGE_BY(method_, pattern_, scope_, max_body_, api_change, work_, summary_,           \
		      ##__VA_ARGS__)
/* The same with a handler before it, for what must happen outside the transaction: it ends with
 * `return api_change(r, err);` */
#define API_CHANGE_BY(method_, pattern_, scope_, max_body_, handler_, work_, summary_, ...)        \
	{                                                                                          \
		.method = API_CHANGES_##method_, .pattern = (pattern_),                            \
		.scope = HTTP_SCOPE_##scope_, .max_body_bytes = (max_body_),                       \
		.handler = (handler_), .change = (work_), .summary = (summary_), ##__VA_ARGS__     \
	}
#define API_CHANGES_POST      "POST"
#define API_CHANGES_PUT       "PUT"
#define API_CHANGES_PATCH     "PATCH"
#define API_CHANGES_DELETE    "DELETE"
#define API_BODY(table, type) .fields = (table), .record_bytes = sizeof(type)

/* Work that would hold up the event loop for long is done in slices (.in_slices = true): it returns
 * 1 when it is not at its end and is called again, each slice in a transaction of its own. What
 * makes sense alone is one slice's: a crash, or a client that goes away, leaves those that were
 * done. The audit log has the first with status 202, and the end. */
MUST_CHECK int api_change(struct http_request *r, struct err *err);
/* Has the work had its share of the loop's time? One more statement or so may follow: boot answers
 * beside it take 10 ms at most. */
bool api_slice_is_over(const struct write *w);
/* Does a change compare If-Match with the row that it changes: a host's, or .compares_revision? */
bool api_takes_match(const struct http_route *route);
/* Refuse If-Match where the change does not compare it; api_change() does this itself. For handlers
 * that do something before, or without it. errors: ERR_INVALID */
MUST_CHECK int api_check_match(const struct http_request *r, struct err *err);
/* For routes that take a body with nothing in it. */
struct api_nothing {
	char none;
};
extern const struct field api_no_fields[];
/* PATCH of a host: its members are the inventory's list (host_editable()). */
MUST_CHECK int api_patch_host_work(struct write *w, struct err *err);
/* PATCH of a delivery, location, SKU or part: see inventory/entry.h. */
MUST_CHECK int api_patch_entry_work(struct write *w, struct err *err);
/* Answer with the host as it is now, and its ETag. */
MUST_CHECK int api_answer_host(struct write *w, int64_t num, struct err *err);
/* The host of the path. */
MUST_CHECK int api_write_host(struct write *w, int64_t *ret_num, struct err *err);
/* Answer with the changed row of a collection as its list shows it, and its revision as ETag. */
MUST_CHECK int api_write_row(struct write *w, const struct collection *c, const char *key,
			     const char *id, struct err *err);

#endif
