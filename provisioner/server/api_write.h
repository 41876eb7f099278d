/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One frame for every change through the public API: transaction, idempotency key, dry run, audit
 * entry, then the answer. Private to api_*.c.
 */
#ifndef SERVER_API_WRITE_H
#define SERVER_API_WRITE_H

#include <jansson.h>
#include "app.h"
#include "http.h"

struct write {
	struct app *app;
	struct http_request *request;
	const char *who;
	json_t *body; /* an object; empty when the request had no body */
	bool dry_run;
	int64_t revision; /* of If-Match, -1: none */
	/* what the work fills in */
	int status;       /* 200 unless set */
	json_t *doc;      /* answer; taken over */
	char etag[40];    /* or "" */
	int64_t host_num; /* whose watchers to wake; 0: nobody */
};

/* Runs inside a transaction; an error rolls back and becomes the answer. */
typedef int (*write_work)(struct write *w, struct err *err);
/* A handler's body: `return api_write(r, work, err);` Understands the headers Idempotency-Key and
 * If-Match, and ?dry_run=true. */
int api_write(struct http_request *r, write_work work, struct err *err);
/* The host of the path. */
int api_write_host(struct write *w, int64_t *ret_num, struct err *err);

#endif
