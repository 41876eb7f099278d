/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Migration 10: a receipt keeps which kind of trust root vouched for its image: "lab" or "hardened".
 * Of receipts from before it is not known.
 */
#include "schema.h"

static const char *const statements[] = {
	"ALTER TABLE receipt ADD COLUMN trust TEXT NOT NULL DEFAULT ''",
	NULL,
};

const struct db_migration schema_0010 = {10, "what vouched for an image", statements, NULL};
