/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The scenario's deeds: what is done to daemons and hosts, and when. A moment is a lifecycle state
 * and, within it, how much the target disk holds: the lab sees that on the file, at every look,
 * while the progress that hosts report comes every few seconds and jumps.
 */
#ifndef LAB_DEED_H
#define LAB_DEED_H

#include <base/err.h>

#include "bench.h"

/* Whether an action's moment has come: its host is in the named state (and far enough), or it was
 * begun and is due again. written_bytes: what its host's target disk holds. Pure. */
bool deed_is_due(const struct lab_action *a, const struct action_state *state,
		 const struct host_view *v, uint64_t written_bytes, int64_t now_ms);

/* Do every action that is due. A deed on something that does not run is tried again next time.
 * errors: ERR_LAB_LIBVIRT. */
MUST_CHECK int deeds_do(struct bench *b, struct err *err);

/* True when nothing more is to be done, but for actions on hosts that are in trouble. */
bool deeds_all_done(const struct bench *b);

/* The name of an action on this host, which has come to its end, whose moment never came and cannot
 * come in the state that it is in; "" when there is none. Such a scenario has not tested what it says. */
const char *deeds_missed(const struct bench *b, const struct bench_host *h);

#endif
