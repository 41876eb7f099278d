/* SPDX-License-Identifier: Apache-2.0 */
/*
 * G12: which orders need a second person, and who that may be. Two const tables, pure.
 *
 * A person is the owner that the appliance's root gave a token; two tokens of one owner are one
 * person, and the admin socket, which names nobody, is none.
 */
#ifndef SERVER_ORDER_RULES_H
#define SERVER_ORDER_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <base/err.h>

/* What an order touches. */
struct order_reach {
	size_t n_hosts;
	size_t n_within_hour; /* these and those that the same person armed alone before */
	int64_t alone_max;    /* hosts that one person may order alone, at once or in an hour */
	bool in_use;          /* one of them is in service, or was when it was taken out for work */
	bool shared_storage;  /* one of them is beside storage that others use too */
};
#define ORDER_RULES_TEXT_BYTES 129
/* The names of the rules that want a second person, separated by commas; "": one is enough. */
void order_second_person(const struct order_reach *reach, char ret[static ORDER_RULES_TEXT_BYTES]);

/* Somebody decides what somebody ordered. */
struct order_people {
	const char *ordered_by, *decides; /* owners; "" for nobody known */
	bool order_is_open;               /* pending, and not expired */
	bool order_token_lives;           /* of the person who ordered */
};
/* errors: ERR_GUARD_PERSON, ERR_GUARD_SECOND_PERSON, ERR_ORDER_OVER */
MUST_CHECK int order_may_approve(const struct order_people *p, struct err *err);
/* May this person order what needs a second one? errors: ERR_GUARD_PERSON */
MUST_CHECK int order_needs_name(const char *owner, struct err *err);

#endif
