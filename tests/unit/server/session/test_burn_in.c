/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What becomes of a burn-in on the server: the records decide, faults name parts and last until a
 * run proves the repair, and a host with a fault is not imaged without a waiver.
 */
#include "tests/harness/check.h"

#include <base/digest.h>
#include <base/file.h>
#include <base/json.h>
#include <base/str.h>
#include <burnin/run_digest.h>
#include <proto/receipt.h>
#include "tests/harness/host_walk.h"

#define OPEN "SELECT count(*) FROM fault WHERE state = 'open'"
#define DISK(n)                                                                                    \
	"{\"hardwareInfoId\":\"disk-" n "\",\"name\":\"ST8000\",\"partType\":\"disk\","            \
	"\"location\":\"Bay " n "\",\"serialNumber\":\"SN" n                                       \
	"\",\"manufacturerPartNumber\":\"PN" n "\"}"
#define STEP(what) "{\"testStepArtifact\":{\"testStepId\":\"smart\"," what "}"
#define FAILS(n)                                                                                     \
	STEP("\"diagnosis\":{\"verdict\":\"disk-read-error\",\"type\":\"FAIL\",\"message\":\"bad\"," \
	     "\"hardwareInfoId\":\"disk-" n "\"}")
#define ORDER(n)                                                                                   \
	STEP("\"extension\":{\"name\":\"repair-order\",\"content\":{\"code\":\"disk-read-error\"," \
	     "\"message\":\"bad\",\"part\":\"disk\",\"slot\":\"Bay " n "\",\"serial\":\"SN" n      \
	     "\",\"part_number\":\"PN" n "\",\"action\":\"Replace disk Bay " n "\"}}")

static const char *const start[] = {
	"{\"schemaVersion\":{\"major\":2,\"minor\":0}",
	"{\"testRunArtifact\":{\"testRunStart\":{\"name\":\"n\",\"dutInfo\":{\"dutInfoId\":\"d\","
	"\"hardwareInfos\":[" DISK("0") "," DISK("1") "]}}}",
	STEP("\"testStepStart\":{\"name\":\"s\"}"),
};
static const char *const end[] = {
	STEP("\"testStepEnd\":{\"status\":\"COMPLETE\"}"),
	"{\"testRunArtifact\":{\"testRunEnd\":{\"status\":\"COMPLETE\",\"result\":\"FAIL\"}}",
};

static void send(struct fake_agent *a, int *sequence, const char *const *lines, size_t n)
{
	for (size_t i = 0; i < n; i++)
		need(fake_agent_event(a, "burnin", walk_record_of((*sequence)++, lines[i])), 200, a,
		     "record");
}

static void to_test(struct server_bench *b, struct fake_agent *a)
{
	walk_to_discovered(b, a, "S1", MAC_A);
	need_step(b, a, PLAN_STEP_BURN_IN);
}

/* Two disks fail: two faults, each with part number, serial and slot, as soon as they are told. */
static void test_two_disks(void **state)
{
	static const char *const found[] = {FAILS("0"), ORDER("0"), FAILS("1"), ORDER("1")};
	struct server_bench *b = *state;
	struct fake_agent a;
	int n = 0;

	to_test(b, &a);
	send(&a, &n, start, ARRAY_LEN(start));
	send(&a, &n, found, 2);
	assert_int_equal(server_bench_number(b, OPEN), 1);
	send(&a, &n, found + 2, 2);
	assert_int_equal(server_bench_number(b, OPEN), 2);
	send(&a, &n, end, ARRAY_LEN(end));
	need(fake_agent_step_done(&a, "FAIL"), 200, &a, "done");
	need_state(b, &a, "failed");
	assert_int_equal(server_bench_number(b, OPEN), 2);
	assert_int_equal(server_bench_number(b, OPEN " AND part_number = 'PN0' AND part_serial = "
						     "'SN0' AND slot = 'Bay 0'"),
			 1);
	assert_int_equal(server_bench_number(b, OPEN " AND part_number = 'PN1' AND part_serial = "
						     "'SN1' AND slot = 'Bay 1'"),
			 1);
	fake_agent_done(&a);
}

