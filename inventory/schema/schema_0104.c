/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Migration 104: an arm remembers that somebody asked for the latest image and not for this one.
 * Arms from before named theirs.
 */
#include "schema.h"

static const char *const statements[] = {
	"ALTER TABLE flow_arm ADD COLUMN latest INTEGER NOT NULL DEFAULT 0",
	NULL,
};

const struct db_migration schema_0104 = {104, "arms of the latest image", statements, NULL};
