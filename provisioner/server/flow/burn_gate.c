/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether a host's burn-in lets it be imaged; see burn_gate.h. Input: rows of our own store and the
 * reason that an operator gave.
 */
#include "burn_gate.h"

#include <base/json.h>
#include <base/str.h>
#include <inventory/event.h>
#include <inventory/flow.h>
#include <inventory/token.h>
#include "burn_proof.h"
#include "engine.h"

#define WAIVED "burn_in.waived"

int burn_gate_check(struct flow *flow, const struct host *h, struct err *err)
{
	struct flow_host row;
	struct profile p = {0};

	/* An arm that waits for the burn-in to end is void if that fails. */
	if (str_eq(h->state, lifecycle_state_str(STATE_TESTING)))
		return burn_proof_check(flow, h, NULL, err);
	TRY(flow_host_get(flow->db, h->num, &row, err));
	int rc = engine_profile(flow, h, &row, &p, err);
	if (rc >= 0)
		rc = burn_proof_check(flow, h, rc > 0 && p.has_burn_in ? p.tier : NULL, err);
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
	TRY(event_append(flow->db, &e, flow_now_us(flow), NULL, err));
	autofree char *path = xasprintf("/api/v1/hosts/%s/burn-in", h->id);
	const struct audit_entry entry = {.who = who,
					  .peer = "",
					  .method = "WAIVE",
					  .path = path,
					  .status = 200,
					  .reason = waiver};
	return audit_append(flow->db, &entry, flow_now_us(flow), err);
}

int burn_gate_waived(struct flow *flow, const struct host *h, const char *who, const char *why,
		     char ret_waiver[static 257], struct err *err)
{
	struct sv reason = sv_trim(sv_of(why ? why : ""));
	int rc = burn_gate_check(flow, h, err);

	ret_waiver[0] = '\0';
	if (rc != -ERR_GUARD_BURN_IN || !reason.n)
		return rc;
	struct err waived = *err;
	err_clear(err);
	autofree char *text = xstrndup(reason.p, reason.n);
	(void)text_fit(ret_waiver, 257, text);
	return note_waiver(flow, h, who, ret_waiver, waived.msg, err);
}

int burn_gate_waiver(struct flow *flow, int64_t host_num, json_t **ret, struct err *err)
{
	return event_latest(flow->db, host_num, WAIVED, ret, err);
}