#define ALSO(code, message, action)                                                                \
	STEP("\"diagnosis\":{\"verdict\":\"" code "\",\"type\":\"FAIL\",\"message\":\"" message    \
	     "\",\"hardwareInfoId\":\"disk-0\"}"),                                                 \
		STEP("\"extension\":{\"name\":\"repair-order\",\"content\":{\"code\":\"" code      \
		     "\",\"message\":\"" message                                                   \
		     "\",\"part\":\"disk\",\"slot\":\"Bay 0\",\"serial\":\"SN0\",\"part_number\":" \
		     "\"PN0\",\"action\":\"" action "\"}}")

/* A disk that fails in two ways is replaced once; one that is to be reseated as well has two orders. */
static void test_two_symptoms(void **state)
{
	static const char *const found[] = {
		FAILS("0"),
		ORDER("0"),
		ALSO("disk-smart-failed", "it says that it fails",
		     "Replace disk Bay 0. The disk itself reports that it fails."),
		ALSO("disk-link-errors", "the cable drops bits", "Reseat disk Bay 0 and its cable"),
	};
	struct server_bench *b = *state;
	struct fake_agent a;
	int n = 0;

	to_test(b, &a);
	send(&a, &n, start, ARRAY_LEN(start));
	send(&a, &n, found, 4);
	assert_int_equal(server_bench_number(b, OPEN), 1);
	assert_int_equal(server_bench_number(b, OPEN " AND code = 'disk-read-error' AND detail = "
						     "'bad; it says that it fails'"),
			 1);
	send(&a, &n, found + 4, 2);
	assert_int_equal(server_bench_number(b, OPEN), 2);
	send(&a, &n, end, ARRAY_LEN(end));
	need(fake_agent_step_done(&a, "FAIL"), 200, &a, "done");
	assert_int_equal(server_bench_number(b, OPEN), 2);
	fake_agent_done(&a);
}

/* The agent dies after the diagnosis: what it found is kept, with the part. */
static void test_broken_off(void **state)
{
	static const char *const found[] = {FAILS("1")};
	struct server_bench *b = *state;
	struct fake_agent a;
	int n = 0;

	to_test(b, &a);
	send(&a, &n, start, ARRAY_LEN(start));
	send(&a, &n, found, ARRAY_LEN(found));
	need(fake_agent_step_failed(&a, "agent.stopped"), 200, &a, "stopped");
	assert_int_equal(server_bench_number(b, OPEN " AND part_number = 'PN1' AND part_serial = "
						     "'SN1' AND slot = 'Bay 1'"),
			 1);
	assert_int_equal(server_bench_number(b, "SELECT count(*) FROM run WHERE result = 'PASS'"),
			 0);
	fake_agent_done(&a);
}

/* What does not prove anything: a stream without its end, a record that is none, and no record at all. */
static void test_incomplete(void **state)
{
	static const struct {
		const char *name, *odd;
		int n_records;
	} rows[] = {
		{"no end", NULL, 6},
		{"no records", NULL, 0},
		{"a record that is none", "{\"any\":{}", 7},
		{"an end with other words",
		 "{\"testRunArtifact\":{\"testRunEnd\":{\"status\":\"FINE\",\"result\":\"PASS\"}}",
		 6},
	};
	struct server_bench *b = *state;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct fake_agent a;

		to_test(b, &a);
		for (int k = 0; k < rows[i].n_records; k++)
			need(fake_agent_event(&a, "burnin", walk_good_record(k)), 200, &a,
			     "record");
		if (rows[i].odd)
			need(fake_agent_event(&a, "burnin",
					      walk_record_of(rows[i].n_records, rows[i].odd)),
			     200, &a, "record");
		need(fake_agent_step_done(&a, "PASS"), 200, &a, "done");
		CHECK_STR(rows[i].name, server_bench_state(b, a.host_id), "failed");
		CHECK_INT(rows[i].name,
			  server_bench_number(b, "SELECT count(*) FROM run WHERE result = "
						 "'INCOMPLETE'"),
			  1);
		fake_agent_done(&a);
		walk_renew(b, profile_auto);
	}
}

static int verb(struct server_bench *b, const struct fake_agent *a, const char *what)
{
	autofree char *path = xasprintf("/api/v1/hosts/%s/%s", a->host_id, what);

	return server_bench_admin(b, "POST", path, "{\"reason\":\"r\"}");
}

static void fail_disk(struct server_bench *b, struct fake_agent *a)
{
	static const char *const found[] = {FAILS("0"), ORDER("0")};
	int n = 0;

	to_test(b, a);
	send(a, &n, start, ARRAY_LEN(start));
	send(a, &n, found, ARRAY_LEN(found));
	send(a, &n, end, ARRAY_LEN(end));
	need(fake_agent_step_done(a, "FAIL"), 200, a, "done");
	need_state(b, a, "failed");
}

