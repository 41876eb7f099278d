/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Migration 16: what was taken out of the store by age, and in which file it lies
 * (inventory/store_archive.h).
 */
#include "schema.h"

static const char *const statements[] = {
	"CREATE TABLE archive (id INTEGER PRIMARY KEY, kind TEXT NOT NULL, source TEXT NOT NULL, file "
	"TEXT NOT NULL, sha256 TEXT NOT NULL, bytes INTEGER NOT NULL, row_count INTEGER NOT NULL, "
	"before_us INTEGER NOT NULL, last_key INTEGER NOT NULL, made_us INTEGER NOT NULL) STRICT",
	"CREATE INDEX archive_kind ON archive (kind, before_us)",
	NULL,
};

const struct db_migration schema_0016 = {16, "archives", statements, NULL};
