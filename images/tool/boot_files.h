/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The files of a tree that its boot loaders are made from, put aside in a temporary folder while
 * the tree is read for the first time. Links are followed when the whole tree is known.
 */
#ifndef IMAGES_TOOL_BOOT_FILES_H
#define IMAGES_TOOL_BOOT_FILES_H

#include <archive.h>
#include <archive_entry.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <base/err.h>
#include <base/vec.h>

#include "tree_plan.h"

#define BOOT_FILE_MAX_BYTES ((uint64_t)1 << 29) /* a unified kernel image with its initrd */
#define BOOT_FILES_MAX      8192                /* GRUB has 300 modules for each platform */

struct boot_file {
	char *path; /* in the tree */
	char *kept; /* on the builder's disk; NULL: too large to be a loader's */
	uint64_t size_bytes;
};
struct boot_files {
	char *folder;
	uint64_t n_bytes;
	VEC(struct boot_file) files;
};

MUST_CHECK int boot_files_begin(struct boot_files *f, const char *under, struct err *err);
void boot_files_done(struct boot_files *f);

/* May a boot loader be made from this file? path: cleaned. */
bool boot_files_wants(const char *path);
/* Keep the entry's content; of what is too large, the name. errors: ERR_IMAGE_INPUT, ERR_IO */
MUST_CHECK int boot_files_keep(struct boot_files *f, const char *path, struct archive_entry *entry,
			       struct archive *a, struct err *err);

/* What a path of the tree leads to, through links. NULL: nothing that was kept. */
const struct boot_file *boot_files_find(const struct boot_files *f, const struct plan *plan,
					const char *path);
/* errors: ERR_IMAGE_BOOT_LOADER: too large */
MUST_CHECK int boot_file_check(const struct boot_file *file, struct err *err);
/* The content. owns: *ret_p is the caller's. */
MUST_CHECK int boot_file_read(const struct boot_file *file, char **ret_p, size_t *ret_n_bytes,
			      struct err *err);
/* A path in the temporary folder; the caller frees. */
MUST_CHECK char *boot_files_new_path(const struct boot_files *f, const char *name);

#endif