/* One ordinary order does not image it; a waiver with a reason does, and is written down. */
static void test_gate(void **state)
{
	struct server_bench *b = *state;
	struct fake_agent a;

	fail_disk(b, &a);
	assert_int_equal(walk_arm(b, &a, ""), 422);
	assert_int_equal(walk_arm(b, &a, ",\"skip_burnin\":\"\""), 422);
	need_state(b, &a, "failed");
	assert_int_equal(server_bench_number(b, OPEN), 1);
	assert_int_equal(walk_arm(b, &a, ",\"skip_burnin\":\"spare for a demo\""), 201);
	assert_int_equal(server_bench_number(b, "SELECT count(*) FROM event WHERE kind = "
						"'burn_in.waived'"),
			 1);
	/* the waiver mends nothing */
	assert_int_equal(server_bench_number(b, OPEN), 1);
	fake_agent_done(&a);
}

/* Retry proves nothing; a run that passes without the part does. */
static void test_repair(void **state)
{
	struct server_bench *b = *state;
	struct fake_agent a;

	fail_disk(b, &a);
	assert_int_equal(verb(b, &a, "retry"), 200);
	assert_int_equal(server_bench_number(b, OPEN), 1);
	assert_int_equal(walk_arm(b, &a, ""), 409);
	walk_inspect(b, &a, NULL);
	walk_burn_in(b, &a, "PASS");
	assert_int_equal(server_bench_number(b, OPEN), 0);
	need_state(b, &a, "imaging");
	assert_int_equal(server_bench_number(b,
					     "SELECT count(*) FROM run WHERE result = 'PASS' AND "
					     "detail LIKE 'parts %'"),
			 1);
	fake_agent_done(&a);
}

/* The same part again is not swapped, though the run passed. */
static void test_not_swapped(void **state)
{
	struct server_bench *b = *state;
	struct fake_agent a;

	fail_disk(b, &a);
	server_bench_sql(b, "UPDATE fault SET part_serial = 'M1'"); /* the fake host's module */
	assert_int_equal(verb(b, &a, "retry"), 200);
	walk_inspect(b, &a, NULL);
	walk_burn_in(b, &a, "PASS");
	need_state(b, &a, "failed");
	assert_int_equal(server_bench_number(b, OPEN " AND part_serial = 'M1'"), 1);
	assert_int_equal(server_bench_number(b, "SELECT count(*) FROM host WHERE state_detail LIKE "
						"'%not swapped%'"),
			 1);
	fake_agent_done(&a);
}

/* Other parts than those that passed: the proof is not for them. */
static void test_other_parts(void **state)
{
	struct server_bench *b = *state;
	struct fake_agent a;

	walk_to_image(b, &a, "S1", MAC_A);
	assert_int_equal(walk_arm(b, &a, ""), 201);
	server_bench_sql(b, "UPDATE run SET detail = 'parts of before'");
	assert_int_equal(walk_arm(b, &a, ""), 422);
	server_bench_sql(b, "UPDATE run SET detail = ''");
	assert_int_equal(walk_arm(b, &a, ""), 201);
	server_bench_sql(b, "UPDATE run SET result = 'INCOMPLETE'");
	assert_int_equal(walk_arm(b, &a, ""), 422);
	server_bench_sql(b, "DELETE FROM run");
	assert_int_equal(walk_arm(b, &a, ""), 422);
	fake_agent_done(&a);
}

static bool is_done(const struct fake_agent *a, const char *id)
{
	for (size_t i = 0; i < a->plan.burn_in.n_tests; i++)
		if (str_eq(a->plan.burn_in.tests[i].id, id))
			return a->plan.burn_in.tests[i].done;
	fail_msg("the plan has no test %s", id);
	return false;
}

#define STARTED(id)                                                                                \
	"{\"testStepArtifact\":{\"testStepId\":\"" id "\",\"testStepStart\":{\"name\":\"s\"}}"
#define ENDED(id, status)                                                                          \
	"{\"testStepArtifact\":{\"testStepId\":\"" id "\",\"testStepEnd\":{\"status\":\"" status   \
	"\"}}"
