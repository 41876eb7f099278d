/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The list of route tables. How to add one: declare it in its folder's header, name it in routes.c
 * with the context that its handlers get.
 */
#ifndef SERVER_ROUTES_H
#define SERVER_ROUTES_H

#include <server/http/http.h>

struct api;
struct boot_server;
struct flow;

/* What http_context() gives to the handlers of each folder. */
struct route_contexts {
	struct api *api;
	struct flow *flow;
	struct boot_server *boot;
};

/* All tables, ended by an empty one; written anew by each call. c: NULL to look at the tables. */
const struct http_table *routes_all(const struct route_contexts *c);

#endif
