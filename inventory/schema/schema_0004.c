/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Migration 4: receipts say what work they are of, and keep the envelope that was signed, with the
 * fingerprint of the key. Receipts from before have neither.
 */
#include "schema.h"

static const char *const statements[] = {
	"ALTER TABLE receipt ADD COLUMN work TEXT NOT NULL DEFAULT 'image'",
	"ALTER TABLE receipt ADD COLUMN key_sha256 TEXT NOT NULL DEFAULT ''",
	"ALTER TABLE receipt ADD COLUMN envelope TEXT NOT NULL DEFAULT ''",
	NULL,
};

const struct db_migration schema_0004 = {4, "signed receipts", statements, NULL};