#define PASSES(id)                                                                                 \
	"{\"testStepArtifact\":{\"testStepId\":\"" id                                              \
	"\",\"diagnosis\":{\"verdict\":\"ok\",\"type\":\"PASS\"}}"

static const char *const whole[] = {
	"{\"schemaVersion\":{\"major\":2,\"minor\":0}",
	"{\"testRunArtifact\":{\"testRunStart\":{\"name\":\"n\",\"parameters\":{\"tier\":\"quick\"},"
	"\"dutInfo\":{\"dutInfoId\":\"d\",\"hardwareInfos\":[]}}}",
	STARTED("cpu-verify"),
	PASSES("cpu-verify"),
	ENDED("cpu-verify", "COMPLETE"),
	STARTED("memory-pattern"),
	PASSES("memory-pattern"),
	ENDED("memory-pattern", "COMPLETE"),
	"{\"testRunArtifact\":{\"testRunEnd\":{\"status\":\"COMPLETE\",\"result\":\"PASS\"}}",
};

static void boot_again(struct server_bench *b, struct fake_agent *a)
{
	fake_agent_done(a);
	walk_reboot(b, a, "S1", MAC_A);
	need_state(b, a, "testing");
	need_step(b, a, PLAN_STEP_BURN_IN);
}

/* Killed after each record, agent or both: the same run goes on behind its last stored record, and
 * what has its verdict is not asked for again. */
static void resume_after(struct server_bench *b, int n_stored, bool kill_server)
{
	struct fake_agent a;
	char run_id[PLAN_ID_BYTES];
	int n = 0;

	to_test(b, &a);
	(void)str_copy(run_id, sizeof(run_id), a.plan.burn_in.run_id);
	send(&a, &n, whole, (size_t)n_stored);
	if (kill_server)
		server_bench_crash(b);
	boot_again(b, &a);
	assert_string_equal(a.plan.burn_in.run_id, run_id);
	assert_int_equal(a.plan.burn_in.next_sequence, n_stored);
	assert_int_equal(is_done(&a, "cpu-verify"), n_stored > 4);
	assert_int_equal(is_done(&a, "memory-pattern"), n_stored > 7);
	assert_false(is_done(&a, "disk-read"));
	send(&a, &n, whole, 2);
	if (n_stored <= 4)
		send(&a, &n, whole + 2, 3);
	if (n_stored <= 7)
		send(&a, &n, whole + 5, 3);
	send(&a, &n, whole + 8, 1);
	need(fake_agent_step_done(&a, "PASS"), 200, &a, "done");
	need_state(b, &a, "imaging");
	assert_int_equal(server_bench_number(b, "SELECT count(*) FROM run"), 1);
	assert_int_equal(server_bench_number(b, "SELECT count(*) FROM run WHERE result = 'PASS'"),
			 1);
	fake_agent_done(&a);
}

static void test_resume(void **state)
{
	struct server_bench *b = *state;

	for (int n = 0; n <= (int)ARRAY_LEN(whole); n++) {
		if (n)
			walk_renew(b, profile_auto);
		resume_after(b, n, n % 2);
	}
}

/* What failed before the interruption fails the run. */
static void test_resume_after_fault(void **state)
{
	static const char *const found[] = {FAILS("0"), ORDER("0")};
	struct server_bench *b = *state;
	struct fake_agent a;
	int n = 0;

	to_test(b, &a);
	send(&a, &n, start, ARRAY_LEN(start));
	send(&a, &n, found, ARRAY_LEN(found));
	boot_again(b, &a);
	send(&a, &n, whole, ARRAY_LEN(whole));
	need(fake_agent_step_done(&a, "PASS"), 200, &a, "done");
	need_state(b, &a, "failed");
	assert_int_equal(server_bench_number(b, OPEN " AND part_serial = 'SN0'"), 1);
	fake_agent_done(&a);
}

/* Records that do not fit end the run; another one starts. */
static void test_no_resume(void **state)
{
	struct server_bench *b = *state;
	struct fake_agent a;
	char run_id[PLAN_ID_BYTES];
	int n = 0;

	to_test(b, &a);
	(void)str_copy(run_id, sizeof(run_id), a.plan.burn_in.run_id);
	send(&a, &n, whole, 5);
	n++; /* one is lost */
	send(&a, &n, whole + 5, 1);
	boot_again(b, &a);
	assert_string_not_equal(a.plan.burn_in.run_id, run_id);
	assert_int_equal(a.plan.burn_in.next_sequence, 0);
	assert_false(is_done(&a, "cpu-verify"));
	assert_int_equal(
		server_bench_number(b, "SELECT count(*) FROM run WHERE result = 'CANCELLED'"), 1);
	fake_agent_done(&a);
}

