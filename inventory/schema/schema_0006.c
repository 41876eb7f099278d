/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Migration 6: indexes for what people look for by value: a part number, a firmware version, an
 * asset tag, a UUID, a model, and the switch port that the floor plan and LLDP name. Without them
 * each such question reads a whole table; tests/unit/inventory/test_plans.c notices.
 */
#include "schema.h"

static const char *const statements[] = {
	"CREATE INDEX part_number ON part (part_number)",
	"CREATE INDEX part_firmware ON part (type, firmware)",
	"CREATE INDEX host_asset_tag ON host (asset_tag)",
	"CREATE INDEX host_uuid ON host (uuid)",
	"CREATE INDEX host_model ON host (model)",
	/* by these and in the order that lists have when none is asked for */
	"CREATE INDEX host_in_state ON host (state)",
	"CREATE INDEX host_of_sku ON host (sku)",
	"CREATE INDEX host_of_delivery ON host (delivery)",
	"CREATE INDEX host_since ON host (state_since_us)",
	"CREATE INDEX host_switch ON host (switch_name, switch_port)",
	"CREATE INDEX location_switch ON location (switch_name, switch_port)",
	NULL,
};

const struct db_migration schema_0006 = {6, "indexes for questions", statements, NULL};
