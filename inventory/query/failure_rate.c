/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See failure_rate.h. The limits are those means that make the count just improbable, found by
 * bisection. A sum of the terms around the count, each a multiple of its neighbour, needs no
 * exponential. Input: counts of our own store.
 */
#include "failure_rate.h"

#define TAIL       0.025 /* on each side */
#define NEGLIGIBLE 1e-17
#define HUGE_SUM   1e280
#define STEPS      60

/* The sum of the terms below or above `count`, which itself is 1. */
static double sum_beside(int64_t count, double mean, int direction)
{
	double term = 1, sum = 0;

	for (int64_t k = count; direction > 0 || k > 0; k += direction) {
		double factor = direction > 0 ? mean / (double)(k + 1) : (double)k / mean;
		term *= factor;
		sum += term;
		if (sum > HUGE_SUM || (factor < 1 && term < NEGLIGIBLE * sum))
			break;
	}
	return sum;
}

/* The probability of at most `count`. */
static double probability_up_to(int64_t count, double mean)
{
	double below = 1 + sum_beside(count, mean, -1);

	return below > HUGE_SUM ? 1 : below / (below + sum_beside(count, mean, 1));
}

/* The mean of which at most `count` has this probability: it falls while the mean grows. */
static double mean_of(int64_t count, double probability)
{
	double low = 0, high = 8 + 2 * (double)count;

	for (int i = 0; i < STEPS; i++) {
		double middle = (low + high) / 2;
		if (probability_up_to(count, middle) > probability)
			low = middle;
		else
			high = middle;
	}
	return (low + high) / 2;
}

struct failure_limits failure_limits(int64_t count)
{
	return (struct failure_limits){.low = count > 0 ? mean_of(count - 1, 1 - TAIL) : 0,
				       .high = mean_of(count, TAIL)};
}
