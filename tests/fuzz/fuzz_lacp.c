/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as an LACP frame: what is taken from it is a switch's address and numbers in range. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <agent/facts/lacp.h>

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n_bytes);

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n_bytes)
{
	struct lacp_port port;

	if (lacp_parse(p, n_bytes, &port) &&
	    (strlen(port.system) != 17 || port.port > 65535 || port.key > 65535))
		abort();
	return 0;
}
