/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a host's burn-ins prove; see burn_proof.h. Input: rows of our own store.
 */
#include "burn_proof.h"

#include <base/str.h>
#include <burnin/catalogue.h>
#include <inventory/run.h>
#include "burn_run.h"

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

int burn_proof_check(struct flow *flow, const struct host *h, const char *tier, struct err *err)
{
	TRY(check_faults(flow, h, err));
	return tier ? check_run(flow, h, tier, err) : 0;
}
