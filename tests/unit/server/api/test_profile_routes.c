/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two people edit the same profiles, and one asks what a profile would fit before it is written.
 */
#include "tests/harness/check.h"

#include <base/json.h>
#include <base/str.h>
#include "tests/harness/fake_agent.h"
#include "tests/harness/host_walk.h"
#include "tests/harness/server_bench.h"

#define HOSTS 3
#define PATH  "/api/v1/profiles"
#define NEW(name, priority, serial)                                                                \
	"{\"name\":\"" name "\",\"priority\":" #priority ",\"match\":{\"serial\":\"" serial        \
	"\"},\"enrol\":true}"

static struct server_bench bench;
static struct fake_agent hosts[HOSTS];

static int setup(void **state)
{
	(void)state;
	server_bench_open(&bench);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	for (unsigned i = 0; i < HOSTS; i++)
		fake_agent_done(&hosts[i]);
	memset(hosts, 0, sizeof(hosts));
	server_bench_close(&bench);
	return 0;
}

static void put_well(const char *doc)
{
	assert_int_equal(server_bench_admin(&bench, "POST", PATH, doc), 201);
}

static long priority(void)
{
	return server_bench_number(
		&bench, "SELECT coalesce(sum(priority), 0) FROM flow_profile WHERE name = 'p'");
}

/* ---- what was read is what is changed -------------------------------------------------------- */

enum meanwhile { NOTHING, CHANGED, REMOVED, WRITTEN_BACK };

static void meanwhile(enum meanwhile what)
{
	if (what == CHANGED || what == WRITTEN_BACK)
		put_well(NEW("p", 7, "*"));
	if (what == WRITTEN_BACK)
		put_well(NEW("p", 5, "*"));
	if (what == REMOVED)
		assert_int_equal(server_bench_admin(&bench, "DELETE", PATH "/p", NULL), 204);
}

/* Somebody reads p, of priority 5; what another one does; then the first one's change. */
static void test_edits_of_two(void **state)
{
	static const struct {
		const char *name;
		enum meanwhile meanwhile;
		const char *method, *path, *doc;
		int status;
		long priority;
	} rows[] = {
		{"as it was read", NOTHING, "POST", "", NEW("p", 9, "*"), 201, 9},
		{"changed", CHANGED, "POST", "", NEW("p", 9, "*"), 412, 7},
		{"a rehearsal", CHANGED, "POST", "?dry_run=true", NEW("p", 9, "*"), 412, 7},
		{"removed", REMOVED, "POST", "", NEW("p", 9, "*"), 412, 0},
		{"changed and written back", WRITTEN_BACK, "POST", "", NEW("p", 9, "*"), 201, 9},
		{"another name", NOTHING, "POST", "", NEW("q", 9, "*"), 412, 5},
		{"removing it as it was read", NOTHING, "DELETE", "/p", NULL, 204, 0},
		{"removing what was changed", CHANGED, "DELETE", "/p", NULL, 412, 7},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char etag[80];
		put_well(NEW("p", 5, "*"));
		assert_int_equal(server_bench_admin(&bench, "GET", PATH "/p", NULL), 200);
		(void)str_copy(etag, sizeof(etag), bench.etag);
		assert_true(etag[0] != '\0');
		meanwhile(rows[i].meanwhile);
		autofree char *path = xasprintf(PATH "%s", rows[i].path);
		CHECK_INT(rows[i].name,
			  server_bench_if(&bench, etag, rows[i].method, path, rows[i].doc),
			  rows[i].status);
		CHECK_STR(rows[i].name, bench.code, rows[i].status == 412 ? "state.revision" : "");
		CHECK_INT(rows[i].name, priority(), rows[i].priority);
		server_bench_sql(&bench, "DELETE FROM flow_profile");
	}
}

/* The ETag of the answer to a change is the one that reading it gives. */
static void test_etag_after_a_change(void **state)
{
	char etag[80];

	(void)state;
	put_well(NEW("p", 5, "*"));
	(void)str_copy(etag, sizeof(etag), bench.etag);
	assert_int_equal(server_bench_admin(&bench, "GET", PATH "/p", NULL), 200);
	assert_string_equal(bench.etag, etag);
	assert_int_equal(server_bench_if(&bench, etag, "POST", PATH, NEW("p", 6, "*")), 201);
	assert_string_not_equal(bench.etag, etag);
}

static void test_new_ones_replace_nothing(void **state)
{
	(void)state;
	assert_int_equal(server_bench_if(&bench, NULL, "POST", PATH, NEW("p", 5, "*")), 201);
	assert_int_equal(server_bench_if(&bench, NULL, "POST", PATH, NEW("p", 9, "*")), 412);
	assert_string_equal(bench.code, "state.revision");
	assert_int_equal(priority(), 5);
	assert_int_equal(server_bench_admin(&bench, "POST", PATH, NEW("p", 9, "*")), 201);
}

/* ---- before it is written -------------------------------------------------------------------- */

static void test_which_hosts_it_fits(void **state)
{
	static const struct {
		const char *name, *doc;
		int fits;
		const char *serials;
	} rows[] = {
		{"all", NEW("n", 1, "*"), 3, "A-0 A-1 B-2 "},
		{"some", NEW("n", 1, "A-*"), 2, "A-0 A-1 "},
		{"none", NEW("n", 1, "C-*"), 0, ""},
	};
	static const char *const serials[HOSTS] = {"A-0", "A-1", "B-2"};

	(void)state;
	put_well(NEW("p", 5, "*"));
	for (unsigned i = 0; i < HOSTS; i++) {
		autofree char *mac = xasprintf("52:54:00:00:07:%02x", i);
		walk_to_discovered(&bench, &hosts[i], serials[i], mac);
	}
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		autostr struct str got;
		size_t k;
		json_t *host;
		str_init(&got, 4096);
		CHECK_INT(rows[i].name,
			  server_bench_admin(&bench, "POST", PATH "/check", rows[i].doc), 200);
		json_array_foreach (json_object_get(bench.reply, "fitting"), k, host)
			str_addf(&got, "%s ", json_string_value(json_object_get(host, "serial")));
		CHECK_STR(rows[i].name, got.p, rows[i].serials);
		CHECK_INT(rows[i].name, json_integer_value(json_object_get(bench.reply, "fits")),
			  rows[i].fits);
		CHECK_INT(rows[i].name, json_integer_value(json_object_get(bench.reply, "hosts")),
			  HOSTS);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_edits_of_two, setup, teardown),
		cmocka_unit_test_setup_teardown(test_etag_after_a_change, setup, teardown),
		cmocka_unit_test_setup_teardown(test_new_ones_replace_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(test_which_hosts_it_fits, setup, teardown),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("profile routes", tests, NULL, NULL);
}
