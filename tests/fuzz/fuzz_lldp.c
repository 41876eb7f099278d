/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as an LLDP frame.
 */
#include <stddef.h>
#include <stdint.h>

#include <agent/facts/lldp.h>

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n_bytes);

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n_bytes)
{
	struct facts_lldp lldp;
	unsigned ttl_s;

	(void)lldp_parse(p, n_bytes, &lldp, &ttl_s);
	return 0;
}
