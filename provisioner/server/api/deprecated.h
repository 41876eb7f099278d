/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one table of what is to be removed from the API. A row makes the headers of the answers
 * (http/deprecation.c) and `deprecated: true` in the OpenAPI document.
 *
 * The rule: 1. what replaces it is released first. 2. the row is added; it works as before until the
 * sunset, which is at least API_SUNSET_DAYS later. 3. after the sunset, the route or field and its
 * row are removed in one change. Added members and routes need no row. test_deprecated.c walks it.
 */
#ifndef SERVER_API_DEPRECATED_H
#define SERVER_API_DEPRECATED_H

#include <jansson.h>
#include <server/http/http.h>

#define API_SUNSET_DAYS 180

extern const struct http_deprecation api_deprecations[]; /* ends with a row of zeros */

/* Marks operations, parameters and members of rows in an OpenAPI document. Returns how many rows
 * of the list it found there. */
size_t openapi_mark_deprecated(json_t *doc, const struct http_deprecation *list);

#endif
