/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The end of a burn-in step: the run's stored records are folded into a verdict, its faults opened,
 * the run closed, and the engine told. Input: records of the session's own agent.
 */
#include "burn_in_end.h"

#include <base/str.h>
#include <inventory/flow.h>
#include <server/flow/burn_firmware.h>
#include <server/flow/burn_fleet.h>
#include <server/flow/burn_history.h>
#include <server/flow/burn_repair.h>
#include <server/flow/burn_run.h>
#include <server/flow/engine.h>

static int apply(const struct burn_in_end *t, const struct engine_event *e, struct err *err)
{
	int rc = engine_apply(t->flow, t->host_num, e, err);

	return rc < 0 ? rc : 0;
}

/* The records decide; the agent's own word counts where it is the worse one. */
static int fold_run(const struct burn_in_end *t, const struct flow_host *f, struct run_verdict *v,
		    struct err *err)
{
	TRY(burn_run_fold(t->flow, f->run_id, v, err));
	if (v->result == RUN_PASS && !str_eq(t->agents_word, "PASS")) {
		v->result = RUN_FAIL;
		(void)str_copy(v->why, sizeof(v->why), "a test failed: see the run");
	}
	return burn_run_open_faults(t->flow, t->host_num, f->run_id, v, err);
}

static int finish_run(const struct burn_in_end *t, struct flow_host *f, const struct run_verdict *v,
		      struct err *err)
{
	char parts[BURN_PARTS_BYTES];

	TRY(burn_run_parts(t->flow, t->host_num, parts, err));
	return run_finish(t->flow->db, f->run_id, run_result_str(v->result),
			  v->result == RUN_PASS ? parts : v->why, t->now_us, err);
}

/* A run that passed may leave a part that was to be replaced, or is in another slot. */
static int done_passed(const struct burn_in_end *t, const char *run_id, struct err *err)
{
	struct fault_row left = {0};
	char words[257] = "";
	int rc = burn_repair_prove(t->flow, t->host_num, run_id, &left, words, err);

	if (rc < 0)
		return rc;
	struct engine_event e = {.event = rc ? HOST_EVENT_BURN_IN_FAILED
					     : HOST_EVENT_BURN_IN_PASSED,
				 .actor = "agent",
				 .code_name = rc ? left.code : NULL,
				 .detail = rc ? words : NULL,
				 .run_id = left.run_id,
				 .slot = left.slot,
				 .serial = left.serial};
	return apply(t, &e, err);
}

static int done_failed(const struct burn_in_end *t, const struct run_verdict *v, const char *run_id,
		       struct err *err)
{
	const struct run_order *o = v->orders.n ? &v->orders.items[0] : NULL;
	struct engine_event e = {
		.event = HOST_EVENT_BURN_IN_FAILED,
		.actor = "agent",
		.code_name = o ? o->code : "burn_in.failed",
		.detail = o ? o->detail : v->why,
		.part = o ? o->part : NULL,
		.slot = o ? o->slot : NULL,
		.serial = o ? o->serial : NULL,
		.part_number = o ? o->part_number : NULL,
		.action = o ? o->action : NULL,
		.run_id = run_id,
	};

	if (v->result == RUN_INCOMPLETE && !o) {
		e.event = HOST_EVENT_STEP_FAILED;
		e.code = ERR_BURNIN_INCOMPLETE;
		e.code_name = NULL;
	}
	return apply(t, &e, err);
}

/* The run is closed before the event, whose fault belongs to it all the same. */
static int end_run(const struct burn_in_end *t, struct flow_host *f, const struct run_verdict *v,
		   struct err *err)
{
	char run_id[FLOW_ID_BYTES];

	(void)str_copy(run_id, sizeof(run_id), f->run_id);
	TRY(finish_run(t, f, v, err));
	f->run_id[0] = '\0';
	TRY(flow_host_put(t->flow->db, f, err));
	if (v->result != RUN_INCOMPLETE)
		TRY(burn_fleet_compare(t->flow, t->host_num, run_id, err));
	if (v->result != RUN_INCOMPLETE)
		TRY(burn_firmware_compare(t->flow, t->host_num, err));
	if (v->result == RUN_PASS)
		TRY(burn_history_note(t->flow, t->host_num, run_id, err));
	return v->result == RUN_PASS ? done_passed(t, run_id, err) : done_failed(t, v, run_id, err);
}

int burn_in_end(const struct burn_in_end *t, struct err *err)
{
	struct run_verdict v = {0};
	struct flow_host f;

	TRY(flow_host_get(t->flow->db, t->host_num, &f, err));
	if (!f.run_id[0])
		return err_set(err, ERR_CONFLICT, "no burn-in run is open");
	int rc = fold_run(t, &f, &v, err);
	if (rc >= 0)
		rc = end_run(t, &f, &v, err);
	run_verdict_done(&v);
	return rc;
}
