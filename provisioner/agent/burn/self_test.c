/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The disks' own self-tests: started before the first test of the run, so that they read their
 * surface while processors and memory are loaded, and judged when their turn comes. A test that is
 * not over by then is stopped; it is not a pass.
 */
#include "burn.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <base/cleanup.h>
#include <base/clock.h>
#include <base/process.h>
#include <base/str.h>
#include <burnin/smart.h>

#define TOOL_MS        60000
#define ASK_EVERY_MS   15000
#define TICK_US        200000
#define LAST_WAIT_MS   150000 /* a short one takes two minutes */
#define LONG_FROM_S    14400  /* a plan that loads less before its turn wants the short one */
#define NVME_STOP      "0xf"
#define ANSWERED(code) (((code)&3) == 0) /* smartctl: the two lowest bits say that it did not */

static bool is_nvme(const struct drive *d)
{
	return str_eq(d->facts.protocol, "NVMe");
}

/* SATA and SAS disks by smartctl; virtual ones have no self-tests. */
static bool has_self_tests(const struct drive *d)
{
	return is_nvme(d) || str_eq(d->facts.protocol, "SATA") || str_eq(d->facts.protocol, "SAS");
}

static int tell(const struct drive *d, const char *smartctl, const char *value, const char *nvme)
{
	const char *ata[] = {"smartctl", smartctl, *value ? value : d->dev_path,
			     *value ? d->dev_path : NULL, NULL};
	const char *express[] = {"nvme", "device-self-test", d->dev_path, "-s", nvme, NULL};
	struct process_options options = {.argv = is_nvme(d) ? express : ata,
					  .timeout_ms = TOOL_MS};
	struct process_result result = {0};

	if (process_run(&options, &result, NULL) < 0)
		return -1;
	int code = result.exit_code;
	process_result_done(&result);
	return is_nvme(d) ? code : !ANSWERED(code);
}

const char *burn_self_test_kind(const struct burn *b)
{
	int64_t before_s = 0;

	for (size_t i = 0; i < b->n_tests; i++) {
		if (b->tests[i].done)
			continue;
		before_s += b->tests[i].seconds;
		if (str_eq(b->tests[i].test->id, BURN_SELF_TEST))
			return before_s >= LONG_FROM_S ? "long" : "short";
	}
	return NULL;
}

void burn_self_tests_start(struct burn *b)
{
	const char *kind = burn_self_test_kind(b);

	for (size_t i = 0; kind && i < b->drives.n && i < ARRAY_LEN(b->self_tests); i++) {
		const struct drive *d = &b->drives.items[i];

		if (has_self_tests(d) && burn_tick(b))
			b->self_tests[i] = tell(d, "-t", kind, str_eq(kind, "long") ? "2" : "1") ==
					   0;
	}
}

static void ask(const struct drive *d, struct self_test *ret)
{
	const char *ata[] = {"smartctl", "--json=c", "-a", d->dev_path, NULL};
	const char *express[] = {"nvme", "self-test-log", d->dev_path, "-o", "json", NULL};
	struct process_options options = {.argv = is_nvme(d) ? express : ata,
					  .timeout_ms = TOOL_MS};
	struct process_result result = {0};

	*ret = (struct self_test){.remaining_percent = -1};
	if (process_run(&options, &result, NULL) < 0)
		return;
	if (tool_read_self_test(result.out, result.out_bytes, ret, NULL) < 0)
		*ret = (struct self_test){.remaining_percent = -1};
	process_result_done(&result);
}

void burn_judge_self_test(struct burn *b, const char *step, const struct component *c,
			  const struct self_test *t)
{
	struct burnin_finding f = {.symptom = SYMPTOM_DISK_SELF_TEST, .component = c};
	char why[160];

	switch (t->state) {
	case SELF_TEST_PASSED:
		burn_passed(b, step, c, "disk-self-test-pass", "its own self-test passed");
		return;
	case SELF_TEST_FAILED:
		text_print(f.message, sizeof(f.message), "its own self-test failed%s%.128s",
			   *t->words ? ": " : "", t->words);
		burn_found(b, step, &f);
		return;
	case SELF_TEST_RUNNING:
		text_print(why, sizeof(why), "its own self-test was not over in time");
		if (t->remaining_percent >= 0)
			text_print(why, sizeof(why),
				   "its own self-test was not over in time: %lld %% were left",
				   (long long)t->remaining_percent);
		break;
	case SELF_TEST_ABORTED:
		text_print(why, sizeof(why), "its own self-test was aborted%s%.100s",
			   *t->words ? ": " : "", t->words);
		break;
	case SELF_TEST_NONE:
		text_print(why, sizeof(why), "it keeps no result of its self-tests");
		break;
	}
	burn_unjudged(b, step, c, why);
}

/* Returns how many still run. */
static size_t ask_all(struct burn *b, struct self_test *tests)
{
	size_t n_running = 0;

	for (size_t i = 0; i < b->drives.n && i < ARRAY_LEN(b->self_tests); i++) {
		if (!b->self_tests[i] || tests[i].state == SELF_TEST_PASSED ||
		    tests[i].state == SELF_TEST_FAILED)
			continue;
		ask(&b->drives.items[i], &tests[i]);
		n_running += tests[i].state == SELF_TEST_RUNNING;
	}
	return n_running;
}

/* false: the run must stop. */
static bool wait_for_all(struct burn *b, struct self_test *tests)
{
	int64_t until_ms = time_boot_ms() + LAST_WAIT_MS;
	int64_t ask_ms = time_boot_ms() + ASK_EVERY_MS;
	size_t n_running = ask_all(b, tests);

	while (n_running && time_boot_ms() < until_ms) {
		if (!burn_tick(b))
			return false;
		if (time_boot_ms() >= ask_ms) {
			n_running = ask_all(b, tests);
			ask_ms = time_boot_ms() + ASK_EVERY_MS;
		}
		usleep(TICK_US);
	}
	return true;
}

static void stop(const struct drive *d)
{
	/* One that does not stop goes on beside what follows, which it only slows. */
	(void)tell(d, "-X", "", NVME_STOP);
}

enum burn_end burn_test_self_test(struct burn *b, const char *step)
{
	struct self_test tests[ARRAY_LEN(b->self_tests)] = {0};
	unsigned n_judged = 0;

	if (!wait_for_all(b, tests))
		return BURN_STOPPED;
	for (size_t i = 0; i < b->drives.n && i < ARRAY_LEN(b->self_tests); i++) {
		const struct drive *d = &b->drives.items[i];
		const struct component *c = component_find(&b->components, COMPONENT_DISK,
							   d->facts.name);

		if (!b->self_tests[i]) {
			burn_unjudged(b, step, c, "it starts no self-test");
			continue;
		}
		burn_judge_self_test(b, step, c, &tests[i]);
		n_judged += tests[i].state == SELF_TEST_PASSED ||
			    tests[i].state == SELF_TEST_FAILED;
		if (tests[i].state == SELF_TEST_RUNNING)
			stop(d);
	}
	return n_judged ? BURN_JUDGED : BURN_SKIPPED;
}