static bool find_own(const struct fake_agent *a, size_t *ret)
{
	for (*ret = 0; *ret < a->plan.burn_in.n_tests; (*ret)++)
		if (str_eq(a->plan.burn_in.tests[*ret].id, "own"))
			return true;
	return false;
}

#define OWN                                                                                         \
	"{\"type\":\"slipway-burn-in-test/v1\",\"id\":\"own\",\"version\":\"1\",\"name\":\"x\","    \
	"\"order\":50,\"tool\":\"sh\",\"judge\":\"lines\",\"seconds\":{\"quick\":5,\"standard\":6," \
	"\"acceptance\":7}}"

static void put_own(const struct server_bench *b, const char *text)
{
	autofree char *folder = xasprintf("%s/burn-in", b->dir);
	autofree char *path = xasprintf("%s/own.json", folder);

	assert_int_equal(file_make_dirs(folder, 0755, NULL), 0);
	assert_int_equal(file_write_atomic(path, text, strlen(text), 0644, NULL), 0);
}

/* A file in the operator's folder is in the signed plan, word for word and with its digest. */
static void test_own_file(void **state)
{
	struct server_bench *b = *state;
	struct fake_agent a;
	char digest[SHA256_HEX_BYTES];
	size_t at;

	put_own(b, OWN);
	to_test(b, &a);
	assert_true(find_own(&a, &at));
	assert_string_equal(a.plan.burn_in.tests[at].definition, OWN);
	sha256_hex_of(OWN, strlen(OWN), digest);
	assert_string_equal(a.plan.burn_in.tests[at].sha256, digest);
	fake_agent_done(&a);
}

/* A bad file stops the burn-in with its name; once it is mended, the run starts. */
static void test_bad_own_file(void **state)
{
	struct server_bench *b = *state;
	struct fake_agent a;
	size_t at;

	put_own(b, "{\"type\":7}");
	walk_to_discovered(b, &a, "S1", MAC_A);
	need_step(b, &a, PLAN_STEP_WAIT);
	assert_non_null(strstr(a.plan.wait.message, "own.json"));
	assert_int_equal(server_bench_number(b, "SELECT count(*) FROM run"), 0);
	need_state(b, &a, "testing");
	put_own(b, OWN);
	need_step(b, &a, PLAN_STEP_BURN_IN);
	assert_true(find_own(&a, &at));
	fake_agent_done(&a);
}

/* Eight hosts of the SKU and firmware read at 230 to 237 MiB/s. */
static void put_peers(struct server_bench *b)
{
	server_bench_sql(b, "UPDATE host SET sku = 'r1', bios_version = '1.2'");
	for (int i = 0; i < 8; i++) {
		autofree char *sql = xasprintf(
			"INSERT INTO run_measure (host_num, name, sku, firmware, milli, at_us) "
			"VALUES (%d, 'read-rate of ST8000 in smart', 'r1', '1.2', %d, 1)",
			1000 + i, 230000 + i * 1000);

		server_bench_sql(b, sql);
	}
}

/* Hosts of the SKU took 100, 200 and 900 s; this one has done half of its plan. */
static void test_time_left(void **state)
{
	static const int took_s[] = {900, 100, 200};
	struct server_bench *b = *state;
	struct fake_agent a;

	to_test(b, &a);
	server_bench_sql(b, "UPDATE host SET sku = 'r1', bios_version = '1.2'");
	autofree char *path = xasprintf("/api/v1/hosts/%s", a.host_id);
	a.stage = "burn_in";
	for (int n = 0; n <= (int)ARRAY_LEN(took_s); n++) {
		need(fake_agent_heartbeat(&a), 200, &a, "heartbeat");
		assert_int_equal(server_bench_admin(b, "GET", path, NULL), 200);
		const json_t *eta = json_object_get(json_object_get(b->reply, "progress"), "eta_s");
		/* two hosts show nothing typical: the agent's own word, which is none here */
		assert_int_equal(json_is_null(eta), n < (int)ARRAY_LEN(took_s));
		if (n == (int)ARRAY_LEN(took_s)) {
			assert_int_equal(json_integer_value(eta), 100);
			break;
		}
		autofree char *sql = xasprintf(
			"INSERT INTO run_measure (host_num, name, sku, firmware, milli, at_us) "
			"VALUES (%d, 'run-time of tier quick', 'r1', '1.2', %d, 1)",
			1000 + n, took_s[n] * 1000);
		server_bench_sql(b, sql); /* starts the server again, which forgets */
	}
	fake_agent_done(&a);
}

