/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Makes and removes the stores that inventory tests run on. SQLite folders lie under TMPDIR or
 * /tmp.
 */
#include "store_fixture.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <cmocka.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <base/file.h>
#include <base/str.h>

static void on_server(const char *sql)
{
	PGconn *pg = PQconnectdb(getenv("SLIPWAY_TEST_POSTGRES"));
	PGresult *result = PQexec(pg, sql);

	if (PQresultStatus(result) != PGRES_COMMAND_OK)
		fail_msg("%s: %s", sql, PQerrorMessage(pg));
	PQclear(result);
	PQfinish(pg);
}

static void make_database(struct store_fixture *f, const char *server)
{
	static unsigned count;

	(void)snprintf(f->name, sizeof(f->name), "t%d_%u", (int)getpid(), ++count);
	autofree char *sql = xasprintf("CREATE DATABASE %s", f->name);
	on_server(sql);
	const char *query = strchr(server, '?');
	(void)snprintf(f->url, sizeof(f->url), "postgresql:///%s%s", f->name, query ? query : "");
}

bool store_is_postgres(void)
{
	return getenv("SLIPWAY_TEST_POSTGRES") != NULL;
}

void store_open(struct store_fixture *f)
{
	*f = (struct store_fixture){.dir = "/tmp/slipway-store-XXXXXX"};
	if (!mkdtemp(f->dir))
		fail_msg("mkdtemp");
	const char *server = getenv("SLIPWAY_TEST_POSTGRES");
	if (server)
		make_database(f, server);
	else
		(void)snprintf(f->url, sizeof(f->url), "sqlite:%s/store.db", f->dir);
	store_reopen(f, DB_CREATE);
}

void store_reopen(struct store_fixture *f, unsigned flags)
{
	struct err err = ERR_INIT;

	db_close(f->db);
	f->db = NULL;
	if (db_open(f->url, flags, &f->db, &err) < 0)
		fail_msg("db_open: %s", err.msg);
}

void store_close(struct store_fixture *f)
{
	db_close(f->db);
	if (f->name[0]) {
		autofree char *sql = xasprintf("DROP DATABASE %s", f->name);
		on_server(sql);
	}
	IGNORE_RESULT(file_remove_tree(f->dir, NULL));
}

int store_setup(void **state)
{
	struct store_fixture *f = xcalloc(1, sizeof(*f));

	store_open(f);
	*state = f;
	return 0;
}

int store_teardown(void **state)
{
	store_close(*state);
	free(*state);
	return 0;
}
