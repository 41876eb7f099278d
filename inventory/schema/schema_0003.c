/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Migration 3: what webhooks need besides their row and their dead letters: how often to try, dead
 * letters that are to be sent again, and the newest attempts, for people who look for a fault.
 */
#include "schema.h"

static const char *const statements[] = {
	"ALTER TABLE webhook ADD COLUMN max_tries INTEGER NOT NULL DEFAULT 12",
	"CREATE TABLE webhook_again (webhook_num INTEGER NOT NULL, event_id INTEGER NOT NULL, "
	"tries INTEGER NOT NULL, next_us INTEGER NOT NULL, PRIMARY KEY (webhook_num, event_id)) "
	"STRICT, WITHOUT ROWID",
	"CREATE TABLE webhook_attempt (webhook_num INTEGER NOT NULL, at_us INTEGER NOT NULL, "
	"event_id INTEGER NOT NULL, tries INTEGER NOT NULL, status INTEGER NOT NULL, took_ms "
	"INTEGER NOT NULL, result TEXT NOT NULL, PRIMARY KEY (webhook_num, at_us, event_id)) "
	"STRICT, WITHOUT ROWID",
	NULL,
};

const struct db_migration schema_0003 = {3, "webhook attempts", statements, NULL};
