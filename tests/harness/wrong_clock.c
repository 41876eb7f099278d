/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A machine whose clock says something else, for one program: a library to preload. WRONG_CLOCK holds the
 * seconds since 1970 that it starts with; whoever sets the clock sets it for this program alone.
 * Monotonic clocks stay as they are.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static int64_t off_s;

static int64_t real_s(struct timespec *ret)
{
	(void)syscall(SYS_clock_gettime, CLOCK_REALTIME, ret);
	return ret->tv_sec;
}

__attribute__((constructor)) static void start(void)
{
	const char *wanted = getenv("WRONG_CLOCK");
	struct timespec now;

	if (wanted)
		off_s = strtoll(wanted, NULL, 10) - real_s(&now);
}

int clock_gettime(clockid_t clock, struct timespec *ts)
{
	if (syscall(SYS_clock_gettime, clock, ts) < 0)
		return -1;
	if (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)
		ts->tv_sec += off_s;
	return 0;
}

/* One line to standard error: "wrong_clock: 1970 is set to 2026". */
static void tell(time_t from, time_t to)
{
	struct tm a, b;

	if (gmtime_r(&from, &a) && gmtime_r(&to, &b))
		(void)dprintf(2, "wrong_clock: %d is set to %d\n", a.tm_year + 1900,
			      b.tm_year + 1900);
}

int clock_settime(clockid_t clock, const struct timespec *ts)
{
	struct timespec now;

	if (clock != CLOCK_REALTIME) {
		errno = EINVAL;
		return -1;
	}
	tell(real_s(&now) + off_s, ts->tv_sec);
	off_s = ts->tv_sec - now.tv_sec;
	return 0;
}

time_t time(time_t *ret)
{
	struct timespec now;
	time_t t = real_s(&now) + off_s;

	if (ret)
		*ret = t;
	return t;
}

int gettimeofday(struct timeval *tv, void *zone)
{
	struct timespec now;

	(void)zone;
	tv->tv_sec = real_s(&now) + off_s;
	tv->tv_usec = now.tv_nsec / 1000;
	return 0;
}
