/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Archives as files, for the tool: reading the two documents at the head, signing in place, and
 * putting a new archive together from packed payloads.
 */
#ifndef IMAGES_ARCHIVE_H
#define IMAGES_ARCHIVE_H

#include <images/manifest.h>
#include <images/signatures.h>
#include <images/signer.h>
#include <base/err.h>

/* The head of an archive: documents as stored, not trusted, and where the payloads begin. */
struct archive_head {
	char *manifest_text;
	size_t manifest_bytes;
	struct manifest *manifest;
	struct signatures signatures;
	uint64_t payloads_offset;
};
MUST_CHECK int archive_read_head(int fd, struct archive_head *ret, struct err *err);
void archive_head_done(struct archive_head *h);

/* Sign the archive: the file is replaced by one that holds the further signatures, or stays as it
 * is. errors: of signer_sign(), archive_read_head(), ERR_IO */
MUST_CHECK int archive_sign(const char *path, const struct signer *const *signers, size_t n_signers,
			    struct err *err);

/* A payload as the packer left it. */
struct packed_payload {
	int fd;         /* packed bytes from offset 0 */
	uint8_t *table; /* records */
};
/* Write a new, unsigned archive. in: m->payloads and payloads run together. */
MUST_CHECK int archive_write(const char *path, const struct manifest *m,
			     const struct packed_payload *payloads, struct err *err);

#endif
