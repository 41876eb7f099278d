/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A packet of any bytes: is it an answer to our question for other DHCP servers?
 */
#include <stdint.h>
#include <stdlib.h>
#include <base/err.h>
#include <pxe/dhcp_probe.h>

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n_bytes);

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n_bytes)
{
	struct dhcp_answer a;

	if (dhcp_answer_read(p, n_bytes, 0x12345678, &a))
		BUG_ON(n_bytes < 20 + 8 + 240);
	return 0;
}
