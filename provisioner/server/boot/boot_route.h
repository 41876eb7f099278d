/* SPDX-License-Identifier: Apache-2.0 */
/* The route that answers iPXE; see boot_route.c. */
#ifndef SERVER_BOOT_ROUTE_H
#define SERVER_BOOT_ROUTE_H

#include <server/http/http.h>

int boot_get_script(struct http_request *r, struct err *err);

#endif
