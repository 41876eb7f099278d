/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bootstrap behind a forecast. Pure: no store, no clock, its randomness comes from the seed.
 * Input: durations that were measured, of hosts that may lie about nothing here but their speed.
 */
#include <inventory/forecast.h>

#include <stdlib.h>
#include <string.h>

#include <base/str.h>

#define ROUNDS_MAX   1000
#define ROUNDS_MIN   100
#define DRAWS_WANTED 2000000 /* keeps the daemon's answer short with very many hosts */

struct stage {
	int64_t past[FORECAST_HISTORY_MAX];  /* sorted */
	int64_t drawn[FORECAST_HISTORY_MAX]; /* of this round, sorted */
	size_t n;
	bool is_asked;
};

/* splitmix64 (Steele, Lea, Flood 2014): small, seeded, good enough to draw with */
static uint64_t draw(uint64_t *state)
{
	uint64_t z = (*state += 0x9e3779b97f4a7c15U);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
	return z ^ (z >> 31);
}

static int compare(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

int64_t forecast_quantile(const int64_t *sorted, size_t n, unsigned percent)
{
	return n ? sorted[((n - 1) * percent + 50) / 100] : 0;
}

static void gather(struct stage *stages, const struct forecast_request *q)
{
	for (size_t i = 0; i < q->n_past; i++) {
		const struct forecast_past *p = &q->past[i];
		if (p->stage >= FORECAST_STAGES_MAX || p->rest_us < 0)
			continue;
		struct stage *s = &stages[p->stage];
		if (s->n < FORECAST_HISTORY_MAX)
			s->past[s->n++] = p->rest_us;
	}
	for (size_t i = 0; i < FORECAST_STAGES_MAX; i++)
		qsort(stages[i].past, stages[i].n, sizeof(int64_t), compare);
}

/* The hosts that history can speak of. */
static struct forecast_host *choose(struct stage *stages, const struct forecast_request *q,
				    struct forecast_answer *ret)
{
	struct forecast_host *chosen = xcalloc(q->n_hosts + 1, sizeof(*chosen));

	for (size_t i = 0; i < q->n_hosts; i++) {
		const struct forecast_host *h = &q->hosts[i];
		struct stage *s = h->stage < FORECAST_STAGES_MAX ? &stages[h->stage] : NULL;
		if (!s || s->n < FORECAST_HISTORY_MIN) {
			ret->n_no_history++;
		} else if (h->age_us >= s->past[s->n - 1]) {
			ret->n_beyond_history++;
		} else {
			s->is_asked = true;
			chosen[ret->n_covered++] = *h;
		}
	}
	return chosen;
}

/* As many as the past has, with replacement: by counting, which leaves them sorted. */
static void resample(struct stage *s, uint64_t *random)
{
	uint16_t times[FORECAST_HISTORY_MAX] = {0};
	size_t n = 0;

	for (size_t i = 0; i < s->n; i++)
		times[draw(random) % s->n]++;
	for (size_t i = 0; i < s->n; i++)
		for (; times[i] > 0; times[i]--)
			s->drawn[n++] = s->past[i];
}

/* index of the first value above age */
static size_t above(const int64_t *sorted, size_t n, int64_t age_us)
{
	size_t low = 0;

	while (low < n) {
		size_t middle = low + (n - low) / 2;
		if (sorted[middle] > age_us)
			n = middle;
		else
			low = middle + 1;
	}
	return low;
}

static int64_t rest_of(const struct stage *s, const struct forecast_host *h, uint64_t *random)
{
	const int64_t *from = s->drawn;
	size_t first = above(from, s->n, h->age_us);

	if (first == s->n) { /* this round drew nobody that slow: the whole past has one */
		from = s->past;
		first = above(from, s->n, h->age_us);
	}
	return from[first + draw(random) % (s->n - first)] - h->age_us;
}

static int64_t one_round(struct stage *stages, const struct forecast_host *hosts, size_t n,
			 uint64_t *random)
{
	int64_t last_us = 0;

	for (size_t i = 0; i < FORECAST_STAGES_MAX; i++)
		if (stages[i].is_asked)
			resample(&stages[i], random);
	for (size_t i = 0; i < n; i++) {
		int64_t rest_us = rest_of(&stages[hosts[i].stage], &hosts[i], random);
		last_us = rest_us > last_us ? rest_us : last_us;
	}
	return last_us;
}

static void run(struct stage *stages, const struct forecast_host *hosts, uint64_t seed,
		struct forecast_answer *ret)
{
	int64_t ends[ROUNDS_MAX];
	size_t rounds = DRAWS_WANTED / ret->n_covered;

	rounds = rounds > ROUNDS_MAX ? ROUNDS_MAX : rounds < ROUNDS_MIN ? ROUNDS_MIN : rounds;
	for (size_t i = 0; i < rounds; i++)
		ends[i] = one_round(stages, hosts, ret->n_covered, &seed);
	qsort(ends, rounds, sizeof(ends[0]), compare);
	ret->known = true;
	ret->rounds = (unsigned)rounds;
	ret->p5_us = forecast_quantile(ends, rounds, 5);
	ret->p25_us = forecast_quantile(ends, rounds, 25);
	ret->p50_us = forecast_quantile(ends, rounds, 50);
	ret->p75_us = forecast_quantile(ends, rounds, 75);
	ret->p95_us = forecast_quantile(ends, rounds, 95);
}

void forecast_of(const struct forecast_request *request, struct forecast_answer *ret)
{
	autofree struct stage *stages = xcalloc(FORECAST_STAGES_MAX, sizeof(*stages));

	*ret = (struct forecast_answer){.known = false};
	gather(stages, request);
	autofree struct forecast_host *hosts = choose(stages, request, ret);
	if (ret->n_covered)
		run(stages, hosts, request->seed, ret);
	else if (request->n_hosts == 0)
		ret->why = "no host is on its way";
	else if (ret->n_beyond_history)
		ret->why = "the hosts on their way take longer than any past host";
	else
		ret->why = "too few hosts became ready so far";
}
