/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Migration 17: sort keys of versions anew, since dates and "~" are understood. The version before
 * adds keys of its own rules for texts that it sees first, until it is upgraded.
 */
#include "schema.h"

#include "../parts/version.h"

static const char *const statements[] = {NULL};

const struct db_migration schema_0017 = {17, "order of dates and early versions", statements,
					 version_fill_again};
