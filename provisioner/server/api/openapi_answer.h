/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What each operation answers, as JSON Schema: one table of shapes (openapi_answer.c). A route that
 * answers pages of a collection needs no row. Private to the folder.
 *
 * How to add one: a row in answers[], in the notation that is explained there.
 */
#ifndef SERVER_OPENAPI_ANSWER_H
#define SERVER_OPENAPI_ANSWER_H

#include <jansson.h>
#include <server/http/http.h>

/* NULL: the route has no row. owns: the caller (json_decref). */
MUST_CHECK json_t *openapi_answer(const struct http_route *route);
/* The schema of a shape. A shape that is wrong is a bug: the daemon ends. */
MUST_CHECK json_t *openapi_shape(const char *shape);

#endif
