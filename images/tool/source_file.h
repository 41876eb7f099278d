/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Input files as they are opened everywhere in this room: packed or not, as plain bytes or as a tar.
 * Only libraries unpack them, no other program is run. After the last byte, source_file_end() checks that
 * the file was whole: the sums of a packed file stand at its end.
 *
 *     AUTO(source_file) struct source_file *f = NULL;
 *     TRY(source_file_tar(path, &f, err));
 *     while (archive_read_next_header(source_file_archive(f), &entry) == ARCHIVE_OK) ...
 *     TRY(source_file_end(f, err));
 */
#ifndef IMAGES_TOOL_SOURCE_FILE_H
#define IMAGES_TOOL_SOURCE_FILE_H

#include <archive.h>
#include <archive_entry.h>
#include <stdbool.h>
#include <stdint.h>
#include <base/cleanup.h>
#include <base/err.h>

struct source_file;

/* Open a file for archive_read_data(), or for archive_read_next_header() as a tar.
 * owns: *ret is the caller's. errors: ERR_IMAGE_INPUT. trust: none */
MUST_CHECK int source_file_bytes(const char *path, struct source_file **ret, struct err *err);
MUST_CHECK int source_file_tar(const char *path, struct source_file **ret, struct err *err);
void source_file_close(struct source_file *f);
DEFINE_AUTO(source_file, struct source_file, source_file_close);

struct archive *source_file_archive(struct source_file *f);
/* What went wrong in the archive. */
const char *source_file_fault(const struct source_file *f);
bool source_file_is_packed(const struct source_file *f);
/* How far it was read, unpacked. */
uint64_t source_file_plain_bytes(const struct source_file *f);
/* A few packed bytes of zeros fill the builder's disk. Refuse a file that unpacks to plain_bytes, read
 * or announced, if that is over 4 GiB and over 500 times its size. A tar's reader is stopped
 * there by itself. errors: ERR_IMAGE_INPUT */
MUST_CHECK int source_file_check_growth(const struct source_file *f, uint64_t plain_bytes,
					struct err *err);

/* Bytes of an open tar, unpacked, that its reader has seen; of a packed one the last SOURCE_KEPT_BYTES
 * are there. errors: ERR_IMAGE_INPUT: the tar ends before, or they went */
#define SOURCE_KEPT_BYTES (4 * 1024 * 1024)
MUST_CHECK int source_file_plain_at(const struct source_file *f, uint64_t at, void *ret,
				    size_t n_bytes, struct err *err);

/* After the last byte or entry: read what is left. errors: ERR_IMAGE_INPUT: a packed file that is
 * cut, damaged or followed by something; a tar with another tar behind it */
MUST_CHECK int source_file_end(struct source_file *f, struct err *err);

#endif
