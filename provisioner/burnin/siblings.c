/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Disks beside their siblings; see siblings.h. The same measure as for hosts (fleet.h), with fewer peers:
 * those of one host share its heat, its load and its controller.
 */
#include <burnin/siblings.h>

#include <stdlib.h>
#include <base/str.h>
#include <base/vec.h>
#include <burnin/fleet.h>

bool sibling_is_slow(const struct sibling *all, size_t n, size_t i, size_t *ret_n,
		     int64_t *ret_median_us)
{
	VEC(int64_t) others = {0};
	bool slow = false;

	for (size_t k = 0; k < n; k++)
		if (k != i && all[k].latency_us > 0 && str_eq(all[k].model, all[i].model))
			VEC_PUSH(&others, all[k].latency_us);
	if (others.n >= SIBLINGS_MIN && *all[i].model && all[i].latency_us > 0) {
		int64_t median = fleet_median(others.items, others.n);
		int64_t spread = fleet_deviation(others.items, others.n, median);
		int64_t over = all[i].latency_us - median;

		slow = over > median / 100 * SIBLINGS_LEAST_PCT + SIBLINGS_LEAST_PCT &&
		       over / SIBLINGS_DEVIATIONS >= spread;
		*ret_n = others.n;
		*ret_median_us = median;
	}
	VEC_DONE(&others);
	return slow;
}
