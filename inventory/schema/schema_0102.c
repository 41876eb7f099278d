/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Migration 102: an arm says what work on the disk it permits. Arms from before permit imaging.
 */
#include "schema.h"

static const char *const statements[] = {
	"ALTER TABLE flow_arm ADD COLUMN work TEXT NOT NULL DEFAULT 'image'",
	NULL,
};

const struct db_migration schema_0102 = {102, "arms to erase", statements, NULL};
