/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tars byte by byte, for what no tool writes: headers with a right sum and any fields.
 */
#ifndef TESTS_UNIT_IMAGES_RAW_TAR_H
#define TESTS_UNIT_IMAGES_RAW_TAR_H

#include <stddef.h>
#include <stdint.h>
#include <base/str.h>

#define RAW_TAR_MAX_BYTES (4 * 1024 * 1024)
#define RAW_TAR_PUTS      12

/* Bytes that take the place of those of a header that is otherwise plain. */
struct raw_put {
	size_t at;
	const char *text; /* NULL: no more */
};

/* A header (of a file "f" of mode 644, owned by root, unless put says otherwise) and its body, filled
 * up to 512 bytes. type: 0 for '0' */
void raw_tar_add(struct str *tar, char type, const struct raw_put *put, struct sv body);
/* "LENGTH key=value\n" */
char *raw_tar_record(const char *key, const char *value);
void raw_tar_end(struct str *tar);

#endif
