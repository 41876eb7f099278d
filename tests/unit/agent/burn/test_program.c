/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Adding a burn-in test is one file: it is put into a folder, resolved into a plan as the server does
 * it, run as the agent does it, and judged from the records. Then the same with programs that do
 * everything wrong: none of them passes, and the run goes on.
 */
#include <tests/harness/check.h>

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <agent/burn/burn.h>
#include <base/cleanup.h>
#include <base/file.h>
#include <base/json.h>
#include <burnin/verdict.h>
#include <session/lease.h>

static char folder[40];

static int make_folder(void **state)
{
	(void)state;
	(void)str_copy(folder, sizeof(folder), "/tmp/program.XXXXXX");
	return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
	(void)state;
	return file_remove_tree(folder, NULL);
}

/* The one file. */
static void add_test(const char *script, const char *members)
{
	autojson json_t *quoted = json_string(script);
	autofree char *argument = json_dumps(quoted, JSON_ENCODE_ANY);
	autofree char *path = xasprintf("%s/own.json", folder);
	autofree char *text = xasprintf(
		"{\"type\": \"slipway-burn-in-test/v1\", \"id\": \"own\", \"version\": \"1\","
		" \"name\": \"a test of ours\", \"order\": 50, \"tool\": \"sh\","
		" \"args\": [\"-c\", %s], \"judge\": \"lines\", \"verified\": true,"
		" \"seconds\": {\"quick\": 1, \"standard\": 2, \"acceptance\": 3}%s}",
		argument, members);

	assert_int_equal(file_write_atomic(path, text, strlen(text), 0644, NULL), 0);
}

/* The plan as the server makes it and the agent reads it, with this test alone. */
static void resolve(struct plan *ret)
{
	AUTO(catalogue) struct catalogue *c = NULL;
	struct planned_test tests[CATALOGUE_TESTS_MAX];
	const struct catalogue_limits none = {0};
	struct plan sent = {.kind = PLAN_STEP_BURN_IN, .issued_unix_s = 1, .expires_unix_s = 2};
	struct plan_burn_in *t = &sent.burn_in;
	size_t n = 0;

	assert_int_equal(catalogue_load(folder, &c, NULL), 0);
	assert_int_equal(catalogue_plan(c, "quick", &none, tests, &n, NULL), 0);
	for (size_t i = 0; i < n; i++) {
		if (!tests[i].test->own)
			continue;
		(void)str_copy(t->tests[0].id, sizeof(t->tests[0].id), tests[i].test->id);
		(void)str_copy(t->tests[0].sha256, sizeof(t->tests[0].sha256),
			       tests[i].test->sha256);
		t->tests[0].definition = xstrdup(tests[i].test->text);
		t->tests[0].seconds = tests[i].seconds;
		t->n_tests = 1;
	}
	assert_int_equal(t->n_tests, 1);
	(void)str_copy(t->tier, sizeof(t->tier), "quick");
	*ret = sent;
}

struct bench {
	struct burn burn;
	struct report report;
	struct verdict *verdict;
	struct lease *lease;
};

static void emit(void *arg, json_t *record)
{
	struct bench *b = arg;

	(void)verdict_add(b->verdict, record);
	json_decref(record);
}

static int64_t wall_us(void *arg)
{
	(void)arg;
	return 0;
}

static void open_bench(struct bench *b, const struct plan *plan)
{
	*b = (struct bench){.verdict = verdict_new(), .lease = lease_new()};
	b->report = (struct report){.fd = open("/dev/null", O_WRONLY | O_CLOEXEC),
				    .lease = b->lease};
	b->burn = (struct burn){.out = &b->report,
				.plan = &plan->burn_in,
				.test = "t",
				.log_fd = -1,
				.grace_ms = 500};
	b->burn.stream = (struct ocp_stream){.emit = emit, .wall_us = wall_us, .arg = b};
	struct component *disk = component_add(&b->burn.components, COMPONENT_DISK, "sda");
	(void)str_copy(disk->serial, sizeof(disk->serial), "Z1");
	(void)str_copy(disk->location, sizeof(disk->location), "Bay 3");
	ocp_begin(&b->burn.stream, &(struct ocp_run){.name = "t",
						     .version = "1",
						     .command_line = "t",
						     .dut_id = "h",
						     .dut_name = "h",
						     .components = &b->burn.components});
}

