/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Trust roots from anywhere, signed or not.
 */
#include <stdint.h>

#include <images/trust_root.h>

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n_bytes);

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n_bytes)
{
	AUTO(trust_root) struct trust_root *r = NULL, *next = NULL;
	struct err err = ERR_INIT;

	if (trust_root_parse_unsigned(p, n_bytes, &r, &err) < 0)
		return 0;
	BUG_ON(r->n_keys > TRUST_ROOT_MAX_KEYS);
	BUG_ON(trust_root_count_signers(r, r) > r->n_keys);
	(void)trust_root_floor(r, "debian12");
	BUG_ON(!trust_root_update(r, p, n_bytes, &next, &err)); /* never its own successor */
	return 0;
}
