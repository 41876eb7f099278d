/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which rows of which tables an archive of a kind may hold, as one table. Private to
 * inventory/work/archive*.c.
 */
#ifndef INVENTORY_WORK_ARCHIVE_SOURCE_H
#define INVENTORY_WORK_ARCHIVE_SOURCE_H

#include <inventory/store_archive.h>

#define ARCHIVE_KEYS_MAX 2

struct archive_source {
	enum archive_kind kind;
	const char *table;
	const char *select;                 /* rows from before $1, at most $2 */
	const char *keys[ARCHIVE_KEYS_MAX]; /* columns, whole numbers; the second may be NULL */
	const char *remove;                 /* what has these keys */
};
extern const struct archive_source archive_sources[];
extern const size_t n_archive_sources;
const struct archive_source *archive_source_of(const char *table); /* NULL: none */

#endif
