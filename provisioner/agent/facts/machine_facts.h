/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Everything the agent says about its host: the evidence of first contact (fast, sysfs and SMBIOS
 * only) and the facts document (complete; opens disks to look for signatures).
 */
#ifndef AGENT_MACHINE_FACTS_H
#define AGENT_MACHINE_FACTS_H

#include <proto/evidence.h>
#include <proto/facts.h>
#include <proto/session.h>

/* owns: evidence_done(). A table that cannot be read leaves its part empty: first contact must not
 * fail over a broken firmware. */
void machine_evidence(const char *root, struct evidence *ret);
void machine_about(const char *root, struct agent_about *ret);

/* owns: facts_done(). blocks: seconds, when disks are slow. With a root, no device is opened. */
void machine_facts(const char *root, struct facts *ret);

#endif
