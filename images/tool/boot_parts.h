/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The boot loader of an image, made from files of its own root file system: GRUB for BIOS as boot
 * code and core image, shim and signed GRUB for UEFI in an EFI system partition.
 */
#ifndef IMAGES_TOOL_BOOT_PARTS_H
#define IMAGES_TOOL_BOOT_PARTS_H

#include <archive.h>
#include <archive_entry.h>
#include <images/manifest.h>
#include <base/err.h>

/* Files that were put aside while the tree went by. */
struct boot_parts {
	enum image_arch arch;
	char *folder; /* temporary, the parts' */
};
MUST_CHECK int boot_parts_begin(struct boot_parts *b, enum image_arch arch, const char *under,
				struct err *err);
/* True if the entry's content is wanted here. */
bool boot_parts_wants(const struct boot_parts *b, const char *path);
/* Keep the entry's content (a hard link is copied from what it names). */
MUST_CHECK int boot_parts_keep(struct boot_parts *b, const char *path, struct archive_entry *entry,
			       struct archive *a, struct err *err);
void boot_parts_done(struct boot_parts *b);

/* IMAGE_FIRMWARE_* for which all parts are there. */
unsigned boot_parts_firmware(const struct boot_parts *b);

/* BIOS: code of LBA 0 and the core image as a file of size_bytes for a partition at start_bytes. */
MUST_CHECK int boot_parts_bios(const struct boot_parts *b, uint64_t start_bytes,
			       uint64_t size_bytes,
			       uint8_t ret_code[static MANIFEST_BOOT_CODE_BYTES], int *ret_fd,
			       struct err *err);
/* UEFI: a vfat file system of size_bytes. */
MUST_CHECK int boot_parts_esp(const struct boot_parts *b, uint64_t size_bytes,
			      uint32_t sector_bytes, int64_t created_s, int *ret_fd,
			      struct err *err);

#endif
