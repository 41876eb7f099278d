/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The test of the counters: errors that grew since the run's last test, and what is not covered on
 * this host.
 */
#include "burn.h"

enum burn_end burn_test_counters(struct burn *b, const char *step)
{
	unsigned n_before = b->n_failures, n_covered = 0;

	if (!burn_wait_for_poll(b))
		return BURN_STOPPED;
	burn_judge_evidence(b, step);
	for (int i = 0; i < _COUNTER_KIND_MAX; i++)
		n_covered += b->before.covered[i];
	json_t *coverage = counters_coverage_json(&b->before);
	json_object_set_new(coverage, "kernel-log",
			    json_string(b->log_fd >= 0 ? "covered" : "none"));
	json_object_set_new(coverage, "bmc-events",
			    json_string(b->n_events >= 0 ? "covered" : "none"));
	ocp_extend(&b->stream, step, "coverage", coverage);
	if (!b->before.covered[COUNTER_EDAC_CE])
		burn_unjudged(b, step, NULL,
			      "no memory controller driver: ECC errors are not covered");
	if (n_covered && b->n_failures == n_before)
		burn_passed(b, step, NULL, "counters-pass", "no covered error counter grew");
	return n_covered ? BURN_JUDGED : BURN_SKIPPED;
}
