/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Migration 8: what lines of deliveries may hold besides: UUID, chassis, MAC address of the BMC. A
 * line's number is where it stood in its file, and files of one delivery may have the same numbers.
 */
#include "schema.h"

static const char *const statements[] = {
	"ALTER TABLE delivery_line ADD COLUMN uuid TEXT NOT NULL DEFAULT ''",
	"ALTER TABLE delivery_line ADD COLUMN chassis TEXT NOT NULL DEFAULT ''",
	"ALTER TABLE delivery_line ADD COLUMN bmc_mac TEXT NOT NULL DEFAULT ''",
	"DROP INDEX delivery_line_of",
	"CREATE INDEX delivery_line_of ON delivery_line (delivery_num, line)",
	"CREATE INDEX delivery_line_bmc ON delivery_line (bmc_mac)",
	NULL,
};

const struct db_migration schema_0008 = {8, "lines of deliveries", statements, NULL};
