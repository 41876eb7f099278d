/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which loaders an image gets, and where GRUB finds its configuration; see boot_parts.h.
 */
#include "boot_parts.h"

#include <string.h>

#include <base/json.h>
#include <base/str.h>

int boot_parts_begin(struct boot_parts *b, enum image_arch arch, const char *under, struct err *err)
{
	b->arch = arch;
	return boot_files_begin(&b->files, under, err);
}

void boot_parts_done(struct boot_parts *b)
{
	boot_files_done(&b->files);
}

static const char *find_bios_modules(const struct boot_parts *b)
{
	static const char *const folders[] = {"usr/lib/grub/i386-pc", "usr/share/grub2/i386-pc",
					      "usr/lib/grub2/i386-pc"};
	static const char *const needed[] = {"boot.img", "diskboot.img", "kernel.img",
					     "moddep.lst"};

	for (size_t i = 0; i < ARRAY_LEN(folders); i++) {
		bool all = b->arch == IMAGE_ARCH_X86_64;

		for (size_t j = 0; j < ARRAY_LEN(needed) && all; j++) {
			autofree char *path = xasprintf("%s/%s", folders[i], needed[j]);

			all = boot_files_find(&b->files, b->plan, path);
		}
		if (all)
			return folders[i];
	}
	return NULL;
}

/* GRUB counts from its own disk: a second disk with the same image is never taken. */
static void place_prefix(struct boot_parts *b, const struct layout *layout)
{
	const struct manifest_partition *owner = layout_owner(layout, b->loader.prefix);
	size_t n = owner->role == PARTITION_ROLE_ROOT ? 0 : strlen(owner->mount);

	b->grub_partition = owner->number;
	(void)snprintf(b->grub_path, sizeof(b->grub_path), "/%s", b->loader.prefix + n);
}

int boot_parts_choose(struct boot_parts *b, const struct plan *plan, const struct layout *layout,
		      struct err *err)
{
	bool grub = layout->boot == LAYOUT_BOOT_GRUB || layout->boot == LAYOUT_BOOT_AUTO;

	b->plan = plan;
	b->bios_modules = grub ? find_bios_modules(b) : NULL;
	/* an image that was asked to start by BIOS alone needs no loader for UEFI */
	TRY(boot_loader_choose(&b->files, plan, b->arch,
			       layout->firmware_set && !(layout->firmware & IMAGE_FIRMWARE_UEFI)
				       ? LAYOUT_BOOT_NONE
				       : layout->boot,
			       &b->loader, err));
	place_prefix(b, layout);
	return 0;
}

unsigned boot_parts_firmware(const struct boot_parts *b)
{
	return (b->bios_modules ? IMAGE_FIRMWARE_BIOS : 0) |
	       (b->loader.system ? IMAGE_FIRMWARE_UEFI : 0);
}
