/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Warnings of hosts beside their like; see burn_fleet.h. Input: records of our own store, whose texts
 * are a machine's.
 */
#include "burn_fleet.h"

#include <string.h>
#include <base/json.h>
#include <base/limits.h>
#include <base/str.h>
#include <burnin/fleet.h>
#include <inventory/event.h>
#include <inventory/measure.h>
#include <inventory/run.h>
#include "burn_run.h"

static int add_record(void *arg, int64_t seq, const char *body, struct err *err)
{
	autojson json_t *record = NULL;

	(void)seq;
	(void)err;
	/* Few records of a run are measurements. */
	if (strstr(body, "\"measurement\"") || strstr(body, "\"testRunStart\""))
		if (json_load_strict(body, strlen(body), LIMIT_JSON_BODY_BYTES, &record, NULL) >= 0)
			fleet_values_add(arg, record);
	return 0;
}

static int warn(struct flow *flow, int64_t host_num, const struct fleet_value *value,
		const struct fleet_answer *answer, struct err *err)
{
	autostr struct str text = {0};

	str_init(&text, 1024);
	fleet_describe(value, answer, &text);
	struct event_draft e = {.host_num = host_num,
				.kind = "burn_in.outlier",
				.actor = "server",
				.summary = text.p};
	return event_append(flow->db, &e, flow_now_us(flow), NULL, err);
}

static int compare_one(struct flow *flow, int64_t host_num, const struct measure_like *like,
		       const struct fleet_value *value, struct err *err)
{
	const struct measure m = {.host_num = host_num,
				  .name = value->name,
				  .sku = like->sku,
				  .firmware = like->firmware,
				  .milli = value->milli};
	struct fleet_answer answer;
	measure_list peers = {0};
	int rc = measure_peers(flow->db, &m, FLEET_PEERS_MAX, &peers, err);

	if (rc >= 0) {
		fleet_judge(peers.items, peers.n, value->milli, &answer);
		if (answer.place == FLEET_LOW || answer.place == FLEET_HIGH)
			rc = warn(flow, host_num, value, &answer, err);
	}
	VEC_DONE(&peers);
	return rc < 0 ? rc : measure_put(flow->db, &m, flow_now_us(flow), err);
}

int burn_fleet_compare(struct flow *flow, int64_t host_num, const char *run_id, struct err *err)
{
	const struct run_records all = {run_id, 0, BURN_RECORDS_MAX};
	struct fleet_values values;
	struct measure_like like;

	TRY(measure_like_of(flow->db, host_num, &like, err));
	if (!like.sku[0] || !like.firmware[0])
		return 0;
	fleet_values_init(&values);
	int rc = run_each_record(flow->db, &all, add_record, &values, err);
	for (size_t i = 0; i < values.items.n && rc >= 0; i++)
		rc = compare_one(flow, host_num, &like, &values.items.items[i], err);
	fleet_values_done(&values);
	return rc < 0 ? rc : 0;
}
