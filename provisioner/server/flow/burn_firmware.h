/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The firmware of a host that ended its run beside what its SKU wants: each part with another version is
 * a warning in the host's history, and no more; nothing is held back by it.
 */
#ifndef SERVER_FLOW_BURN_FIRMWARE_H
#define SERVER_FLOW_BURN_FIRMWARE_H

#include <base/err.h>
#include "flow.h"

/* In the transaction that ends a judged run. A host without a SKU gets no warning. */
MUST_CHECK int burn_firmware_compare(struct flow *flow, int64_t host_num, struct err *err);

#endif
