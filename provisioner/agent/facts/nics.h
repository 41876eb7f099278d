/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Network cards: those with a device behind them (no bridges, VLANs, tunnels), with the permanent
 * address, which a bond or an operator cannot change.
 */
#ifndef AGENT_NICS_H
#define AGENT_NICS_H

#include <base/vec.h>
#include <proto/facts.h>

typedef VEC(struct facts_nic) nic_list;

/* owns: VEC_DONE(ret). With a root of "", ethtool's ioctls fill the permanent address and firmware.
 */
void nics_read(const char *root, nic_list *ret);

/* Set every card up, so that its carrier can be read; waits up to wait_ms for the links. blocks. */
void nics_set_up(int wait_ms);

#endif
