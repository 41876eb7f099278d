/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The writer: takes a signed image from a file, a URL or an object store and puts it on a disk.
 *
 * Order, always: root and manifest are checked; the target's old partition tables are wiped; every
 * chunk is hashed, then decoded, then written; all is flushed and read back; the file system grows
 * and gets an identity of its own; the caller adds the host's own files; the partition table and
 * the boot sectors come last. Whatever ends it before, a power cut included, leaves a target
 * without a valid partition table, primary or backup: nothing half done ever starts. Peak memory
 * stays below 64 MiB.
 *
 * It does not choose the disk, ask for consent or know what a host's own files are: the agent does.
 */
#ifndef IMAGES_INSTALL_H
#define IMAGES_INSTALL_H

#include <images/disk_layout.h>
#include <images/manifest.h>
#include <images/trust_root.h>
#include <images/verify.h>
#include <base/err.h>

#define IMAGE_CONNECTIONS_MAX 4

enum image_stage {
	IMAGE_STAGE_MANIFEST,
	IMAGE_STAGE_WIPE,
	IMAGE_STAGE_WRITE,
	IMAGE_STAGE_FLUSH,
	IMAGE_STAGE_READ_BACK,
	IMAGE_STAGE_GROW,
	IMAGE_STAGE_OWN_FILES,
	IMAGE_STAGE_TABLE,
	_IMAGE_STAGE_MAX
};
const char *image_stage_str(enum image_stage stage); /* "write", "read_back", ... */

/* A partition of a target that has no partition table yet. */
struct image_part {
	unsigned number;
	uint64_t start_bytes;
	uint64_t size_bytes;
	enum partition_fs fs;
	bool is_root; /* by the manifest, or by its type in a whole disk's own table */
	char mount[MANIFEST_MOUNT_BYTES]; /* the manifest's or the layout's; "" in a whole disk */
	char options[MANIFEST_OPTIONS_BYTES]; /* the layout's; "": the usual ones */
	char part_uuid[UUID_TEXT_BYTES];      /* that it will have; "" in a whole disk */
	char fs_uuid[UUID_TEXT_BYTES];        /* of what is there, or "" */
	char device[32]; /* a node of this partition alone; "" when no file system is there */
};

struct image_install_request {
	const struct trust_root *root;
	struct image_policy policy;

	/* Source: exactly one of the three. */
	const char *archive_path; /* a .slip file; "-" is standard input */
	const char *archive_url;  /* http or https */
	const char *objects_url;  /* "http://ADDR/objects"; policy.digest must be set */
	const char *pin;          /* "sha256//BASE64" for https; NULL: the system's roots */

	const struct disk_layout *layout; /* images/disk_layout.h; NULL: the image's own */

	/* The root's file system alone: the target is a partition of a disk that has others, or a
	 * file. No table is written, what the image has for a loader's partitions is verified and
	 * left out, and an image with files on further partitions is refused. Without layout. */
	bool root_fs_only;

	/* Target: a descriptor that the caller opened read-write (O_EXCL for a disk) and checked,
	 * or a path (the command line). The descriptor stays the caller's; its O_DIRECT flag may be
	 * changed during the call and is restored. */
	int target_fd; /* -1: use target_path */
	const char *target_path;

	bool read_back;     /* off only for benchmarks */
	bool keep_identity; /* keep the file systems' UUIDs of the image (tests) */
	bool no_grow;       /* leave the last file system at its built size */
#ifdef SLIPWAY_BENCH
	bool no_check; /* what our checks cost: skips chunk hashes */
#endif
	unsigned n_workers; /* decode and write: at most IMAGE_WORKERS_MAX, with chunks of 4 MiB 3;
			       0: two more than there are CPUs, at most 6 */
	unsigned n_connections; /* for objects_url: at most IMAGE_CONNECTIONS_MAX; 0: 2 */

