/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Several appliances on one PostgreSQL: what the others wrote must be seen here (waiters wake,
 * stop-all holds everywhere), and what only we heard must be known to them (an agent that talks to
 * one appliance is not silent to another). On SQLite there is one appliance, RAM is enough, and
 * nothing of this costs anything.
 */
#ifndef SERVER_FLEET_H
#define SERVER_FLEET_H

#include <base/err.h>

#include "flow.h"

struct live_host;

/* Read what is stopped and watch for notices. */
MUST_CHECK int fleet_open(struct flow *flow, struct err *err);
void fleet_close(struct flow *flow);
/* A notice may be lost with its connection: look every tick too. Errors are logged. */
void fleet_tick(struct flow *flow);

/* Bring a->stopped up to date. Inside a transaction that permits writing the answer holds until its
 * end: writers of the fleet take turns. */
MUST_CHECK int fleet_read_stopped(struct flow *flow, struct err *err);

/* A sign of life of a host's agent came to us: tell the others, at most every fifth of the time
 * after which they would call it silent. */
MUST_CHECK int fleet_tell_heard(struct flow *flow, struct live_host *h, struct err *err);
/* Where another appliance had contact with the host later than this one: take its time into h. */
MUST_CHECK int fleet_ask_heard(struct flow *flow, struct live_host *h, struct err *err);

#endif
