/* SPDX-License-Identifier: Apache-2.0 */
/*
 * POSTs that do not block the daemon: libcurl's multi interface on the daemon's event loop. To http
 * and https only, without redirects, proxies or cookies; what the receiver answers is thrown away,
 * only its status counts. It knows nothing of webhooks.
 */
#ifndef SERVER_WEBHOOK_POST_H
#define SERVER_WEBHOOK_POST_H

#include <stdint.h>
#include <base/err.h>

struct sd_event;
struct outbound;
struct webhook_post; /* the engine: all running POSTs */

/* outbound: kept by reference; every address is checked against it when it is connected to. */
MUST_CHECK int webhook_post_new(struct sd_event *event, const struct outbound *outbound,
				struct webhook_post **ret, struct err *err);
/* Running POSTs end without a word to their callers. NULL is well. */
void webhook_post_free(struct webhook_post *w);

/* status: HTTP, 0 when there was no answer, and then why says what happened. */
typedef void (*webhook_post_end)(void *arg, int status, const char *why);

struct webhook_post_call {
	const char *url;
	const char *const *headers; /* "Name: value", NULL-terminated */
	const char *body;           /* copied */
	int64_t timeout_ms;
	webhook_post_end end; /* called once, from the event loop, never from within start */
	void *arg;
};
/* errors: ERR_HTTP when it cannot be started; end is then not called. */
MUST_CHECK int webhook_post_start(struct webhook_post *w, const struct webhook_post_call *call,
				  struct err *err);

#endif