	/* Asked before every write to the target, from one thread at a time (not always the same);
	 * false stops the install with ERR_IMAGE_LEASE. NULL: always. */
	bool (*may_write)(void *arg);
	/* Told at most five times a second and at every change of stage, from one thread at a time.
	 */
	void (*progress)(void *arg, enum image_stage stage, uint64_t done_bytes,
			 uint64_t total_bytes);
	/* Polled; true ends the install with ERR_CANCELLED. NULL: never. */
	bool (*cancelled)(void *arg);
	/* Called once, when all else is on the target and verified and nothing on it can be started
	 * yet: mount the parts, write, unmount. The target stays held. An error ends the install.
	 * NULL: nothing to add. Needs root and loop devices. */
	int (*own_files)(void *arg, const struct image_part *parts, size_t n, struct err *err);
	void *arg;
};

struct image_receipt_partition {
	unsigned number;
	enum partition_role role;
	enum partition_fs fs;
	uint64_t start_bytes;
	uint64_t size_bytes; /* as it now is */
	char mount[MANIFEST_MOUNT_BYTES];
	char part_uuid[UUID_TEXT_BYTES]; /* fresh */
	char fs_uuid[UUID_TEXT_BYTES];   /* of what is on the disk now, or "" */
	bool has_payload;
	bool was_unpacked;      /* files came into it: the root's, or a part of them */
	uint64_t payload_bytes; /* plain, with holes */
	bool was_read_back;
	/* SHA-256 over, for each chunk in order, u64le plain offset, u32le bytes and the SHA-256 of
	 * those bytes as read from the disk. */
	uint8_t read_back_sha256[SHA256_BYTES];
};

struct image_receipt {
	uint8_t manifest_sha256[SHA256_BYTES];
	char line[MANIFEST_NAME_BYTES];
	char version[MANIFEST_NAME_BYTES];
	enum image_arch arch;
	uint64_t seq;
	uint64_t min_seq;                         /* that was demanded */
	char rollback_reason[IMAGE_REASON_BYTES]; /* why an older one was let in; "" it was none */
	uint64_t fetched_bytes;                   /* from the source */
	uint64_t written_bytes;                   /* to the target, data */
	uint64_t zeroed_bytes;                    /* holes, discarded or zeroed */
	uint64_t disk_bytes;
	double stage_s[_IMAGE_STAGE_MAX];
	char disk_guid[UUID_TEXT_BYTES];
	size_t n_partitions; /* 1 with number 0 for a whole-disk payload */
	struct image_receipt_partition partitions[MANIFEST_MAX_PARTITIONS];
};

/* Install. blocks: for minutes; uses threads of its own, which have ended when it returns; do not
 * fork() without exec meanwhile. errors: all of verify.h, ERR_IMAGE_LAYOUT_UNFIT, ERR_IMAGE_TARGET,
 * ERR_IMAGE_READ_BACK, ERR_IMAGE_LEASE, ERR_CANCELLED, ERR_HTTP*, ERR_IO. ret is filled only on success. */
MUST_CHECK int image_install(const struct image_install_request *request, struct image_receipt *ret,
			     struct err *err);

/* Make a disk that was written unbootable again: zeros over its first and last MiB, where boot
 * sector and partition tables lie, on the medium when it returns; the kernel is told. For a failure
 * after image_install() succeeded. in: fd is open for writing and stays the caller's. errors:
 * ERR_IMAGE_TARGET, ERR_IO. blocks: briefly */
MUST_CHECK int image_wipe_table(int fd, struct err *err);

/* {"manifest_sha256","line","version","arch","seq","rollback":{"min_seq","reason"},"fetched_bytes","written_bytes","zeroed_bytes","disk_bytes",
 *  "disk_guid","stages":{STAGE:
 * seconds},"partitions":[{"number","role","fs","start_bytes","size_bytes",
 *  "mount","part_uuid","fs_uuid","read_back_sha256"}]}. The caller frees the text. */
MUST_CHECK char *image_receipt_json(const struct image_receipt *r);

#endif
