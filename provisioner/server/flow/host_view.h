/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a person sees of a host when deciding about it: its evidence, the machine that speaks for it,
 * its disks, and what its profile would do. A host's answer holds this as one short text, and a
 * decision that brings it along is refused when any of it is different by then.
 */
#ifndef SERVER_FLOW_HOST_VIEW_H
#define SERVER_FLOW_HOST_VIEW_H

#include <inventory/host.h>
#include <base/err.h>
#include "flow.h"

#define HOST_VIEW_BYTES 52 /* four parts of 12 hexadecimal digits */
#define HOST_VIEW_ABOUT                                                                            \
	"the host's member 'view' when it was shown: refused if evidence, machine, disks or "      \
	"profile are different by now"

/* The host as it is now. in: code: as a person typed it: it names the machine, whichever speaks for the
 * host now, so that part is empty; "" none. errors: store errors */
MUST_CHECK int host_view(struct flow *flow, const struct host *h, const char *code,
			 char ret[static HOST_VIEW_BYTES], struct err *err);

/* What came with a decision; trust: none. */
struct host_view_seen {
	const char *view; /* what host_view() gave earlier; "" is not checked */
	const char *code; /* of the machine that is meant, or "" */
};
/* errors: ERR_GUARD_VIEW at /view, which names what changed */
MUST_CHECK int host_view_check(struct flow *flow, const struct host *h,
			       const struct host_view_seen *seen, struct err *err);

#endif
