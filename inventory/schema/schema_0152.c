/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Migration 152: the columns that migration 130 put behind until_us in two histories stand before it,
 * so that versions from before 130, which copy rows by the place of their columns, work beside this one.
 */
#include "schema.h"

#define RUN                                                                                        \
	"num, id, host_num, tier, seed, state, result, started_us, ended_us, records, detail, "    \
	"changed_us, revision, retest_of, until_us"
#define FAULT                                                                                      \
	"num, id, host_num, state, code, part_type, part_number, part_serial, slot, action, "      \
	"detail, turn, run_id, opened_us, closed_us, closed_by, note, changed_us, revision, "      \
	"certainty, rma, until_us"

#define IN_PLACE_OF(table, names)                                                                  \
	"INSERT INTO " table "_152 (" names ") SELECT " names " FROM " table, "DROP TABLE " table, \
		"ALTER TABLE " table "_152 RENAME TO " table,                                      \
		"CREATE INDEX " table "_until ON " table " (until_us, changed_us)"

static const char *const statements[] = {
	"CREATE TABLE run_history_152 (num INTEGER NOT NULL, id TEXT NOT NULL, host_num INTEGER NOT "
	"NULL, tier TEXT NOT NULL, seed INTEGER NOT NULL, state TEXT NOT NULL, result TEXT NOT NULL, "
	"started_us INTEGER NOT NULL, ended_us INTEGER, records INTEGER NOT NULL, detail TEXT NOT "
	"NULL, changed_us INTEGER NOT NULL, revision INTEGER NOT NULL, retest_of TEXT NOT NULL "
	"DEFAULT '', until_us INTEGER NOT NULL, PRIMARY KEY (num, until_us)) STRICT",
	IN_PLACE_OF("run_history", RUN),
	"CREATE TABLE fault_history_152 (num INTEGER NOT NULL, id TEXT NOT NULL, host_num INTEGER NOT "
	"NULL, state TEXT NOT NULL, code TEXT NOT NULL, part_type TEXT NOT NULL, part_number TEXT "
	"NOT NULL, part_serial TEXT NOT NULL, slot TEXT NOT NULL, action TEXT NOT NULL, detail TEXT "
	"NOT NULL, turn TEXT NOT NULL, run_id TEXT NOT NULL, opened_us INTEGER NOT NULL, closed_us "
	"INTEGER, closed_by TEXT NOT NULL, note TEXT NOT NULL, changed_us INTEGER NOT NULL, revision "
	"INTEGER NOT NULL, certainty TEXT NOT NULL DEFAULT '', rma TEXT NOT NULL DEFAULT '', "
	"until_us INTEGER NOT NULL, PRIMARY KEY (num, until_us)) STRICT",
	IN_PLACE_OF("fault_history", FAULT),
	"UPDATE migration SET additive = 1 WHERE number = 130",
	NULL,
};

const struct db_migration schema_0152 = {152, "columns of histories in order", statements, NULL};
