/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The server's store of images: content-addressed files under one directory that nginx serves as
 * is.
 *
 *   sha256/ab/<64 hex>   manifests, chunk tables, payloads; read-only, named by what they contain
 *   sigs/<64 hex>        the signatures document of the manifest of that digest: makes it an image
 *   seq/<line>.<arch>    highest sequence number ever imported of the line
 *   uploads/<id>         what has arrived of an upload; resumed by its length
 *   quarantine/<64 hex>  objects that were found not to be what their names said
 *   lock                 flock: writers one at a time
 *
 * An archive is unpacked by a child process without privileges (seccomp, limits on memory and time,
 * no way to open a file); names in the archive never touch the file system. Objects appear only
 * after the last check passed; a refused upload leaves nothing behind.
 */
#ifndef IMAGES_OBJECT_STORE_H
#define IMAGES_OBJECT_STORE_H

#include <images/manifest.h>
#include <images/trust_root.h>
#include <images/verify.h>
#include <base/err.h>

struct object_store;
/* Open, making the folders if needed. in: dir from configuration. */
MUST_CHECK int object_store_open(const char *dir, struct object_store **ret, struct err *err);
void object_store_free(struct object_store *s);
DEFINE_AUTO(object_store, struct object_store, object_store_free);

/* Import a .slip from a descriptor (file, pipe or socket), all at once. rollback_reason: NULL, or
 * why a sequence number lower than the highest is allowed this once. blocks: until the archive has
 * been read. errors: all of verify.h, ERR_IMAGE_SANDBOX, ERR_IO. owns: *ret (may be NULL) is the
 * caller's (manifest_free). */
MUST_CHECK int object_store_import_fd(struct object_store *s, int fd, const struct trust_root *root,
				      const char *rollback_reason, struct manifest **ret,
				      struct err *err);

/* The same in a process of its own, for an event loop: watch the pidfd for reading, then call
 * finish, which does not block. finish (or cancel) frees the import, and with it the pidfd.
 * errors of finish: those above, ERR_SYS */
struct object_import;
MUST_CHECK int object_import_start(struct object_store *s, int fd, const struct trust_root *root,
				   const char *rollback_reason, struct object_import **ret,
				   struct err *err);
int object_import_pidfd(const struct object_import *i);
MUST_CHECK int object_import_finish(struct object_import *i, struct manifest **ret,
				    struct err *err);
void object_import_cancel(struct object_import *i);

/* Uploads that survive a broken connection. id: chosen by the client, ^[a-z0-9]{8,64}$ (the
 * archive's SHA-256 is a good one).
 *  1. object_upload_offset(): how much is here already (0 for a new one).
 *  2. object_upload_append() at exactly that offset, any number of times.
 *  3. object_upload_open() gives a descriptor for object_import_start(); then
 * object_upload_remove(). */
#define OBJECT_UPLOAD_ID_BYTES  65
#define OBJECT_UPLOADS_MAX      16 /* unfinished at one time; older than a day are dropped */
#define OBJECT_UPLOAD_MAX_BYTES (1024ULL * 1024 * 1024 * 1024)
MUST_CHECK int object_upload_offset(struct object_store *s, const char *id, uint64_t *ret_bytes,
				    struct err *err);
MUST_CHECK int object_upload_append(struct object_store *s, const char *id, uint64_t offset,
				    const void *p, size_t n_bytes, struct err *err);
/* The same from the start of a file. errors of both: ERR_IMAGE_UPLOAD (another offset), ERR_BUSY */
MUST_CHECK int object_upload_append_fd(struct object_store *s, const char *id, uint64_t offset,
				       int from_fd, uint64_t n_bytes, struct err *err);
MUST_CHECK int object_upload_open(struct object_store *s, const char *id, int *ret_fd,
				  struct err *err);
void object_upload_remove(struct object_store *s, const char *id);

/* Images of the store, in order of line, arch, sequence. false from the callback stops. */
MUST_CHECK int object_store_list(struct object_store *s,
				 bool (*each)(void *arg, const struct manifest *m), void *arg,
				 struct err *err);
/* By digest. errors: ERR_NOT_FOUND, ERR_IMAGE_DAMAGED (its manifest). The stored signatures are
 * checked again when it is installed. */
MUST_CHECK int object_store_get(struct object_store *s, const uint8_t digest[static SHA256_BYTES],
				struct manifest **ret, struct err *err);
/* "line@version", "line@latest" or "line" (highest sequence), or 64 hex digits; arch "" or NULL:
 * any, if that is unambiguous. An older image never stands in for a latest one that cannot be read.
 * errors: ERR_NOT_FOUND, ERR_IMAGE_AMBIGUOUS, ERR_IMAGE_DAMAGED */
MUST_CHECK int object_store_find(struct object_store *s, const char *name, const char *arch,
				 struct manifest **ret, struct err *err);
/* Does the name ask for the latest image of a line? Only then is line filled. */
bool object_name_is_latest(const char *name, char ret_line[static MANIFEST_NAME_BYTES]);
bool object_name_is_digest(const char *name, uint8_t ret_digest[static SHA256_BYTES]);
/* Forget an image; its objects go with the next gc. One unlink, so it waits for no import that has
 * the store's lock: the daemon's event loop calls it. errors: ERR_NOT_FOUND */
MUST_CHECK int object_store_remove(struct object_store *s,
				   const uint8_t digest[static SHA256_BYTES], struct err *err);

struct object_store_report {
	size_t n_images;
	size_t n_objects;
	size_t n_removed; /* gc */
	size_t n_bad;     /* fsck: content differs from its name, or is missing */
	uint64_t removed_bytes;
	uint64_t total_bytes;
};
/* Remove what no image refers to, and uploads older than a day. */
MUST_CHECK int object_store_gc(struct object_store *s, struct object_store_report *ret,
			       struct err *err);
/* Read every object and compare it with its name, and look for every object that an image needs.
 * Bad objects are told to each(), which may be NULL, and put into quarantine if asked; importing
 * the archive again brings them back. */
MUST_CHECK int object_store_fsck(struct object_store *s, bool quarantine,
				 void (*each)(void *arg, const char *what), void *arg,
				 struct object_store_report *ret, struct err *err);

/* Is every object of the image in its place, with its size? Cheap: to be asked before a host is
 * sent for it. errors: ERR_IMAGE_DAMAGED */
MUST_CHECK int object_store_ready(struct object_store *s, const struct manifest *m,
				  struct err *err);

/* The same for one image, by a child process, when a host says that bytes are not what was signed:
 * bad objects go into quarantine, and the image is not ready until it is imported again. Watch
 * pidfd for reading, then call finish, which does not block; finish (or cancel) frees the check.
 * errors of finish: ERR_NOT_FOUND, ERR_IO, ERR_SYS */
struct object_check_result {
	struct err err;
	size_t n_objects;
	size_t n_bad;
	char first_bad[SHA256_HEX_BYTES];
};
struct object_check;
MUST_CHECK int object_check_start(struct object_store *s, const uint8_t digest[static SHA256_BYTES],
				  struct object_check **ret, int *ret_pidfd, struct err *err);
MUST_CHECK int object_check_finish(struct object_check *c, struct object_check_result *ret,
				   struct err *err);
void object_check_cancel(struct object_check *c);

#endif
