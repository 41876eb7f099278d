/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Migration 160: people who sign in, where they are signed in, and one-time links
 * (inventory/account.h). A version that does not know the tables works beside it.
 */
#include "schema.h"

static const char *const statements[] = {
	"CREATE TABLE account (num INTEGER PRIMARY KEY, name TEXT NOT NULL, role TEXT NOT NULL, "
	"password TEXT NOT NULL, created_us INTEGER NOT NULL, created_by TEXT NOT NULL, "
	"signed_in_us INTEGER, disabled_us INTEGER) STRICT",
	"CREATE UNIQUE INDEX account_name ON account (name)",
	"CREATE TABLE account_session (hash TEXT PRIMARY KEY, account INTEGER NOT NULL, created_us "
	"INTEGER NOT NULL, used_us INTEGER NOT NULL, expires_us INTEGER NOT NULL) STRICT",
	"CREATE INDEX account_session_account ON account_session (account)",
	"CREATE TABLE account_link (hash TEXT PRIMARY KEY, account INTEGER NOT NULL, expires_us "
	"INTEGER NOT NULL) STRICT",
	NULL,
};

const struct db_migration schema_0160 = {160, "people who sign in", statements, NULL};
