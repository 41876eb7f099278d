/* SPDX-License-Identifier: Apache-2.0 */
/*
 * While a test runs: how far the run is, what the kernel logs meanwhile, and whether it must stop.
 */
#include "burn.h"

#include <unistd.h>
#include <base/cleanup.h>
#include <base/clock.h>

bool burn_tick(struct burn *b)
{
	int64_t in_test_s = (time_boot_ms() - b->test_started_ms) / 1000;
	struct event_progress p = {.stage = "burn_in", .unit = "s", .total = b->total_s};

	if (in_test_s > b->test_s)
		in_test_s = b->test_s;
	p.done = b->done_s + in_test_s;
	p.eta_s = b->total_s - p.done;
	(void)text_fit(p.message, sizeof(p.message), b->test);
	report_progress(b->out, &p);
	burn_follow(b);
	return !report_must_stop(b->out);
}

bool burn_wait_for_poll(struct burn *b)
{
	int64_t until_ms = time_boot_ms() + (BURN_POLL_S + 1) * 1000;

	while (b->poll_before_s > 0 && time_boot_ms() < until_ms) {
		if (!burn_tick(b))
			return false;
		usleep(200000);
	}
	return true;
}
