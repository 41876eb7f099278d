/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Groups: a scenario and those after it that continue it run in one cage on one bench; others get a
 * cage of their own. Results travel from the cage as files, so a lost worker loses no report.
 */
#ifndef LAB_GROUP_H
#define LAB_GROUP_H

#include <jansson.h>
#include <base/err.h>
#include "places.h"
#include "scenario.h"

#define GROUP_MAX_SCENARIOS 16

struct lab_options {
	struct lab_places places;
	bool keep;          /* leave disks and server state */
	unsigned timeout_s; /* over the scenario's own; 0: the scenario's */
};

struct group {
	const struct lab_options *options;
	struct scenario *scenarios[GROUP_MAX_SCENARIOS];
	size_t n;
};

/* Turn names (of shipped scenarios, or paths of files) into groups: loads the files, puts in front what a scenario continues, unless it runs
 * just before. owns: groups_done(). errors: ERR_LAB_SCENARIO, ERR_NOT_FOUND. */
struct group_list {
	struct group groups[GROUP_MAX_SCENARIOS];
	size_t n;
};
MUST_CHECK int groups_plan(const struct lab_options *options, const char *const *names,
			   size_t n_names, struct group_list *ret, struct err *err);
void groups_done(struct group_list *l);

/* Run one group in its cage and append its results to `results`.
 * *ret_exit: 0, or 130 when somebody stopped it. errors: ERR_LAB_ROOT, ERR_LAB_CAGE, ERR_IO. */
MUST_CHECK int group_run(struct group *g, json_t *results, int *ret_exit, struct err *err);

#endif
