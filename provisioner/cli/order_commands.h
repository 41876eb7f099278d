/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What `slipway host arm` and `host erase` share with `slipway order`.
 */
#ifndef CLI_ORDER_COMMANDS_H
#define CLI_ORDER_COMMANDS_H

#include <jansson.h>
#include <stdbool.h>

/* When the answer says that the order waits for a second person: print so, and true. */
bool order_print_pending(const json_t *answer);
/* Of a rehearsal: a line that says why a second person must approve it, if one must. */
void order_print_needs(const json_t *answer);

#endif
