/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A fresh, empty store for a test: SQLite in a folder of its own, or, when SLIPWAY_TEST_POSTGRES
 * names a server ("postgresql:///postgres?host=/run/dir"), a database of its own there. Every suite
 * of the inventory runs against both.
 */
#ifndef TESTS_STORE_FIXTURE_H
#define TESTS_STORE_FIXTURE_H

#include <stdbool.h>
#include <inventory/db.h>

struct store_fixture {
	char dir[64];
	char url[256];
	char name[64];
	struct db *db;
};

/* Does this run use a PostgreSQL server? */
bool store_is_postgres(void);

void store_open(struct store_fixture *f);
/* Close and open again: what is kept must be on disk. */
void store_reopen(struct store_fixture *f, unsigned flags);
void store_close(struct store_fixture *f);

/* cmocka set-up and tear-down of a struct store_fixture in *state. */
int store_setup(void **state);
int store_teardown(void **state);

#endif
