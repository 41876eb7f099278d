/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Migration 120: which agent key may do a host's work. Hosts that were approved before keep the key
 * of the session that they have.
 */
#include "schema.h"

static const char *const statements[] = {
	"CREATE TABLE flow_key (host_num INTEGER PRIMARY KEY, bound TEXT NOT NULL DEFAULT '', "
	"by_person INTEGER NOT NULL DEFAULT 0, asking TEXT NOT NULL DEFAULT '') STRICT",
	"INSERT INTO flow_key (host_num, bound, by_person) SELECT f.host_num, max(s.agent_key), 1 "
	"FROM flow_host f JOIN flow_session s ON s.host_num = f.host_num AND s.closed_us = 0 WHERE "
	"f.approved = 1 GROUP BY f.host_num",
	NULL,
};

const struct db_migration schema_0120 = {120, "keys of agents", statements, NULL};
