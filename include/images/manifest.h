/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The manifest of an image: what it is, what it needs, and the digests that bind its payloads.
 *
 * The document is canonical JSON (keys sorted, no white space, integers only). manifest_parse()
 * takes the very bytes that were signed, checks every field and cross-field rule, and refuses bytes
 * that its own encoder would not produce. It decides nothing about trust: call it after
 * signatures_check().
 *
 * Invariants after manifest_parse(): the strings are lower-case names without slashes, digests are
 * 32 raw bytes, sizes are below 2^53, partitions are in order of their start and do not overlap,
 * every payload has the one target that its role needs, payload names are unique and in archive
 * order.
 *
 * How to add a field: 1. add it to the struct. 2. read it in manifest.c and write it in
 * manifest_encode(). 3. a good and a bad row in tests/unit/images/test_manifest.c. 4.
 * images/FORMAT.md.
 */
#ifndef IMAGES_MANIFEST_H
#define IMAGES_MANIFEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <base/cleanup.h>
#include <base/digest.h>
#include <base/err.h>

#define MANIFEST_MAX_BYTES       (1024 * 1024)
#define MANIFEST_MAX_PAYLOADS    16
#define MANIFEST_MAX_PARTITIONS  16
#define MANIFEST_NAME_BYTES      65  /* names match ^[a-z0-9][a-z0-9._-]{0,63}$ */
#define MANIFEST_MOUNT_BYTES     256 /* absolute path without "..", or "" */
#define MANIFEST_OPTIONS_BYTES   128 /* of fstab */
#define MANIFEST_BOOT_CODE_BYTES 440
#define MANIFEST_SECTOR_BYTES    512 /* unless the document says otherwise */
#define MANIFEST_SECTOR_4K_BYTES 4096
#define MANIFEST_TYPE            "slipway-image/v1"
#define MANIFEST_PAYLOAD_TYPE    "application/vnd.slipway.image.v1+json" /* in what is signed */

/* Smallest and largest plain bytes of a chunk: see tests/bench/images for why 1 MiB is the default.
 */
#define CHUNK_MIN_BYTES     (64 * 1024)
#define CHUNK_MAX_BYTES     (4 * 1024 * 1024)
#define CHUNK_DEFAULT_BYTES (1024 * 1024)

enum image_arch { IMAGE_ARCH_X86_64, IMAGE_ARCH_AARCH64, _IMAGE_ARCH_MAX };
const char *image_arch_str(enum image_arch arch);
/* false when the text names no architecture. */
bool image_arch_parse(const char *text, enum image_arch *ret);

#define IMAGE_FIRMWARE_BIOS 1u
#define IMAGE_FIRMWARE_UEFI 2u

/* What the files of an image can do besides what it was built for: found in them, and said in what is
 * signed, so that a layout that asks for more is refused before a host is written. */
#define IMAGE_FEATURE_ROOT_EXT4  1u /* every initial RAM disk mounts such a root */
#define IMAGE_FEATURE_ROOT_XFS   2u
#define IMAGE_FEATURE_ROOT_BTRFS 4u
#define IMAGE_FEATURES_MAX       3
#define IMAGE_FEATURES_ALL       ((1u << IMAGE_FEATURES_MAX) - 1)
/* in: i: of the bit 1 << i */
const char *image_feature_str(unsigned i);

enum payload_role {
	PAYLOAD_ROLE_FS,     /* the content of one partition, blocks */
	PAYLOAD_ROLE_DISK,   /* a whole disk, blocks */
	PAYLOAD_ROLE_ROOTFS, /* a tar, unpacked into a file system that is made on the host */
	_PAYLOAD_ROLE_MAX
};
const char *payload_role_str(enum payload_role role);

enum partition_role {
	PARTITION_ROLE_BIOS, /* GRUB's core image */
	PARTITION_ROLE_ESP,
	PARTITION_ROLE_ROOT,
	PARTITION_ROLE_DATA,
	PARTITION_ROLE_SWAP,
	_PARTITION_ROLE_MAX
};
const char *partition_role_str(enum partition_role role);

enum partition_fs {
	PARTITION_FS_NONE,
	PARTITION_FS_EXT4,
	PARTITION_FS_VFAT,
	PARTITION_FS_XFS,
	PARTITION_FS_SWAP,
	PARTITION_FS_BTRFS,
	_PARTITION_FS_MAX
};
const char *partition_fs_str(enum partition_fs fs);

