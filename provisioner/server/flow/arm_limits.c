/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Counting arms; see arm_limits.h. Input: rows of our own store.
 */
#include "arm_limits.h"

#include <inventory/flow.h>

static bool has(const int64_t *nums, size_t n, int64_t num)
{
	for (size_t i = 0; i < n; i++)
		if (nums[i] == num)
			return true;
	return false;
}

static int count(struct flow *flow, struct flow_arms_alone *which, const int64_t *more,
		 size_t n_more, size_t *ret_n, struct err *err)
{
	int64_t nums[ARM_LIMITS_MAX];
	size_t n = 0;

	which->since_us = flow_now_us(flow) - ARM_LIMITS_WINDOW_S * 1000000LL;
	TRY(flow_arms_alone(flow->db, which, nums, ARM_LIMITS_MAX, &n, err));
	*ret_n = n;
	for (size_t i = 0; i < n_more; i++)
		*ret_n += !has(nums, n, more[i]);
	return 0;
}

int arm_limits_person(struct flow *flow, const char *owner, const int64_t *nums, size_t n,
		      size_t *ret_n, struct err *err)
{
	struct flow_arms_alone which = {.owner = owner};

	return count(flow, &which, nums, n, ret_n, err);
}

int arm_limits_automatic(struct flow *flow, int64_t host_num, bool *ret_may, struct err *err)
{
	struct flow_arms_alone which = {.automatic = true};
	size_t n = 0;

	*ret_may = true;
	if (!flow->orders.second_person)
		return 0;
	TRY(count(flow, &which, &host_num, 1, &n, err));
	*ret_may = (int64_t)n <= flow->orders.alone_max;
	return 0;
}
