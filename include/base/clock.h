/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Time, and the only place that asks the kernel for it (tests/lint/house.sh). Deadlines use the boot clock, which no operator can set; wall time is for labels and
 * expiry. Code that decides by time takes a struct clock, so that a test moves time by hand.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

struct clock {
	int64_t (*boot_us)(void *arg); /* CLOCK_BOOTTIME */
	int64_t (*wall_us)(void *arg); /* since 1970, UTC */
	void *arg;
};
extern const struct clock clock_system;

static inline int64_t clock_boot_us(const struct clock *c)
{
	return c->boot_us(c->arg);
}
static inline int64_t clock_wall_us(const struct clock *c)
{
	return c->wall_us(c->arg);
}
/* The system's clocks, for code whose time no caller needs to choose. */
int64_t time_boot_ms(void);
int64_t time_wall_us(void);
/* From now on the two above and clock_system read this clock; NULL: the kernel's again. For tests of
 * code that takes no struct clock. owns: nothing, *clock must stay. */
void clock_hold(const struct clock *clock);

/* "2026-11-01T12:00:00.123456Z"; fractions are left out when zero. */
#define TIME_TEXT_BYTES 32
void time_rfc3339(int64_t wall_us, char ret[static TIME_TEXT_BYTES]);
/* RFC 3339 with Z or an offset, up to microseconds. in: hostile. */
bool time_parse_rfc3339(const char *text, int64_t *ret_wall_us);

#endif
