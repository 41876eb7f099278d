/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What one person may do to one host alone: approve, retry, serve, maintain. Each verb is a row: its
 * lifecycle event, and whether a host in use must be named again. What ends the use of a host is an
 * order (order.h).
 */
#ifndef SERVER_FLOW_HOST_VERB_H
#define SERVER_FLOW_HOST_VERB_H

#include <inventory/host.h>
#include <proto/lifecycle.h>
#include <base/err.h>
#include "flow.h"

struct host_verb_call {
	enum lifecycle_event event; /* of a row: approve, retry, ... */
	const char *who;            /* the caller, for the host's record */
	const char *reason;         /* or "" */
	const char *in_service;     /* the host's name, typed again, or "" */
	const char *code;           /* approve: on the screen of the machine that is meant, or "" */
	const char *view;           /* host_view() of the host as it was shown, or "" */
};

/* Do it, inside a transaction. in: name: id, short code, MAC, serial or name; trust: none.
 * out: *ret: the host afterwards; its number is set as soon as it was found.
 * errors: ERR_HOST_UNKNOWN, ERR_HOST_AMBIGUOUS, ERR_GUARD_VIEW, ERR_GUARD_IN_SERVICE, ERR_CONFLICT,
 * store errors */
MUST_CHECK int host_verb_run(struct flow *flow, const char *name, const struct host_verb_call *call,
			     struct host *ret, struct err *err);

#endif
