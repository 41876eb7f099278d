/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside of the object store: its folders and lock, shared by object_store.c (images),
 * object_import.c (what comes in), object_sandbox.c (the child that reads it), object_upload.c,
 * object_check.c and object_gc.c.
 */
#ifndef IMAGES_CORE_OBJECT_PATHS_H
#define IMAGES_CORE_OBJECT_PATHS_H

#include <images/object_store.h>
#include <stdbool.h>
#include <base/err.h>

struct object_known;
struct object_store {
	char *dir;
	struct object_known *known; /* NULL: nothing was read yet */
};

/* object_known.c: the manifest of an image as it was last read, if its file is still the same; else
 * it is read now. NULL: it cannot be read. owns: the store's, until its file changes or the image is
 * not asked for between two sweeps. in: read: object_store_get(). */
typedef int (*object_known_read)(struct object_store *s, const uint8_t *digest,
				 struct manifest **ret, struct err *err);
const struct manifest *object_known_get(struct object_store *s, const uint8_t *digest,
					object_known_read read);
void object_known_sweep(struct object_store *s);
void object_known_free(struct object_known *k);

/* Path of an object, of an image's signatures, of a line's sequence number. The caller frees. */
MUST_CHECK char *object_path(const struct object_store *s, const uint8_t *digest);
MUST_CHECK char *object_sigs_path(const struct object_store *s, const uint8_t *digest);
MUST_CHECK char *object_seq_path(const struct object_store *s, const char *line,
				 enum image_arch arch);
/* The highest sequence number that was ever imported of a line; 0: none. */
uint64_t object_highest_seq(const struct object_store *s, const char *line, enum image_arch arch);

/* Hold the store for writing. Returns a descriptor to close. blocks: while another process writes
 */
MUST_CHECK int object_lock(const struct object_store *s, struct err *err);

/* Has the file the content that the digest says? blocks: reads all of it */
bool object_is_sound(const char *path, const uint8_t *digest);
/* Take its name away from an object, which is kept for a person to look at. */
MUST_CHECK int object_quarantine(const struct object_store *s, const uint8_t *digest,
				 struct err *err);

/* Every image's digest, in no order. owns: *ret is the caller's (free). */
MUST_CHECK int object_image_digests(const struct object_store *s, uint8_t (**ret)[SHA256_BYTES],
				    size_t *ret_n, struct err *err);

/* ---- the child that unpacks ------------------------------------------------------------------ */

#define OBJECT_UPLOAD_MAX_AGE_S 86400

#define OBJECT_FILES_MAX (2 + 2 * MANIFEST_MAX_PAYLOADS)
enum { OBJECT_FILE_MANIFEST, OBJECT_FILE_SIGS, OBJECT_FILE_PAYLOADS };
/* Of payload i: its table at OBJECT_FILE_PAYLOADS + 2 i, its bytes after that. */

struct sandbox_files {
	int archive_fd;
	int result_fd;
	int files[OBJECT_FILES_MAX];
};
struct sandbox_result {
	struct err err; /* code 0: all is well and flushed */
};
struct sandbox_limits {
	unsigned cpu_s, wall_s;
	uint64_t memory_bytes; /* beyond what the parent had mapped */
};
/* In a fresh child: give up user, sockets, files, other descriptors, system calls and more than the
 * limits. What is not allowed from here on ends the process. */
MUST_CHECK int sandbox_enter(const struct sandbox_files *f, const struct trust_root *root,
			     const struct sandbox_limits *limits, struct err *err);
/* In a fresh child: drop everything, then read the archive and fill the files. Never returns. */
_Noreturn void sandbox_run(const struct sandbox_files *files, const struct trust_root *root,
			   const struct image_policy *policy);

#endif
