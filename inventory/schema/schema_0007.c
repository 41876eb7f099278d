/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Migration 7: the list that capacity teams walk most, hosts of a SKU in a state by serial, without
 * a look at each host's row to sort them.
 */
#include "schema.h"

static const char *const statements[] = {
	"CREATE INDEX host_listed ON host (sku, state, serial)",
	NULL,
};

const struct db_migration schema_0007 = {7, "hosts of a SKU by serial", statements, NULL};
