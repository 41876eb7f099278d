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

/* For the host's timeline: such a card is dead or does less than it could. */
static void tell_missing_firmware(const struct facts *f, struct report *out)
{
	for (size_t i = 0; i < f->pci.n; i++) {
		const struct facts_pci *p = &f->pci.items[i];

		if (p->firmware_missing[0])
			report_log(out, "warning",
				   "card %s (%s): firmware file '%s' is missing; make boot "
				   "FIRMWARE=1 packs it",
				   p->address, p->driver[0] ? p->driver : "no driver",
				   p->firmware_missing);
	}
}

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
	tell_missing_firmware(&facts, out);
	report_event(out, EVENT_FACTS, record_encode(facts_fields, &facts));
	facts_done(&facts);
	report_done(out, "ok");
}
