/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Answering a question to the inventory from a handler: on the spot when that takes no longer than
 * the budget (server.read_budget_ms), else by a reader process, while the request waits. Private to
 * api_*.c.
 */
#ifndef SERVER_API_READ_H
#define SERVER_API_READ_H

#include "api.h"
#include <server/http/http.h>
#include <server/reader/read_job.h>
#include <base/err.h>

/* Answer with JSON of this status. A handler that calls it is called again while a reader works: it
 * must then ask the same, and have no other effect. errors: ERR_BUSY (with Retry-After), those of
 * the question */
MUST_CHECK int api_read(struct http_request *r, const struct read_job *job, int status,
			struct err *err);
/* The same, the answer to the caller: 1 with *ret (freed by the caller), 0 while the request waits.
 */
MUST_CHECK int api_read_text(struct http_request *r, const struct read_job *job, char **ret,
			     size_t *ret_n_bytes, struct err *err);
/* Answer with an export, by a reader, as it comes. errors: the same */
MUST_CHECK int api_read_export(struct http_request *r, const struct read_job *job,
			       const char *content_type, struct err *err);

#endif
