/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tables of order_rules.h. How to add a rule: a predicate and a row; test_order_rules.c walks
 * them. Input: facts that the caller read from the store in the transaction of the order.
 */
#include "order_rules.h"

#include <base/cleanup.h>
#include <base/str.h>

/* ---- when ------------------------------------------------------------------------------------ */

static bool many(const struct order_reach *r)
{
	return (int64_t)r->n_hosts > r->alone_max;
}

/* Several small orders add up to a large one. */
static bool many_in_all(const struct order_reach *r)
{
	return !many(r) && (int64_t)r->n_within_hour > r->alone_max;
}

static bool in_use(const struct order_reach *r)
{
	return r->in_use;
}

static bool shared(const struct order_reach *r)
{
	return r->shared_storage;
}

static const struct {
	const char *name;
	bool (*applies)(const struct order_reach *r);
} reasons[] = {
	{"hosts", many},
	{"hosts-within-an-hour", many_in_all},
	{"in-service", in_use},
	{"shared-storage", shared},
};

void order_second_person(const struct order_reach *reach, char ret[static ORDER_RULES_TEXT_BYTES])
{
	autostr struct str s;

	str_init(&s, ORDER_RULES_TEXT_BYTES);
	for (size_t i = 0; i < ARRAY_LEN(reasons); i++)
		if (reasons[i].applies(reach))
			str_addf(&s, "%s%s", s.n_bytes ? "," : "", reasons[i].name);
	(void)str_copy(ret, ORDER_RULES_TEXT_BYTES, s.n_bytes ? s.p : "");
}

/* ---- who ------------------------------------------------------------------------------------- */

int order_needs_name(const char *owner, struct err *err)
{
	return owner[0]
		       ? 0
		       : err_set(err, ERR_GUARD_PERSON,
				 "this order needs a second person to approve it; your token names no owner");
}

static bool is_over(const struct order_people *p)
{
	return !p->order_is_open;
}

static bool is_nobody(const struct order_people *p)
{
	return !p->decides[0] || !p->ordered_by[0];
}

static bool is_same(const struct order_people *p)
{
	return str_eq(p->decides, p->ordered_by);
}

static bool is_gone(const struct order_people *p)
{
	return !p->order_token_lives;
}

static const struct {
	bool (*refuses)(const struct order_people *p);
	int code;
	const char *why;
} refusals[] = {
	{is_over, ERR_ORDER_OVER, "the order is no longer pending"},
	{is_nobody, ERR_GUARD_PERSON,
	 "this order needs a second person to approve it; your token names no owner"},
	{is_same, ERR_GUARD_SECOND_PERSON, "it was ordered by the person who would approve it"},
	{is_gone, ERR_ORDER_OVER,
	 "the token that ordered it was revoked or has expired, or the account is disabled"},
};

int order_may_approve(const struct order_people *p, struct err *err)
{
	for (size_t i = 0; i < ARRAY_LEN(refusals); i++)
		if (refusals[i].refuses(p))
			return err_set(err, refusals[i].code, "%s", refusals[i].why);
	return 0;
}
