/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether a host's burn-in lets it be imaged; see burn_gate.h. Input: rows of our own store and the
 * reason that an operator gave.
 */
#include "burn_gate.h"

#include <base/json.h>
#include <base/str.h>
#include <burnin/catalogue.h>
#include <inventory/event.h>
#include <inventory/flow.h>
#include <inventory/run.h>
#include "burn_run.h"
#include "engine.h"

#define WAIVED "burn_in.waived"

static int check_faults(struct flow *flow, const struct host *h, struct err *err)
{
	fault_list open = {0};
	int rc = fault_list_open(flow->db, h->num, &open, err);

	for (size_t i = 0; i < open.n && rc >= 0; i++)
		if (open.items[i].run_id[0])
			rc = err_set(err, ERR_GUARD_BURN_IN,
				     "host %s has an open fault of its burn-in: %s%s%s",
				     h->short_code, open.items[i].code,
				     open.items[i].slot[0] ? " at " : "", open.items[i].slot);
	VEC_DONE(&open);
	return rc;
}

/* Runs of versions before this one do not name the parts; they count for the parts of today. */
static bool is_for(const struct run_row *r, const char *parts)
{
	return !str_starts(r->detail, "parts ") || str_eq(r->detail, parts);
}

static int check_run(struct flow *flow, const struct host *h, const char *tier, struct err *err)
{
	char parts[BURN_PARTS_BYTES];
	struct run_row run;
	int rc = run_last_judged(flow->db, h->num, &run, err);

	if (rc < 0)
		return rc;
	if (rc == 0)
		return err_set(err, ERR_GUARD_BURN_IN, "host %s has not passed a burn-in",
			       h->short_code);
	if (!str_eq(run.result, "PASS"))
		return err_set(err, ERR_GUARD_BURN_IN, "the last burn-in of host %s ended %s",
			       h->short_code, run.result);
	if (!catalogue_tier_covers(run.tier, tier))
		return err_set(err, ERR_GUARD_BURN_IN,
			       "host %s has passed tier '%s'; its profile needs '%s'",
			       h->short_code, run.tier, tier);
	TRY(burn_run_parts(flow, h->num, parts, err));
	if (!is_for(&run, parts))
		return err_set(
			err, ERR_GUARD_BURN_IN,
			"host %s has other parts or firmware than when it passed its burn-in",
			h->short_code);
	return 0;
}

static int check(struct flow *flow, const struct host *h, struct err *err)
{
	struct flow_host row;
	struct profile p = {0};

	TRY(check_faults(flow, h, err));
	/* An arm that waits for the burn-in to end is void if that fails. */
	if (str_eq(h->state, lifecycle_state_str(STATE_TESTING)))
		return 0;
	TRY(flow_host_get(flow->db, h->num, &row, err));
	int rc = engine_profile(flow, h, &row, &p, err);
	if (rc > 0)
		rc = p.has_burn_in ? check_run(flow, h, p.tier, err) : 0;
	profile_done(&p);
	return rc;
}

static int note_waiver(struct flow *flow, const struct host *h, const char *who, const char *waiver,
		       const char *what, struct err *err)
{
	autofree char *summary = xasprintf("burn-in waived: %s (%s)", waiver, what);
	autojson json_t *detail = json_pack("{s:o, s:o}", "reason", json_string_of(waiver),
					    "waived", json_string_of(what));
	struct event_draft e = {.host_num = h->num,
				.kind = WAIVED,
				.actor = who,
				.summary = summary,
				.detail = detail};

	(void)text_cut(summary, EVENT_SUMMARY_MAX_BYTES - 1);
	return event_append(flow->db, &e, flow_now_us(flow), NULL, err);
}

int burn_gate_check(struct flow *flow, const struct host *h, const char *who, const char *waiver,
		    struct err *err)
{
	int rc = check(flow, h, err);

	if (rc != -ERR_GUARD_BURN_IN || !waiver || !waiver[0])
		return rc;
	struct err waived = *err;
	err_clear(err);
	return note_waiver(flow, h, who, waiver, waived.msg, err);
}

int burn_gate_waiver(struct flow *flow, int64_t host_num, json_t **ret, struct err *err)
{
	return event_latest(flow->db, host_num, WAIVED, ret, err);
}
