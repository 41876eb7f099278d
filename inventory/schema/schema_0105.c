/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Migration 105: an arm keeps the digest of the profile that it was made with, the person it counts
 * for and the second person who agreed; a profile keeps the second person who agreed to it. An open
 * arm from before has no digest, so the host is armed again.
 */
#include "schema.h"

static const char *const statements[] = {
	"ALTER TABLE flow_arm ADD COLUMN profile_digest TEXT NOT NULL DEFAULT ''",
	"ALTER TABLE flow_arm ADD COLUMN owner TEXT NOT NULL DEFAULT ''",
	"ALTER TABLE flow_arm ADD COLUMN agreed TEXT NOT NULL DEFAULT ''",
	"ALTER TABLE flow_arm ADD COLUMN automatic INTEGER NOT NULL DEFAULT 0",
	"UPDATE flow_arm SET automatic = 1 WHERE who LIKE 'profile:%'",
	"CREATE INDEX flow_arm_created ON flow_arm (created_us)",
	"CREATE INDEX flow_arm_host ON flow_arm (host_num, created_us)",
	"ALTER TABLE flow_profile ADD COLUMN agreed TEXT NOT NULL DEFAULT ''",
	NULL,
};

const struct db_migration schema_0105 = {105, "arms bound to profiles and persons", statements,
					 NULL};
