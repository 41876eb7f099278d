/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The machine's checks (machine_check.h) while the daemon runs: for metrics, and for a doctor who asks
 * from afar. A child does them once a minute, since they read all of /proc and the event loop may not
 * wait. What the daemon's user cannot see is left as "unknown".
 *
 * Life: 1. self_check_new(). 2. self_check_tick() every minute. 3. self_check_free().
 */
#ifndef SERVER_SELF_CHECK_H
#define SERVER_SELF_CHECK_H

#include <jansson.h>
#include <stdint.h>
#include "config.h"

struct sd_event;
struct self_check;

/* in: config is read, and must outlive it */
MUST_CHECK struct self_check *self_check_new(struct sd_event *event, struct config *config);
/* Begin a check. One that has not ended since the last tick is given up. */
void self_check_tick(struct self_check *c);
/* The rows of the last one; NULL: none has ended yet. out: borrowed until the next tick */
const json_t *self_check_rows(void *c);
void self_check_free(struct self_check *c);

#endif
