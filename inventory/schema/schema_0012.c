/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Migration 12: rolling upgrades. Which migrations are additive, so that the version before goes on
 * beside them, and how many are not, which each change looks at.
 */
#include "schema.h"

static const char *const statements[] = {
	"ALTER TABLE migration ADD COLUMN additive INTEGER NOT NULL DEFAULT 0",
	"ALTER TABLE fleet_clock ADD COLUMN breaking INTEGER NOT NULL DEFAULT 0",
	NULL,
};

const struct db_migration schema_0012 = {12, "rolling upgrades", statements, NULL};
