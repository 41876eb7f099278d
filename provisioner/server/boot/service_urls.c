/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See service_urls.h. Input: our configuration.
 */
#include "service_urls.h"

#include <stdio.h>

static void write_url(char ret[static SERVICE_URL_BYTES], const char *scheme, const char *address,
		      int64_t port, int64_t usual)
{
	if (port == usual)
		(void)snprintf(ret, SERVICE_URL_BYTES, "%s://%s", scheme, address);
	else
		(void)snprintf(ret, SERVICE_URL_BYTES, "%s://%s:%d", scheme, address, (int)port);
}

void service_urls_at(const struct boot_config *c, const char *address, struct service_urls *ret)
{
	write_url(ret->plain, "http", address, c->http_port, 80);
	write_url(ret->tls, "https", address, c->https_port, 443);
}

void service_urls_of(const struct boot_config *c, struct service_urls *ret)
{
	service_urls_at(c, c->address, ret);
}
