/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The management controller as the host itself sees it, by ipmitool over the kernel's driver: where
 * it can be reached and which firmware it runs. Nothing is set, and no password is known here.
 */
#ifndef AGENT_BMC_H
#define AGENT_BMC_H

#include <proto/facts.h>

/* Present NO without a driver's device. blocks: for seconds; a controller that hangs for at
 * most 30.
 */
void bmc_read(struct facts_bmc *ret);

/* The output of `ipmitool mc info` and `ipmitool lan print`. trust: none. What is malformed or a
 * placeholder (0.0.0.0, 169.254.0.0/16, all-zero MAC) stays unknown. */
void bmc_parse_controller(const char *text, struct facts_bmc *ret);
void bmc_parse_lan(const char *text, struct facts_bmc *ret);
/* The output of `ipmitool lan print N` for one more channel, in the order of their numbers: the first
 * channel with an address counts, with its own MAC; while none has one, the first with a MAC. trust:
 * none. Returns true when no further channel need be asked. */
bool bmc_take_channel(const char *text, struct facts_bmc *ret);

#endif
