/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A packet of any bytes: does a relay hand on a request? What is read goes through a line and back.
 */
#include <stdint.h>
#include <stdlib.h>
#include <base/err.h>
#include <base/str.h>
#include <pxe/dhcp_relay.h>

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n_bytes);

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n_bytes)
{
	struct dhcp_relayed r, again;
	char line[DHCP_RELAY_LINE_BYTES];
	autofree char *text = xstrndup((const char *)p, n_bytes);

	(void)dhcp_relay_line_parse(text, &again);
	if (!dhcp_relay_read(p, n_bytes, &r))
		return 0;
	dhcp_relay_line_write(&r, line);
	BUG_ON(!dhcp_relay_line_parse(line, &again));
	BUG_ON(!str_eq(again.circuit, r.circuit) || !str_eq(again.remote, r.remote));
	return 0;
}
