/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An agent's evidence as the inventory reads it: the same texts, borrowed. Pure.
 */
#ifndef SERVER_FLOW_EVIDENCE_VIEW_H
#define SERVER_FLOW_EVIDENCE_VIEW_H

#include <inventory/identity.h>
#include <proto/evidence.h>

struct evidence_view {
	struct host_evidence host; /* points into the lists below and into the evidence */
	const char *macs[EVIDENCE_MAX_MACS];
	struct host_evidence_disk disks[EVIDENCE_MAX_DISKS];
};

/* owns: nothing; e must outlive *ret. */
void evidence_view_of(const struct evidence *e, struct evidence_view *ret);

#endif
