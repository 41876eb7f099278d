/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The new server of the README's first hour: it asks a real slipwayd what to do, and waits at each
 * step until a person has permitted the next. Its code and the serial of its disk are written to
 * DIR/code and DIR/disk, for the program that types the commands. usage: test_first_hour DIR SOCKET PLAN-KEY: run
 * by tests/flow/first_hour.sh.
 */
#include "tests/harness/check.h"

#include <stdio.h>
#include <unistd.h>

#include <base/file.h>
#include <base/json.h>
#include <base/str.h>
#include "tests/harness/host_walk.h"

#define TRIES_MAX 1200 /* of 50 ms each */

static const char *dir;
static struct server_bench bench; /* only where it is: the script has started it */

static void write_word(const char *name, const char *word)
{
	autofree char *path = xasprintf("%s/%s", dir, name);
	struct err err = ERR_INIT;

	assert_int_equal(file_write_atomic(path, word, strlen(word), 0644, &err), 0);
}

/* The step that people permit; until then the server says wait, or nothing new. */
static void wait_for(struct fake_agent *a, enum plan_step_kind kind)
{
	for (int i = 0; i < TRIES_MAX; i++) {
		int status = fake_agent_next(a, 0, bench.plan_key);

		if (status != 200 && status != 204)
			fail_msg("next: %d (%s)", status, a->code);
		if (status == 200 && a->plan.kind == kind)
			return;
		if (status == 200 && a->plan.kind != PLAN_STEP_WAIT)
			fail_msg("step %s came before %s", plan_step_kind_str(a->plan.kind),
				 plan_step_kind_str(kind));
		(void)usleep(50000);
	}
	fail_msg("the step %s never came", plan_step_kind_str(kind));
}

static void test_new_server(void **state)
{
	char token[SHA256_HEX_BYTES], digest[SHA256_HEX_BYTES];
	struct fake_agent a;

	(void)state;
	fake_agent_boot(&a, bench.front, "S49912X1", MAC_A);
	a.manufacturer = "Supermicro";
	need(fake_agent_open(&a), 201, &a, "session");
	walk_inspect(&bench, &a, NULL);
	wait_for(&a, PLAN_STEP_WAIT);
	write_word("disk", a.disk_serial);
	write_word("code", a.short_code);
	wait_for(&a, PLAN_STEP_BURN_IN);
	walk_send_records(&a);
	need(fake_agent_step_done(&a, "PASS"), 200, &a, "tested");
	write_word("tested", "");
	wait_for(&a, PLAN_STEP_IMAGE);
	(void)str_copy(token, sizeof(token), a.plan.image.first_boot_token);
	(void)str_copy(digest, sizeof(digest), a.plan.image.image_digest);
	need(fake_agent_permit(&a, NULL), 200, &a, "permit");
	walk_finish_image(&bench, &a);
	wait_for(&a, PLAN_STEP_REBOOT);
	need(fake_agent_step_done(&a, "ok"), 200, &a, "rebooting");
	need(fake_agent_first_boot(&a, token, digest), 200, &a, "first boot");
	fake_agent_done(&a);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_new_server)};

	if (argc != 4) {
		printf("1..0 # SKIP tests/flow/first_hour.sh runs it\n");
		return 0;
	}
	dir = argv[1];
	(void)str_copy(bench.front, sizeof(bench.front), argv[2]);
	(void)str_copy(bench.plan_key, sizeof(bench.plan_key), argv[3]);
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("first hour", tests, NULL, NULL);
}
