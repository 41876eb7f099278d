/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Migration 130: runs that test again what was repaired, and what ticket systems keep with a fault.
 */
#include "schema.h"

#define ADD(table, column)                                                                         \
	"ALTER TABLE " table " ADD COLUMN " column " TEXT NOT NULL DEFAULT ''",                    \
		"ALTER TABLE " table "_history ADD COLUMN " column " TEXT NOT NULL DEFAULT ''"

static const char *const statements[] = {
	ADD("run", "retest_of"),
	ADD("fault", "certainty"),
	ADD("fault", "rma"),
	"ALTER TABLE flow_arm ADD COLUMN waiver TEXT NOT NULL DEFAULT ''",
	NULL,
};

const struct db_migration schema_0130 = {130, "repairs", statements, NULL};
