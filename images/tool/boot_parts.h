/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The boot loader of an image, made from files of its own root file system: GRUB for BIOS as boot
 * code and core image (grub_image.c); for UEFI what boot_systems.h finds, in an EFI system
 * partition (esp_image.c).
 *
 *  1. boot_parts_begin()  2. boot_parts_keep() while the tree goes by  3. boot_parts_choose()
 *  4. boot_parts_bios(), boot_parts_esp()
 */
#ifndef IMAGES_TOOL_BOOT_PARTS_H
#define IMAGES_TOOL_BOOT_PARTS_H

#include <images/manifest.h>
#include <base/err.h>

#include "boot_files.h"
#include "boot_systems.h"
#include "layout.h"

#define BOOT_CODE_MAX_BYTES ((size_t)1 << 24) /* of one program of GRUB's */

struct boot_parts {
	enum image_arch arch;
	struct boot_files files;
	const struct plan *plan;
	struct boot_loader loader; /* for UEFI */
	const char *bios_modules;  /* GRUB's folder for BIOS in the tree; NULL: none */
	/* Where GRUB's configuration lies: on this partition, at this path of its. */
	unsigned grub_partition;
	char grub_path[64];
};
MUST_CHECK int boot_parts_begin(struct boot_parts *b, enum image_arch arch, const char *under,
				struct err *err);
void boot_parts_done(struct boot_parts *b);

/* The whole tree is known: which loaders it has. in: the plan stays. errors: see
 * boot_loader_choose() */
MUST_CHECK int boot_parts_choose(struct boot_parts *b, const struct plan *plan,
				 const struct layout *layout, struct err *err);
/* IMAGE_FIRMWARE_* for which all parts are there. */
unsigned boot_parts_firmware(const struct boot_parts *b);

/* BIOS: code of LBA 0 and the core image as a file of size_bytes for a partition at start_bytes. */
MUST_CHECK int boot_parts_bios(const struct boot_parts *b, uint64_t start_bytes,
			       uint64_t size_bytes,
			       uint8_t ret_code[static MANIFEST_BOOT_CODE_BYTES], int *ret_fd,
			       struct err *err);
/* The core image of GRUB for a platform ("i386-pc", "x86_64-efi") from its modules in the tree. */
MUST_CHECK int boot_parts_core(const struct boot_parts *b, const char *modules,
			       const char *platform, const char *core, struct err *err);

/* UEFI: the bytes that its partition needs, and a vfat file system of size_bytes. */
uint64_t boot_parts_esp_bytes(const struct boot_parts *b);
MUST_CHECK int boot_parts_esp(const struct boot_parts *b, uint64_t size_bytes,
			      uint32_t sector_bytes, int64_t created_s, int *ret_fd,
			      struct err *err);

#endif
