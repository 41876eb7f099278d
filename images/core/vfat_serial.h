/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The serial number of a vfat volume, which blkid and fstab call its UUID ("6AF1-03C2").
 */
#ifndef IMAGES_CORE_VFAT_SERIAL_H
#define IMAGES_CORE_VFAT_SERIAL_H

#include <base/err.h>

#include "target.h"

/* Give the volume in this range a random serial, in its boot sector and in the copy of it. A range
 * that holds no vfat, or one from before there were serials, stays as it is. in: a target without
 * O_DIRECT. trust: none of the range's bytes. errors: ERR_IO. source: Microsoft's FAT
 * specification 1.03, "Boot Sector and BPB" */
MUST_CHECK int vfat_serial_renew(const struct target *t, uint64_t offset_bytes, uint64_t size_bytes,
				 struct err *err);

#endif
