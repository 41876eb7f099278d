/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The manual of errors: all codes, and one of them, as JSON for programs and as a page for browsers.
 * The type of every problem is the address of its code's page.
 */
#ifndef SERVER_API_ERROR_MANUAL_H
#define SERVER_API_ERROR_MANUAL_H

#include <server/http/http.h>

#define ERROR_MANUAL_PATH "/api/v1/errors"

/* Handlers. errors: ERR_NOT_FOUND for a code that does not exist. */
MUST_CHECK int error_manual_list(struct http_request *r, struct err *err);
MUST_CHECK int error_manual_one(struct http_request *r, struct err *err);

#endif
