/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Numbered migrations: each missing one is applied in its own transaction, after one copy of a
 * SQLite store; a store that has a number this program does not know is refused, unless what it did
 * is marked as additive. Input: our own statements.
 */
#include "../schema/schema.h"
#include "driver.h"

#include <base/cleanup.h>
#include <base/clock.h>
#include <base/json.h>
#include <base/str.h>

static int make_list(struct db *db, struct err *err)
{
	static const char statement[] =
		"CREATE TABLE IF NOT EXISTS migration (number INTEGER PRIMARY KEY, name TEXT NOT "
		"NULL, applied_us INTEGER NOT NULL) STRICT";
	autofree char *text = db->driver->schema_text(statement);

	return db_exec_n(db, text, NULL, 0, NULL, err);
}

static int has_number(struct db *db, int number, bool *ret, struct err *err)
{
	int64_t n = 0;

	TRY(db_query_int(db, err, &n, 0, "SELECT count(*) FROM migration WHERE number = $1",
			 p_int(number)));
	*ret = n > 0;
	return 0;
}

static bool known(int64_t number)
{
	for (size_t i = 0; i < db_n_migrations; i++)
		if (db_migrations[i]->number == number)
			return true;
	return false;
}

static int refuse_newer(struct db *db, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	bool marked = false; /* a store from before rolling upgrades marks none as additive */

	TRY(has_number(db, schema_0012.number, &marked, err));
	TRY(db_query_n(db,
		       marked ? "SELECT number, name, additive FROM migration ORDER BY number"
			      : "SELECT number, name, 0 FROM migration ORDER BY number",
		       NULL, 0, &rows, err));
	int r;
	while ((r = db_rows_next(rows, err)) == 1) {
		if (!known(db_int(rows, 0)) && db_int(rows, 2) == 0)
			return err_set(err, ERR_DB_NEWER,
				       "the store has migration %lld '%s', which this version does "
				       "not know",
				       (long long)db_int(rows, 0), db_text(rows, 1));
		db->schema_number = (int)db_int(rows, 0);
	}
	return r;
}

static int64_t count_breaking(void)
{
	int64_t n = 0;

	for (size_t i = 0; i < db_n_migrations; i++)
		n += !db_migration_is_additive(db_migrations[i]->number);
	return n;
}

/* Marks it, and tells daemons of the version before that run beside us. */
static int note_applied(struct db *db, const struct db_migration *m, struct err *err)
{
	bool marked = false;

	TRY(db_exec(db, err, "INSERT INTO migration (number, name, applied_us) VALUES ($1, $2, $3)",
		    p_int(m->number), p_text(m->name), p_int(time_wall_us())));
	TRY(has_number(db, schema_0012.number, &marked, err));
	if (!marked)
		return 0;
	if (db_migration_is_additive(m->number))
		TRY(db_exec(db, err, "UPDATE migration SET additive = 1 WHERE number = $1",
			    p_int(m->number)));
	return db_exec(db, err,
		       "UPDATE fleet_clock SET breaking = (SELECT count(*) FROM migration WHERE "
		       "additive = 0)");
}

static int run_statements(struct db *db, const struct db_migration *m, struct err *err)
{
	for (size_t i = 0; m->statements[i]; i++) {
		autofree char *text = db->driver->schema_text(m->statements[i]);
		if (db_exec_n(db, text, NULL, 0, NULL, err) < 0)
			return err_wrap(err, "migration %d '%s', statement %zu", m->number, m->name,
					i + 1);
	}
	if (m->fill)
		TRY(m->fill(db, err));
	return note_applied(db, m, err);
}

static int apply(struct db *db, const struct db_migration *m, struct err *err)
{
	bool done = false;

	TRY(db_begin(db, err));
	/* two appliances may start at once: only one of them gets the lock and finds it missing */
	int r = db_is_sqlite(db) ? 0
				 : db_exec_n(db, "LOCK TABLE migration IN EXCLUSIVE MODE", NULL, 0,
					     NULL, err);
	if (r >= 0)
		r = has_number(db, m->number, &done, err);
	if (r >= 0 && !done)
		r = run_statements(db, m, err);
	TRY(db_end(db, r, err));
	if (m->number > db->schema_number)
		db->schema_number = m->number;
	return 0;
}

static int list_pending(struct db *db, const struct db_migration **list, size_t *ret_n,
			struct err *err)
{
	for (size_t i = 0; i < db_n_migrations; i++) {
		bool done = false;
		TRY(has_number(db, db_migrations[i]->number, &done, err));
		if (!done)
			list[(*ret_n)++] = db_migrations[i];
	}
	return 0;
}

int db_migrate(struct db *db, const char *store_path, struct err *err)
{
	autofree const struct db_migration **pending = xcalloc(db_n_migrations, sizeof(*pending));
	size_t n = 0;

	db->n_breaking = count_breaking();
	TRY(make_list(db, err));
	TRY(refuse_newer(db, err));
	TRY(list_pending(db, pending, &n, err));
	bool fresh = db->schema_number == 0; /* nothing to lose yet */
	if (store_path && n > 0 && !fresh)
		TRY(upgrade_copy_make(db, store_path, pending[0]->number, err));
	for (size_t i = 0; i < n; i++)
		TRY(apply(db, pending[i], err));
	if (store_path)
		upgrade_copies_expire(store_path, time_wall_us());
	return 0;
}

int db_migrate_check(struct db *db, struct err *err)
{
	return refuse_newer(db, err);
}
