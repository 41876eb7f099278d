/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Formats by their first bytes; see disk_format.h. Headers are read here before qemu-img opens the
 * file, because opening is what follows a name in the header to another file (qcow2: QEMU's
 * docs/interop/qcow2.txt; vmdk: VMware's Virtual Disk Format 5.0). vhdx with a parent is refused
 * by qemu-img itself.
 */
#include "disk_format.h"

#include <string.h>
#include <unistd.h>

#include <base/bytes.h>
#include <base/json.h>
#include <base/limits.h>
#include <base/str.h>

#define QCOW2_HEAD_BYTES  104
#define QCOW2_DAMAGED     2 /* of the incompatible features: QEMU found damage */
#define QCOW2_EXTERNAL    4 /* the data is in another file */
#define VMDK_HEAD_BYTES   64
#define VMDK_TEXT_SECTORS 2048
#define VHD_MAGIC         "conectix"
#define VHD_MAGIC_BYTES   8
#define VHD_FOOTER_BYTES  512

static const struct {
	size_t at;
	const char *magic;
	size_t n_bytes;
	enum disk_format format;
	const char *what, *hint; /* of what is refused */
} magics[] = {
	{0, "QFI\xfb", 4, DISK_QCOW2, NULL, NULL},
	{0, "KDMV", 4, DISK_VMDK, NULL, NULL},
	{0, "vhdxfile", 8, DISK_VHDX, NULL, NULL},
	{0, "# Disk DescriptorFile", 21, DISK_UNKNOWN,
	 "the text part of a VMDK whose data is in other files",
	 "convert it: qemu-img convert -O qcow2"},
	{0, VHD_MAGIC, VHD_MAGIC_BYTES, DISK_UNKNOWN, "a VHD disk",
	 "convert it: qemu-img convert -O raw"},
	{64, "\x7f\x10\xda\xbe", 4, DISK_UNKNOWN, "a VirtualBox disk (VDI)",
	 "convert it: qemu-img convert -O raw"},
	{0, "QED\0", 4, DISK_UNKNOWN, "a QED disk", "convert it: qemu-img convert -O qcow2"},
	{0, "WithoutFreeSpace", 16, DISK_UNKNOWN, "a Parallels disk",
	 "convert it: qemu-img convert -O qcow2"},
	{0, "WithouFreSpacExt", 16, DISK_UNKNOWN, "a Parallels disk",
	 "convert it: qemu-img convert -O qcow2"},
	{0, "COWD", 4, DISK_UNKNOWN, "a VMDK of an old ESX server",
	 "convert it: qemu-img convert -O qcow2"},
	{0, "\x3a\xff\x26\xed", 4, DISK_UNKNOWN, "a sparse image of Android",
	 "unpack it (simg2img) and build from what comes out"},
	{32769, "CD001", 5, DISK_UNKNOWN,
	 "an ISO image, which starts an installer from a CD or a USB stick",
	 "install from it once into a disk image and build that, or build from a root file system tar or an OCI image"},
	{0, "hsqs", 4, DISK_UNKNOWN, "a squashfs file system",
	 "unpack it (unsquashfs) and build from the folder"},
	{32769, "BEA01", 5, DISK_UNKNOWN, "an image of a DVD (UDF)",
	 "install from it once into a disk image and build that"},
	{1024, "\xe2\xe1\xf5\xe0", 4, DISK_UNKNOWN, "an erofs file system",
	 "build from a tar of what is in it"},
	{65600, "_BHRfS_M", 8, DISK_UNKNOWN, "a btrfs file system without a partition table",
	 "build from a tar of what is in it"},
	{3, "NTFS    ", 8, DISK_UNKNOWN, "an NTFS file system without a partition table",
	 "only Linux systems can be built"},
	{3, "EXFAT   ", 8, DISK_UNKNOWN, "an exFAT file system without a partition table",
	 "build from a tar of what is in it, or take it as it is with --raw"},
	{54, "FAT1", 4, DISK_UNKNOWN, "a FAT file system without a partition table",
	 "build from a tar of what is in it, or take it as it is with --raw"},
	{82, "FAT32   ", 8, DISK_UNKNOWN, "a FAT file system without a partition table",
	 "build from a tar of what is in it, or take it as it is with --raw"},
	{4086, "SWAPSPACE2", 10, DISK_UNKNOWN, "swap space",
	 "give a root file system or a disk image"},
	{512, "LABELONE", 8, DISK_UNKNOWN, "a physical volume of LVM without a partition table",
	 "activate it and build from what is in its volumes"},
	{4096, "\xfc\x4e\x2b\xa9", 4, DISK_UNKNOWN, "a member of an md RAID",
	 "assemble it and build from what is in it"},
	{514, "HdrS", 4, DISK_UNKNOWN, "a Linux kernel", "give a root file system or a disk image"},
	{0, "XFSB", 4, DISK_UNKNOWN, "an xfs file system without a partition table",
	 "build from a tar of what is in it"},
	{1080, "\x53\xef", 2, DISK_UNKNOWN, "an ext file system without a partition table",
	 "build from a tar of what is in it, or take it as it is with --raw"},
	{0, "LUKS\xba\xbe", 6, DISK_UNKNOWN, "an encrypted LUKS volume",
	 "open it and build from what is in it"},
	{0, "7z\xbc\xaf\x27\x1c", 6, DISK_UNKNOWN, "a 7z archive", "unpack it first"},
	{0, "PK\x03\x04", 4, DISK_UNKNOWN, "a zip archive", "unpack it first"},
	{0, "MSCF", 4, DISK_UNKNOWN, "a cabinet archive", "unpack it first"},
	{0, "\x89LZO", 4, DISK_UNKNOWN, "compressed by lzop", "unpack it first"},
	{0, "LRZI", 4, DISK_UNKNOWN, "compressed by lrzip", "unpack it first"},
	{0, "Rar!", 4, DISK_UNKNOWN, "a RAR archive", "unpack it first"},
	{0, "070701", 6, DISK_UNKNOWN, "a cpio archive, as a RAM disk is",
	 "build from the tar of a root file system"},
	{0, "!<arch>", 7, DISK_UNKNOWN, "a Debian package",
	 "build from the tar of a root file system"},
	{0, "\xed\xab\xee\xdb", 4, DISK_UNKNOWN, "an RPM package",
	 "build from the tar of a root file system"},
	{0, "MSWIM", 5, DISK_UNKNOWN, "a Windows image (WIM)", "only Linux systems can be built"},
	{0,
	 "\x7f"
	 "ELF",
	 4, DISK_UNKNOWN, "a program", "give a root file system or a disk image"},
	{510, "\x55\xaa", 2, DISK_RAW, NULL, NULL},
};

const char *disk_format_str(enum disk_format format)
{
	static const char *const words[] = {"unknown", "raw", "qcow2", "vmdk", "vhdx"};

	return words[format];
}

int disk_format_of(const char *path, const uint8_t *head, size_t n_bytes, enum disk_format *ret,
		   struct err *err)
{
	*ret = DISK_UNKNOWN;
	for (size_t i = 0; i < ARRAY_LEN(magics); i++) {
		if (n_bytes < magics[i].at + magics[i].n_bytes ||
		    memcmp(head + magics[i].at, magics[i].magic, magics[i].n_bytes))
			continue;
		if (magics[i].what)
			return err_set(err, ERR_IMAGE_INPUT, "'%s' is %s: %s", path, magics[i].what,
				       magics[i].hint);
		*ret = magics[i].format;
		return 0;
	}
	return 0;
}

/* ---- what lies elsewhere --------------------------------------------------------------------- */

static int elsewhere(const char *path, const char *what, struct err *err)
{
	return err_set(err, ERR_IMAGE_INPUT,
		       "'%s' %s; only a disk that is whole in one file is read (qemu-img convert "
		       "makes one)",
		       path, what);
}

static uint64_t be64(struct cur *c)
{
	uint64_t high = cur_be32(c);

	return high << 32 | cur_be32(c);
}

static int check_qcow2(const char *path, int fd, struct err *err)
{
	uint8_t head[QCOW2_HEAD_BYTES] = {0};
	struct cur c = cur_of(head, sizeof(head));
	uint32_t version, crypt;
	uint64_t backing, features;

	if (pread(fd, head, sizeof(head), 0) < 72)
		return err_set(err, ERR_IMAGE_INPUT, "'%s' ends within its qcow2 header", path);
	cur_skip(&c, 4);
	version = cur_be32(&c);
	backing = be64(&c);
	cur_skip(&c, 16);
	crypt = cur_be32(&c);
	cur_skip(&c, 36);
	features = version >= 3 ? be64(&c) : 0;
	if (version == 1)
		return err_set(err, ERR_IMAGE_INPUT,
			       "'%s' is a QCOW disk of version 1: convert it: qemu-img convert -O "
			       "qcow2",
			       path);
	if (version != 2 && version != 3)
		return err_set(err, ERR_IMAGE_INPUT, "'%s' is qcow2 of the unknown version %u",
			       path, version);
	if (backing)
		return elsewhere(path, "is qcow2 with a backing file", err);
	if (features & QCOW2_EXTERNAL)
		return elsewhere(path, "is qcow2 with an external data file", err);
	if (features & QCOW2_DAMAGED)
		return err_set(err, ERR_IMAGE_INPUT,
			       "'%s' is qcow2 that is marked as damaged: repair it first (qemu-img "
			       "check -r all)",
			       path);
	return crypt ? elsewhere(path, "is an encrypted qcow2", err) : 0;
}

/* The descriptor names types, extents and parents in lines of text. */
static int check_vmdk_text(const char *path, const char *text, struct err *err)
{
	struct sv rest = sv_of(text);
	unsigned n_extents = 0;

	while (rest.n) {
		struct sv line = sv_trim(sv_split(&rest, '\n'));

		if (sv_starts(line, "parentFileNameHint") ||
		    (sv_starts(line, "parentCID=") && !sv_eq_str(line, "parentCID=ffffffff")))
			return elsewhere(path, "is VMDK with a parent", err);
		if (sv_starts(line, "createType=") &&
		    !sv_eq_str(line, "createType=\"monolithicSparse\"") &&
		    !sv_eq_str(line, "createType=\"streamOptimized\""))
			return elsewhere(path, "is VMDK whose data is in other files", err);
		n_extents += sv_starts(line, "RW ") || sv_starts(line, "RDONLY ");
	}
	return n_extents == 1 ? 0 : elsewhere(path, "is VMDK of several files, or of none", err);
}

static int check_vmdk(const char *path, int fd, struct err *err)
{
	uint8_t head[VMDK_HEAD_BYTES] = {0};
	struct cur c = cur_of(head, sizeof(head));
	uint64_t capacity, at, n_sectors;
	autofree char *text = NULL;
	ssize_t n;

	if (pread(fd, head, sizeof(head), 0) != (ssize_t)sizeof(head))
		return err_set(err, ERR_IMAGE_INPUT, "'%s' ends within its VMDK header", path);
	cur_skip(&c, 12);
	capacity = cur_le64(&c);
	cur_skip(&c, 8);
	at = cur_le64(&c);
	n_sectors = cur_le64(&c);
	if (!capacity || !at || !n_sectors || at > INT32_MAX || n_sectors > VMDK_TEXT_SECTORS)
		return elsewhere(path, "is VMDK without a description of its own", err);
	text = xcalloc(1, n_sectors * 512 + 1);
	n = pread(fd, text, n_sectors * 512, (off_t)(at * 512));
	if (n < 0)
		return err_sys(err, ERR_IO, "cannot read '%s'", path);
	return check_vmdk_text(path, text, err);
}

/* A VHD of fixed size is a raw disk with a footer. */
static int check_raw(const char *path, int fd, struct err *err)
{
	char footer[VHD_MAGIC_BYTES];
	off_t end = lseek(fd, 0, SEEK_END);

	if (end < VHD_FOOTER_BYTES ||
	    pread(fd, footer, sizeof(footer), end - VHD_FOOTER_BYTES) != VHD_MAGIC_BYTES ||
	    memcmp(footer, VHD_MAGIC, VHD_MAGIC_BYTES) != 0)
		return 0;
	return err_set(
		err, ERR_IMAGE_INPUT,
		"'%s' is a VHD disk of fixed size: convert it: qemu-img convert -f vpc -O raw",
		path);
}

int disk_format_check(const char *path, int fd, enum disk_format format, struct err *err)
{
	switch (format) {
	case DISK_QCOW2:
		return check_qcow2(path, fd, err);
	case DISK_VMDK:
		return check_vmdk(path, fd, err);
	case DISK_RAW:
		return check_raw(path, fd, err);
	case DISK_VHDX:
	case DISK_UNKNOWN:
		break;
	}
	return 0;
}
