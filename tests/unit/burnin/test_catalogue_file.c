/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The catalogue as data: adding a test is one file in a folder; a bad file is refused with its name
 * and the field; and no set of files and profiles makes a plan that its deadline contradicts.
 */
#include <tests/harness/check.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <base/cleanup.h>
#include <base/file.h>
#include <base/str.h>
#include <burnin/catalogue.h>

#define HEAD                                                                                       \
	"{\"type\":\"slipway-burn-in-test/v1\",\"version\":\"1\",\"name\":\"x\",\"order\":50,"     \
	"\"seconds\":{\"quick\":5,\"standard\":6,\"acceptance\":7}"
#define GOOD HEAD ",\"id\":\"own-test\",\"tool\":\"true\",\"judge\":\"lines\"}"

static char folder[64];

static int make_folder(void **state)
{
	(void)state;
	(void)str_copy(folder, sizeof(folder), "/tmp/catalogue.XXXXXX");
	return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
	(void)state;
	return file_remove_tree(folder, NULL);
}

static void put(const char *name, const char *text)
{
	autofree char *path = xasprintf("%s/%s", folder, name);

	assert_int_equal(file_write_atomic(path, text, strlen(text), 0644, NULL), 0);
}

/* One file, and every tier runs it, in its place in the order. */
static void test_one_file(void **state)
{
	AUTO(catalogue) struct catalogue *c = NULL;
	struct planned_test tests[CATALOGUE_TESTS_MAX];
	const struct catalogue_limits none = {0};
	size_t n = 0, at = 0;

	(void)state;
	put("own.json", GOOD);
	put("notes.txt", "not a test");
	assert_int_equal(catalogue_load(folder, &c, NULL), 0);
	assert_int_equal(c->n, catalogue_builtin()->n + 1);
	assert_int_equal(catalogue_plan(c, "standard", &none, tests, &n, NULL), 0);
	while (at < n && !str_eq(tests[at].test->id, "own-test"))
		at++;
	assert_true(at < n);
	assert_true(tests[at].test->own);
	assert_int_equal(tests[at].seconds, 6);
	assert_string_equal(tests[at].test->text, GOOD);
	for (size_t i = 1; i < n; i++)
		assert_true(tests[i - 1].test->order <= tests[i].test->order);
}

static void test_no_folder(void **state)
{
	static const char *const paths[] = {"", "/nonexistent/folder"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
		AUTO(catalogue) struct catalogue *c = NULL;

		assert_int_equal(catalogue_load(paths[i], &c, NULL), 0);
		assert_int_equal(c->n, catalogue_builtin()->n);
	}
}

static const struct {
	const char *name, *text, *says;
} bad[] = {
	{"empty", "", ""},
	{"garbage", "\x80\xff{", ""},
	{"a list", "[]", ""},
	{"cut off", "{\"type\":", ""},
	{"another type", "{\"type\":\"x\"}", "type"},
	{"no id", HEAD ",\"tool\":\"true\",\"judge\":\"lines\"}", "id"},
	{"an id with a slash", HEAD ",\"id\":\"../x\",\"tool\":\"true\",\"judge\":\"lines\"}",
	 "id"},
	{"a tool with a folder", HEAD ",\"id\":\"x\",\"tool\":\"/bin/x\",\"judge\":\"lines\"}",
	 "tool"},
	{"an unknown reader", HEAD ",\"id\":\"x\",\"tool\":\"true\",\"judge\":\"guess\"}", "judge"},
	{"the agent's reader", HEAD ",\"id\":\"x\",\"tool\":\"true\",\"judge\":\"agent\"}",
	 "judge"},
	{"the agent's tool", HEAD ",\"id\":\"x\",\"tool\":\"slipway-agent\",\"judge\":\"agent\"}",
	 "built-in"},
	{"a misspelt key", HEAD ",\"id\":\"x\",\"tool\":\"true\",\"judge\":\"lines\",\"neds\":{}}",
	 "neds"},
	{"an unknown platform",
	 HEAD ",\"id\":\"x\",\"tool\":\"true\",\"judge\":\"lines\",\"platforms\":[\"vax\"]}",
	 "vax"},
	{"an unknown part",
	 HEAD ",\"id\":\"x\",\"tool\":\"true\",\"judge\":\"lines\",\"needs\":{\"parts\":[\"x\"]}}",
	 "parts"},
	{"an unknown fault",
	 HEAD ",\"id\":\"x\",\"tool\":\"true\",\"judge\":\"lines\",\"fault\":\"x\"}", "fault"},
	{"needed, but not verified",
	 HEAD ",\"id\":\"x\",\"tool\":\"true\",\"judge\":\"lines\",\"needed\":true}", "needed"},
	{"a bound without a number",
	 HEAD ",\"id\":\"x\",\"tool\":\"true\",\"judge\":\"lines\",\"pass\":[{\"measurement\":"
	      "\"rate\"}]}",
	 "at_least"},
	{"an id that is taken", HEAD ",\"id\":\"smart\",\"tool\":\"true\",\"judge\":\"lines\"}",
	 "smart"},
	{"a tier that does not exist",
	 "{\"type\":\"slipway-burn-in-test/v1\",\"version\":\"1\",\"name\":\"x\",\"order\":50,"
	 "\"seconds\":{\"quick\":5,\"slow\":6},\"id\":\"x\",\"tool\":\"true\",\"judge\":\"lines\"}",
	 "seconds"},
};

