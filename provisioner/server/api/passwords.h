/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What routes with passwords share: how often one may guess, what a new password must be, and the
 * reader process that works out hashes. Private to api/.
 */
#ifndef SERVER_API_PASSWORDS_H
#define SERVER_API_PASSWORDS_H

#include <jansson.h>
#include <base/err.h>
#include "api.h"

/* One guess at the account, from the request's address; name "": at none. errors: ERR_RATE with
 * Retry-After. trust: none of name */
MUST_CHECK int api_password_may_try(const struct flow *flow, struct http_request *r,
				    const char *name, struct err *err);
/* It was no guess: give it back. */
void api_password_was_right(struct http_request *r, const char *name);

/* Is it good enough for the account of that name? errors: ERR_INVALID at /password. trust: none of
 * text */
MUST_CHECK int api_password_is_fit(const char *text, const char *name, struct err *err);

/* Ask a reader (read_job.c says what it answers): 1 with *ret_answer, the caller's; 0 while the
 * request waits, and the handler is called again. question: borrowed */
MUST_CHECK int api_password_ask(struct http_request *r, json_t *question, json_t **ret_answer,
				struct err *err);

#endif
