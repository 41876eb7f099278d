/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Wait for a condition instead of sleeping for as long as it takes on a fast machine: the test goes
 * on at once when the condition holds, and a slow machine gets the time that it needs.
 */
#ifndef TESTS_HARNESS_WAIT_FOR_H
#define TESTS_HARNESS_WAIT_FOR_H

#include <poll.h>
#include <tests/harness/check.h>

#include <base/clock.h>

#define WAIT_FOR_MS 60000 /* longer than anything here takes */

/* Fails the row after WAIT_FOR_MS. The condition is looked at every 10 ms. */
#define WAIT_FOR(row, condition)                                                                   \
	do {                                                                                       \
		int64_t until_ms_ = time_boot_ms() + WAIT_FOR_MS;                                  \
		while (!(condition)) {                                                             \
			if (time_boot_ms() > until_ms_)                                            \
				fail_msg("row '%s': not within a minute: %s", row, #condition);    \
			(void)poll(NULL, 0, 10);                                                   \
		}                                                                                  \
	} while (0)

#endif
