/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The verifier of archives: a step machine without I/O. It says exactly how many bytes it wants
 * next and judges them; at no time does a byte leave it that was not checked against the signed
 * manifest.
 *
 *  1. image_verify_new()
 *  2. loop: image_verify_next() tells what the next piece is and how long.
 *       IMAGE_WANT_BYTES: read exactly step.n_bytes, then image_verify_give().
 *       IMAGE_WANT_CHUNK: read exactly step.n_bytes, then either image_verify_give(), or check the
 *                         bytes elsewhere with chunk_check_packed() (a worker thread) and tell the
 *                         machine so with image_verify_taken().
 *       IMAGE_WANT_END:   try to read one byte; image_verify_end() with how many came (0 is good).
 *       IMAGE_DONE:       the archive is good, if every chunk that was taken elsewhere was good
 * too.
 *  3. image_verify_free()
 *
 * After any error only image_verify_free() is legal. Messages name the member and the offset.
 */
#ifndef IMAGES_VERIFY_H
#define IMAGES_VERIFY_H

#include <images/channel.h>
#include <images/chunk_table.h>
#include <images/manifest.h>
#include <images/trust_root.h>
#include <base/err.h>

#define IMAGE_WORKERS_MAX  8   /* threads that hash, decode and write */
#define IMAGE_REASON_BYTES 257 /* of a permission, with the NUL */

/* What the caller demands besides good signatures. Zero or NULL: not asked. */
struct image_policy {
	const char *arch;    /* "x86_64", "aarch64" */
	unsigned firmware;   /* IMAGE_FIRMWARE_*: the image must boot on one of these */
	uint64_t disk_bytes; /* the target's size, against min_disk */
	uint64_t min_seq;    /* highest sequence seen of the line; also see rollback_reason */
	const char *rollback_reason; /* a permission below min_seq, for this once, and why; the
				      * root's floors hold all the same */
	int64_t now_s;               /* wall clock, checks the root's expiry */
	const uint8_t *digest;       /* 32 bytes: this image and no other */
	const char *line;
	const struct channel *latest_of; /* opened and in time: it names this image */
};
/* errors: ERR_IMAGE_ARCH, ERR_IMAGE_FIRMWARE, ERR_IMAGE_DISK_SIZE, ERR_IMAGE_ROLLBACK,
 * ERR_IMAGE_OTHER, ERR_IMAGE_ROOT_EXPIRED, ERR_IMAGE_NOT_LATEST, ERR_IMAGE_CHANNEL_MISSING */
MUST_CHECK int image_policy_check(const struct image_policy *policy, const struct trust_root *root,
				  const struct manifest *m, struct err *err);
/* Does nothing but rollback_reason let the image in? Then the caller writes the reason down. */
bool image_policy_rolls_back(const struct image_policy *policy, const struct manifest *m);

enum image_want { IMAGE_WANT_BYTES, IMAGE_WANT_CHUNK, IMAGE_WANT_END, IMAGE_DONE };

struct image_step {
	enum image_want want;
	size_t n_bytes; /* exact length of the next piece, at most IMAGE_PIECE_MAX_BYTES */
	size_t payload; /* of a chunk: index in the manifest */
	size_t index;   /* of a chunk: its record */
	struct chunk chunk;
};
#define IMAGE_PIECE_MAX_BYTES (CHUNK_MAX_BYTES + CHUNK_PACKED_SLACK_BYTES)

struct image_verify;
/* in: root must outlive the machine; policy may be NULL. */
MUST_CHECK struct image_verify *image_verify_new(const struct trust_root *root,
						 const struct image_policy *policy);
void image_verify_free(struct image_verify *v);
DEFINE_AUTO(image_verify, struct image_verify, image_verify_free);

void image_verify_next(const struct image_verify *v, struct image_step *ret);
/* in: exactly the bytes that next() asked for. trust: none */
MUST_CHECK int image_verify_give(struct image_verify *v, const void *p, size_t n_bytes,
				 struct err *err);
void image_verify_taken(struct image_verify *v);
MUST_CHECK int image_verify_end(struct image_verify *v, size_t n_bytes_read, struct err *err);

/* The stream broke off where a piece was wanted: ERR_IMAGE_TRUNCATED with member and offset. */
MUST_CHECK int image_verify_truncated(const struct image_verify *v, struct err *err);
/* Put "member 'x' at offset n" in front of an error about the current piece. */
MUST_CHECK int image_verify_blame(const struct image_verify *v, struct err *err);

/* The signed manifest, once the signatures were found good (before any payload); else NULL. */
const struct manifest *image_verify_manifest(const struct image_verify *v);
/* The bytes of the manifest, as stored. */
const char *image_verify_document(const struct image_verify *v, size_t *ret_n_bytes);
/* The bytes of the signatures document that belongs to it. */
const char *image_verify_signatures(const struct image_verify *v, size_t *ret_n_bytes);
/* The checked chunk table of a payload that was reached; lives as long as the machine. */
const struct chunk_table *image_verify_table(const struct image_verify *v, size_t payload);
/* Bytes judged so far. */
uint64_t image_verify_offset(const struct image_verify *v);

/* What image_verify_fd() demands and how it works. */
struct image_verify_options {
	const struct image_policy *policy; /* may be NULL */
	unsigned n_threads; /* that hash; 0: one a CPU, at most 4; else 1 to IMAGE_WORKERS_MAX */
	bool deep;          /* also decode every chunk and check its plain digest */
};
/* Drive the machine over a descriptor. blocks. owns: *ret (ret may be NULL) is the caller's
 * (manifest_free). errors: those of the machine, ERR_IO */
MUST_CHECK int image_verify_fd(int fd, const struct trust_root *root,
			       const struct image_verify_options *options, struct manifest **ret,
			       struct err *err);

#endif
