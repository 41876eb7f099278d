/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One request for /healthz to our own plain port, without blocking the event loop that answers it:
 * the proof that nginx serves and reaches us.
 */
#ifndef SERVER_BOOT_HTTP_PROBE_H
#define SERVER_BOOT_HTTP_PROBE_H

#include <stdbool.h>
#include <stdint.h>
#include <base/err.h>

struct sd_event;
struct http_probe;

/* on_answer is called once, and may free the probe. NULL: it cannot be asked now. in: address: IPv4 */
MUST_CHECK struct http_probe *http_probe_new(struct sd_event *event, const char *address,
					     uint16_t port,
					     void (*on_answer)(void *arg, bool is_good), void *arg);
void http_probe_free(struct http_probe *p);

#endif
