/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The catalogue of burn-in tests: which there are, what each tier runs and for how long. The server
 * resolves a tier and a profile's limits into a list of tests; the agent runs that list; a deadline
 * is the sum of the list and a margin, so that no tier and no limit can contradict it.
 *
 * How to add a test: 1. a row in catalogue.c. 2. its function in provisioner/agent/burn, and a row
 * in step_burn_in.c. 3. a test walks both lists and fails while one of them lacks it.
 */
#ifndef BURNIN_CATALOGUE_H
#define BURNIN_CATALOGUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <base/err.h>

#define CATALOGUE_TESTS_MAX 32
#define CATALOGUE_ID_BYTES  33

struct catalogue_test {
	const char *id, *name;
	bool needed; /* a run without its verdict cannot pass */
};
/* In the order in which they run; NULL after the last. */
const struct catalogue_test *catalogue_test_at(size_t index);
/* NULL when no test is called that. */
const struct catalogue_test *catalogue_find(const char *id);

struct planned_test {
	char id[CATALOGUE_ID_BYTES];
	int64_t seconds; /* 0: it takes what it takes, which is seconds */
};

/* A profile's own seconds; 0: the tier's. */
struct catalogue_limits {
	int64_t cpu_s, memory_s, disk_s;
};

/* The tests of a tier. out: *ret_n of ret. errors: ERR_BURNIN_TIER when no tier is called that. */
MUST_CHECK int catalogue_plan(const char *tier, const struct catalogue_limits *limits,
			      struct planned_test ret[static CATALOGUE_TESTS_MAX], size_t *ret_n,
			      struct err *err);
/* How long those may take: their sum, and a margin for tools that start and stop, tests that are
 * repeated, and disks that spin up. */
int64_t catalogue_deadline_s(const struct planned_test *tests, size_t n);

/* The names of tiers, weakest first, NULL at the end. */
extern const char *const catalogue_tiers[];
/* Has a host that passed one tier passed the other one, too? */
bool catalogue_tier_covers(const char *passed, const char *wanted);

#endif
