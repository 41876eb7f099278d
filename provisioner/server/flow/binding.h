/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which agent key may do a host's work. Everything that a host says of itself can be said by any
 * machine on the network; its key cannot. A person binds a key by approving or arming the host,
 * after comparing the code on its screen; a profile that approves by itself binds the first one.
 *
 * Invariants: nothing but inspection, waiting and rebooting is handed to a key that is not bound.
 * While the bound key's session lives, and always after a person bound it, another key is written
 * down as asking and changes nothing else.
 */
#ifndef SERVER_FLOW_BINDING_H
#define SERVER_FLOW_BINDING_H

#include <inventory/flow.h>
#include "flow.h"

/* May this key open a session of the host? Inside a transaction, which keeps what is written down
 * of a key that may not: an event with its code. address: where it asks from.
 * errors: ERR_SESSION_OTHER */
MUST_CHECK int binding_admit(struct flow *flow, int64_t host_num, const char *agent_key,
			     const char *address, struct err *err);

/* Is the host in the hands of a machine with another key: bound by a person, or at work within its
 * lease? What this key's machine says of itself does not put such a host in question. */
MUST_CHECK int binding_is_held(struct flow *flow, int64_t host_num, const char *agent_key,
			       bool *ret, struct err *err);

/* What to do when no code was given and no machine speaks for the host. */
enum binding_need {
	BINDING_NOW,   /* refuse */
	BINDING_LATER, /* bind none: whoever comes waits until a person gives its code */
};

/* Bind the key that a person means.
 * in:     code: as typed, trust: none; "" when none was given: then it is the key of the open
 *         session, or the one that a person bound before, and no other machine may ask. A key that
 *         only asks is bound by its code alone.
 * errors: ERR_GUARD_CODE */
MUST_CHECK int binding_by_person(struct flow *flow, int64_t host_num, const char *code,
				 enum binding_need needed, struct err *err);

/* Whether this session's key may do the host's work; binds it when by_profile (a profile approves
 * by itself) and no key is bound. */
MUST_CHECK int binding_holds(struct flow *flow, const struct flow_session *s, bool by_profile,
			     bool *ret, struct err *err);

/* The host starts anew: no key is bound. */
MUST_CHECK int binding_forget(struct flow *flow, int64_t host_num, struct err *err);

/* {"session": CODE or null, "asking": [CODE..]}. owns: the caller (json_decref). */
MUST_CHECK int binding_json(struct flow *flow, int64_t host_num, json_t **ret, struct err *err);

#endif
