/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Layouts of profiles: which partitions a host gets in place of those that an image was built with.
 * The server reads one when it is written and holds it against the image when a host is armed; the
 * agent reads it again from the signed plan and applies it. Only an image whose files are unpacked
 * on the host can take one. images/LAYOUT.md has the format.
 *
 *  1. disk_layout_parse()   2. disk_layout_apply() to a signed manifest gives the one that is
 *  installed. Pure.
 */
#ifndef IMAGES_DISK_LAYOUT_H
#define IMAGES_DISK_LAYOUT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <images/manifest.h>
#include <base/err.h>

#define DISK_LAYOUT_MAX_PARTITIONS                                                                 \
	12 /* beside them come the BIOS's and the ESP: MANIFEST_MAX_PARTITIONS */
#define DISK_LAYOUT_REST "rest"

enum disk_layout_role {
	DISK_LAYOUT_ESP,
	DISK_LAYOUT_BOOT, /* /boot apart: the loader reads ext4 there, whatever the root is */
	DISK_LAYOUT_ROOT,
	DISK_LAYOUT_ROOT_B, /* as large as the root, left empty: the next system's place */
	DISK_LAYOUT_SWAP,
	DISK_LAYOUT_DATA,
	_DISK_LAYOUT_ROLE_MAX
};
/* Also the name of root_b in a disk's partition table. */
const char *disk_layout_role_str(enum disk_layout_role role);
/* May a partition of this role have this file system? */
bool disk_layout_takes(enum disk_layout_role role, enum partition_fs fs);

struct disk_layout_partition {
	enum disk_layout_role role;
	enum partition_fs fs;
	uint64_t
		size_bytes; /* whole MiB; 0: what the disk has left, or, of the ESP, as in the image */
	char mount[MANIFEST_MOUNT_BYTES];
	char options[MANIFEST_OPTIONS_BYTES]; /* of fstab; "": the usual ones */
};

struct disk_layout {
	size_t n_partitions;
	struct disk_layout_partition
		partitions[DISK_LAYOUT_MAX_PARTITIONS]; /* as they lie on the disk */
};

/* {"partitions": [{"role", "fs", "size", "mount", "options"}]}. Strict; root_b
 * takes no size. trust: none of doc.
 * errors: ERR_IMAGE_LAYOUT, with a pointer to the field */
MUST_CHECK int disk_layout_parse(json_t *doc, struct disk_layout *ret, struct err *err);

/* Has it a /boot of its own? Then the tree's boot files show themselves under other paths. */
bool disk_layout_has_boot(const struct disk_layout *l);

/* The manifest with the partitions of the layout: the image's BIOS partition and ESP stay where they
 * are, the others follow. Its digest, names and payloads stay; min_disk_bytes is what the layout
 * needs. errors: ERR_IMAGE_LAYOUT_UNFIT, naming what the image lacks */
MUST_CHECK int disk_layout_apply(const struct disk_layout *l, const struct manifest *m,
				 struct manifest *ret, struct err *err);

#endif
