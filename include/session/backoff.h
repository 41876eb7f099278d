/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Waiting between tries: full jitter, 0.5 s x 2^n up to 30 s, forever. A rack that lost its server
 * must not come back as one.
 */
#ifndef SESSION_BACKOFF_H
#define SESSION_BACKOFF_H

#include <stdint.h>

struct backoff {
	unsigned n_failures;
	int64_t next_boot_ms; /* not before this */
};

void backoff_failed(struct backoff *b, int64_t now_boot_ms, int64_t at_least_ms);
void backoff_worked(struct backoff *b);

#endif
