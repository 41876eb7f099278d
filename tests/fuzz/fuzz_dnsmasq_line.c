/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any text as a line of dnsmasq's log, in which hosts choose names and classes. What is found is short and ends.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <base/alloc.h>
#include <base/cleanup.h>
#include <pxe/dnsmasq.h>

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n_bytes);

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n_bytes)
{
	autofree char *line = xstrndup((const char *)p, n_bytes);
	struct dnsmasq_client client;
	struct dnsmasq_line message;

	if (dnsmasq_client_parse(line, &client) &&
	    (client.is_ipxe ? client.client_arch != 0 : client.client_arch > 0xffff))
		abort();
	if (!memchr(client.exchange, 0, sizeof(client.exchange)))
		abort();
	if (dnsmasq_line_parse(line, &message) && strlen(message.mac) != 17)
		abort();
	return 0;
}
