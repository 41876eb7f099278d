/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The file of an archive: lines, compressed with zstd, hashed as they lie on the disk. Private to
 * inventory/work/archive*.c.
 *
 *  1. archive_file_new() makes a file under a temporary name. 2. archive_file_line() for each row.
 *  3. archive_file_end() syncs it and gives it its name, or archive_file_drop() removes it.
 */
#ifndef INVENTORY_WORK_ARCHIVE_FILE_H
#define INVENTORY_WORK_ARCHIVE_FILE_H

#include <base/digest.h>
#include <base/err.h>

struct archive_file;
MUST_CHECK int archive_file_new(const char *dir, struct archive_file **ret, struct err *err);
MUST_CHECK int archive_file_line(struct archive_file *f, const char *text, struct err *err);
struct archive_file_result {
	char name[128], sha256[SHA256_HEX_BYTES];
	int64_t bytes;
};
/* Frees f, whatever the result. name: "PREFIX-DIGEST.ndjson.zst" */
MUST_CHECK int archive_file_end(struct archive_file *f, const char *prefix,
				struct archive_file_result *ret, struct err *err);
void archive_file_drop(struct archive_file *f);

/* Read it again: its hash and how many lines it holds. errors: ERR_SYS, ERR_INVALID (not zstd) */
MUST_CHECK int archive_file_look(const char *path, char ret_sha256[static SHA256_HEX_BYTES],
				 int64_t *ret_lines, struct err *err);

#endif
