/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which shapes of questions were too slow for the event loop, so that the next of the same shape goes
 * to a reader at once and does not hold up boot answers for the whole budget first. A shape is what
 * decides the plan: kind, collection, keys of filters, order, groups; not values and cursors. It is
 * forgotten after SLOW_QUESTIONS_KEEP_US, because the store may have got quicker, and when another
 * shape needs its place: a cache, never the truth.
 */
#ifndef SERVER_API_SLOW_QUESTIONS_H
#define SERVER_API_SLOW_QUESTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <server/reader/read_job.h>

#define SLOW_QUESTIONS_KEEP_US (60 * 1000000LL)
#define SLOW_QUESTIONS_MAX     256

/* All zero: none is known. */
struct slow_questions {
	struct {
		uint64_t shape;
		int64_t until_us;
	} known[SLOW_QUESTIONS_MAX];
};

/* now_us: of a clock that no person sets. trust: none of the strings of job. */
void slow_questions_note(struct slow_questions *s, const struct read_job *job, int64_t now_us);
bool slow_questions_has(const struct slow_questions *s, const struct read_job *job, int64_t now_us);

#endif
