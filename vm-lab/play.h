/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Plays a scenario on an open bench: powers the hosts on, watches them through the API, does the
 * scenario's deeds, power-cycles hosts that are ready, until all hosts are done or time is up.
 */
#ifndef LAB_PLAY_H
#define LAB_PLAY_H

#include <base/err.h>

#include "bench.h"
#include "screen.h"

/* blocks: for the whole scenario. Hosts' troubles are in bench_host.trouble; an error is the lab's
 * own. errors: ERR_TIMEOUT (the scenario's time is up), ERR_CANCELLED, ERR_LAB_LIBVIRT. */
MUST_CHECK int play(struct bench *b, struct screen *screen, struct err *err);

#endif
