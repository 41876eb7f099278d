/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Layout files: which partitions an image has and how it boots. JSON:
 *
 *   {"boot":"auto","firmware":["bios","uefi"],"partitions":[
 *     {"role":"bios"},{"role":"esp","size":"64M","mount":"/boot/efi"},
 *     {"role":"root","fs":"ext4","size":"4G","mount":"/","grow":true}],
 *    "unpack":false,"devices":false}
 *
 * Every field may be left out. "size" is bytes or a text like "512M"; a root without a size is as
 * large as its content needs. "unpack": files are unpacked on the host instead of blocks (needed
 * for xfs). Further partitions: {"role":"data","fs":"ext4","size":"8G","mount":"/var"} and
 * {"role":"swap","size":"2G"}, each with a size. What the tree has under the mount point of an ext4
 * data partition becomes its content; other ones are made empty on the host. Partitions lie on the
 * disk in the order of the list.
 */
#ifndef IMAGES_TOOL_LAYOUT_H
#define IMAGES_TOOL_LAYOUT_H

#include <images/manifest.h>
#include <base/err.h>

enum layout_boot {
	LAYOUT_BOOT_AUTO, /* what the tree has: GRUB, systemd-boot, a unified kernel image */
	LAYOUT_BOOT_GRUB,
	LAYOUT_BOOT_SYSTEMD,
	LAYOUT_BOOT_UNIFIED,
	LAYOUT_BOOT_NONE, /* nothing boots from this disk */
	_LAYOUT_BOOT_MAX
};

struct layout {
	enum layout_boot boot;
	bool firmware_set; /* firmware was named: its boot loader must be there */
	unsigned firmware;
	uint32_t sector_bytes; /* of the disks that it is for */
	bool esp_sized;        /* the size of the EFI system partition was named */
	bool unpack;
	bool devices;
	size_t n_partitions;
	struct manifest_partition partitions[MANIFEST_MAX_PARTITIONS]; /* without places */
};

/* in: path NULL for the default of the architecture. trust: the file is the builder's own.
 * errors: ERR_IMAGE_LAYOUT */
MUST_CHECK int layout_load(const char *path, enum image_arch arch, struct layout *ret,
			   struct err *err);
/* Enlarge the EFI system partition to what its content needs. errors: ERR_IMAGE_LAYOUT: the layout
 * names a smaller size */
MUST_CHECK int layout_fit_esp(struct layout *l, uint64_t needed_bytes, struct err *err);
/* Drop the partitions that only a firmware needs which the image does not support. */
void layout_drop_unused(struct layout *l, unsigned firmware);
/* The partition on which a cleaned path lies: by its mount point, the root or a data partition. */
const struct manifest_partition *layout_owner(const struct layout *l, const char *path);
/* Give partitions their places, one after the other from the first MiB; returns the end. in: sizes
 * are final. */
uint64_t layout_place(struct layout *l);

#endif
