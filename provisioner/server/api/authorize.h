/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who may ask: programs and people by tokens, people on the page by the cookie of their sign-in,
 * both in the store.
 */
#ifndef SERVER_API_AUTHORIZE_H
#define SERVER_API_AUTHORIZE_H

#include <base/err.h>
#include <server/http/http.h>

struct flow;

#define API_COOKIE "__Host-slipway"
/* What the page sends with each change: another site's page cannot without being asked first. */
#define API_PAGE_HEADER "X-Slipway-Page"

/* The http_authorizer of the daemon. arg: struct api. */
MUST_CHECK int api_authorize(void *arg, const char *bearer, enum http_scope need,
			     struct http_request *r, struct http_identity *ret, struct err *err);
/* Write a refusal into the audit log, at a rate that no caller can fill it with; returns why's
 * code. */
int api_turn_away(struct flow *flow, struct http_request *r, const char *who,
		  const struct err *why);
/* ERR_RATE, with Retry-After. */
MUST_CHECK int api_limited(struct http_request *r, struct err *err);

#endif
