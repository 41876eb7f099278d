/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When will the rest be ready? A bootstrap over what past hosts took, and the pipeline of a
 * delivery that asks it. Nothing is invented: hosts in a stage with too little history, and hosts
 * that already take longer than every past host did, are counted as not covered; when none is left,
 * the answer is unknown.
 *
 * The method: each round draws a new history from the past one (with replacement, stage by stage),
 * then for every host a past host that was at least as slow so far; the round's answer is the
 * slowest of them. Quantiles of the rounds are the forecast. It takes hosts as independent of each
 * other and of how many there are; a queue that they share shows only as far as history had it.
 */
#ifndef INVENTORY_FORECAST_H
#define INVENTORY_FORECAST_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <inventory/db.h>
#include <base/err.h>

#define FORECAST_STAGES_MAX  16
#define FORECAST_HISTORY_MIN 8   /* fewer past hosts in a stage say nothing of its tails */
#define FORECAST_HISTORY_MAX 512 /* newest ones of a stage that are looked at */

struct forecast_past {
	unsigned stage;
	int64_t rest_us; /* from entering the stage to being ready */
};
struct forecast_host {
	unsigned stage;
	int64_t age_us; /* since it entered the stage */
};
struct forecast_request {
	const struct forecast_past *past; /* newest first */
	size_t n_past;
	const struct forecast_host *hosts;
	size_t n_hosts;
	uint64_t seed; /* same request, same answer */
};
struct forecast_answer {
	bool known;
	const char *why; /* not known: why not. Static */
	size_t n_covered, n_no_history, n_beyond_history;
	unsigned rounds;
	int64_t p5_us, p25_us, p50_us, p75_us, p95_us; /* from now until the last one is ready */
};
/* Pure. Takes some ten million steps at most. */
void forecast_of(const struct forecast_request *request, struct forecast_answer *ret);

/* Nearest rank of sorted values; 0 for none. percent: 0 to 100 */
int64_t forecast_quantile(const int64_t *sorted, size_t n, unsigned percent);

/* Counts by stage, what stages took, and the forecast, of one delivery or (NULL) of all hosts.
 * errors: ERR_NOT_FOUND */
MUST_CHECK int pipeline_of(struct db *db, const char *delivery, int64_t now_us, json_t **ret,
			   struct err *err);

#endif