static void close_bench(struct bench *b)
{
	close(b->report.fd);
	verdict_free(b->verdict);
	counters_done(&b->burn.before);
	burn_tests_done(&b->burn);
	VEC_DONE(&b->burn.components);
}

static const struct {
	const char *name, *script, *members;
	enum burn_end end;
	enum run_result result;
	const char *code; /* of the order, NULL: none */
} rows[] = {
	{"it passes", "echo '{\"diagnosis\":{\"type\":\"PASS\"}}'", "", BURN_JUDGED, RUN_PASS,
	 NULL},
	{"it knows where it is",
	 "test \"$SLIPWAY_SECONDS$SLIPWAY_TIER$SLIPWAY_DISKS$SLIPWAY_TEST\" = 1quicksdaown && "
	 "echo '{\"diagnosis\":{\"type\":\"PASS\",\"part\":\"sda\"}}'",
	 "", BURN_JUDGED, RUN_PASS, NULL},
	{"it finds a bad disk",
	 "echo "
	 "'{\"diagnosis\":{\"type\":\"FAIL\",\"verdict\":\"disk-read-error\",\"part\":\"Z1\"}}'; "
	 "exit 1",
	 "", BURN_JUDGED, RUN_FAIL, "disk-read-error"},
	{"a value below its bound",
	 "echo '{\"measurement\":{\"name\":\"rate\",\"value\":7}}'; "
	 "echo '{\"diagnosis\":{\"type\":\"PASS\"}}'",
	 ", \"pass\": [{\"measurement\": \"rate\", \"at_least\": 8}]", BURN_JUDGED, RUN_FAIL,
	 "burn-in-test-failed"},
	{"another reader", "echo 'Status: FAIL - test discovered HW problems'; exit 1",
	 ", \"fault\": \"memory-miscompare\"", BURN_JUDGED, RUN_FAIL, "memory-miscompare"},
	{"garbage", "head -c 5000 /bin/sh", "", BURN_ERROR, RUN_INCOMPLETE, NULL},
	{"nothing", "true", "", BURN_ERROR, RUN_INCOMPLETE, NULL},
	{"nothing to stdout", "echo '{\"diagnosis\":{\"type\":\"PASS\"}}' >&2", "", BURN_ERROR,
	 RUN_INCOMPLETE, NULL},
	{"1 GiB of text", "echo '{\"diagnosis\":{\"type\":\"PASS\"}}'; yes '' | head -c 1073741824",
	 "", BURN_ERROR, RUN_INCOMPLETE, NULL},
	{"it never ends", "echo '{\"diagnosis\":{\"type\":\"PASS\"}}'; sleep 100", "", BURN_ERROR,
	 RUN_INCOMPLETE, NULL},
	{"its child never ends",
	 "sleep 100 & echo '{\"diagnosis\":{\"type\":\"PASS\"}}'; kill -9 $$", "", BURN_ERROR,
	 RUN_INCOMPLETE, NULL},
	{"it crashes", "kill -SEGV $$", "", BURN_ERROR, RUN_INCOMPLETE, NULL},
	{"it skips", "echo '{\"log\":\"no such card\"}'; exit 3", "", BURN_SKIPPED, RUN_INCOMPLETE,
	 NULL},
	{"a part is missing", "echo '{\"diagnosis\":{\"type\":\"PASS\"}}'",
	 ", \"needs\": {\"parts\": [\"nic\"]}", BURN_SKIPPED, RUN_INCOMPLETE, NULL},
	{"it would write", "echo '{\"diagnosis\":{\"type\":\"PASS\"}}'", ", \"destructive\": true",
	 BURN_SKIPPED, RUN_INCOMPLETE, NULL},
};

