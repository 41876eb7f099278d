/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Migration 14: fields that people define for hosts, parts, SKUs, deliveries and locations
 * (inventory/custom.h). Tables of their own, so that the version before works beside them: its
 * history copies whole rows.
 */
#include "schema.h"

#define READY(object, name, type, unit, about)                                                     \
	"INSERT INTO custom_field (object, name, type, unit, choices, about, created_us) VALUES "  \
	"('" object "', '" name "', '" type "', '" unit "', '', '" about "', 0)"

static const char *const statements[] = {
	"CREATE TABLE custom_field (object TEXT NOT NULL, name TEXT NOT NULL, type TEXT NOT NULL, "
	"unit TEXT NOT NULL, choices TEXT NOT NULL, about TEXT NOT NULL, created_us INTEGER NOT "
	"NULL, PRIMARY KEY (object, name)) STRICT",
	/* all of a row's values at once, to show */
	"CREATE TABLE custom_body (object TEXT NOT NULL, num INTEGER NOT NULL, body TEXT NOT NULL, "
	"from_us INTEGER NOT NULL, until_us INTEGER NOT NULL, PRIMARY KEY (object, num, until_us)) "
	"STRICT",
	/* one by one, to ask for; tags have several of one name */
	"CREATE TABLE custom_value (object TEXT NOT NULL, num INTEGER NOT NULL, name TEXT NOT NULL, "
	"text TEXT NOT NULL, number INTEGER, from_us INTEGER NOT NULL, until_us INTEGER NOT NULL) "
	"STRICT",
	"CREATE INDEX custom_value_row ON custom_value (object, num, name, until_us)",
	"CREATE INDEX custom_value_text ON custom_value (object, name, text)",
	"CREATE INDEX custom_value_number ON custom_value (object, name, number)",
	READY("hosts", "owner", "text", "", "person or team that it belongs to"),
	READY("hosts", "project", "text", "", ""),
	READY("hosts", "purchase_order", "text", "", ""),
	READY("hosts", "price", "number", "", "in whole units of your currency"),
	READY("hosts", "warranty_end", "date", "", "last day"),
	READY("hosts", "support_end", "date", "", "last day"),
	READY("hosts", "watts_nominal", "number", "W", "of its power supplies"),
	READY("hosts", "watts_measured", "number", "W", "under load"),
	READY("hosts", "height_units", "number", "U", "rack units that it takes"),
	READY("hosts", "weight_kg", "number", "kg", ""),
	READY("hosts", "tags", "tags", "", ""),
	READY("skus", "price", "number", "", "in whole units of your currency"),
	READY("skus", "watts_nominal", "number", "W", "of hosts that have no value of their own"),
	READY("skus", "height_units", "number", "U", "of hosts that have no value of their own"),
	READY("skus", "tags", "tags", "", ""),
	READY("deliveries", "project", "text", "", ""),
	READY("deliveries", "owner", "text", "", ""),
	READY("deliveries", "price", "number", "", "in whole units of your currency"),
	READY("deliveries", "tags", "tags", "", ""),
	READY("parts", "price", "number", "", "in whole units of your currency"),
	READY("parts", "warranty_end", "date", "", "last day"),
	READY("parts", "purchase_order", "text", "", ""),
	READY("parts", "tags", "tags", "", ""),
	READY("locations", "watts_budget", "number", "W", "that may be drawn here"),
	READY("locations", "weight_limit_kg", "number", "kg", ""),
	READY("locations", "tags", "tags", "", ""),
	NULL,
};

const struct db_migration schema_0014 = {14, "fields that people define", statements, NULL};
