/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Migration 101: the flow's tables: what it remembers of a host, sessions, plans, arms, profiles,
 * settings. Rows of sessions, plans and arms are kept for good: they are the record of who was
 * permitted to write what where.
 */
#include "schema.h"

static const char *const statements[] = {
	"CREATE TABLE flow_host (host_num INTEGER PRIMARY KEY, approved INTEGER NOT NULL, "
	"inspected INTEGER NOT NULL, tested INTEGER NOT NULL, profile TEXT NOT NULL, macs TEXT NOT "
	"NULL, epoch INTEGER NOT NULL, tries INTEGER NOT NULL, fail_code TEXT NOT NULL, run_id "
	"TEXT NOT NULL, disk_wwn TEXT NOT NULL, disk_serial TEXT NOT NULL) STRICT",
	"CREATE INDEX host_deadline ON host (deadline_us) WHERE deadline_us IS NOT NULL",
	"CREATE TABLE flow_drives (host_num INTEGER PRIMARY KEY, drives TEXT NOT NULL) STRICT",

	"CREATE TABLE flow_session (id TEXT PRIMARY KEY, host_num INTEGER NOT NULL, agent_key TEXT "
	"NOT NULL, nonce TEXT NOT NULL, boot_id TEXT NOT NULL, epoch INTEGER NOT NULL, arch TEXT "
	"NOT NULL, firmware TEXT NOT NULL, opened_us INTEGER NOT NULL, closed_us INTEGER NOT NULL, "
	"acked INTEGER NOT NULL, steps INTEGER NOT NULL) STRICT",
	"CREATE INDEX flow_session_host ON flow_session (host_num, closed_us)",
	"CREATE INDEX flow_session_key ON flow_session (agent_key, nonce)",

	"CREATE TABLE flow_plan (id TEXT PRIMARY KEY, session_id TEXT NOT NULL, host_num INTEGER "
	"NOT NULL, seq INTEGER NOT NULL, kind TEXT NOT NULL, arm_id TEXT NOT NULL, run_id TEXT NOT "
	"NULL, issued_us INTEGER NOT NULL, expires_us INTEGER NOT NULL, ended_us INTEGER NOT NULL, "
	"result TEXT NOT NULL, envelope TEXT NOT NULL) STRICT",
	"CREATE UNIQUE INDEX flow_plan_live ON flow_plan (host_num) WHERE ended_us = 0",

	"CREATE TABLE flow_arm (id TEXT PRIMARY KEY, host_num INTEGER NOT NULL, image_digest TEXT "
	"NOT NULL, line TEXT NOT NULL, version TEXT NOT NULL, arch TEXT NOT NULL, disk_wwn TEXT "
	"NOT NULL, disk_serial TEXT NOT NULL, disk_bytes INTEGER NOT NULL, wipe_consent TEXT NOT "
	"NULL, who TEXT NOT NULL, reason TEXT NOT NULL, created_us INTEGER NOT NULL, expires_us "
	"INTEGER NOT NULL, consumed_us INTEGER NOT NULL, session_id TEXT NOT NULL, permit_id TEXT "
	"NOT NULL, first_boot_hash TEXT NOT NULL, ended_us INTEGER NOT NULL, result TEXT NOT NULL) "
	"STRICT",
	"CREATE UNIQUE INDEX flow_arm_open ON flow_arm (host_num) WHERE ended_us = 0",
	"CREATE INDEX flow_arm_token ON flow_arm (first_boot_hash)",

	"CREATE TABLE flow_profile (name TEXT PRIMARY KEY, priority INTEGER NOT NULL, doc TEXT NOT "
	"NULL, changed_us INTEGER NOT NULL) STRICT",
	"CREATE TABLE flow_setting (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT",
	NULL,
};

const struct db_migration schema_0101 = {101, "flow", statements, NULL};
