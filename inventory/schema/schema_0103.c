/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Migration 103: orders that wait for a second person, the people that tokens belong to, and which
 * hosts somebody uses. A host that is in service, or was when it was taken out for work, is in use
 * until it is released.
 */
#include "schema.h"

#define ORDER_COLUMNS                                                                              \
	"id TEXT NOT NULL, work TEXT NOT NULL, host_num INTEGER NOT NULL, host_count INTEGER NOT " \
	"NULL, hosts TEXT NOT NULL, body TEXT NOT NULL, plan_hash TEXT NOT NULL, why TEXT NOT "    \
	"NULL, reason TEXT NOT NULL, who TEXT NOT NULL, owner TEXT NOT NULL, token_num INTEGER "   \
	"NOT NULL, created_us INTEGER NOT NULL, expires_us INTEGER NOT NULL, state TEXT NOT "      \
	"NULL, decided_us INTEGER, decided_by TEXT NOT NULL, decided_owner TEXT NOT NULL, note "   \
	"TEXT NOT NULL, changed_us INTEGER NOT NULL, revision INTEGER NOT NULL"

static const char *const statements[] = {
	TABLE_WITH_HISTORY("flow_order", ORDER_COLUMNS),
	"CREATE UNIQUE INDEX flow_order_id ON flow_order (id)",
	"CREATE INDEX flow_order_state ON flow_order (state, expires_us)",
	"CREATE TABLE flow_order_host (host_num INTEGER NOT NULL, order_num INTEGER NOT NULL, "
	"PRIMARY KEY (host_num, order_num)) STRICT, WITHOUT ROWID",
	"ALTER TABLE token ADD COLUMN owner TEXT NOT NULL DEFAULT ''",
	"ALTER TABLE flow_host ADD COLUMN in_use INTEGER NOT NULL DEFAULT 0",
	"UPDATE flow_host SET in_use = 1 WHERE host_num IN (SELECT num FROM host WHERE state = "
	"'in-service' OR (state = 'maintenance' AND num IN (SELECT num FROM host_history WHERE "
	"state = 'in-service')))",
	NULL,
};

const struct db_migration schema_0103 = {103, "orders and persons", statements, NULL};
