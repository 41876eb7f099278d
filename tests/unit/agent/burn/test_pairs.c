/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the agent records of the rates that it reached with its partners: nobody is blamed before the
 * partner was swapped; then the far end is to be looked at.
 */
#include <tests/harness/check.h>

#include <fcntl.h>
#include <unistd.h>

#include <base/json.h>
#include <base/str.h>
#include <agent/burn/burn.h>
#include <session/lease.h>

static void emit(void *arg, json_t *record)
{
	json_array_append_new(arg, record);
}

static int64_t wall_us(void *arg)
{
	(void)arg;
	return 0;
}

#define FAST                                                                                       \
	{                                                                                          \
		true, 9400, 10000                                                                  \
	}
#define SLOW                                                                                       \
	{                                                                                          \
		true, 812, 10000                                                                   \
	}
#define GONE                                                                                       \
	{                                                                                          \
		false, 0, 10000                                                                    \
	}

static const struct {
	const char *name, *far_end;
	struct pair_rate rates[PAIRS_MAX];
	size_t n;
	const char *type, *words, *action;
	unsigned n_failures;
} rows[] = {
	{"fast", "sw1 Eth1/7", {FAST}, 1, "PASS", "9400 Mb/s of 10000 to AAAA", "", 0},
	{"slow to one, fast to the next",
	 "sw1 Eth1/7",
	 {SLOW, FAST},
	 2,
	 "PASS",
	 "the way to AAAA at sw2 Eth9 is slow, and this host is not",
	 "",
	 0},
	{"slow to both",
	 "sw1 Eth1/7",
	 {SLOW, SLOW},
	 2,
	 "FAIL",
	 "CHECK FAR END sw1 Eth1/7: 812 Mb/s of 10000 to AAAA, 812 Mb/s of 10000 to BBBB",
	 "Check the far end of network card eth0",
	 1},
	{"slow to both, and no switch named itself",
	 "",
	 {SLOW, SLOW},
	 2,
	 "FAIL",
	 "\"812 Mb/s of 10000 to AAAA, 812 Mb/s of 10000 to BBBB\"",
	 "Check the far end of network card eth0",
	 1},
	{"slow to the only one",
	 "sw1 Eth1/7",
	 {SLOW, GONE},
	 2,
	 "UNKNOWN",
	 "too few partners",
	 "",
	 0},
	{"nobody answers", "sw1 Eth1/7", {GONE, GONE}, 2, "UNKNOWN", "no partner could be", "", 0},
};

static void test_judge(void **state)
{
	static const struct partner named[] = {
		{.name = "AAAA", .far_end = "sw2 Eth9"}, {.name = "BBBB"}, {.name = "CCCC"}};
	static const struct plan_burn_in plan;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct lease *lease = lease_new();
		autojson json_t *records = json_array();
		struct report report = {.fd = open("/dev/null", O_WRONLY | O_CLOEXEC),
					.lease = lease};
		struct burn b = {.out = &report, .plan = &plan, .log_fd = -1};
		struct partners_reply reply = {0};
		struct burn_pairs p = {.partners = &reply, .n = rows[i].n};

		b.stream = (struct ocp_stream){.emit = emit, .wall_us = wall_us, .arg = records};
		(void)str_copy(reply.far_end, sizeof(reply.far_end), rows[i].far_end);
		for (size_t k = 0; k < ARRAY_LEN(named); k++)
			VEC_PUSH(&reply.partners, named[k]);
		memcpy(p.rates, rows[i].rates, sizeof(p.rates));
		p.port = component_add(&b.components, COMPONENT_NIC, "eth0");
		burn_judge_pairs(&b, "network", &p);
		autofree char *text = json_text(records);
		autofree char *type = xasprintf("\"type\":\"%s\"", rows[i].type);
		CHECK_INT(rows[i].name, strstr(text, type) != NULL, true);
		CHECK_INT(rows[i].name, strstr(text, rows[i].words) != NULL, true);
		CHECK_INT(rows[i].name, strstr(text, rows[i].action) != NULL, true);
		CHECK_INT(rows[i].name, strstr(text, "repair-order") != NULL,
			  *rows[i].action != '\0');
		CHECK_INT(rows[i].name, b.n_failures, rows[i].n_failures);
		close(report.fd);
		VEC_DONE(&reply.partners);
		VEC_DONE(&b.components);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_judge)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
