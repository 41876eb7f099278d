/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The end of a burn-in step. Private to the room.
 */
#ifndef SERVER_BURN_IN_END_H
#define SERVER_BURN_IN_END_H

#include <stdint.h>
#include <base/err.h>

struct flow;

struct burn_in_end {
	struct flow *flow;
	int64_t host_num;
	const char *agents_word; /* "PASS" or another: counts where it is worse than the records */
	int64_t now_us;
};

/* Judge the host's open run, close it and move the host on. Call in the transaction that stores the
 * event. errors: ERR_CONFLICT: no run is open */
MUST_CHECK int burn_in_end(const struct burn_in_end *t, struct err *err);

#endif
