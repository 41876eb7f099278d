/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Retention: rows of the past that decide nothing any more leave the store for archives, files of
 * NDJSON compressed with zstd whose SHA-256 the store keeps. Three kinds, each with an age of its own:
 * events (never those about arms, orders, permits, images, merges, and never the newest of its kind
 * of a host), history (versions of rows that ended; at= before it is refused from then on), records
 * (of burn-in runs that a newer whole run of the host has replaced and that no open fault refers to).
 *
 *  1. store_archive_write() in a reader process: rows older than an age to a new file, synced to the disk.
 *  2. store_archive_keep(): the file is listed in the store.
 *  3. store_archive_remove() until it returns 0: exactly the rows that the file holds are deleted, some at a
 *     time. After a crash between 2 and 3 the rows that are left go to another archive as well.
 */
#ifndef INVENTORY_STORE_ARCHIVE_H
#define INVENTORY_STORE_ARCHIVE_H

#include <jansson.h>
#include <base/digest.h>
#include <base/err.h>
#include <inventory/db.h>

#define ARCHIVE_ROWS_MAX 20000 /* of one archive */

enum archive_kind { ARCHIVE_EVENTS, ARCHIVE_HISTORY, ARCHIVE_RECORDS, _ARCHIVE_KIND_MAX };
const char *store_archive_kind_str(enum archive_kind kind); /* "events" */

/* Write the oldest rows of a kind from before a time into a file under dir. *ret: {"kind", "table",
 * "file", "sha256", "bytes", "rows", "before_us", "keys": [[..], ..]}; rows 0, and no file, when none
 * is as old. owns: *ret. blocks: seconds. errors: ERR_SYS, those of the store */
MUST_CHECK int store_archive_write(struct db *reader, enum archive_kind kind, int64_t before_us,
				   const char *dir, json_t **ret, struct err *err);

/* in: what store_archive_write() returned. trust: our own program's. */
MUST_CHECK int store_archive_keep(struct db *db, const json_t *written, int64_t now_us,
				  struct err *err);
/* Delete rows number *at to *at + n of it, in a transaction, and move *at on. 1: more, 0: all gone. */
MUST_CHECK int store_archive_remove(struct db *db, const json_t *written, size_t n, size_t *at,
				    struct err *err);

/* {"items": [{"id", "kind", "table", "file", "sha256", "bytes", "rows", "before", "made"}]}, oldest
 * first. owns: *ret */
MUST_CHECK int store_archive_list(struct db *db, json_t **ret, struct err *err);
/* Read an archive again, in a reader process. *ret: {"whole", "rows", "sha256", "finding"}; a file that
 * is gone or differs is an answer. owns: *ret. blocks. errors: ERR_NOT_FOUND */
MUST_CHECK int store_archive_check(struct db *reader, int64_t id, const char *dir, json_t **ret,
				   struct err *err);

struct archive_totals {
	int64_t archives, rows, bytes;
};
MUST_CHECK int store_archive_totals(struct db *db, struct archive_totals *ret, struct err *err);

/* Refuse a question about a moment whose versions are in archives. at_us 0: the present.
 * errors: ERR_ARCHIVED */
MUST_CHECK int store_archive_refuse_moment(struct db *db, int64_t at_us, const char *pointer,
					   struct err *err);
/* Refuse a walk of the change feed that begins before events that are in archives.
 * errors: ERR_ARCHIVED */
MUST_CHECK int store_archive_refuse_since(struct db *db, int64_t since, struct err *err);

/* Bytes that the store takes on its disk, now. */
MUST_CHECK int store_bytes(struct db *db, int64_t *ret, struct err *err);

#endif
