/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Manifests from anywhere: what parses must encode to the same bytes again.
 */
#include <stdint.h>
#include <string.h>

#include <base/cleanup.h>
#include <images/manifest.h>

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n_bytes);

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n_bytes)
{
	AUTO(manifest) struct manifest *m = NULL;
	autofree char *text = NULL;
	struct err err = ERR_INIT;
	size_t n;

	if (manifest_parse(p, n_bytes, &m, &err) < 0)
		return 0;
	BUG_ON(manifest_encode(m, &text, &n, &err) < 0);
	/* The order of firmware is the one freedom that our encoder does not use. */
	BUG_ON(n != n_bytes);
	return 0;
}
