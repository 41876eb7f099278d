/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Migration 131: machines that asked what to boot and were not let in (inventory/seen_host.h).
 */
#include "schema.h"

static const char *const statements[] = {
	"CREATE TABLE seen_host (mac TEXT PRIMARY KEY, uuid TEXT NOT NULL, serial TEXT NOT NULL, "
	"manufacturer TEXT NOT NULL, model TEXT NOT NULL, arch TEXT NOT NULL, firmware TEXT NOT "
	"NULL, address TEXT NOT NULL, answer TEXT NOT NULL, first_us INTEGER NOT NULL, last_us "
	"INTEGER NOT NULL, times INTEGER NOT NULL) STRICT",
	NULL,
};

const struct db_migration schema_0131 = {131, "hosts seen and not let in", statements, NULL};
