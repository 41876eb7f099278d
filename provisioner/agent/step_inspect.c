/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The inspect step: wait until the drivers of what is in the machine are loaded, set the network
 * cards up, read everything, report one facts document. Writes to nothing.
 */
#include "steps.h"

#include <unistd.h>
#include <base/clock.h>
#include <proto/facts.h>

#include "machine_facts.h"
#include "nics.h"

#define DEVICES_WAIT_MS 60000 /* big RAID controllers need half a minute to show their volumes */
#define LINK_WAIT_MS    3000

static void wait_for_devices(struct report *out)
{
	int64_t deadline_ms = time_boot_ms() + DEVICES_WAIT_MS;

	/* Written by the ramdisk's init; without that init (tests) there is nothing to wait for. */
	while (access("/run/slipway", F_OK) == 0 &&
	       access("/run/slipway/devices-ready", F_OK) < 0 && time_boot_ms() < deadline_ms &&
	       !report_must_stop(out))
		(void)usleep(100000);
}

void step_inspect(void *step_context, struct report *out)
{
	struct event_progress progress = {
		.stage = "inspect", .total = 3, .unit = "steps", .eta_s = 10};
	struct facts facts;

	(void)step_context;
	report_progress(out, &progress);
	wait_for_devices(out);
	progress.done = 1;
	report_progress(out, &progress);
	nics_set_up(LINK_WAIT_MS);
	machine_facts("", &facts);
	report_event(out, EVENT_FACTS, record_encode(facts_fields, &facts));
	facts_done(&facts);
	report_done(out, "ok");
}
