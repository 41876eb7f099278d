/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The repair loop: what became of the parts that a host's open faults name, which tests are run
 * again because of it, and which faults a run that passed has closed. Everything is read from the
 * store; nothing is kept in memory.
 */
#ifndef SERVER_FLOW_BURN_REPAIR_H
#define SERVER_FLOW_BURN_REPAIR_H

#include <base/err.h>
#include <burnin/catalogue.h>
#include <inventory/run.h>
#include "flow.h"
#include "profile.h"

struct burn_repair {
	bool complete;       /* something was swapped or moved, and no order is left undone */
	bool narrow;         /* only what the old parts carried must be proven again */
	unsigned kinds;      /* of the parts that the faults name */
	char words[257];     /* what is left to do; "" */
	struct run_row base; /* narrow: the whole run that the retest completes */
};

/* How many open faults of a burn-in a host has. */
MUST_CHECK int burn_repair_open(struct flow *flow, int64_t host_num, struct err *err);
/* By its facts of now. */
MUST_CHECK int burn_repair_read(struct flow *flow, int64_t host_num, struct burn_repair *ret,
				struct err *err);

struct burn_plan {
	struct catalogue *catalogue; /* owned; tests are views into it */
	struct planned_test tests[CATALOGUE_TESTS_MAX];
	size_t n_tests;
	char tier[33];
	char retest_of[37]; /* "" for a whole run */
};
void burn_plan_done(struct burn_plan *plan);
#define autoburnplan __attribute__((cleanup(burn_plan_done)))
/* What the host is tested with next: its profile's tier, or of it what a repair makes needed.
 * The folder of the operator's own tests is read for each plan. owns: burn_plan_done(), also after an
 * error. errors: ERR_BURNIN_CATALOGUE */
MUST_CHECK int burn_repair_plan(struct flow *flow, int64_t host_num, const struct profile *p,
				struct burn_plan *ret, struct err *err);

/* A run has passed: close the faults of earlier runs that it proves repaired. A part that must be
 * replaced and is still there, or is in another slot, keeps its fault open. Returns 1, that fault in
 * *ret and what is left to do in words, or 0. */
MUST_CHECK int burn_repair_prove(struct flow *flow, int64_t host_num, const char *run_id,
				 struct fault_row *ret, char words[static 257], struct err *err);

#endif
