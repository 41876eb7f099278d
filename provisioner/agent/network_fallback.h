/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DHCP in place of the installed host's own network, once, when the provisioning server was not
 * reached with it; for the first-boot reporter. The script is the agent's (network_put.c).
 */
#ifndef AGENT_NETWORK_FALLBACK_H
#define AGENT_NETWORK_FALLBACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NETWORK_FALLBACK_S    (5 * 60) /* from the system's start */
#define NETWORK_FAILURE_BYTES 257      /* of the text that is reported */

/* When to give up, in the time of time_boot_ms(): after_s from the system's start, but after trying
 * for a minute at least, and for no more than after_s. */
int64_t network_fallback_due_ms(int64_t started_ms, int64_t after_s);

/* Why an earlier start of this system fell back; "": it did not. root: "" or a folder of tests. */
void network_failure_read(const char *root, char ret[static NETWORK_FAILURE_BYTES]);

/* Write down why, with the ports that have no link; run the script and remove it. out: failure. false:
 * there is no script (any more). blocks: while the script runs */
bool network_fall_back(const char *root, const char *why,
		       char failure[static NETWORK_FAILURE_BYTES]);

#endif
