/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The battery-backed clock of a host, read twice in a run: does it go, does it keep time, and has it
 * kept the time while the host was off? It is held against the boot clock and the server's time; it is
 * never set here. Pure.
 */
#ifndef BURNIN_HARDWARE_CLOCK_H
#define BURNIN_HARDWARE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>
#include <burnin/rules.h>

#define HARDWARE_CLOCK_LEAST_MS 5000  /* between two readings: it tells whole seconds */
#define HARDWARE_CLOCK_SLACK_S  2     /* of two readings in whole seconds, on a busy host */
#define HARDWARE_CLOCK_PPM      500   /* good ones are within 100 */
#define HARDWARE_CLOCK_OFF_S    86400 /* local time and daylight saving are less */

struct hardware_clock {
	int64_t rtc_s;   /* seconds since 1970; -1: there is none */
	int64_t boot_ms; /* when it was read */
};
struct hardware_clock_answer {
	enum burnin_symptom
		symptom; /* NONE: it is good, or it was looked at for too short a time */
	bool judged;
	int64_t drift_s; /* positive: it is fast */
	int64_t off_s; /* against the server; positive: it is ahead. 0 if the server's time is not known */
	char message[257];
};
/* in: server_us_at_boot, the server's wall clock minus the boot clock; 0: not known. */
void hardware_clock_judge(const struct hardware_clock *before, const struct hardware_clock *now,
			  int64_t server_us_at_boot, struct hardware_clock_answer *ret);

#endif
