/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How fast the store grows: its size once an hour for two days, and from that how long the disk will
 * last. Since the daemon started: nothing is said before an hour has passed. Private to api/.
 */
#ifndef SERVER_API_STORE_GROWTH_H
#define SERVER_API_STORE_GROWTH_H

#include <stdbool.h>
#include <stdint.h>

#define STORE_GROWTH_SAMPLES 48
#define STORE_GROWTH_STEP_US (3600 * 1000000LL)

struct store_growth { /* all zero: nothing is known */
	struct {
		int64_t at_us, bytes;
	} samples[STORE_GROWTH_SAMPLES]; /* oldest first */
	unsigned n;
};

/* Note a size. One that comes within an hour of the last is not kept. */
void store_growth_note(struct store_growth *g, int64_t now_us, int64_t bytes);
/* Bytes a day from the oldest sample to now; false: not known yet. It may have shrunk. */
bool store_growth_per_day(const struct store_growth *g, int64_t now_us, int64_t bytes,
			  int64_t *ret_bytes);

#endif
