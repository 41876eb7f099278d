/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Migration 121: secrets of a profile's document (cloud-init's user data) lie sealed, apart from
 * it. What showed them before is emptied; the daemon seals those of stored profiles when it
 * starts. An order that waits with such a document ends: it is placed again.
 */
#include "schema.h"

static const char *const statements[] = {
	"ALTER TABLE flow_profile ADD COLUMN secret TEXT NOT NULL DEFAULT ''",
	"CREATE TABLE flow_order_secret (order_id TEXT PRIMARY KEY, sealed TEXT NOT NULL) STRICT",
	"UPDATE event SET detail = '{}' WHERE kind = 'profile.written' AND detail LIKE "
	"'%user_data%'",
	"UPDATE flow_order SET state = 'expired' WHERE state = 'pending' AND work = 'profile' AND "
	"body LIKE '%user_data%'",
	"UPDATE flow_order SET body = '{}' WHERE work = 'profile' AND body LIKE '%user_data%'",
	"UPDATE flow_order_history SET body = '{}' WHERE work = 'profile' AND body LIKE "
	"'%user_data%'",
	NULL,
};

const struct db_migration schema_0121 = {121, "secrets of profiles apart", statements, NULL};