/* A disk that is half as fast as its like, and passes every absolute limit: a warning, no fault. */
static void test_slower_than_its_like(void **state)
{
	static const struct {
		const char *name, *rate;
		int n_warnings;
	} rows[] = {{"as the others", "231.5", 0}, {"half as fast", "118", 1}};
	struct server_bench *b = *state;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		autofree char *measured = xasprintf(
			STEP("\"measurement\":{\"name\":\"read-rate\",\"value\":%s,\"unit\":"
			     "\"MiB/s\",\"hardwareInfoId\":\"disk-0\"}"),
			rows[i].rate);
		const char *const found[] = {
			measured,
			STEP("\"diagnosis\":{\"verdict\":\"ok\",\"type\":\"PASS\"}"),
			STEP("\"testStepEnd\":{\"status\":\"COMPLETE\"}"),
			"{\"testRunArtifact\":{\"testRunEnd\":{\"status\":\"COMPLETE\",\"result\":"
			"\"PASS\"}}",
		};
		struct fake_agent a;
		int n = 0;

		to_test(b, &a);
		put_peers(b);
		send(&a, &n, start, ARRAY_LEN(start));
		send(&a, &n, found, ARRAY_LEN(found));
		server_bench_advance(b, 5000);
		need(fake_agent_step_done(&a, "PASS"), 200, &a, "done");
		CHECK_STR(rows[i].name, server_bench_state(b, a.host_id), "imaging");
		CHECK_INT(rows[i].name, server_bench_number(b, OPEN), 0);
		CHECK_INT(rows[i].name,
			  server_bench_number(
				  b,
				  "SELECT count(*) FROM event WHERE kind = 'burn_in.outlier' AND "
				  "summary LIKE 'read-rate of ST8000 in smart is 118 MiB/s; 8 "
				  "hosts%'"),
			  rows[i].n_warnings);
		CHECK_INT(rows[i].name,
			  server_bench_number(b, "SELECT count(*) FROM run_measure WHERE name LIKE "
						 "'read-rate%'"),
			  9);
		/* and how long its run took is kept for the next hosts of the SKU */
		CHECK_INT(rows[i].name,
			  server_bench_number(b, "SELECT count(*) FROM run_measure WHERE name = "
						 "'run-time of tier quick' AND sku = 'r1' AND "
						 "milli BETWEEN 4900 AND 5900"),
			  1);
		fake_agent_done(&a);
		walk_renew(b, profile_auto);
	}
}

/* A BIOS that is not the SKU's is a warning at the end of the run, and holds nothing back. */
static void test_firmware_of_the_sku(void **state)
{
	static const struct {
		const char *name, *body;
		int n_warnings;
	} rows[] = {{"as the SKU has it", "{\"BiosVersion\":\"1.2\"}", 0},
		    {"another", "{\"BiosVersion\":\"9.9\"}", 1},
		    {"the SKU does not say", "{}", 0}};
	static const char *const found[] = {
		STEP("\"diagnosis\":{\"verdict\":\"ok\",\"type\":\"PASS\"}"),
		STEP("\"testStepEnd\":{\"status\":\"COMPLETE\"}"),
		"{\"testRunArtifact\":{\"testRunEnd\":{\"status\":\"COMPLETE\",\"result\":"
		"\"PASS\"}}",
	};
	struct server_bench *b = *state;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		autofree char *sku = xasprintf(
			"INSERT INTO sku (num, name, version, body, note, created_us, changed_us, "
			"revision) VALUES (900001, 'r1', 1, '%s', '', 1, 1, 1)",
			rows[i].body);
		struct fake_agent a;
		int n = 0;

		to_test(b, &a);
		server_bench_sql(b, "UPDATE host SET sku = 'r1', bios_version = '1.2'");
		server_bench_sql(b, sku);
		send(&a, &n, start, ARRAY_LEN(start));
		send(&a, &n, found, ARRAY_LEN(found));
		need(fake_agent_step_done(&a, "PASS"), 200, &a, "done");
		CHECK_STR(rows[i].name, server_bench_state(b, a.host_id), "imaging");
		CHECK_INT(rows[i].name,
			  server_bench_number(b, "SELECT count(*) FROM event WHERE kind = "
						 "'burn_in.firmware'"),
			  rows[i].n_warnings);
		CHECK_INT(rows[i].name,
			  server_bench_number(b, "SELECT count(*) FROM event WHERE summary = "
						 "'firmware-differs: the BIOS has 1.2; the SKU has "
						 "9.9'"),
			  rows[i].n_warnings);
		fake_agent_done(&a);
		walk_renew(b, profile_auto);
	}
}

