/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The guards of the lifecycle's table, read from the store for one event of one host.
 */
#include "engine_guards.h"

#include <base/str.h>
#include "burn_proof.h"
#include "burn_repair.h"

#define TRIES_MAX   3
#define REBOOTS_MAX 3 /* unexpected ones in one burn-in */

static unsigned next_guards(const struct engine_step *s)
{
	const struct profile *p = &s->profile;

	if (!s->has_profile || !s->row.approved)
		return 0;
	if (p->has_burn_in && !s->row.tested)
		return GUARD_NEXT_TEST;
	return p->has_image ? GUARD_NEXT_IMAGE : 0;
}

static int arm_guards(struct engine_step *s, unsigned *guards, struct err *err)
{
	struct flow_arm arm;
	struct flow_session session;
	int rc = flow_arm_open(s->flow->db, s->host.num, &arm, err);

	if (rc == -ERR_NOT_FOUND)
		return 0;
	if (rc < 0 || arm.consumed_us == 0)
		return rc;
	*guards |= GUARD_WRITING;
	rc = flow_session_of_host(s->flow->db, s->host.num, &session, err);
	if (rc == -ERR_NOT_FOUND)
		return 0;
	if (rc >= 0 && str_eq(session.id, arm.session_id) && arm.expires_us > s->now_us)
		*guards |= GUARD_ARM_ALIVE;
	return rc;
}

static bool retryable(const struct engine_step *s)
{
	return s->e->code && err_class(s->e->code) == ERR_CLASS_RETRY && s->row.tries < TRIES_MAX;
}

/* The parts of a host that failed its burn-in were read again: was everything swapped? */
static int swap_guard(struct engine_step *s, unsigned *guards, struct err *err)
{
	struct burn_repair repair;

	if (s->from != STATE_FAILED || s->e->event != HOST_EVENT_INSPECTED)
		return 0;
	TRY(burn_repair_read(s->flow, s->host.num, &repair, err));
	if (repair.complete && s->has_profile && s->row.approved)
		*guards |= GUARD_SWAPPED;
	(void)text_fit(s->looked, sizeof(s->looked), repair.words);
	return 0;
}

/* The parts of a host that is to be imaged were read again: are they those that were tested? An arm
 * with a waiver does not ask. */
static int parts_guard(struct engine_step *s, unsigned *guards, struct err *err)
{
	struct flow_arm arm;

	if (s->from != STATE_IMAGING || s->e->event != HOST_EVENT_INSPECTED)
		return 0;
	*guards &= ~(unsigned)GUARD_NEXT_TEST;
	int rc = flow_arm_open(s->flow->db, s->host.num, &arm, err);
	if ((rc < 0 && rc != -ERR_NOT_FOUND) || (rc >= 0 && arm.waiver[0]))
		return rc;
	err_clear(err);
	if (!s->has_profile || !s->profile.has_burn_in)
		return 0;
	rc = burn_proof_check(s->flow, &s->host, s->profile.tier, err);
	if (rc != -ERR_GUARD_BURN_IN)
		return rc;
	err_clear(err);
	*guards |= GUARD_NEXT_TEST;
	s->row.tested = false;
	return 0;
}

int engine_guards(struct engine_step *s, unsigned *ret, struct err *err)
{
	unsigned guards = s->e->extra_guards | next_guards(s);

	if (s->row.inspected)
		guards |= GUARD_INSPECTED;
	if (retryable(s))
		guards |= GUARD_RETRYABLE;
	if (s->from == STATE_TESTING && s->row.tries + 1 >= REBOOTS_MAX)
		guards |= GUARD_REBOOTS;
	if (str_eq(s->row.fail_code, err_name(ERR_NO_CONTACT)))
		guards |= GUARD_LATE;
	TRY(swap_guard(s, &guards, err));
	TRY(parts_guard(s, &guards, err));
	TRY(arm_guards(s, &guards, err));
	*ret = guards;
	return 0;
}
