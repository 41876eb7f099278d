/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whom a host under test loads the network with: hosts under test that were heard just now, across
 * switches first, each with the ticket of its own run; nobody else, and for nobody else.
 */
#include "tests/harness/check.h"

#include <base/str.h>
#include "tests/harness/host_walk.h"

static const struct {
	const char *serial, *mac, *chassis, *address;
} machines[] = {
	{"S1", MAC_A, "sw1", "10.0.0.1"},
	{"S2", MAC_B, "sw1", "10.0.0.2"},
	{"S3", "52:54:00:00:00:0c", "sw2", "10.0.0.3"},
};
#define N ARRAY_LEN(machines)

/* To its burn-in, and heard there. */
static void to_test(struct server_bench *b, struct fake_agent *a, size_t i)
{
	walk_open(b, a, machines[i].serial, machines[i].mac);
	a->chassis = machines[i].chassis;
	walk_inspect(b, a, NULL);
	need_step(b, a, PLAN_STEP_BURN_IN);
}

static void beat(struct fake_agent *a, size_t i, const char *stage)
{
	a->stage = stage;
	snprintf(a->address_header, sizeof(a->address_header), "X-Real-IP: %s",
		 machines[i].address);
	need(fake_agent_heartbeat(a), 200, a, "heartbeat");
}

static void check_partner(const struct partners_reply *r, size_t at, const struct fake_agent *a,
			  size_t i)
{
	char ticket[65], far_end[64];

	partner_ticket(a->plan.burn_in.run_id, ticket);
	snprintf(far_end, sizeof(far_end), "%s Ethernet1/7", machines[i].chassis);
	assert_true(r->partners.n > at);
	assert_string_equal(r->partners.items[at].name, a->short_code);
	assert_string_equal(r->partners.items[at].address, machines[i].address);
	assert_string_equal(r->partners.items[at].ticket, ticket);
	assert_string_equal(r->partners.items[at].far_end, far_end);
}

static void test_partners(void **state)
{
	struct server_bench *b = *state;
	struct partners_reply reply;
	struct fake_agent a[N];

	for (size_t i = 0; i < N; i++)
		to_test(b, &a[i], i);
	/* Nobody was heard in a test yet. */
	need(fake_agent_partners(&a[0], &reply), 200, &a[0], "partners");
	assert_int_equal(reply.partners.n, 0);
	assert_string_equal(reply.far_end, "sw1 Ethernet1/7");
	record_done(partners_reply_fields, &reply);

	for (size_t i = 0; i < N; i++)
		beat(&a[i], i, "burn_in");
	need(fake_agent_partners(&a[0], &reply), 200, &a[0], "partners");
	assert_int_equal(reply.partners.n, 2);
	check_partner(&reply, 0, &a[2], 2);
	check_partner(&reply, 1, &a[1], 1);
	record_done(partners_reply_fields, &reply);

	/* Who does other work is left alone. */
	beat(&a[2], 2, "write");
	need(fake_agent_partners(&a[0], &reply), 200, &a[0], "partners");
	assert_int_equal(reply.partners.n, 1);
	check_partner(&reply, 0, &a[1], 1);
	record_done(partners_reply_fields, &reply);

	/* Whose run is over is given nobody, and given to nobody. */
	walk_send_records(&a[1]);
	need(fake_agent_step_done(&a[1], "PASS"), 200, &a[1], "done");
	beat(&a[1], 1, "burn_in");
	need(fake_agent_partners(&a[1], &reply), 409, &a[1], "partners");
	record_done(partners_reply_fields, &reply);
	need(fake_agent_partners(&a[0], &reply), 200, &a[0], "partners");
	assert_int_equal(reply.partners.n, 0);
	record_done(partners_reply_fields, &reply);
	for (size_t i = 0; i < N; i++)
		fake_agent_done(&a[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_partners, walk_setup_auto, walk_teardown)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