static void test_bad_files(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		AUTO(catalogue) struct catalogue *c = NULL;
		struct err err = ERR_INIT;

		put("own.json", bad[i].text);
		CHECK_INT(bad[i].name, catalogue_load(folder, &c, &err), -ERR_BURNIN_CATALOGUE);
		if (!strstr(err.msg, "own.json") || !strstr(err.msg, bad[i].says))
			fail_msg("%s: '%s' does not name '%s'", bad[i].name, err.msg, bad[i].says);
	}
}

static void refused(const char *name)
{
	AUTO(catalogue) struct catalogue *c = NULL;

	CHECK_INT(name, catalogue_load(folder, &c, NULL), -ERR_BURNIN_CATALOGUE);
}

/* Who may write it decides what runs as root on every host. */
static void test_files_of_others(void **state)
{
	autofree char *path = xasprintf("%s/own.json", folder);
	autofree char *other = xasprintf("%s/other", folder);

	(void)state;
	put("own.json", GOOD);
	assert_int_equal(chmod(path, 0664), 0);
	refused("writable by the group");
	assert_int_equal(chmod(path, 0646), 0);
	refused("writable by everyone");
	assert_int_equal(rename(path, other), 0);
	assert_int_equal(symlink("other", path), 0);
	refused("a link");
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkfifo(path, 0600), 0);
	refused("a pipe");
	assert_int_equal(unlink(path), 0);
	autofree char *big = xcalloc(1, CATALOGUE_FILE_MAX_BYTES + 2);
	memset(big, ' ', CATALOGUE_FILE_MAX_BYTES + 1);
	put("own.json", big);
	refused("too big");
}

static void test_too_many(void **state)
{
	(void)state;
	for (int i = 0; i < CATALOGUE_TESTS_MAX; i++) {
		autofree char *name = xasprintf("t%02d.json", i);
		autofree char *text = xasprintf(
			HEAD ",\"id\":\"t%d\",\"tool\":\"true\",\"judge\":\"lines\"}", i);

		put(name, text);
	}
	refused("more than a plan carries");
}

