/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A disk beside the disks of its model in the same host, which did the same work at the same time: one
 * that is far slower is suspect, although it passes every absolute limit. Pure.
 */
#ifndef BURNIN_SIBLINGS_H
#define BURNIN_SIBLINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SIBLINGS_MIN        4  /* others of its model; fewer say nothing about the spread */
#define SIBLINGS_DEVIATIONS 6  /* of their median absolute deviation */
#define SIBLINGS_LEAST_PCT  33 /* of their median: what is closer is zones and chance */

struct sibling {
	const char *model;  /* "": not known, beside nobody */
	int64_t latency_us; /* of a block, on average; 0: not measured */
};
/* Is the i-th much slower than its siblings? out, when true: *ret_n of them and their median. */
bool sibling_is_slow(const struct sibling *all, size_t n, size_t i, size_t *ret_n,
		     int64_t *ret_median_us);

#endif
