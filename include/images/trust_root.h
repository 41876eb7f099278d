/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The trust root: which keys may sign which lines of images and which may name the latest image of a
 * line, how many signatures that takes, what is revoked, and how old an image may be. A versioned
 * document, signed by its own root keys; a holder of version N accepts version N + 1 only with the
 * thresholds of both.
 *
 *  1. trust_root_load() or trust_root_parse(): the root that was put here by a trusted hand
 * (ramdisk, /etc/slipway/root.json). Its own threshold of signatures is checked, its pedigree
 * cannot be.
 *  2. trust_root_update(): take N + 1 when it comes from anywhere else.
 *  3. trust_root_open_manifest(): the manifest, if enough keys signed it that may sign its line.
 *  4. trust_root_free().
 */
#ifndef IMAGES_TRUST_ROOT_H
#define IMAGES_TRUST_ROOT_H

#include <images/envelope.h>
#include <images/manifest.h>
#include <images/signatures.h>
#include <base/err.h>

#define TRUST_ROOT_MAX_BYTES    (1024 * 1024)
#define TRUST_ROOT_MAX_KEYS     64
#define TRUST_ROOT_MAX_LINES    16 /* patterns a key */
#define TRUST_ROOT_MAX_REVOKED  1024
#define TRUST_ROOT_MAX_FLOORS   256
#define TRUST_ROOT_PAYLOAD_TYPE "application/vnd.slipway.root.v1+json"

enum trust_profile { TRUST_PROFILE_LAB, TRUST_PROFILE_HARDENED };
const char *trust_profile_str(enum trust_profile profile); /* "lab", "hardened" */

/* What a key may sign. In the order of their words. */
enum trust_role { TRUST_ROLE_CHANNEL, TRUST_ROLE_IMAGE, TRUST_ROLE_ROOT, _TRUST_ROLE_MAX };
const char *trust_role_str(enum trust_role role); /* "channel", "image", "root" */

struct trust_key {
	struct public_key key;
	bool may[_TRUST_ROLE_MAX];
	size_t n_lines; /* patterns with * and ?; an image or channel key with none signs nothing */
	char lines[TRUST_ROOT_MAX_LINES][MANIFEST_NAME_BYTES];
};

struct trust_floor {
	char line[MANIFEST_NAME_BYTES];
	uint64_t min_seq;
};

struct trust_root {
	uint64_t seq;
	enum trust_profile profile;
	int64_t created_s;
	int64_t expires_s;
	/* Good signatures that a document of the role needs. Channel: 0 when the root demands none.
	 */
	unsigned threshold[_TRUST_ROLE_MAX];
	size_t n_keys;
	struct trust_key keys[TRUST_ROOT_MAX_KEYS];
	size_t n_revoked_keys;
	uint8_t (*revoked_keys)[SHA256_BYTES];
	size_t n_revoked_images;
	uint8_t (*revoked_images)[SHA256_BYTES];
	size_t n_floors;
	struct trust_floor *floors;
	uint8_t digest[SHA256_BYTES]; /* of the signed document */
	struct envelope document;
};

/* Parse an envelope and check it against its own root threshold.
 * errors: ERR_IMAGE_ROOT, ERR_IMAGE_ROOT_SIGNATURES. owns: *ret is the caller's. */
MUST_CHECK int trust_root_parse(const void *p, size_t n_bytes, struct trust_root **ret,
				struct err *err);
MUST_CHECK int trust_root_load(const char *path, struct trust_root **ret, struct err *err);
void trust_root_free(struct trust_root *r);
DEFINE_AUTO(trust_root, struct trust_root, trust_root_free);

/* The same, without demanding the threshold: for the tool that collects signatures one by one. */
MUST_CHECK int trust_root_parse_unsigned(const void *p, size_t n_bytes, struct trust_root **ret,
					 struct err *err);
/* How many distinct, unrevoked root keys of `by` signed `r`. */
unsigned trust_root_count_signers(const struct trust_root *r, const struct trust_root *by);

/* Parse p as the successor of `trusted`: sequence + 1 exactly, signed by both thresholds, not
 * weaker in profile. `trusted` is not changed. errors: ERR_IMAGE_ROOT_SEQUENCE,
 * ERR_IMAGE_ROOT_SIGNATURES */
MUST_CHECK int trust_root_update(const struct trust_root *trusted, const void *p, size_t n_bytes,
				 struct trust_root **ret, struct err *err);

/* Expiry by a clock that can be trusted: the server's. An agent takes the server's time.
 * errors: ERR_IMAGE_ROOT_EXPIRED */
MUST_CHECK int trust_root_check_time(const struct trust_root *r, int64_t now_s, struct err *err);

/* Must `latest` be what a channel says (images/channel.h)? */
bool trust_root_demands_channel(const struct trust_root *r);

/* Lowest sequence number that a line may have, 0 if there is no floor. */
uint64_t trust_root_floor(const struct trust_root *r, const char *line);

/* What the signatures of one document came to. */
struct trust_tally {
	bool good[TRUST_ROOT_MAX_KEYS]; /* by key of the root */
	unsigned n_good;                /* distinct keys of the role, none of them revoked */
	unsigned n_revoked;
	unsigned n_wrong; /* by a key that may sign, but not over these bytes */
};
/* Count the good signatures of keys that have the role. */
void trust_root_tally(const struct trust_root *r, enum trust_role role,
		      const struct signed_document *d, struct trust_tally *ret);
/* How many of the good ones may sign this line. */
unsigned trust_root_tally_of_line(const struct trust_root *r, const struct trust_tally *t,
				  const char *line);

/* Check a manifest's signatures, and only then parse the same buffer: a threshold of distinct keys
 * that may sign its line, none revoked, the image itself not revoked. trust: none of the bytes.
 * owns: *ret is the caller's (manifest_free).
 * errors: ERR_IMAGE_UNSIGNED, ERR_IMAGE_UNTRUSTED, ERR_IMAGE_LINE, ERR_IMAGE_KEY_REVOKED,
 * ERR_IMAGE_THRESHOLD, ERR_IMAGE_REVOKED, and those of manifest_parse() */
MUST_CHECK int trust_root_open_manifest(const struct trust_root *r, const struct signatures *sigs,
					const void *doc, size_t n_bytes, struct manifest **ret,
					struct err *err);

#endif
