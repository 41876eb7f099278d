/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The list of route tables. How to add one: declare it here, name it in routes.c.
 */
#ifndef SERVER_ROUTES_H
#define SERVER_ROUTES_H

#include <stddef.h>
#include "app.h"
#include <server/http/http.h>

extern const struct http_route host_verb_routes[], profile_routes[], image_routes[],
	upload_routes[], control_routes[], order_routes[], channel_routes[];
extern const size_t n_host_verb_routes, n_profile_routes, n_image_routes, n_upload_routes,
	n_control_routes, n_order_routes, n_channel_routes;

/* All tables, ended by {NULL, 0}; made once. */
const struct http_table *routes_all(void);

#endif
