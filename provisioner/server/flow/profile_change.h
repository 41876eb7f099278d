/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing and removing profiles. A profile that arms by itself or gives data away is an arm of all
 * hosts that it fits, so changing one asks for what arming asks for: the right to arm, and a second
 * person when it fits more hosts than one person may arm alone (G12). So does what such a profile
 * was outranked by: without it more hosts are its own.
 *
 *  1. profile_change_place(), or profile_change_carry_out() for one that waited; in a transaction.
 *  2. read what came of it.
 */
#ifndef SERVER_FLOW_PROFILE_CHANGE_H
#define SERVER_FLOW_PROFILE_CHANGE_H

#include <base/digest.h>
#include <base/err.h>
#include <inventory/order.h>
#include "flow.h"
#include "order_rules.h"
#include "profile.h"

#define PROFILE_ORDER_WORK "profile" /* of a stored order */

/* Whose change it is. */
struct profile_caller {
	const char *who;   /* "token:web" */
	const char *owner; /* the person that the token belongs to, "" for none */
	int64_t token_num;
	bool may_arm;  /* the token has that right */
	bool two;      /* a second person is asked for, however few hosts fit */
	bool rehearse; /* only say what it would do */
};

struct profile_change {
	bool waits;                       /* kept until a second person approves it */
	size_t n_hosts;                   /* that it fits; counted up to 256 */
	char hash[SHA256_HEX_BYTES];      /* of what it does */
	char why[ORDER_RULES_TEXT_BYTES]; /* it needs a second person; "" */
	struct flow_order kept;           /* waits */
};

/* Write, or keep for a second person. in: p: after profile_secret_hide(). errors: ERR_AUTH_SCOPE, ERR_GUARD_PERSON, store errors */
MUST_CHECK int profile_change_place(struct flow *flow, const struct profile *p,
				    const struct profile_caller *caller, struct profile_change *ret,
				    struct err *err);
/* Remove. errors: the same, ERR_NOT_FOUND */
MUST_CHECK int profile_change_remove(struct flow *flow, const char *name,
				     const struct profile_caller *caller, struct err *err);
/* Write what waited, if it is still the same; agreed: the second person. errors: ERR_GUARD_PLAN */
MUST_CHECK int profile_change_carry_out(struct flow *flow, const struct flow_order *row,
					const char *agreed, bool rehearse, struct err *err);

#endif
