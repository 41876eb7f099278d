/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Migration 5: the head of the audit log: how many rows were ever written and the hash of the last,
 * so that rows taken from its end are missed.
 */
#include "schema.h"

#define FIRST_HASH "'0000000000000000000000000000000000000000000000000000000000000000'"

static const char *const statements[] = {
	"CREATE TABLE audit_head (one INTEGER PRIMARY KEY, n_rows INTEGER NOT NULL, hash TEXT NOT "
	"NULL) STRICT",
	"INSERT INTO audit_head (one, n_rows, hash) SELECT 1, count(*), coalesce((SELECT hash FROM "
	"audit ORDER BY id DESC LIMIT 1), " FIRST_HASH ") FROM audit",
	NULL,
};

const struct db_migration schema_0005 = {5, "audit head", statements, NULL};
