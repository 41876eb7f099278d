/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as the firmware's table of its serial console. */
#include <stdint.h>
#include <stdlib.h>

#include <agent/facts/spcr.h>

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n_bytes);

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n_bytes)
{
	struct spcr s;

	if (spcr_parse(p, n_bytes, &s) && (!s.address || s.speed > 115200))
		abort();
	return 0;
}
