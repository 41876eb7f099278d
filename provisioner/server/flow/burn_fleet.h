/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A run beside the runs of hosts with the same SKU and firmware: what lies outside is a warning in the
 * host's history and in the acceptance report, and no more; nothing is held back by it.
 */
#ifndef SERVER_FLOW_BURN_FLEET_H
#define SERVER_FLOW_BURN_FLEET_H

#include <base/err.h>
#include "flow.h"

/* In the transaction that ends a judged run. A host without a SKU is beside nobody. */
MUST_CHECK int burn_fleet_compare(struct flow *flow, int64_t host_num, const char *run_id,
				  struct err *err);

#endif
