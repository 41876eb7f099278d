/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The type and UUID of a file system by its superblock; see fs_probe.h.
 */
#include "fs_probe.h"

#include <blkid/blkid.h>

#include <base/json.h>
#include <base/str.h>

static enum partition_fs fs_of_word(const char *word)
{
	for (int i = PARTITION_FS_NONE + 1; i < _PARTITION_FS_MAX; i++)
		if (str_eq(word, partition_fs_str((enum partition_fs)i)))
			return (enum partition_fs)i;
	return PARTITION_FS_NONE;
}

enum partition_fs fs_probe(int fd, uint64_t offset_bytes, uint64_t size_bytes,
			   char ret_uuid[static UUID_TEXT_BYTES])
{
	enum partition_fs fs = PARTITION_FS_NONE;
	blkid_probe probe = blkid_new_probe();
	const char *word = NULL;

	ret_uuid[0] = '\0';
	if (!probe)
		return fs;
	if (!blkid_probe_set_device(probe, fd, (blkid_loff_t)offset_bytes,
				    (blkid_loff_t)size_bytes) &&
	    !blkid_probe_enable_superblocks(probe, 1) &&
	    !blkid_probe_set_superblocks_flags(probe, BLKID_SUBLKS_UUID | BLKID_SUBLKS_TYPE) &&
	    !blkid_do_safeprobe(probe)) {
		if (!blkid_probe_lookup_value(probe, "TYPE", &word, NULL))
			fs = fs_of_word(word);
		if (!blkid_probe_lookup_value(probe, "UUID", &word, NULL) &&
		    !str_copy(ret_uuid, UUID_TEXT_BYTES, word))
			ret_uuid[0] = '\0';
	}
	blkid_free_probe(probe);
	return fs;
}
