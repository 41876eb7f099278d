/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How sure is a count of failures? Private to the room.
 */
#ifndef INVENTORY_FAILURE_RATE_H
#define INVENTORY_FAILURE_RATE_H

#include <stdint.h>

struct failure_limits {
	double low, high;
};
/* The exact 95 % limits (Garwood) of the mean of a Poisson count: counts of 0 to 5 million. */
struct failure_limits failure_limits(int64_t count);

#endif
