/* SPDX-License-Identifier: Apache-2.0 */
/* The OpenAPI 3.1 document of the public API. owns: the caller (json_decref). */
#ifndef SERVER_OPENAPI_H
#define SERVER_OPENAPI_H

#include <jansson.h>
#include <base/err.h>

struct http_server;
struct http_table;

MUST_CHECK json_t *openapi_doc(const struct http_table *tables);
/* Write it for the routes of the server, before the first request: it takes a loop's 10 ms. */
void api_describe(const struct http_server *server);

#endif
