/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the routes of the public API share: reading a query from a URL, finding the named host,
 * writing a page. Private to api_*.c.
 */
#ifndef SERVER_API_REQUEST_H
#define SERVER_API_REQUEST_H

#include <inventory/collection.h>
#include <inventory/host.h>
#include "api.h"
#include <server/http/http.h>
#include <base/err.h>

/* Fill q from the URL: limit, cursor, sort, fields, q, at, total, and every other parameter but
 * those in `own` (NULL-terminated, may be NULL) as a filter. */
MUST_CHECK int api_query(const struct http_request *r, const char *const *own,
			 struct query_request *q, struct err *err);
/* "?at=" of a URL, 0 when absent. */
MUST_CHECK int api_time(const struct http_request *r, const char *name, int64_t *ret_us,
			struct err *err);
/* true or false; fallback when absent */
MUST_CHECK int api_flag(const struct http_request *r, const char *name, bool *ret, struct err *err);
/* The host that the path names by id, short code, MAC, serial or name. */
MUST_CHECK int api_host(const struct http_request *r, struct host *ret, struct err *err);

/* {"items": [...], "next": "..."|null, "total": N}, with the members that only the daemon knows. */
MUST_CHECK int api_reply_page(struct http_request *r, const struct collection *c,
			      const struct query_request *q, struct err *err);
/* The last member of one host: seconds in each stage, which pass while nothing happens. */
#define API_CLOCK_MEMBER "stages"
/* One object, found by filters that q already has, with ETag; more: further members as JSON text,
 * or NULL. */
MUST_CHECK int api_reply_one(struct http_request *r, const struct collection *c,
			     struct query_request *q, const char *more, struct err *err);
/* Progress of hosts and their last contact, from RAM. */
struct query_extra api_live(struct api *api);
/* Does an answer to this question about hosts show it? */
bool api_shows_live(const struct query_request *q);

#endif
