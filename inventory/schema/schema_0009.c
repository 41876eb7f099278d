/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Migration 9: the order of versions. Each distinct text of a version has its sort key here, filled
 * by parts/version.c; ranges of versions become ranges of keys.
 */
#include "schema.h"

#include "../parts/version.h"

static const char *const statements[] = {
	"CREATE TABLE version_key (version TEXT PRIMARY KEY, sort_key TEXT NOT NULL) STRICT, "
	"WITHOUT ROWID",
	"CREATE INDEX version_key_sorted ON version_key (sort_key)",
	"CREATE INDEX host_bios_version ON host (bios_version)",
	"CREATE INDEX part_firmware_of_all ON part (firmware)",
	NULL,
};

const struct db_migration schema_0009 = {9, "order of versions", statements, version_fill_all};
