/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The appliance's addresses as URLs, without the ports that go without saying.
 */
#ifndef SERVER_BOOT_SERVICE_URLS_H
#define SERVER_BOOT_SERVICE_URLS_H

#include "boot_config.h"

#define SERVICE_URL_BYTES 64

struct service_urls {
	char plain[SERVICE_URL_BYTES]; /* "http://10.0.0.1" */
	char tls[SERVICE_URL_BYTES];   /* "https://10.0.0.1:8443" */
};

/* As hosts of another interface reach us: address is that of one of the nets. */
void service_urls_at(const struct boot_config *c, const char *address, struct service_urls *ret);
/* in: c: after config_resolve() */
void service_urls_of(const struct boot_config *c, struct service_urls *ret);

#endif
