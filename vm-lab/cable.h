/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Cables of hosts' cards and the ports that they are in: pulled for a while or for good, late to forward as
 * with spanning tree, losing frames. Cables are QEMU's business, frames that of nftables on the bridge.
 */
#ifndef LAB_CABLE_H
#define LAB_CABLE_H

#include <stdint.h>
#include <base/err.h>
#include <base/str.h>
#include "bench.h"

/* Before a host is powered on: its ports that begin late begin again. errors: those of nft(8). */
MUST_CHECK int cables_power_on(struct bench *b, struct bench_host *h, struct err *err);
/* What is due: cables back in, late ports open. A host that is off will find its own plugged in. */
MUST_CHECK int cables_step(struct bench *b, int64_t now_ms, struct err *err);

/* For pause_s; 0: for good. errors: ERR_NOT_FOUND when the host is off, ERR_LAB_LIBVIRT. */
MUST_CHECK int cable_pull(struct bench *b, struct bench_host *h, size_t nic, unsigned pause_s,
			  struct err *err);
MUST_CHECK int cable_plug(struct bench *b, struct bench_host *h, size_t nic, struct err *err);
MUST_CHECK int cable_lose(struct bench *b, struct bench_host *h, size_t nic, unsigned loss_percent,
			  struct err *err);

/* What nft(8) is given: of each port the share of frames that it drops, in both directions. Pure. */
void cables_rules(const struct bench *b, struct str *out);

#endif
