/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who may ask, by tokens in the store.
 */
#ifndef SERVER_API_AUTHORIZE_H
#define SERVER_API_AUTHORIZE_H

#include <base/str.h>
#include <base/err.h>
#include <server/http/http.h>

/* The http_authorizer of the daemon. arg: struct api. */
MUST_CHECK int api_authorize(void *arg, const char *bearer, enum http_scope need,
			     struct http_request *r, struct http_identity *ret, struct err *err);
/* Bits of a scope or of a role that stands for several; 0: there is no such word. */
uint32_t api_scope_bits(struct sv word);

#endif
