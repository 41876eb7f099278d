/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every (state, event) pair of the lifecycle: it has a row, or it stands in the list of what means
 * nothing. Then the promises that the table makes whatever the rows say.
 */
#include "tests/harness/check.h"

#include <proto/lifecycle.h>

/* What means nothing, state by state: one letter an event, in the order of LIFECYCLE_EVENTS:
 * C contact, N inspected, P burn-in passed, F burn-in failed, M permit, I imaged, B first boot,
 * X step failed, U interrupted, R resume, D deadline, Q conflict, E erased, A approve, G arm, T
 * retry, V serve, L release, W maintain, Z erase, K retire. A dot: it must have a row. */
static const char letters[] = "CNPFMIBXURDQEAGTVLWZK";
static const struct {
	enum lifecycle_state state;
	const char *nothing;
} rows[] = {
	{STATE_EXPECTED, ".NPFMIBXURD.EAGTVLWZ."},    {STATE_DISCOVERED, "..PFMIBXURD.E...VL..."},
	{STATE_INSPECTING, "..PFMIB.UR..E.G.VL.Z."},  {STATE_TESTING, ".N..MIB.UR..E...VL.Z."},
	{STATE_IMAGING, "..PF.....R..E...VL.Z."},     {STATE_VERIFYING, ".NPFMI..UR..EAG.VL.Z."},
	{STATE_READY, "CNPFMI.XURDQEA.T....."},       {STATE_IN_SERVICE, "CNPFMI.XURDQEA.TV..Z."},
	{STATE_ERASING, ".NPF.IB..R...AGTVL..K"},     {STATE_RETIRED, "CNPFMIBXURDQEAGTV.WZK"},
	{STATE_QUARANTINED, ".NPFMIBXURD.E.GTVLWZ."}, {STATE_FAILED, "..PFMI..U.D.EA..V...."},
	{STATE_MAINTENANCE, ".NPFMIBXURD.EA..V.W.."},
};

static void test_every_pair(void **state)
{
	(void)state;
	assert_int_equal(ARRAY_LEN(rows), _STATE_MAX);
	assert_int_equal(strlen(letters), _HOST_EVENT_MAX);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		for (unsigned e = 0; e < _HOST_EVENT_MAX; e++) {
			bool nothing = rows[i].nothing[e] == letters[e];
			CHECK(lifecycle_state_str(rows[i].state),
			      nothing || rows[i].nothing[e] == '.');
			if (lifecycle_possible(rows[i].state, (enum lifecycle_event)e) == nothing)
				fail_msg("%s + %s: row and list disagree",
					 lifecycle_state_str(rows[i].state),
					 lifecycle_event_str((enum lifecycle_event)e));
		}
	}
}

static void test_words(void **state)
{
	(void)state;
	for (unsigned i = 0; i < _STATE_MAX; i++) {
		const struct lifecycle_state_row *r = lifecycle_row((enum lifecycle_state)i);
		enum lifecycle_state parsed;
		CHECK(r->name, r->meaning[0] && r->hint[0] && r->turn[0]);
		CHECK(r->name, lifecycle_state_parse(r->name, &parsed) && parsed == i);
		/* a state with a deadline has a row for it that says where it leads */
		CHECK_INT(r->name, r->deadline_s > 0,
			  lifecycle_possible((enum lifecycle_state)i, HOST_EVENT_DEADLINE));
		CHECK_INT(r->name, r->at_deadline[0] != 0, r->deadline_s > 0);
	}
	for (unsigned e = 0; e < _HOST_EVENT_MAX; e++)
		CHECK(lifecycle_event_str((enum lifecycle_event)e),
		      lifecycle_event_meaning((enum lifecycle_event)e)[0]);
	enum lifecycle_state none;
	assert_false(lifecycle_state_parse("nonsense", &none));
}

/* All guards, all states, all events: what may never happen. */
static void test_promises(void **state)
{
	(void)state;
	for (unsigned s = 0; s < _STATE_MAX; s++) {
		for (unsigned e = 0; e < _HOST_EVENT_MAX; e++) {
			for (unsigned g = 0; g < 8192; g++) {
				struct lifecycle_outcome o;
				if (!lifecycle_step((enum lifecycle_state)s,
						    (enum lifecycle_event)e, g, &o))
					continue;
				const char *name = lifecycle_state_str((enum lifecycle_state)s);
				/* a host at rest is moved by people alone */
				bool rests = s == STATE_READY || s == STATE_IN_SERVICE;
				CHECK(name, !rests || o.to == s || e >= HOST_EVENT_APPROVE);
				/* in service: nothing destructive without the extra word */
				CHECK(name, s != STATE_IN_SERVICE || (g & GUARD_OVERRIDE) ||
						    o.to == s || o.to == STATE_MAINTENANCE);
				/* ready only by the installed system's own report */
				CHECK(name, o.to != STATE_READY || s == STATE_READY ||
						    e == HOST_EVENT_FIRST_BOOT);
				/* to failed only with a repair order */
				CHECK(name, o.to != STATE_FAILED || s == STATE_FAILED ||
						    (o.effects & EFFECT_OPEN_FAULT));
				/* a new session never goes on with what another one wrote */
				bool writes = s == STATE_IMAGING || s == STATE_ERASING;
				CHECK(name, e != HOST_EVENT_CONTACT || !writes ||
						    !(g & GUARD_WRITING) || o.to == STATE_FAILED);
				/* a failed erase leaves no arm that a returning session could use
				 */
				CHECK(name, s != STATE_ERASING || o.to != STATE_FAILED ||
						    (o.effects & EFFECT_VOID_ARMS));
				/* erased only after a permission */
				CHECK(name, e != HOST_EVENT_ERASED ||
						    (s == STATE_ERASING && (g & GUARD_WRITING)));
				/* nobody leaves imaging for verifying without having been permitted
				 * to write */
				CHECK(name, o.to != STATE_VERIFYING || s == STATE_VERIFYING ||
						    (g & GUARD_WRITING));
			}
		}
	}
	static const enum lifecycle_state local[] = {STATE_VERIFYING, STATE_READY, STATE_IN_SERVICE,
						     STATE_RETIRED, STATE_QUARANTINED};
	for (size_t i = 0; i < ARRAY_LEN(local); i++)
		CHECK(lifecycle_state_str(local[i]), !lifecycle_row(local[i])->wants_agent);
}

static void test_dot(void **state)
{
	(void)state;
	autostr struct str out;
	str_init(&out, 256 * 1024);
	lifecycle_dot(&out);
	assert_true(str_ok(&out));
	assert_non_null(strstr(out.p, "\"verifying\" -> \"ready\" [label=\"first_boot\""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_pair),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_promises),
		cmocka_unit_test(test_dot),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("lifecycle", tests, NULL, NULL);
}
