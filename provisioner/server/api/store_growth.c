/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sizes of the store over time; see store_growth.h. Input: numbers of our own store.
 */
#include "store_growth.h"

#include <string.h>

#define DAY_US (24 * 3600 * 1000000LL)

void store_growth_note(struct store_growth *g, int64_t now_us, int64_t bytes)
{
	if (g->n && now_us - g->samples[g->n - 1].at_us < STORE_GROWTH_STEP_US)
		return;
	if (g->n == STORE_GROWTH_SAMPLES) {
		memmove(g->samples, g->samples + 1, sizeof(g->samples) - sizeof(g->samples[0]));
		g->n--;
	}
	g->samples[g->n].at_us = now_us;
	g->samples[g->n++].bytes = bytes;
}

bool store_growth_per_day(const struct store_growth *g, int64_t now_us, int64_t bytes,
			  int64_t *ret_bytes)
{
	int64_t passed_us = g->n ? now_us - g->samples[0].at_us : 0;

	if (passed_us < STORE_GROWTH_STEP_US)
		return false;
	*ret_bytes = (int64_t)((double)(bytes - g->samples[0].bytes) * (double)DAY_US /
			       (double)passed_us);
	return true;
}
