/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bytes over HTTP, pulled: the caller says how many it wants and where to put them. A connection
 * that breaks is taken up again at the same place. Nothing that comes is trusted; who calls checks
 * it.
 */
#ifndef IMAGES_CORE_FETCH_H
#define IMAGES_CORE_FETCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <base/cleanup.h>
#include <base/err.h>

struct fetch_options {
	const char *pin;              /* see image_install_request */
	bool (*cancelled)(void *arg); /* polled while waiting; may be NULL */
	void *arg;
};

struct fetch;
MUST_CHECK struct fetch *fetch_new(const struct fetch_options *options);
void fetch_free(struct fetch *f);
DEFINE_AUTO(fetch, struct fetch, fetch_free);

#define FETCH_TO_END UINT64_MAX
/* Begin a request for n_bytes from offset. The connection is kept from request to request. */
MUST_CHECK int fetch_begin(struct fetch *f, const char *url, uint64_t offset, uint64_t n_bytes,
			   struct err *err);
/* 1: n bytes are at p; 0: the resource ended before; negative: ERR_HTTP, ERR_HTTP_STATUS,
 * ERR_TIMEOUT, ERR_CANCELLED. blocks */
MUST_CHECK int fetch_read(struct fetch *f, void *p, size_t n_bytes, struct err *err);
/* A whole small resource. owns: *ret_p is the caller's. errors: also ERR_TOO_BIG */
MUST_CHECK int fetch_all(struct fetch *f, const char *url, size_t max_bytes, char **ret_p,
			 size_t *ret_n_bytes, struct err *err);
uint64_t fetch_total_bytes(const struct fetch *f);

#endif
