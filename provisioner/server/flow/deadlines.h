/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What happens by itself: states that last longer than they may, writers that went silent.
 */
#ifndef SERVER_DEADLINES_H
#define SERVER_DEADLINES_H

#include <base/err.h>

#include "flow.h"

#define DEADLINES_TICK_S 2

/* Look once. Errors are logged: the next tick looks again. */
void deadlines_tick(struct flow *flow);
/* After a start: hosts that were writing count as in contact now, with their whole lease and grace. */
MUST_CHECK int deadlines_rebuild(struct flow *flow, struct err *err);

#endif
