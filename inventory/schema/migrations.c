/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every migration in order: 00xx is the inventory's, 01xx the flow's (profiles, arms, sessions).
 * The numbers only grow within a hundred; each is applied once, in a transaction of its own.
 */
#include "schema.h"

#include <base/cleanup.h>

const struct db_migration *const db_migrations[] = {
	&schema_0001, &schema_0002, &schema_0003, &schema_0004, &schema_0005, &schema_0006,
	&schema_0007, &schema_0008, &schema_0009, &schema_0010, &schema_0012, &schema_0013,
	&schema_0014, &schema_0015, &schema_0016, &schema_0017, &schema_0018, &schema_0101,
	&schema_0102, &schema_0103, &schema_0104, &schema_0105, &schema_0120, &schema_0121,
	&schema_0130, &schema_0131, &schema_0140, &schema_0150, &schema_0151, &schema_0152,
	&schema_0160,
};
const size_t db_n_migrations = ARRAY_LEN(db_migrations);

/* What the version before works beside: see db.h. All before 12 came before that was a rule. */
static const int additive[] = {12, 14, 15, 16, 17, 18, 130, 131, 140, 150, 151, 152, 160};

bool db_migration_is_additive(int number)
{
	for (size_t i = 0; i < ARRAY_LEN(additive); i++)
		if (additive[i] == number)
			return true;
	return false;
}
