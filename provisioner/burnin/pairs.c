/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Partners for the network test, and what rates between pairs mean; see pairs.h.
 */
#include <burnin/pairs.h>

#include <base/cleanup.h>
#include <base/str.h>

/* ---- choosing -------------------------------------------------------------------------------- */

/* 2: on different switches; 1: not known; 0: on the same one. */
static int apart(const char *a, const char *b)
{
	return !*a || !*b ? 1 : !str_eq(a, b) ? 2 : 0;
}

/* From the host, which counts more, and from the nearest of the partners before. */
static int how_apart(const struct pair_host *candidate, const struct pair_host *host,
		     const struct pair_host *others, const size_t *chosen, size_t n_chosen)
{
	int from_partners = 2;

	for (size_t i = 0; i < n_chosen; i++) {
		int a = apart(candidate->chassis, others[chosen[i]].chassis);

		from_partners = a < from_partners ? a : from_partners;
	}
	return apart(candidate->chassis, host->chassis) * 3 + from_partners;
}

/* How far behind the host in the circle of all numbers. */
static uint64_t distance(const struct pair_host *host, const struct pair_host *candidate)
{
	return (uint64_t)candidate->num - (uint64_t)host->num;
}

static bool is_as_fast(const struct pair_host *candidate, const struct pair_host *host)
{
	return candidate->speed_mbps == 0 || candidate->speed_mbps >= host->speed_mbps;
}

static bool is_chosen(size_t index, const size_t *chosen, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (chosen[i] == index)
			return true;
	return false;
}

/* SIZE_MAX: nobody is left. */
static size_t best(const struct pair_host *host, const struct pair_host *others, size_t n,
		   const size_t *chosen, size_t n_chosen)
{
	size_t found = SIZE_MAX;
	int found_apart = 0;

	for (size_t i = 0; i < n; i++) {
		const struct pair_host *c = &others[i];
		int a = how_apart(c, host, others, chosen, n_chosen);

		if (c->num == host->num || is_chosen(i, chosen, n_chosen))
			continue;
		const struct pair_host *f = found == SIZE_MAX ? NULL : &others[found];
		bool faster = f && is_as_fast(c, host) && !is_as_fast(f, host);
		bool slower = f && !is_as_fast(c, host) && is_as_fast(f, host);
		bool nearer = f && distance(host, c) < distance(host, f);

		if (!f || a > found_apart ||
		    (a == found_apart && (faster || (!slower && nearer)))) {
			found = i;
			found_apart = a;
		}
	}
	return found;
}

size_t pairs_choose(const struct pair_host *host, const struct pair_host *others, size_t n,
		    size_t ret[static PAIRS_MAX])
{
	size_t n_chosen = 0;

	while (n_chosen < PAIRS_MAX) {
		size_t next = best(host, others, n, ret, n_chosen);

		if (next == SIZE_MAX)
			break;
		ret[n_chosen++] = next;
	}
	return n_chosen;
}

/* ---- judging --------------------------------------------------------------------------------- */

int64_t pairs_could(int64_t mbps, int64_t other_mbps)
{
	int64_t least = mbps < other_mbps ? mbps : other_mbps;

	return least <= 0 ? 0 : least < PAIRS_CAP_MBPS ? least : PAIRS_CAP_MBPS;
}

static bool can_judge(const struct pair_rate *r)
{
	return r->measured && r->could_mbps > 0;
}

static bool is_good(const struct pair_rate *r)
{
	return r->mbps >= r->could_mbps / 100 * PAIRS_GOOD_PERCENT;
}

enum pair_end pairs_judge(const struct pair_rate *rates, size_t n, size_t *ret_slow)
{
	size_t n_good = 0, n_slow = 0;

	for (size_t i = 0; i < n; i++) {
		if (!can_judge(&rates[i]))
			continue;
		n_good += is_good(&rates[i]);
		if (!is_good(&rates[i]) && n_slow++ == 0)
			*ret_slow = i;
	}
	if (n_good)
		return n_slow ? PAIR_END_OTHER : PAIR_END_GOOD;
	return n_slow >= 2 ? PAIR_END_HERE : PAIR_END_OPEN;
}

bool pairs_want_more(const struct pair_rate *rates, size_t n)
{
	size_t slow;
	enum pair_end end = pairs_judge(rates, n, &slow);

	/* One whose links' speed is not known cannot be judged; another one would not be either. */
	for (size_t i = 0; i < n; i++)
		if (rates[i].measured && rates[i].could_mbps <= 0)
			return false;
	return end == PAIR_END_OPEN;
}
