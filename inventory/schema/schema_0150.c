/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Migration 150: what each host's last burn-in measured, for a look beside hosts of the same SKU and
 * firmware (inventory/measure.h). Rows are made by new runs; a version that does not know the table
 * works beside it.
 */
#include "schema.h"

static const char *const statements[] = {
	"CREATE TABLE run_measure (host_num INTEGER NOT NULL, name TEXT NOT NULL, sku TEXT NOT "
	"NULL, firmware TEXT NOT NULL, milli INTEGER NOT NULL, at_us INTEGER NOT NULL, PRIMARY "
	"KEY (host_num, name)) STRICT",
	"CREATE INDEX run_measure_name ON run_measure (sku, firmware, name, at_us)",
	NULL,
};

const struct db_migration schema_0150 = {150, "what burn-ins measured", statements, NULL};
