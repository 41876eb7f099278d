/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What this machine shows the server in this boot. Drivers load beside the agent, so what can be read grows
 * for some seconds; a machine that shows one thing now and another later may be taken for two. It is read
 * once the drivers are loaded and stays the same until the next boot, also for an agent that is started again.
 */
#ifndef AGENT_BOOT_EVIDENCE_H
#define AGENT_BOOT_EVIDENCE_H

#include <proto/evidence.h>

#define BOOT_EVIDENCE_WAIT_MS 15000

/* in: run_dir: where init says that drivers are loaded (devices-ready), and where the evidence is kept; root:
 * as in machine_facts.h. Without that folder (tests) it is read anew. blocks: until the drivers are loaded, at
 * most BOOT_EVIDENCE_WAIT_MS; what is read then counts for this call alone. owns: evidence_done(). */
void boot_evidence(const char *run_dir, const char *root, struct evidence *ret);

#endif
