/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Permitting disks of one host to be erased: a verb, a scope and an arm of its own, apart from
 * imaging (G16). The host must be known from an inspection and may not be in service; a reason is
 * asked for. Input: bodies from authenticated people and programs.
 */
#include "order_answer.h"

#include <base/str.h>
#include <server/flow/arm_ask.h>

int erase_work(struct write *w, struct err *err)
{
	const struct erase_ask *ask = w->ask;
	struct arm_host_ask host = {.disk = ask->disk, .disks = ask->disks};
	struct order_ask order = {.work = "erase", .ttl_s = ask->ttl_s};
	const struct order_manner manner = {ask->plan_hash, false};

	if (!str_copy(host.id, sizeof(host.id), http_param(w->request, "id")))
		return err_set(err, ERR_HOST_UNKNOWN, "no host has so long a name");
	(void)str_copy(order.reason, sizeof(order.reason), ask->reason);
	(void)str_copy(host.code, sizeof(host.code), ask->code);
	(void)str_copy(host.view, sizeof(host.view), ask->view);
	(void)str_copy(host.methods, sizeof(host.methods), ask->methods);
	VEC_PUSH(&order.hosts, host);
	int rc = order_answer_place(w, &order, &manner, err);
	VEC_DONE(&order.hosts);
	return rc;
}
