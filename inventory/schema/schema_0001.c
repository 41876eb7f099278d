/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Migration 1: the fleet's clock, hosts with their evidence and facts, parts and placements,
 * events, burn-in runs, faults, receipts. A table X that changes has a sister X_history with the
 * same columns and until_us: it holds PAST versions only, moved there by history_keep() just before
 * a change, so that nothing is written while nothing changes and any moment can be asked for again.
 */
#include "schema.h"

#define HOST_COLUMNS                                                                               \
	"id TEXT NOT NULL, short_code TEXT NOT NULL, name TEXT NOT NULL, state TEXT NOT NULL, "    \
	"state_since_us INTEGER NOT NULL, state_detail TEXT NOT NULL, turn TEXT NOT NULL, "        \
	"deadline_us INTEGER, arch TEXT NOT NULL, firmware TEXT NOT NULL, "                        \
	"manufacturer TEXT NOT NULL, model TEXT NOT NULL, serial TEXT NOT NULL, "                  \
	"uuid TEXT NOT NULL, asset_tag TEXT NOT NULL, bios_version TEXT NOT NULL, "                \
	"cpu TEXT NOT NULL, sockets INTEGER, cores INTEGER, threads INTEGER, "                     \
	"memory_mib INTEGER, storage_bytes INTEGER, drives INTEGER, nics INTEGER, "                \
	"sku TEXT NOT NULL, sku_status TEXT NOT NULL, delivery TEXT NOT NULL, "                    \
	"site TEXT NOT NULL, rack_row TEXT NOT NULL, rack TEXT NOT NULL, rack_unit INTEGER, "      \
	"switch_name TEXT NOT NULL, switch_port TEXT NOT NULL, reserved_for TEXT NOT NULL, "       \
	"image_digest TEXT NOT NULL, image_line TEXT NOT NULL, image_version TEXT NOT NULL, "      \
	"faults INTEGER NOT NULL, weak INTEGER NOT NULL, review TEXT NOT NULL, "                   \
	"created_us INTEGER NOT NULL, changed_us INTEGER NOT NULL, revision INTEGER NOT NULL"

#define FACTS_COLUMNS                                                                              \
	"changed_us INTEGER NOT NULL, digest TEXT NOT NULL, brief TEXT NOT NULL, body BLOB NOT "   \
	"NULL"

#define PART_COLUMNS                                                                               \
	"fru_key TEXT NOT NULL, type TEXT NOT NULL, manufacturer TEXT NOT NULL, "                  \
	"part_number TEXT NOT NULL, model TEXT NOT NULL, serial TEXT NOT NULL, "                   \
	"wwn TEXT NOT NULL, firmware TEXT NOT NULL, capacity_mib INTEGER, "                        \
	"capacity_bytes INTEGER, speed_mhz INTEGER, cores INTEGER, threads INTEGER, "              \
	"protocol TEXT NOT NULL, media TEXT NOT NULL, health TEXT NOT NULL, "                      \
	"first_us INTEGER NOT NULL, changed_us INTEGER NOT NULL, revision INTEGER NOT NULL"

#define RUN_COLUMNS                                                                                \
	"id TEXT NOT NULL, host_num INTEGER NOT NULL, tier TEXT NOT NULL, seed INTEGER NOT NULL, " \
	"state TEXT NOT NULL, result TEXT NOT NULL, started_us INTEGER NOT NULL, "                 \
	"ended_us INTEGER, records INTEGER NOT NULL, detail TEXT NOT NULL, "                       \
	"changed_us INTEGER NOT NULL, revision INTEGER NOT NULL"

#define FAULT_COLUMNS                                                                              \
	"id TEXT NOT NULL, host_num INTEGER NOT NULL, state TEXT NOT NULL, code TEXT NOT NULL, "   \
	"part_type TEXT NOT NULL, part_number TEXT NOT NULL, part_serial TEXT NOT NULL, "          \
	"slot TEXT NOT NULL, action TEXT NOT NULL, detail TEXT NOT NULL, turn TEXT NOT NULL, "     \
	"run_id TEXT NOT NULL, opened_us INTEGER NOT NULL, closed_us INTEGER, "                    \
	"closed_by TEXT NOT NULL, note TEXT NOT NULL, changed_us INTEGER NOT NULL, "               \
	"revision INTEGER NOT NULL"