/* 10,000 sets of files and profiles: tests in order, none lost, and the deadline above their sum. */
static void test_no_contradiction(void **state)
{
	static const char *const limits[] = {"none", "cpu", "memory", "disk"};

	(void)state;
	srandom(11);
	for (int round = 0; round < 100; round++) {
		AUTO(catalogue) struct catalogue *c = NULL;
		size_t n_enabled = 0, n_own = (size_t)random() % 8;

		for (size_t i = 0; i < n_own; i++) {
			autofree char *name = xasprintf("t%zu.json", i);
			bool enabled = random() % 4 != 0;
			autofree char *text = xasprintf(
				"{\"type\":\"slipway-burn-in-test/v1\",\"id\":\"t%zu\",\"version\":"
				"\"1\",\"name\":\"x\",\"order\":%ld,\"tool\":\"true\",\"judge\":"
				"\"lines\",\"limit\":\"%s\",\"enabled\":%s,\"seconds\":{\"quick\":"
				"%ld,\"standard\":%ld,\"acceptance\":%ld}}",
				i, random() % 1001, limits[random() % 4],
				enabled ? "true" : "false", random() % 2592001, random() % 2592001,
				random() % 2592001);

			put(name, text);
			n_enabled += enabled;
		}
		assert_int_equal(catalogue_load(folder, &c, NULL), 0);
		for (int k = 0; k < 100; k++) {
			struct planned_test tests[CATALOGUE_TESTS_MAX];
			struct catalogue_limits l = {random() % 2 ? 0 : random() % 2592001,
						     random() % 2 ? 0 : random() % 2592001,
						     random() % 2 ? 0 : random() % 2592001};
			int64_t sum = 0;
			size_t n = 0;

			assert_int_equal(catalogue_plan(c, catalogue_tiers[random() % 3], &l, tests,
							&n, NULL),
					 0);
			assert_int_equal(n, catalogue_builtin()->n + n_enabled);
			for (size_t i = 0; i < n; i++)
				sum += tests[i].seconds;
			assert_true(catalogue_deadline_s(tests, n) > sum);
		}
		for (size_t i = 0; i < n_own; i++) {
			autofree char *path = xasprintf("%s/t%zu.json", folder, i);

			assert_int_equal(unlink(path), 0);
		}
	}
}

static bool has_sh(const char *name)
{
	return str_eq(name, "sh");
}

static void test_preconditions(void **state)
{
	static const struct {
		const char *name, *members, *why; /* "": nothing in the way */
	} rows[] = {
		{"nothing needed", "", ""},
		{"a part that is there", ",\"needs\":{\"parts\":[\"disk\"]}", ""},
		{"a part that is missing", ",\"needs\":{\"parts\":[\"disk\",\"nic\"]}", "nic"},
		{"a missing tool", ",\"needs\":{\"tools\":[\"sh\",\"fio\"]}", "fio"},
		{"a device that is there", ",\"needs\":{\"devices\":[\"sh\"]}", ""},
		{"a missing device", ",\"needs\":{\"devices\":[\"ipmi0\"]}", "/dev/ipmi0"},
		{"enough memory", ",\"needs\":{\"memory_mib\":100}", ""},
		{"not enough memory", ",\"needs\":{\"memory_mib\":101}", "101 MiB"},
		{"this platform", ",\"platforms\":[\"aarch64\",\"x86_64\"]", ""},
		{"another platform", ",\"platforms\":[\"aarch64\"]", "x86_64"},
		{"a test that writes", ",\"destructive\":true", "writes"},
	};
	component_list parts = {0};

	(void)state;
	assert_non_null(component_add(&parts, COMPONENT_DISK, "sda"));
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		autofree char *text = xasprintf(
			HEAD ",\"id\":\"x\",\"tool\":\"sh\",\"judge\":\"lines\"%s}",
			rows[i].members);
		const struct catalogue_host host = {"x86_64", &parts, 100, has_sh, has_sh};
		struct catalogue_test t;
		char why[129] = "";

		assert_int_equal(catalogue_parse(text, strlen(text), &t, NULL), 0);
		CHECK_INT(rows[i].name, catalogue_unmet(&t, &host, why), *rows[i].why != '\0');
		if (!strstr(why, rows[i].why))
			fail_msg("%s: '%s'", rows[i].name, why);
		catalogue_test_done(&t);
	}
	VEC_DONE(&parts);
}

static void test_fill(void **state)
{
	static const struct {
		const char *argument, *filled;
	} rows[] = {
		{"", ""},
		{"--time={seconds}s", "--time=90s"},
		{"{seed}{cpus}", "74"},
		{"{tier}/{memory_mib}M", "quick/512M"},
		{"awk '{print $1}' {x} {", "awk '{print $1}' {x} {"},
	};
	const struct catalogue_values v = {90, 7, 512, 4, "quick"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		autofree char *filled = catalogue_fill(rows[i].argument, &v);

		CHECK_STR(rows[i].argument, filled, rows[i].filled);
	}
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, make_folder, remove_folder)
	const struct CMUnitTest tests[] = {
		TEST(test_one_file),        TEST(test_no_folder), TEST(test_bad_files),
		TEST(test_files_of_others), TEST(test_too_many),  TEST(test_no_contradiction),
		TEST(test_preconditions),   TEST(test_fill),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
