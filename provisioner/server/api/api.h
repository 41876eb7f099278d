/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the routes for people and programs share: the flow, the readers, and the few things of the
 * configuration that their answers depend on. Handlers get it with http_context(). The roof (app.c)
 * fills it.
 */
#ifndef SERVER_API_API_H
#define SERVER_API_API_H

#include <jansson.h>
#include <server/flow/flow.h>
#include <server/http/http.h>
#include "slow_questions.h"
#include "store_growth.h"

struct readers;

struct api {
	struct flow *flow;
	struct http_server *http;
	struct readers *readers;        /* NULL: every question is answered on the spot */
	int64_t read_budget_ms;         /* a slower question goes to a reader; 0: every one */
	int64_t rate_per_s, rate_burst; /* requests of one token */
	struct slow_questions slow;     /* those that did */
	const char *plan_public;        /* path of the key that checks checkpoints */
	const char *backup_dir;         /* where copies of the store go */
	const char *archive_dir;        /* where old rows go */
	unsigned (*foreign_dhcp_servers)(void *arg); /* heard now, for metrics; NULL: not watched */
	void *foreign_dhcp_arg;
	const json_t *(*machine_rows)(void *arg); /* checks of the machine; NULL: none are made */
	void *machine_arg;
	struct store_growth growth;
	int64_t next_import;
};

#endif
