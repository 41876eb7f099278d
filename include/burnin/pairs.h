/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Throughput between pairs of hosts: which partners a host is given, and what the rates to them mean.
 * The server chooses (it knows switches and who is under test), the agent measures and judges. Pure:
 * opens no connection, knows no store.
 *
 * A slow path is blamed on nobody until the partner was swapped: slow to one partner and fast to
 * another means the first partner's side; slow to all means this host's side, whose far end is
 * looked at first.
 */
#ifndef BURNIN_PAIRS_H
#define BURNIN_PAIRS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PAIRS_MAX 3 /* partners that one host is given */
/* Of the slower of the two links. A partner runs tests of its own meanwhile, which cost some. */
#define PAIRS_GOOD_PERCENT 50
#define PAIRS_CAP_MBPS                                                                             \
	20000 /* what one stream and one processor move; faster links are held to it */

/* A host under test, and where its port ends. */
struct pair_host {
	int64_t num;
	char chassis[129];  /* of the switch, by LLDP; "" not known */
	int64_t speed_mbps; /* of the port; 0 not known */
};

/* Choose up to PAIRS_MAX partners, best first: each on another switch than the host and than the
 * partners before it, where there is one; with a port at least as fast as the host's; and spread, so
 * that hosts which ask at the same time get different ones. in: others may hold the host itself,
 * which is passed over. out: indexes into others. Returns how many. */
size_t pairs_choose(const struct pair_host *host, const struct pair_host *others, size_t n,
		    size_t ret[static PAIRS_MAX]);

struct pair_rate {
	bool measured; /* false: the partner did not answer, or was busy */
	int64_t mbps;
	int64_t could_mbps; /* of the slower of the two links; 0 not known */
};
/* Of links with these speeds; 0 where one is not known. */
int64_t pairs_could(int64_t mbps, int64_t other_mbps);
enum pair_end {
	PAIR_END_OPEN,  /* not enough was measured to tell */
	PAIR_END_GOOD,  /* the host reaches its rate */
	PAIR_END_OTHER, /* the host does; the partner *ret_slow does not */
	PAIR_END_HERE,  /* the host does not, to any of at least two partners */
};
/* Should another partner be measured before the rates so far are judged? */
bool pairs_want_more(const struct pair_rate *rates, size_t n);
enum pair_end pairs_judge(const struct pair_rate *rates, size_t n, size_t *ret_slow);

#endif
