/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The words of a manifest that stand for architectures, roles and file systems.
 */
#include <images/manifest.h>

#include <base/str.h>

#include "manifest_json.h"

const char *const image_arch_words[_IMAGE_ARCH_MAX] = {
	[IMAGE_ARCH_X86_64] = "x86_64",
	[IMAGE_ARCH_AARCH64] = "aarch64",
};
const char *const payload_role_words[_PAYLOAD_ROLE_MAX] = {
	[PAYLOAD_ROLE_FS] = "fs",
	[PAYLOAD_ROLE_DISK] = "disk",
	[PAYLOAD_ROLE_ROOTFS] = "rootfs",
};
const char *const partition_role_words[_PARTITION_ROLE_MAX] = {
	[PARTITION_ROLE_BIOS] = "bios", [PARTITION_ROLE_ESP] = "esp",
	[PARTITION_ROLE_ROOT] = "root", [PARTITION_ROLE_DATA] = "data",
	[PARTITION_ROLE_SWAP] = "swap",
};
const char *const partition_fs_words[_PARTITION_FS_MAX] = {
	[PARTITION_FS_NONE] = "none", [PARTITION_FS_EXT4] = "ext4", [PARTITION_FS_VFAT] = "vfat",
	[PARTITION_FS_XFS] = "xfs",   [PARTITION_FS_SWAP] = "swap", [PARTITION_FS_BTRFS] = "btrfs",
};

/* In the order of their bits, which is that of a manifest's list. */
static const char *const image_feature_words[IMAGE_FEATURES_MAX] = {
	"root-ext4",
	"root-xfs",
	"root-btrfs",
};

const char *image_feature_str(unsigned i)
{
	return image_feature_words[i];
}

const char *image_arch_str(enum image_arch arch)
{
	return image_arch_words[arch];
}

bool image_arch_parse(const char *text, enum image_arch *ret)
{
	for (int i = 0; i < _IMAGE_ARCH_MAX; i++) {
		if (str_eq(text, image_arch_words[i])) {
			*ret = (enum image_arch)i;
			return true;
		}
	}
	return false;
}

const char *payload_role_str(enum payload_role role)
{
	return payload_role_words[role];
}

const char *partition_role_str(enum partition_role role)
{
	return partition_role_words[role];
}

const char *partition_fs_str(enum partition_fs fs)
{
	return partition_fs_words[fs];
}
