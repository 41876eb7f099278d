/* SPDX-License-Identifier: Apache-2.0 */
/* The headers of what is to be removed. Private to http/. */
#ifndef SERVER_HTTP_DEPRECATION_H
#define SERVER_HTTP_DEPRECATION_H

#include "internal.h"

/* Adds Deprecation, Sunset and Link, if the server's table has a row for the request; of several
 * rows, the one with the earliest sunset. trust: none of the request's parameters */
void http_deprecation_add(const struct http_request *r, struct MHD_Response *response);

#endif
