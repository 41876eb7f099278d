/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Migration 151: what agents signed about the records of a burn-in run. A version that does not know
 * the table works beside it.
 */
#include "schema.h"

static const char *const statements[] = {
	"CREATE TABLE run_signature (run_id TEXT NOT NULL, key_sha256 TEXT NOT NULL, envelope TEXT "
	"NOT NULL, at_us INTEGER NOT NULL, PRIMARY KEY (run_id, key_sha256)) STRICT",
	NULL,
};

const struct db_migration schema_0151 = {151, "signatures of burn-in records", statements, NULL};