static const char *const statements[] = {
	"CREATE TABLE fleet_clock (one INTEGER PRIMARY KEY, last_id INTEGER NOT NULL, "
	"last_us INTEGER NOT NULL, generation INTEGER NOT NULL) STRICT",
	"INSERT INTO fleet_clock (one, last_id, last_us, generation) VALUES (1, 0, 0, 1)",

	TABLE_WITH_HISTORY("host", HOST_COLUMNS),
	"CREATE UNIQUE INDEX host_id ON host (id)",
	"CREATE UNIQUE INDEX host_short_code ON host (short_code)",
	"CREATE INDEX host_state ON host (state, state_since_us)",
	"CREATE INDEX host_serial ON host (serial)",
	"CREATE INDEX host_name ON host (name)",
	"CREATE INDEX host_place ON host (site, rack, rack_unit)",
	"CREATE INDEX host_delivery ON host (delivery, state)",
	"CREATE INDEX host_sums ON host (sku, state, site, rack, cores, memory_mib, storage_bytes)",
	"CREATE INDEX host_changed ON host (changed_us)",
	"CREATE INDEX host_memory ON host ((COALESCE(memory_mib, -1)))",

	/* its last contact: apart from the host, because it changes without anything having changed */
	"CREATE TABLE host_seen (host_num INTEGER PRIMARY KEY, seen_us INTEGER NOT NULL) STRICT",

	TABLE_WITH_HISTORY("host_facts", FACTS_COLUMNS),

	"CREATE TABLE evidence (kind TEXT NOT NULL, value TEXT NOT NULL, host_num INTEGER NOT "
	"NULL, first_us INTEGER NOT NULL, last_us INTEGER NOT NULL, PRIMARY KEY (kind, value, "
	"host_num)) STRICT, WITHOUT ROWID",
	"CREATE INDEX evidence_host ON evidence (host_num)",
	"CREATE TABLE evidence_shared (kind TEXT NOT NULL, value TEXT NOT NULL, since_us INTEGER "
	"NOT NULL, why TEXT NOT NULL, PRIMARY KEY (kind, value)) STRICT, WITHOUT ROWID",
	"CREATE TABLE identity_pending (host_num INTEGER PRIMARY KEY, at_us INTEGER NOT NULL, body "
	"TEXT NOT NULL) STRICT",
	"CREATE TABLE host_merged (old_id TEXT PRIMARY KEY, new_num INTEGER NOT NULL, at_us "
	"INTEGER NOT NULL) STRICT, WITHOUT ROWID",

	TABLE_WITH_HISTORY("part", PART_COLUMNS),
	"CREATE UNIQUE INDEX part_key ON part (fru_key)",
	"CREATE INDEX part_serial ON part (serial)",
	"CREATE INDEX part_type ON part (type, manufacturer, part_number)",
	"CREATE INDEX part_model ON part (model)",

	"CREATE TABLE placement (num INTEGER PRIMARY KEY, host_num INTEGER NOT NULL, part_num "
	"INTEGER NOT NULL, type TEXT NOT NULL, slot TEXT NOT NULL, attrs TEXT, from_us INTEGER NOT "
	"NULL, until_us INTEGER NOT NULL) STRICT",
	"CREATE INDEX placement_host ON placement (host_num, until_us)",
	"CREATE INDEX placement_part ON placement (part_num, until_us)",

	"CREATE TABLE event (id INTEGER PRIMARY KEY, at_us INTEGER NOT NULL, host_num INTEGER, "
	"kind TEXT NOT NULL, actor TEXT NOT NULL, summary TEXT NOT NULL, detail TEXT) STRICT",
	"CREATE INDEX event_at ON event (at_us)",
	"CREATE INDEX event_host ON event (host_num, id)",
	"CREATE INDEX event_kind ON event (kind, id)",

	TABLE_WITH_HISTORY("run", RUN_COLUMNS),
	"CREATE UNIQUE INDEX run_id ON run (id)",
	"CREATE INDEX run_host ON run (host_num, started_us)",
	"CREATE TABLE run_record (run_num INTEGER NOT NULL, seq INTEGER NOT NULL, at_us INTEGER "
	"NOT NULL, body TEXT NOT NULL, PRIMARY KEY (run_num, seq)) STRICT, WITHOUT ROWID",

	TABLE_WITH_HISTORY("fault", FAULT_COLUMNS),
	"CREATE UNIQUE INDEX fault_id ON fault (id)",
	"CREATE INDEX fault_host ON fault (host_num, state)",
	"CREATE INDEX fault_state ON fault (state, opened_us)",

	"CREATE TABLE receipt (num INTEGER PRIMARY KEY, host_num INTEGER NOT NULL, at_us INTEGER "
	"NOT NULL, image_digest TEXT NOT NULL, line TEXT NOT NULL, version TEXT NOT NULL, "
	"disk_serial TEXT NOT NULL, body TEXT NOT NULL) STRICT",
	"CREATE INDEX receipt_host ON receipt (host_num, num)",
	NULL,
};

const struct db_migration schema_0001 = {1, "inventory", statements, NULL};
