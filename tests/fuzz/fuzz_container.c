/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whole archives through the verifier, with a root that trusts one key. Nothing that a fuzzer makes
 * may be accepted but the one archive of the corpus that this key signed.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <base/str.h>
#include <images/verify.h>

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n_bytes);

/* The key's private half was thrown away after it had signed corpus/container/valid. */
static const char root_text[] =
#include "fuzz_container_root.inc"
	;
#define VALID_ARCHIVE_SHA256 "1cbbcfadb62f9e4f705b7aa2cf9d82e80334b29d253b77d235feb24a50061008"

static const struct trust_root *root(void)
{
	static struct trust_root *r;
	struct err err = ERR_INIT;

	if (!r && trust_root_parse(root_text, strlen(root_text), &r, &err) < 0)
		abort();
	return r;
}

static int step(struct image_verify *v, const uint8_t *p, size_t n_bytes, size_t *at)
{
	struct image_step s;

	image_verify_next(v, &s);
	if (s.want == IMAGE_DONE)
		return 1;
	if (s.want == IMAGE_WANT_END)
		return image_verify_end(v, *at < n_bytes, NULL);
	if (s.n_bytes > n_bytes - *at)
		return image_verify_truncated(v, NULL);
	*at += s.n_bytes;
	return image_verify_give(v, p + *at - s.n_bytes, s.n_bytes, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n_bytes)
{
	AUTO(image_verify) struct image_verify *v = image_verify_new(root(), NULL);
	char digest[SHA256_HEX_BYTES];
	size_t at = 0;
	int status;

	do
		status = step(v, p, n_bytes, &at);
	while (!status);
	if (status < 0)
		return 0;
	sha256_hex_of(p, n_bytes, digest);
	BUG_ON(!str_eq(digest, VALID_ARCHIVE_SHA256));
	return 0;
}
