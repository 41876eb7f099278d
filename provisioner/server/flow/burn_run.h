/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Burn-in runs on the server: verdicts folded from stored records, faults for what a run found, and
 * which parts a passed run has proven. Everything is a row: a daemon that is killed at any moment
 * loses no order, because the next one folds the same records.
 */
#ifndef SERVER_FLOW_BURN_RUN_H
#define SERVER_FLOW_BURN_RUN_H

#include <jansson.h>
#include <base/err.h>
#include <burnin/verdict.h>
#include <inventory/run.h>
#include "flow.h"

/* Store one record of the host's open run. A record that is not OCP's is stored all the same, as
 * evidence that makes the run INCOMPLETE; *ret_refused is why, "" for a good one. A repair order
 * opens its fault in the same transaction. trust: none of the record. errors: ERR_TOO_BIG */
MUST_CHECK int burn_run_take(struct flow *flow, int64_t host_num, const char *run_id,
			     json_t *record, char ret_refused[static 257], struct err *err);

#define BURN_RECORDS_MAX 1000000 /* a run of 72 h has about 20,000 */
/* The verdict of a run, from its stored records. owns: run_verdict_done(). */
MUST_CHECK int burn_run_fold(struct flow *flow, const char *run_id, struct run_verdict *ret,
			     struct err *err);
/* why, and what the records of a run show of that moment: "it rebooted: in the test memory-pattern,
 * at 71 C; kernel: ..". run_id: may be "". Store errors leave why alone. */
#define BURN_SCENE_BYTES 513
void burn_run_scene(struct flow *flow, const char *run_id, const char *why,
		    char ret[static BURN_SCENE_BYTES]);
/* A fault for each of its orders; those that are open already stay as they are. */
MUST_CHECK int burn_run_open_faults(struct flow *flow, int64_t host_num, const char *run_id,
				    const struct run_verdict *v, struct err *err);

/* "parts HEX": names the set of serials and firmware that a host has now; the detail of a passed
 * run. "" when its facts are not known. */
#define BURN_PARTS_BYTES 80
MUST_CHECK int burn_run_parts(struct flow *flow, int64_t host_num,
			      char ret[static BURN_PARTS_BYTES], struct err *err);

#endif
