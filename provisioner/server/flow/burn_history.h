/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How long a run of a tier takes, by the runs that passed on hosts of the same SKU and firmware: the
 * time that is left is then what hosts have shown, not what a plan adds up.
 */
#ifndef SERVER_FLOW_BURN_HISTORY_H
#define SERVER_FLOW_BURN_HISTORY_H

#include <base/err.h>
#include "flow.h"

#define BURN_HISTORY_MIN 3  /* hosts; fewer show nothing typical */
#define BURN_HISTORY_MAX 64 /* newest ones that count */

/* Remember how long a run took that has just passed. A retest runs other tests and is left out. */
MUST_CHECK int burn_history_note(struct flow *flow, int64_t host_num, const char *run_id,
				 struct err *err);
/* The median of other hosts for the tier of this host's open run; 0: there is none. */
MUST_CHECK int burn_history_typical(struct flow *flow, int64_t host_num, int64_t *ret_s,
				    struct err *err);
/* What is left of a run that did so much of its plan; -1: not known. */
int64_t burn_history_left(int64_t done, int64_t total, int64_t typical_s);

#endif
