/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bodies that arm: one host, or several in one order. Both become an order (order.c). Input:
 * bodies from authenticated people and programs.
 */
#include "order_answer.h"

#include <base/str.h>
#include <server/flow/arm_ask.h>

#define UNCONFIRMED_MAX 5 /* hosts of an order without confirm_count */

static void take_common(struct write *w, const struct arm_common_ask *common, struct order_ask *ret)
{
	(void)str_copy(ret->work, sizeof(ret->work), "image");
	(void)str_copy(ret->image, sizeof(ret->image), common->image);
	(void)str_copy(ret->reason, sizeof(ret->reason), common->reason);
	ret->ttl_s = common->ttl_s;
	w->dry_run = w->dry_run || common->dry_run;
}

int arm_work(struct write *w, struct err *err)
{
	const struct arm_ask *ask = w->ask;
	struct arm_host_ask host = ask->host;
	struct order_ask order = {0};
	const struct order_manner manner = {ask->common.plan_hash, false};

	if (!str_copy(host.id, sizeof(host.id), http_param(w->request, "id")))
		return err_set(err, ERR_HOST_UNKNOWN, "no host has so long a name");
	take_common(w, &ask->common, &order);
	VEC_PUSH(&order.hosts, host);
	int rc = order_answer_place(w, &order, &manner, err);
	VEC_DONE(&order.hosts);
	return rc;
}

static int check_count(const struct arm_order_ask *ask, struct err *err)
{
	size_t n = ask->hosts.n;

	if (n == 0)
		return err_set(err, ERR_GUARD_SELECTOR, "the order names no hosts");
	if (ask->confirm_count ? ask->confirm_count != (int64_t)n : n > UNCONFIRMED_MAX)
		return err_set(err, ERR_GUARD_CAP,
			       "the order names %zu hosts, confirm_count is %lld", n,
			       (long long)ask->confirm_count);
	return 0;
}

int arm_order_work(struct write *w, struct err *err)
{
	const struct arm_order_ask *ask = w->ask;
	struct order_ask order = {0};
	const struct order_manner manner = {ask->common.plan_hash, true};

	TRY(check_count(ask, err));
	take_common(w, &ask->common, &order);
	for (size_t i = 0; i < ask->hosts.n; i++)
		VEC_PUSH(&order.hosts, ask->hosts.items[i]);
	int rc = order_answer_place(w, &order, &manner, err);
	VEC_DONE(&order.hosts);
	return rc;
}
