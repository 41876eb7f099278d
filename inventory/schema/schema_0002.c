/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Migration 2: what is expected (SKUs, deliveries, locations) and who may ask (tokens, audit log,
 * idempotency keys, webhooks).
 */
#include "schema.h"

#define SKU_COLUMNS                                                                                \
	"name TEXT NOT NULL, version INTEGER NOT NULL, body TEXT NOT NULL, note TEXT NOT NULL, "   \
	"created_us INTEGER NOT NULL, changed_us INTEGER NOT NULL, revision INTEGER NOT NULL"

#define DELIVERY_COLUMNS                                                                           \
	"name TEXT NOT NULL, vendor TEXT NOT NULL, purchase_order TEXT NOT NULL, site TEXT NOT "   \
	"NULL, due_us INTEGER, hosts INTEGER NOT NULL, note TEXT NOT NULL, created_us INTEGER "    \
	"NOT "                                                                                     \
	"NULL, changed_us INTEGER NOT NULL, revision INTEGER NOT NULL"

#define LOCATION_COLUMNS                                                                           \
	"site TEXT NOT NULL, rack_row TEXT NOT NULL, rack TEXT NOT NULL, rack_unit INTEGER NOT "   \
	"NULL, switch_name TEXT NOT NULL, switch_port TEXT NOT NULL, note TEXT NOT NULL, "         \
	"created_us INTEGER NOT NULL, changed_us INTEGER NOT NULL, revision INTEGER NOT NULL"

static const char *const statements[] = {
	TABLE_WITH_HISTORY("sku", SKU_COLUMNS),
	"CREATE UNIQUE INDEX sku_name ON sku (name)",
	TABLE_WITH_HISTORY("delivery", DELIVERY_COLUMNS),
	"CREATE UNIQUE INDEX delivery_name ON delivery (name)",
	"CREATE TABLE delivery_line (num INTEGER PRIMARY KEY, delivery_num INTEGER NOT NULL, line "
	"INTEGER NOT NULL, host_num INTEGER NOT NULL, serial TEXT NOT NULL, macs TEXT NOT NULL, "
	"sku TEXT NOT NULL, site TEXT NOT NULL, rack_row TEXT NOT NULL, rack TEXT NOT NULL, "
	"rack_unit INTEGER, asset_tag TEXT NOT NULL, switch_name TEXT NOT NULL, switch_port TEXT "
	"NOT NULL, created_us INTEGER NOT NULL) STRICT",
	"CREATE UNIQUE INDEX delivery_line_of ON delivery_line (delivery_num, line)",
	"CREATE INDEX delivery_line_host ON delivery_line (host_num)",
	TABLE_WITH_HISTORY("location", LOCATION_COLUMNS),
	"CREATE UNIQUE INDEX location_place ON location (site, rack_row, rack, rack_unit)",

	"CREATE TABLE token (num INTEGER PRIMARY KEY, name TEXT NOT NULL, hash TEXT NOT NULL, "
	"scopes TEXT NOT NULL, created_us INTEGER NOT NULL, created_by TEXT NOT NULL, expires_us "
	"INTEGER NOT NULL, last_used_us INTEGER, revoked_us INTEGER) STRICT",
	"CREATE UNIQUE INDEX token_hash ON token (hash)",
	"CREATE TABLE audit (id INTEGER PRIMARY KEY, at_us INTEGER NOT NULL, who TEXT NOT NULL, "
	"peer TEXT NOT NULL, method TEXT NOT NULL, path TEXT NOT NULL, status INTEGER NOT NULL, "
	"reason TEXT NOT NULL, body_sha256 TEXT NOT NULL, previous TEXT NOT NULL, hash TEXT NOT "
	"NULL) STRICT",
	"CREATE TABLE idempotency (who TEXT NOT NULL, idem_key TEXT NOT NULL, request_sha256 TEXT "
	"NOT NULL, status INTEGER NOT NULL, etag TEXT NOT NULL, body TEXT NOT NULL, at_us INTEGER "
	"NOT NULL, PRIMARY KEY (who, idem_key)) STRICT, WITHOUT ROWID",
	"CREATE INDEX idempotency_at ON idempotency (at_us)",
	"CREATE TABLE webhook (num INTEGER PRIMARY KEY, name TEXT NOT NULL, url TEXT NOT NULL, "
	"secret TEXT NOT NULL, kinds TEXT NOT NULL, state TEXT NOT NULL, last_id INTEGER NOT NULL, "
	"tries INTEGER NOT NULL, next_us INTEGER NOT NULL, lease_us INTEGER NOT NULL, last_error "
	"TEXT NOT NULL, delivered INTEGER NOT NULL, dead INTEGER NOT NULL, created_us INTEGER NOT "
	"NULL) STRICT",
	"CREATE UNIQUE INDEX webhook_name ON webhook (name)",
	"CREATE TABLE webhook_dead (webhook_num INTEGER NOT NULL, event_id INTEGER NOT NULL, at_us "
	"INTEGER NOT NULL, why TEXT NOT NULL, PRIMARY KEY (webhook_num, event_id)) STRICT, WITHOUT "
	"ROWID",
	NULL,
};

const struct db_migration schema_0002 = {2, "expectations and access", statements, NULL};
