/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Verbs that end somebody's use of a host, or change which machine it is: release, retire, merge,
 * split. Each becomes an order (flow/order.h): of a host in use it waits for a second person, of
 * any other host it is done at once. Input: bodies from authenticated people and programs.
 */
#include "order_answer.h"

#include <base/str.h>
#include <server/flow/arm_ask.h>

const struct field host_verb_fields[] = {
	HOST_VERB_FIELDS(struct host_verb_ask, ),
	F_END,
};

const struct field merge_fields[] = {
	F_STR(struct merge_ask, "into", into, FIELD_NEEDED, .about = "the host that stays"),
	HOST_VERB_FIELDS(struct merge_ask, verb.),
	F_END,
};

const struct field split_fields[] = {
	F_ARRAY(struct split_ask, "values", values, FIELD_NEEDED, SPLIT_VALUES_MAX,
		.about = "serials, MACs, WWNs that are the other machine's"),
	HOST_VERB_FIELDS(struct split_ask, verb.),
	F_END,
};

static int place(struct write *w, const char *work, const struct host_verb_ask *verb,
		 struct order_ask *order, struct err *err)
{
	static const struct order_manner manner = {"", false};
	struct arm_host_ask host = {0};

	if (!str_copy(host.id, sizeof(host.id), http_param(w->request, "id")))
		return err_set(err, ERR_HOST_UNKNOWN, "no host has so long a name");
	(void)str_copy(host.reimage_in_service, sizeof(host.reimage_in_service), verb->in_service);
	(void)str_copy(host.view, sizeof(host.view), verb->view);
	(void)str_copy(order->work, sizeof(order->work), work);
	(void)str_copy(order->reason, sizeof(order->reason), verb->reason);
	VEC_PUSH(&order->hosts, host);
	int rc = order_answer_place(w, order, &manner, err);
	VEC_DONE(&order->hosts);
	return rc;
}

int release_work(struct write *w, struct err *err)
{
	struct order_ask order = {0};

	return place(w, "release", w->ask, &order, err);
}

int retire_work(struct write *w, struct err *err)
{
	struct order_ask order = {0};

	return place(w, "retire", w->ask, &order, err);
}

int merge_work(struct write *w, struct err *err)
{
	const struct merge_ask *ask = w->ask;
	struct order_ask order = {0};

	(void)str_copy(order.into, sizeof(order.into), ask->into);
	return place(w, "merge", &ask->verb, &order, err);
}

static int check_values(const json_t *values, struct err *err)
{
	size_t i;
	json_t *j;

	json_array_foreach (values, i, j) {
		if (json_string_value(j))
			continue;
		autofree char *pointer = xasprintf("/values/%zu", i);
		(void)err_set(err, ERR_FIELD_TYPE, "'values' holds texts");
		return err_at(err, pointer);
	}
	return 0;
}

int split_work(struct write *w, struct err *err)
{
	const struct split_ask *ask = w->ask;
	struct order_ask order = {.values = ask->values};

	TRY(check_values(ask->values, err));
	TRY(place(w, "split", &ask->verb, &order, err));
	if (w->status == 200 && !w->dry_run)
		w->status = 201;
	return 0;
}
