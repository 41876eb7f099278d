/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Migration 13: what events of states say, as columns, with the day they belong to; and the
 * differences between expected and found, kept up to date with each change of a host. Rows of before
 * are filled by upgrade_finish().
 */
#include "schema.h"

static const char *const statements[] = {
	"ALTER TABLE event ADD COLUMN state_from TEXT NOT NULL DEFAULT ''",
	"ALTER TABLE event ADD COLUMN state_to TEXT NOT NULL DEFAULT ''",
	"ALTER TABLE event ADD COLUMN seconds INTEGER",
	"ALTER TABLE event ADD COLUMN day TEXT NOT NULL DEFAULT ''",
	"CREATE INDEX event_state_to ON event (state_to, id)",
	"CREATE TABLE difference (num INTEGER PRIMARY KEY, host_num INTEGER NOT NULL, what TEXT "
	"NOT NULL, type TEXT NOT NULL, slot TEXT NOT NULL, field TEXT NOT NULL, part_number TEXT "
	"NOT NULL, expected TEXT NOT NULL, found TEXT NOT NULL, expected_value TEXT NOT NULL, "
	"found_value TEXT NOT NULL, since_us INTEGER NOT NULL) STRICT",
	"CREATE INDEX difference_host ON difference (host_num)",
	"CREATE INDEX difference_what ON difference (what, type)",
	/* which migrations upgrade_finish() has completed */
	"CREATE TABLE upgrade_done (number INTEGER PRIMARY KEY) STRICT",
	NULL,
};

const struct db_migration schema_0013 = {13, "events and differences as columns", statements, NULL};
