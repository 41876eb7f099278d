/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Migration 140: several disks of a host erased by one order, with the order's own methods. The arm is for
 * one disk at a time; the others wait under its id.
 */
#include "schema.h"

static const char *const statements[] = {
	"ALTER TABLE flow_arm ADD COLUMN methods TEXT NOT NULL DEFAULT ''",
	"CREATE TABLE flow_arm_disk (arm_id TEXT NOT NULL, place INTEGER NOT NULL, wwn TEXT NOT NULL, "
	"serial TEXT NOT NULL, bytes INTEGER NOT NULL, PRIMARY KEY (arm_id, place)) STRICT",
	NULL,
};

const struct db_migration schema_0140 = {140, "several disks erased by one order", statements,
					 NULL};
