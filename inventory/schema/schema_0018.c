/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Migration 18: what serials say of lots (parts/serial_rule.h), and where spares lie. Parts that the
 * version before adds beside it have no lot.
 */
#include "schema.h"

#include "../parts/serial_rule.h"

static const char *const statements[] = {
	"CREATE TABLE part_lot (part_num INTEGER PRIMARY KEY, lot TEXT NOT NULL, made TEXT NOT "
	"NULL) STRICT",
	"CREATE INDEX part_lot_lot ON part_lot (lot)",
	"CREATE INDEX part_lot_made ON part_lot (made)",
	"INSERT INTO custom_field (object, name, type, unit, choices, about, created_us) VALUES "
	"('parts', 'shelf', 'text', '', '', 'where it lies while it is in no host', 0) ON CONFLICT "
	"(object, name) DO NOTHING",
	"INSERT INTO custom_field (object, name, type, unit, choices, about, created_us) VALUES "
	"('parts', 'note', 'text', '', '', '', 0) ON CONFLICT (object, name) DO NOTHING",
	NULL,
};

const struct db_migration schema_0018 = {18, "lots and spares", statements, serial_rule_fill};
