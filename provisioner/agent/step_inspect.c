/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The inspect step: wait until the drivers of what is in the machine are loaded, set the network
 * cards up, read everything, report one facts document. Writes to nothing.
 */
#include "steps.h"

#include <proto/facts.h>

#include <agent/disk/devices_ready.h>
#include <agent/facts/machine_facts.h>
#include <agent/facts/nics.h>

#define LINK_WAIT_MS 3000

void step_inspect(void *step_context, struct report *out)
{
	struct event_progress progress = {
		.stage = "inspect", .total = 3, .unit = "steps", .eta_s = 10};
	struct facts facts;

	(void)step_context;
	report_progress(out, &progress);
	devices_wait(out);
	progress.done = 1;
	report_progress(out, &progress);
	nics_set_up(LINK_WAIT_MS);
	machine_facts("", &facts);
	report_event(out, EVENT_FACTS, record_encode(facts_fields, &facts));
	facts_done(&facts);
	report_done(out, "ok");
}
