/* SPDX-License-Identifier: Apache-2.0 */
/* The route that answers iPXE; see boot_route.c. Its context is a struct boot_server. */
#ifndef SERVER_BOOT_BOOT_ROUTE_H
#define SERVER_BOOT_BOOT_ROUTE_H

#include <server/http/http.h>

extern const struct http_route boot_routes[];
extern const size_t n_boot_routes;

#endif