static json_t *seal(struct fake_agent *a, struct run_digest *d, const char *work)
{
	struct receipt r = {.type = RECEIPT_TYPE};
	json_t *envelope = NULL;

	(void)str_copy(r.host_id, sizeof(r.host_id), a->host_id);
	(void)str_copy(r.session_id, sizeof(r.session_id), a->link.session.session_id);
	(void)str_copy(r.plan_id, sizeof(r.plan_id), a->plan.plan_id);
	(void)str_copy(r.arm_id, sizeof(r.arm_id), a->plan.burn_in.run_id);
	(void)str_copy(r.work, sizeof(r.work), work);
	r.report = run_digest_report(d, a->plan.burn_in.run_id);
	assert_int_equal(receipt_seal(a->key_path, &r, &envelope, NULL), 0);
	receipt_done(&r);
	return envelope;
}

/* The records of a run are signed as they end; a signature of something else is refused, and the run
 * goes on. */
static void test_signed(void **state)
{
	static const struct {
		const char *name, *work;
		int n_kept, n_refused;
	} rows[] = {{"signed", RUN_DIGEST_WORK, 1, 0}, {"a receipt of an image", "image", 0, 1}};
	struct server_bench *b = *state;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		autojson json_t *records = json_array();
		struct run_digest d;
		struct fake_agent a;
		json_t *record;

		to_test(b, &a);
		run_digest_init(&d);
		for (int k = 0; (record = walk_good_record(k)); k++) {
			run_digest_add(&d, record);
			json_array_append(records, record);
			need(fake_agent_event(&a, "burnin", record), 200, &a, "record");
		}
		need(fake_agent_event(&a, "receipt", seal(&a, &d, rows[i].work)), 200, &a,
		     "receipt");
		run_digest_done(&d);
		CHECK_STR(rows[i].name, server_bench_state(b, a.host_id), "testing");
		autofree char *path = xasprintf("/api/v1/runs/%s/signatures",
						a.plan.burn_in.run_id);
		need(fake_agent_step_done(&a, "PASS"), 200, &a, "done");
		CHECK_STR(rows[i].name, server_bench_state(b, a.host_id), "imaging");
		CHECK_INT(rows[i].name, server_bench_admin(b, "GET", path, NULL), 200);
		json_t *items = json_object_get(b->reply, "items");
		json_t *envelope = json_object_get(json_array_get(items, 0), "envelope");

		CHECK_INT(rows[i].name, json_array_size(items), rows[i].n_kept);
		CHECK_INT(rows[i].name,
			  server_bench_number(
				  b, "SELECT count(*) FROM event WHERE kind = 'agent.refused'"),
			  rows[i].n_refused);
		if (rows[i].n_kept) {
			autoreceipt struct receipt r = {0};
			char key[SHA256_HEX_BYTES];

			CHECK_ERR(rows[i].name, receipt_open(envelope, NULL, &r, key, NULL), 0);
			CHECK_ERR(rows[i].name, run_digest_check(r.report, records, NULL), 0);
		}
		fake_agent_done(&a);
		walk_renew(b, profile_auto);
	}
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, walk_setup_auto, walk_teardown)
	const struct CMUnitTest tests[] = {
		T(test_signed),
		T(test_slower_than_its_like),
		T(test_time_left),
		T(test_two_disks),
		T(test_two_symptoms),
		T(test_broken_off),
		T(test_incomplete),
		T(test_gate),
		T(test_repair),
		T(test_not_swapped),
		T(test_other_parts),
		T(test_own_file),
		T(test_resume),
		T(test_resume_after_fault),
		T(test_no_resume),
		T(test_bad_own_file),
		T(test_firmware_of_the_sku),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