static void judge_row(size_t i)
{
	autoplan struct plan plan;
	struct run_verdict v;
	struct bench b;

	add_test(rows[i].script, rows[i].members);
	resolve(&plan);
	/* the same document, with the reader of stressapptest */
	if (str_eq(rows[i].name, "another reader")) {
		char *judge = strstr(plan.burn_in.tests[0].definition, "\"lines\"");
		autofree char *rest = xstrdup(judge + strlen("\"lines\""));
		*judge = '\0';
		char *whole = xasprintf("%s\"stressapptest\"%s", plan.burn_in.tests[0].definition,
					rest);
		free(plan.burn_in.tests[0].definition);
		plan.burn_in.tests[0].definition = whole;
		sha256_hex_of(whole, strlen(whole), plan.burn_in.tests[0].sha256);
	}
	open_bench(&b, &plan);
	CHECK_INT(rows[i].name, burn_take_plan(&b.burn, NULL), 0);
	CHECK_INT(rows[i].name, burn_run_test(&b.burn, &b.burn.tests[0]), rows[i].end);
	burn_end_run(&b.burn);
	verdict_read(b.verdict, &v);
	CHECK_INT(rows[i].name, v.result, rows[i].result);
	CHECK_INT(rows[i].name, v.orders.n, rows[i].code != NULL);
	if (rows[i].code)
		CHECK_STR(rows[i].name, v.orders.items[0].code, rows[i].code);
	run_verdict_done(&v);
	close_bench(&b);
}

static void test_one_file(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		judge_row(i);
}

/* What no verified test is: its faults are shown and fail nothing. */
static void test_unverified(void **state)
{
	autoplan struct plan plan;
	struct run_verdict v;
	struct bench b;

	(void)state;
	add_test("echo '{\"diagnosis\":{\"type\":\"FAIL\",\"part\":\"sda\"}}'; exit 1", "");
	resolve(&plan);
	open_bench(&b, &plan);
	assert_int_equal(burn_take_plan(&b.burn, NULL), 0);
	b.burn.tests[0].own.verified = false;
	assert_int_equal(burn_run_test(&b.burn, &b.burn.tests[0]), BURN_SKIPPED);
	burn_end_run(&b.burn);
	verdict_read(b.verdict, &v);
	assert_int_equal(v.orders.n, 0);
	assert_int_equal(v.n_unjudged, 1);
	assert_int_equal(v.result, RUN_INCOMPLETE);
	run_verdict_done(&v);
	close_bench(&b);
}

static void spoil_digest(struct plan_burn_in *t)
{
	t->tests[0].sha256[0] = t->tests[0].sha256[0] == '0' ? '1' : '0';
}

static void spoil_text(struct plan_burn_in *t)
{
	t->tests[0].definition[0] = ' ';
}

static void spoil_id(struct plan_burn_in *t)
{
	(void)str_copy(t->tests[0].id, sizeof(t->tests[0].id), "another");
}

static void drop_definition(struct plan_burn_in *t)
{
	free(t->tests[0].definition);
	t->tests[0].definition = NULL;
}

static void drop_all(struct plan_burn_in *t)
{
	drop_definition(t);
	t->n_tests = 0;
}

static void other_builtin(struct plan_burn_in *t)
{
	drop_definition(t);
	(void)str_copy(t->tests[0].id, sizeof(t->tests[0].id), "smart");
}

static void no_digest(struct plan_burn_in *t)
{
	t->tests[0].sha256[0] = '\0';
}

/* A plan that does not fit what it carries is refused before anything is run. */
static void test_refused(void **state)
{
	static const struct {
		const char *name;
		void (*spoil)(struct plan_burn_in *t);
		int code;
	} bad[] = {
		{"another digest", spoil_digest, ERR_BURNIN_CATALOGUE},
		{"another text", spoil_text, ERR_BURNIN_CATALOGUE},
		{"another id", spoil_id, ERR_BURNIN_CATALOGUE},
		{"no definition", drop_definition, ERR_BURNIN_TEST},
		{"no tests", drop_all, ERR_BURNIN_TEST},
		{"another built-in test", other_builtin, ERR_BURNIN_CATALOGUE},
		{"a definition without a digest", no_digest, ERR_BURNIN_CATALOGUE},
	};

	(void)state;
	add_test("true", "");
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		autoplan struct plan plan;
		struct bench b;

		resolve(&plan);
		bad[i].spoil(&plan.burn_in);
		open_bench(&b, &plan);
		CHECK_ERR(bad[i].name, burn_take_plan(&b.burn, NULL), bad[i].code);
		close_bench(&b);
	}
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, make_folder, remove_folder)
	const struct CMUnitTest tests[] = {TEST(test_one_file), TEST(test_unverified),
					   TEST(test_refused)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
