/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pages of other origins that the operator listed ([api] cors_origins) and that a browser may let read
 * answers and send changes. Without a list no answer has such a header, and browsers refuse. A token
 * is needed all the same: nothing is allowed by a cookie. Private to http/.
 */
#ifndef SERVER_HTTP_CORS_H
#define SERVER_HTTP_CORS_H

#include "internal.h"

/* Adds to an answer what its Origin may see of it. trust: none of the request's headers */
void http_cors_add(const struct http_request *r, struct MHD_Response *response);
/* A listed origin asks what it may do with a path that exists. */
bool http_cors_is_preflight(const struct http_request *r);

#endif
