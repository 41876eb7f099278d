/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON Schemas of request bodies, from the record tables that read them. Private to openapi.c and
 * its tests.
 */
#ifndef SERVER_OPENAPI_BODY_H
#define SERVER_OPENAPI_BODY_H

#include <jansson.h>
#include <stdbool.h>
#include <server/http/http.h>
#include <base/err.h>

/* What a route's JSON body must be. owns: the caller. */
MUST_CHECK json_t *openapi_body(const struct http_route *route);
/* Does a request without a body lack something? */
bool openapi_body_needed(const struct http_route *route);

#endif
