/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The route tables of the public inventory API; routes.c lists them.
 */
#ifndef SERVER_API_TABLES_H
#define SERVER_API_TABLES_H

#include <stddef.h>
#include <server/http/http.h>

extern const struct http_route api_host_routes[], api_collection_routes[], api_change_routes[],
	api_write_routes[], api_delivery_routes[], api_access_routes[], api_meta_routes[],
	api_webhook_routes[];
extern const size_t n_api_host_routes, n_api_collection_routes, n_api_change_routes,
	n_api_write_routes, n_api_delivery_routes, n_api_access_routes, n_api_meta_routes,
	n_api_webhook_routes;

#endif
