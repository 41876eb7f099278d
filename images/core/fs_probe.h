/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What file system lies in a range of a disk, over libblkid.
 */
#ifndef IMAGES_CORE_FS_PROBE_H
#define IMAGES_CORE_FS_PROBE_H

#include <base/digest.h>
#include <images/manifest.h>

/* PARTITION_FS_NONE for anything that manifests have no word for. ret_uuid: "" when there is none.
 */
enum partition_fs fs_probe(int fd, uint64_t offset_bytes, uint64_t size_bytes,
			   char ret_uuid[static UUID_TEXT_BYTES]);

#endif
