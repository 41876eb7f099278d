/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The list of migrations, one constant each, and the shape that tables with a history share.
 * Nothing here runs: store/migrate.c applies migrations.c in order.
 */
#ifndef INVENTORY_SCHEMA_H
#define INVENTORY_SCHEMA_H

#include <inventory/db.h>

/* X (num, COLUMNS) and X_history (num, COLUMNS, until_us). COLUMNS holds changed_us. The history is
 * an ordinary rowid table: SQLite 3.40's quick_check finds "NULL value" in healthy WITHOUT ROWID
 * tables whose key columns are not the first ones. */
#define TABLE_WITH_HISTORY(name, columns)                                                          \
	"CREATE TABLE " name " (num INTEGER PRIMARY KEY, " columns ") STRICT",                     \
		"CREATE TABLE " name "_history (num INTEGER NOT NULL, " columns                    \
		", until_us INTEGER NOT NULL, PRIMARY KEY (num, until_us)) STRICT",                \
		"CREATE INDEX " name "_history_until ON " name "_history (until_us, changed_us)"

extern const struct db_migration schema_0001;
extern const struct db_migration schema_0002;
extern const struct db_migration schema_0003;
extern const struct db_migration schema_0004;
extern const struct db_migration schema_0005;
extern const struct db_migration schema_0006;
extern const struct db_migration schema_0007;
extern const struct db_migration schema_0008;
extern const struct db_migration schema_0009;
extern const struct db_migration schema_0010;
extern const struct db_migration schema_0012;
extern const struct db_migration schema_0013;
extern const struct db_migration schema_0014;
extern const struct db_migration schema_0015;
extern const struct db_migration schema_0016;
extern const struct db_migration schema_0017;
extern const struct db_migration schema_0018;
extern const struct db_migration schema_0101;
extern const struct db_migration schema_0102;
extern const struct db_migration schema_0103;
extern const struct db_migration schema_0104;
extern const struct db_migration schema_0105;
extern const struct db_migration schema_0120;
extern const struct db_migration schema_0121;
extern const struct db_migration schema_0130;
extern const struct db_migration schema_0131;
extern const struct db_migration schema_0140;
extern const struct db_migration schema_0150;
extern const struct db_migration schema_0151;
extern const struct db_migration schema_0160;
extern const struct db_migration schema_0152;

#endif
