/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Building archives: from a root file system or a raw disk image to an unsigned .slip file. The
 * same input gives the same bytes: times come from SOURCE_DATE_EPOCH or from the input itself.
 */
#ifndef IMAGES_BUILD_H
#define IMAGES_BUILD_H

#include <images/manifest.h>
#include <base/err.h>

struct image_build_request {
	const char *input; /* tar, folder, OCI image (layout or archive), docker save, disk image */
	const char *output; /* the archive */
	const char *line;
	const char *version;
	enum image_arch arch;
	uint64_t seq;            /* 0: the time of creation in seconds */
	const char *layout_path; /* NULL: boot partitions and one root file system */
	uint32_t chunk_bytes;    /* 0: the default */
	int level;               /* of zstd, 0: 3 */
	unsigned n_threads;      /* 0: one a CPU */
	bool raw;                /* the input is a disk image, whatever it looks like */
	int64_t created_s;       /* 0: newest modification time of the input */
	/* NULL, or called between chunks: what is done ("read", "pack root.ext4"), and how much of it;
	 * total_bytes 0: not known */
	void (*progress)(void *arg, const char *what, uint64_t done_bytes, uint64_t total_bytes);
	void *progress_arg;
};
/* blocks: for seconds to minutes. errors: ERR_IMAGE_INPUT, ERR_IMAGE_LAYOUT, ERR_IMAGE_BOOT_LOADER,
 * ERR_IMAGE_MEMBER, ERR_IMAGE_MANIFEST, ERR_PROCESS*, ERR_IO. owns: *ret (may be NULL) is the
 * caller's. */
MUST_CHECK int image_build(const struct image_build_request *request, struct manifest **ret,
			   struct err *err);

#endif
