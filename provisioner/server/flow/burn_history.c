/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How long runs take; see burn_history.h. Input: rows of our own store, and progress that an agent
 * reports.
 */
#include "burn_history.h"

#include <stdlib.h>
#include <base/str.h>
#include <inventory/flow.h>
#include <inventory/measure.h>
#include <inventory/run.h>

#define NAME_BYTES 64

/* Under one name for each tier, beside the rates that a run measured. */
static void name_of(const struct run_row *run, char ret[static NAME_BYTES])
{
	text_print(ret, NAME_BYTES, "run-time of tier %s", run->tier);
}

int burn_history_note(struct flow *flow, int64_t host_num, const char *run_id, struct err *err)
{
	struct measure_like like;
	struct run_row run;
	char name[NAME_BYTES];

	TRY(run_get(flow->db, run_id, &run, err));
	TRY(measure_like_of(flow->db, host_num, &like, err));
	if (run.retest_of[0] || !like.sku[0])
		return 0;
	name_of(&run, name);
	const struct measure m = {.host_num = host_num,
				  .name = name,
				  .sku = like.sku,
				  .firmware = like.firmware,
				  .milli = (flow_now_us(flow) - run.started_us) / 1000};
	return m.milli > 0 ? measure_put(flow->db, &m, flow_now_us(flow), err) : 0;
}

static int by_size(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static int64_t median_s(measure_list *list)
{
	if (list->n < BURN_HISTORY_MIN)
		return 0;
	qsort(list->items, list->n, sizeof(*list->items), by_size);
	return list->items[list->n / 2] / 1000;
}

int burn_history_typical(struct flow *flow, int64_t host_num, int64_t *ret_s, struct err *err)
{
	struct measure_like like;
	struct flow_host row;
	struct run_row run = {.tier = ""};
	measure_list list = {0};
	char name[NAME_BYTES];

	*ret_s = 0;
	TRY(flow_host_get(flow->db, host_num, &row, err));
	TRY(measure_like_of(flow->db, host_num, &like, err));
	if (!row.run_id[0] || !like.sku[0])
		return 0;
	TRY(run_get(flow->db, row.run_id, &run, err));
	if (run.retest_of[0])
		return 0;
	name_of(&run, name);
	const struct measure m = {
		.host_num = host_num, .name = name, .sku = like.sku, .firmware = like.firmware};
	int rc = measure_peers(flow->db, &m, BURN_HISTORY_MAX, &list, err);
	*ret_s = rc < 0 ? 0 : median_s(&list);
	VEC_DONE(&list);
	return rc < 0 ? rc : 0;
}

int64_t burn_history_left(int64_t done, int64_t total, int64_t typical_s)
{
	if (total <= 0 || done < 0 || done > total || typical_s <= 0)
		return -1;
	return (int64_t)((double)typical_s * (double)(total - done) / (double)total + 0.5);
}
