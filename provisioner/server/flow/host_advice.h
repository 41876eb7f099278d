/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whose turn a host is and what to do, from what the store and the daemon know of it; the words are
 * proto/advice.h's, or those of its repair order. Lists show the turn that is stored with the host,
 * so whatever changes the answer calls host_advice_settle().
 */
#ifndef SERVER_HOST_ADVICE_H
#define SERVER_HOST_ADVICE_H

#include <inventory/host.h>
#include <proto/advice.h>
#include <base/err.h>
#include "flow.h"

struct host_advice {
	char title[65], turn[16];
	char why[513], action[513], command[129]; /* whole sentences; HOST is replaced */
};

MUST_CHECK int host_advice(struct flow *flow, const struct host *h, struct host_advice *ret,
			   struct err *err);
/* Store the turn if it is another than is stored. Call inside a transaction. errors:
 * ERR_HOST_UNKNOWN, store errors. */
MUST_CHECK int host_advice_settle(struct flow *flow, int64_t host_num, struct err *err);

#endif
