/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a system calls itself: ID and ID_LIKE of its os-release file (os-release(5)).
 */
#ifndef IMAGES_TOOL_BOOT_RELEASE_H
#define IMAGES_TOOL_BOOT_RELEASE_H

#include <stdbool.h>
#include <base/err.h>
#include <base/str.h>

#include "boot_files.h"

struct release {
	char id[32];    /* "" when there is none */
	char like[128]; /* several, between blanks */
};
/* out: empty names when the tree has no such file. trust: none */
MUST_CHECK int release_read(const struct boot_files *f, const struct plan *plan,
			    struct release *ret, struct err *err);
/* The same for its text. */
void release_parse(const char *text, size_t n_bytes, struct release *ret);

/* Is it the system's own name? A vendor's folder may be called otherwise: redhat is rhel's. */
bool release_is(const struct release *r, const char *vendor);
/* Is a word, not an empty one, among words between blanks? */
bool has_word(const char *words, struct sv word);
/* A name that every file system and every firmware can hold. */
bool boot_vendor_is_valid(const char *name);

#endif