struct manifest_partition {
	unsigned number; /* 1 to 16, GPT entry */
	enum partition_role role;
	enum partition_fs fs;
	uint64_t start_bytes; /* multiple of 1 MiB */
	uint64_t size_bytes;  /* multiple of 1 MiB; the least when it grows */
	bool grow;            /* to the end of the disk: the last partition only */
	char mount[MANIFEST_MOUNT_BYTES];
	char options[MANIFEST_OPTIONS_BYTES]; /* of a profile's layout; "" in what was signed */
	bool is_second_root;                  /* of a profile's layout: DISK_LAYOUT_ROOT_B */
};

struct manifest_payload {
	char name[MANIFEST_NAME_BYTES]; /* archive member; its chunk table is NAME.chunks */
	enum payload_role role;
	unsigned partition;   /* number of its partition; 0 for a disk */
	uint32_t chunk_bytes; /* plain bytes of a chunk, at most */
	uint64_t size_bytes;  /* plain, with holes */
	uint64_t packed_bytes;
	uint64_t table_bytes;
	uint8_t packed_sha256[SHA256_BYTES]; /* of the member: its name in the object store */
	uint8_t table_sha256[SHA256_BYTES];  /* of the chunk table */
	bool devices;                        /* rootfs: device nodes are allowed */
};

struct manifest {
	char line[MANIFEST_NAME_BYTES];
	char version[MANIFEST_NAME_BYTES];
	enum image_arch arch;
	unsigned firmware; /* IMAGE_FIRMWARE_* */
	unsigned features; /* IMAGE_FEATURE_*; 0: none is known */
	uint64_t seq;      /* grows with every release of a line: rollback is judged by it */
	int64_t created_s; /* since 1970 */
	uint64_t min_disk_bytes;
	uint32_t sector_bytes; /* of the disks that it is made for: 512 or 4096 */
	bool has_boot_code;
	uint8_t boot_code[MANIFEST_BOOT_CODE_BYTES]; /* of LBA 0, before the partition table */
	size_t n_partitions;                         /* 0 for a disk image */
	struct manifest_partition partitions[MANIFEST_MAX_PARTITIONS];
	size_t n_payloads;
	struct manifest_payload payloads[MANIFEST_MAX_PAYLOADS];
	uint8_t digest[SHA256_BYTES]; /* of the document's bytes: the image's name */
};

/* Parse and check a document. trust: the bytes are hostile until their signatures were checked, and
 * are handled so anyway. owns: *ret is the caller's (manifest_free).
 * errors: ERR_IMAGE_MANIFEST, ERR_IMAGE_NOT_CANONICAL, ERR_IMAGE_FORMAT, ERR_TOO_BIG, ERR_JSON */
MUST_CHECK int manifest_parse(const void *p, size_t n_bytes, struct manifest **ret,
			      struct err *err);
void manifest_free(struct manifest *m);
DEFINE_AUTO(manifest, struct manifest, manifest_free);

/* The canonical document, NUL-terminated; digest is not written. owns: *ret is the caller's (free).
 * errors: what manifest_parse() would say about the result */
MUST_CHECK int manifest_encode(const struct manifest *m, char **ret, size_t *ret_n_bytes,
			       struct err *err);

/* For people and programs: a view of the manifest plus "digest". The caller frees the text. */
MUST_CHECK char *manifest_show_json(const struct manifest *m);

/* True if the name may be an archive member, a line or a version. */
bool manifest_name_is_valid(const char *name);
/* True if a partition may be mounted there: a clean absolute path that fstab can hold, or "". */
bool manifest_mount_is_valid(const char *mount);
/* A name, and not the word that people write for the newest version. */
#define MANIFEST_LATEST "latest"
bool manifest_version_is_valid(const char *version);

/* True if the image holds numbers of sectors, or file systems that are bound to their size: a whole
 * disk, or a FAT. It does not work on a disk with sectors of another size. */
MUST_CHECK bool manifest_needs_sector(const struct manifest *m);

const struct manifest_partition *manifest_partition_find(const struct manifest *m, unsigned number);

#endif
