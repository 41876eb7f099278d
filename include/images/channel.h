/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Channels: the signed, numbered, expiring document that says which image of each line is the
 * latest. Images live for years and say nothing of what came after them; without a channel an old
 * store, well signed throughout, cannot be told from the newest one (the freeze and rollback
 * attacks of The Update Framework, section 1.5.2; this is its timestamp and snapshot in one).
 *
 * Signed with the trust root's keys of the role `channel`, each for the lines that it may sign. A
 * root without `channel_threshold` demands no channel.
 *
 *  1. channel_open(), then channel_check_time() by a clock that can be trusted.
 *  2. channel_accept() instead, for a program that keeps the last one: never an older one.
 *  3. channel_find() or channel_check_latest().
 *  4. channel_free().
 */
#ifndef IMAGES_CHANNEL_H
#define IMAGES_CHANNEL_H

#include <images/envelope.h>
#include <images/manifest.h>
#include <images/trust_root.h>
#include <base/err.h>

#define CHANNEL_MAX_BYTES    (64 * 1024) /* it travels inside of plans */
#define CHANNEL_MAX_IMAGES   256         /* a line for two architectures is two */
#define CHANNEL_MAX_DAYS     90          /* what lives longer proves no freshness */
#define CHANNEL_PAYLOAD_TYPE "application/vnd.slipway.channel.v1+json"
#define CHANNEL_TYPE         "slipway-channel/v1"

struct channel_image {
	char line[MANIFEST_NAME_BYTES];
	enum image_arch arch;
	char version[MANIFEST_NAME_BYTES];
	uint8_t digest[SHA256_BYTES]; /* of the manifest */
};

struct channel {
	uint64_t seq;
	int64_t issued_s;
	int64_t expires_s;
	size_t n_images; /* in order of line, then arch; each pair once */
	struct channel_image images[CHANNEL_MAX_IMAGES];
	struct envelope document;
};

/* Parse without judging the signatures: for the tool that collects them, and for people who want to
 * read. errors: ERR_IMAGE_CHANNEL. owns: *ret is the caller's. */
MUST_CHECK int channel_parse_unsigned(const void *p, size_t n_bytes, struct channel **ret,
				      struct err *err);

/* Check the signatures, and only then parse the same bytes: a threshold of distinct channel keys,
 * none revoked, and as many for each line named. Says nothing of time. trust: none of the bytes.
 * owns: *ret is the caller's.
 * errors: ERR_IMAGE_CHANNEL, ERR_IMAGE_CHANNEL_SIGNATURES, ERR_IMAGE_LINE */
MUST_CHECK int channel_open(const struct trust_root *r, const void *p, size_t n_bytes,
			    struct channel **ret, struct err *err);
void channel_free(struct channel *c);
DEFINE_AUTO(channel, struct channel, channel_free);

/* errors: ERR_IMAGE_CHANNEL_EXPIRED */
MUST_CHECK int channel_check_time(const struct channel *c, int64_t now_s, struct err *err);

/* What a new channel is judged by. */
struct channel_demands {
	const struct trust_root *root;
	/* What was accepted last, opened by the root in force; NULL if there is none, or if that root
	 * does not accept it any more, so that a stolen key's huge number goes with the key. */
	const struct channel *held;
	int64_t now_s; /* wall clock */
};
/* channel_open() and channel_check_time(), and it must follow the one that is held: a higher number,
 * or the very same document. trust: none of the bytes. owns: *ret is the caller's.
 * errors: those of both, ERR_IMAGE_CHANNEL_SEQUENCE */
MUST_CHECK int channel_accept(const struct channel_demands *demands, const void *p, size_t n_bytes,
			      struct channel **ret, struct err *err);

/* The order in which images stand: line, then the word of the architecture. As strcmp(). */
int channel_order(const char *line_a, enum image_arch arch_a, const char *line_b,
		  enum image_arch arch_b);
/* NULL: the channel does not name the line for this architecture. owns: the channel */
const struct channel_image *channel_find(const struct channel *c, const char *line,
					 enum image_arch arch);
/* Is this image the one that the channel names as latest? errors: ERR_IMAGE_CHANNEL_MISSING (the
 * line is not in it), ERR_IMAGE_NOT_LATEST */
MUST_CHECK int channel_check_latest(const struct channel *c, const struct manifest *m,
				    struct err *err);

/* The document as JSON: what was signed. owns: the caller decrefs. */
MUST_CHECK json_t *channel_json(const struct channel *c);

#endif
