/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Serial numbers of vfat volumes; see vfat_serial.h. Four bytes whose place depends on the kind of
 * FAT: fatlabel would need to be in the ramdisk, and a device node for the range.
 */
#include "vfat_serial.h"

#include <string.h>
#include <unistd.h>

#include <base/bytes.h>
#include <base/digest.h>
#include <base/json.h>

#define BOOT_SECTOR_BYTES  512
#define BOOT_SIGNATURE_AT  510
#define SECTOR_BYTES_AT    11
#define SECTOR_BYTES_MAX   4096
#define COPY_SECTOR_AT     50 /* FAT32 */
#define SERIAL_BYTES       4
#define EXTENDED_SIGNATURE 0x29 /* says that serial, label and type follow */

/* Each kind: where the extended signature stands; the serial follows it. */
static const struct vfat_kind {
	const char *type; /* as the sector says, padded with spaces to 8 */
	size_t type_at, signature_at;
	bool has_copy;
} kinds[] = {
	{"FAT32   ", 82, 66, true},
	{"FAT16   ", 54, 38, false},
	{"FAT12   ", 54, 38, false},
};

/* NULL: not one of these. */
static const struct vfat_kind *kind_of(const uint8_t *sector)
{
	if (sector[BOOT_SIGNATURE_AT] != 0x55 || sector[BOOT_SIGNATURE_AT + 1] != 0xaa)
		return NULL;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (!memcmp(sector + kinds[i].type_at, kinds[i].type, strlen(kinds[i].type)) &&
		    sector[kinds[i].signature_at] == EXTENDED_SIGNATURE)
			return &kinds[i];
	return NULL;
}

/* 0: there is none. */
static uint64_t copy_offset(const struct vfat_kind *kind, const uint8_t *sector,
			    uint64_t size_bytes)
{
	struct cur bytes = cur_of(sector + SECTOR_BYTES_AT, 2),
		   at = cur_of(sector + COPY_SECTOR_AT, 2);
	uint64_t sector_bytes = cur_le16(&bytes), offset = cur_le16(&at) * sector_bytes;

	return kind->has_copy && sector_bytes <= SECTOR_BYTES_MAX && offset >= BOOT_SECTOR_BYTES &&
			       size_bytes > BOOT_SECTOR_BYTES &&
			       offset <= size_bytes - BOOT_SECTOR_BYTES
		       ? offset
		       : 0;
}

/* *ret: NULL when no boot sector is there. */
static int read_sector(const struct target *t, uint64_t offset, uint8_t *sector,
		       const struct vfat_kind **ret, struct err *err)
{
	if (pread(t->fd, sector, BOOT_SECTOR_BYTES, (off_t)offset) != BOOT_SECTOR_BYTES)
		return err_sys(err, ERR_IO, "cannot read the boot sector at %ju",
			       (uintmax_t)offset);
	*ret = kind_of(sector);
	return 0;
}

static int write_serial(const struct target *t, uint64_t offset, const struct vfat_kind *kind,
			const uint8_t *serial, struct err *err)
{
	off_t at = (off_t)(offset + kind->signature_at + 1);

	if (pwrite(t->fd, serial, SERIAL_BYTES, at) != SERIAL_BYTES)
		return err_sys(err, ERR_IO, "cannot write the boot sector at %ju",
			       (uintmax_t)offset);
	return 0;
}

int vfat_serial_renew(const struct target *t, uint64_t offset_bytes, uint64_t size_bytes,
		      struct err *err)
{
	uint8_t sector[BOOT_SECTOR_BYTES], serial[SERIAL_BYTES];
	const struct vfat_kind *kind, *of_copy;
	uint64_t copy;

	if (size_bytes < BOOT_SECTOR_BYTES)
		return 0;
	TRY(read_sector(t, offset_bytes, sector, &kind, err));
	if (!kind)
		return 0;
	copy = copy_offset(kind, sector, size_bytes);
	random_bytes(serial, sizeof(serial));
	TRY(write_serial(t, offset_bytes, kind, serial, err));
	if (!copy)
		return 0;
	TRY(read_sector(t, offset_bytes + copy, sector, &of_copy, err));
	return of_copy == kind ? write_serial(t, offset_bytes + copy, kind, serial, err) : 0;
}
