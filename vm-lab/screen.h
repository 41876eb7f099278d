/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The live view: one line a host with its stage, progress and time left. On a terminal the lines
 * are redrawn in place; elsewhere a line is printed when a host's stage changes, and every half
 * minute.
 */
#ifndef LAB_SCREEN_H
#define LAB_SCREEN_H

#include <base/str.h>
#include "bench.h"

struct screen {
	bool live; /* standard output is a terminal */
	unsigned lines_drawn;
	char last_state[LAB_MAX_HOSTS][64];
	int64_t last_line_ms[LAB_MAX_HOSTS];
};

void screen_init(struct screen *c);
/* One host's line, without a newline. Pure; for tests too. */
void screen_line(const struct bench_host *h, int64_t now_ms, struct str *ret);
void screen_show(struct screen *c, const struct bench *b);
/* Leave the last picture standing. */
void screen_end(struct screen *c, const struct bench *b);
/* A step of the lab itself ("importing images"). */
void screen_say(struct screen *c, const char *text);

#endif
