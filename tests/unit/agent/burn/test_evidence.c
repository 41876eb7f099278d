/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a test's own tools do not see: the poll for machine checks, the kernel's log; and disks that
 * are read all at once, each by a child.
 */
#include <tests/harness/check.h>
#include <tests/harness/fake_sys.h>

#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <base/clock.h>
#include <base/json.h>
#include <base/str.h>
#include <agent/burn/burn.h>
#include <agent/burn/link_modes.h>
#include <agent/facts/sysfs.h>
#include <session/lease.h>

#define POLL "sys/devices/system/machinecheck/machinecheck0/check_interval"

static void test_poll(void **state)
{
	static const struct {
		const char *name, *before;
		int64_t during;
	} rows[] = {
		{"the kernel's own", "300\n", 1}, {"off", "0\n", 1}, {"as fast already", "1\n", 1}};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct fake_sys t;

		fake_sys_init(&t);
		fake_sys_put(&t, POLL, rows[i].before);
		int64_t before = burn_poll_faster(t.root);
		CHECK_INT(rows[i].name, sysfs_int(t.root, -1, POLL), rows[i].during);
		burn_poll_as_before(t.root, before);
		CHECK_INT(rows[i].name, sysfs_int(t.root, -1, POLL),
			  strtoll(rows[i].before, NULL, 10));
		fake_sys_done(&t);
	}
}

static void test_no_poll(void **state)
{
	struct fake_sys t;

	(void)state;
	fake_sys_init(&t);
	assert_int_equal(burn_poll_faster(t.root), -1);
	burn_poll_as_before(t.root, -1);
	assert_false(sysfs_exists(t.root, POLL));
	assert_int_equal(burn_log_open(t.root), -1);
	fake_sys_done(&t);
}

/* /dev/kmsg gives one record a read; so does a socket of packets. */
static void test_log(void **state)
{
	static const char *const records[] = {"6,1,2,-;usb 1-1: new device\n SUBSYSTEM=usb\n",
					      "3,2,3,-;I/O error, dev sda, sector 7\n", ";\n",
					      "odd"};
	struct str text, urgent;
	int fds[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, fds), 0);
	for (size_t i = 0; i < ARRAY_LEN(records); i++)
		assert_true(send(fds[0], records[i], strlen(records[i]), 0) > 0);
	str_init(&text, 4096);
	str_init(&urgent, 4096);
	burn_log_read(fds[1], &text, &urgent);
	assert_string_equal(text.p, "usb 1-1: new device\nI/O error, dev sda, sector 7\n\nodd\n");
	assert_string_equal(urgent.p, "I/O error, dev sda, sector 7\n\n");
	str_done(&urgent);
	str_done(&text);
	close(fds[0]);
	close(fds[1]);
}

static void test_temperature(void **state)
{
	struct fake_sys t;

	(void)state;
	fake_sys_init(&t);
	assert_int_equal(burn_temperature_c(t.root), -1);
	fake_sys_put(&t, "sys/class/hwmon/hwmon0/temp1_input", "41000\n");
	fake_sys_put(&t, "sys/class/hwmon/hwmon1/temp1_input", "-5000\n");
	fake_sys_put(&t, "sys/class/hwmon/hwmon1/temp2_input", "127000\n"); /* not wired */
	fake_sys_put(&t, "sys/class/hwmon/hwmon1/temp7_input", "71500\n");
	assert_int_equal(burn_temperature_c(t.root), 71);
	fake_sys_done(&t);
}

/* ---- disks ----------------------------------------------------------------------------------- */

struct bench {
	struct burn burn;
	struct report report;
	json_t *records;
	char path[4][40];
};

static void emit(void *arg, json_t *record)
{
	struct bench *b = arg;

	json_array_append_new(b->records, record);
}

static int64_t wall_us(void *arg)
{
	(void)arg;
	return 0;
}

static void open_bench(struct bench *b, size_t n, const struct plan_burn_in *plan,
		       struct lease *lease)
{
	*b = (struct bench){.records = json_array()};
	b->report = (struct report){.fd = open("/dev/null", O_WRONLY | O_CLOEXEC), .lease = lease};
	b->burn = (struct burn){
		.out = &b->report, .plan = plan, .test = "t", .test_s = 1, .log_fd = -1};
	b->burn.stream = (struct ocp_stream){.emit = emit, .wall_us = wall_us, .arg = b};
	for (size_t i = 0; i < n; i++) {
		struct drive d = {.facts.capacity_bytes = 4 << 20};

		(void)str_copy(b->path[i], sizeof(b->path[i]), "/tmp/slipway-disk-XXXXXX");
		int fd = mkstemp(b->path[i]);
		assert_true(fd >= 0 && ftruncate(fd, 4 << 20) == 0);
		close(fd);
		text_print(d.facts.name, sizeof(d.facts.name), "sd%c", (int)('a' + i));
		(void)str_copy(d.dev_path, sizeof(d.dev_path), b->path[i]);
		VEC_PUSH(&b->burn.drives, d);
		assert_non_null(component_add(&b->burn.components, COMPONENT_DISK, d.facts.name));
	}
}

static void close_bench(struct bench *b)
{
	for (size_t i = 0; i < b->burn.drives.n; i++)
		(void)unlink(b->path[i]);
	close(b->report.fd);
	json_decref(b->records);
	VEC_DONE(&b->burn.drives);
	VEC_DONE(&b->burn.components);
}

static unsigned count(const struct bench *b, const char *type)
{
	unsigned n = 0;
	json_t *record;
	size_t i;

	json_array_foreach (b->records, i, record) {
		json_t *step = json_object_get(record, "testStepArtifact");
		json_t *d = json_object_get(step, "diagnosis");

		n += d && str_eq(json_string_value(json_object_get(d, "type")), type);
	}
	return n;
}

static bool says(const struct bench *b, const char *words)
{
	autofree char *text = json_text(b->records);

	/* an index, because gcc takes a comparison after the release of the text for a use of it */
	const char *at = strstr(text, words);
	ptrdiff_t index = at ? at - text : -1;

	return index >= 0;
}

/* Four disks take the time of one, and each has its own verdict. */
static void test_disks_at_once(void **state)
{
	static const struct plan_burn_in plan;
	struct lease *lease = lease_new();
	struct bench b;

	(void)state;
	open_bench(&b, 4, &plan, lease);
	/* one is shorter than it claims: its end cannot be read */
	assert_int_equal(truncate(b.path[2], 1 << 20), 0);
	assert_int_equal(unlink(b.path[3]), 0);
	int64_t started_ms = time_boot_ms();
	enum burn_end end = burn_test_disk_read(&b.burn, "disk-read");
	assert_true(time_boot_ms() - started_ms < 3500);
	assert_int_equal(end, BURN_ERROR); /* the fourth could not be opened */
	assert_int_equal(count(&b, "PASS"), 2);
	assert_true(says(&b, "covered 100.0 %"));
	assert_int_equal(count(&b, "FAIL"), 1);
	assert_int_equal(count(&b, "UNKNOWN"), 1);
	close_bench(&b);
}

/* The ends are read whatever the time is: a bad partition table is found by the shortest test. */
static bool stop_at_once(void *arg)
{
	(void)arg;
	return false;
}

static void test_both_ends(void **state)
{
	char path[] = "/tmp/slipway-disk-XXXXXX";
	int fd = mkstemp(path);
	struct burn_disk_result r;
	const struct burn_disk_request request = {
		.fd = fd, .size_bytes = 1 << 30, .budget_ms = 0, .tick = stop_at_once};

	(void)state;
	assert_true(fd >= 0 && ftruncate(fd, 1 << 30) == 0);
	burn_read_disk(&request, &r);
	assert_int_equal(r.n_errors, 0);
	assert_int_equal(r.read_bytes, 16 << 20);
	close(fd);
	(void)unlink(path);
}

/* ---- counters -------------------------------------------------------------------------------- */

#define CE "sys/devices/system/edac/mc/mc0/dimm0/dimm_ce_count"

/* The step of each failing diagnosis, in order: "a c ". The caller frees. */
static char *failing_steps(const struct bench *b)
{
	struct str out;
	json_t *record;
	size_t i;

	str_init(&out, 256);
	json_array_foreach (b->records, i, record) {
		json_t *step = json_object_get(record, "testStepArtifact");
		json_t *d = json_object_get(step, "diagnosis");

		if (d && str_eq(json_string_value(json_object_get(d, "type")), "FAIL"))
			str_addf(&out, "%s ",
				 json_string_value(json_object_get(step, "testStepId")));
	}
	return str_take(&out);
}

/* What a counter grew by between two looks belongs to the test of the second. */
static void test_growth_belongs_to_its_test(void **state)
{
	static const struct plan_burn_in plan;

	static const struct {
		const char *step, *ce;
	} looks[] = {{"first", "5\n"}, {"second", "6\n"}, {"third", "6\n"}, {"fourth", "9\n"}};
	struct lease *lease = lease_new();
	struct fake_sys t;
	struct bench b;

	(void)state;
	fake_sys_init(&t);
	fake_sys_put(&t, CE, "5\n");
	open_bench(&b, 0, &plan, lease);
	b.burn.n_events = -1;
	b.burn.root = t.root;
	assert_non_null(component_add(&b.burn.components, COMPONENT_DIMM, "A1"));
	burn_read_counters(t.root, &b.burn.components, &b.burn.before);
	for (size_t i = 0; i < ARRAY_LEN(looks); i++) {
		fake_sys_put(&t, CE, looks[i].ce);
		burn_judge_evidence(&b.burn, looks[i].step);
	}
	autofree char *steps = failing_steps(&b);
	assert_string_equal(steps, "second fourth ");
	assert_true(says(&b, "grew by 3"));
	counters_done(&b.burn.before);
	close_bench(&b);
	fake_sys_done(&t);
}

/* ---- the network ----------------------------------------------------------------------------- */

static void test_modes(void **state)
{
	static const struct {
		const char *name;
		uint32_t words[3];
		size_t n;
		int64_t mbps;
	} rows[] = {
		{"none", {0, 0, 0}, 3, 0},
		{"10 and 100 on copper", {0xf, 0, 0}, 3, 100},
		{"gigabit", {0x3f, 0, 0}, 3, 1000},
		{"autonegotiation and pause alone", {1 << 6 | 1 << 13, 0, 0}, 3, 0},
		{"25G and 10G", {1 << 12, 1, 0}, 3, 25000}, /* bit 31 + 1: 25000baseKR */
		{"a bit past the mask", {0x3f, 1, 0}, 1, 1000},
		{"nothing at all", {0}, 0, 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		CHECK_INT(rows[i].name, link_modes_fastest(rows[i].words, rows[i].n), rows[i].mbps);
	assert_int_equal(link_modes_of("no-such-port"), 0);
}

static void test_link_speed(void **state)
{
	static const struct {
		const char *name, *type, *words;
		int64_t mbps, could;
		unsigned n_failures;
	} rows[] = {
		{"full speed", "PASS", "full speed", 25000, 25000, 0},
		{"a module that is slower", "UNKNOWN", "nic-below-port-speed", 10000, 25000, 0},
		{"a broken pair", "FAIL", "nic-slow-link", 100, 1000, 1},
		{"a port of 100", "PASS", "full speed", 100, 100, 0},
		{"virtual", "UNKNOWN", "not-judged", 0, 0, 0},
		{"without modes", "UNKNOWN", "not-judged", 10000, 0, 0},
	};
	static const struct plan_burn_in plan;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct lease *lease = lease_new();
		struct bench b;

		open_bench(&b, 1, &plan, lease);
		burn_judge_link_speed(&b.burn, "network", &b.burn.components.items[0], rows[i].mbps,
				      rows[i].could);
		CHECK_INT(rows[i].name, count(&b, rows[i].type), 1);
		CHECK_INT(rows[i].name, says(&b, rows[i].words), true);
		CHECK_INT(rows[i].name, b.burn.n_failures, rows[i].n_failures);
		close_bench(&b);
	}
}

static void test_plain_url(void **state)
{
	static const struct {
		const char *server, *url;
	} rows[] = {
		{"https://10.0.0.1", "http://10.0.0.1"},
		{"https://[fd00::1]", "http://[fd00::1]"},
		{"https://10.0.0.1:8443", NULL},
		{"https://[fd00::1]:8443", NULL},
		{"https://[fd00::1", NULL},
		{"https://10.0.0.1/x", NULL},
		{"http://10.0.0.1", NULL},
		{"https://", NULL},
		{"", NULL},
	};
	char url[64];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CHECK_INT(rows[i].server, burn_plain_url(rows[i].server, url, sizeof(url)),
			  rows[i].url != NULL);
		if (rows[i].url)
			CHECK_STR(rows[i].server, url, rows[i].url);
	}
}

/* Without an answer of the appliance the network is neither good nor bad. */
static void test_no_appliance(void **state)
{
	static const struct plan_burn_in plan;
	struct lease *lease = lease_new();
	struct bench b;

	(void)state;
	open_bench(&b, 0, &plan, lease);
	b.burn.server = "https://127.0.0.1";
	assert_int_equal(burn_test_network(&b.burn, "network"), BURN_SKIPPED);
	assert_int_equal(count(&b, "PASS"), 0);
	assert_int_equal(count(&b, "UNKNOWN"), 1);
	assert_int_equal(b.burn.n_failures, 0);
	close_bench(&b);
}

/* ---- the BMC's log -------------------------------------------------------------------------- */

static void test_event_count(void **state)
{
	static const struct {
		const char *name, *text;
		int64_t n;
	} rows[] = {
		{"ipmitool",
		 "SEL Information\nVersion          : 1.5 (v1.5, v2 compliant)\n"
		 "Entries          : 12\nFree Space       : 16192 bytes\n",
		 12},
		{"empty", "Entries          : 0\n", 0},
		{"an old BMC that counts none", "Entries          : unknown\n", -1},
		{"more than a log holds", "Entries : 70000\n", -1},
		{"an error", "Get SEL Info command failed\n", -1},
		{"nothing", "", -1},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		CHECK_INT(rows[i].name, burn_event_count(rows[i].text), rows[i].n);
}

/* A supply is named by its sensor; a module by its slot where the BMC tells it, else it is one of all. */
static void test_events(void **state)
{
	static const struct plan_burn_in plan;
	struct lease *lease = lease_new();
	struct bench b;

	(void)state;
	open_bench(&b, 0, &plan, lease);
	b.burn.fru = xstrdup("FRU Device Description : PS2 (ID 4)\n Product Part Number : PWS-2K\n"
			     " Product Serial : P2S\n");
	for (int i = 0; i < 2; i++) {
		struct component *c = component_add(&b.burn.components, COMPONENT_DIMM,
						    i ? "B1" : "A1");
		text_print(c->location, sizeof(c->location), "DIMM_%s", c->key);
		text_print(c->serial, sizeof(c->serial), "SN-%s", c->key);
	}
	burn_judge_events_text(
		&b.burn, "cpu-verify",
		"   1 | 11/30/2026 | 10:00:01 | Power Supply PS2 | Power Supply AC lost | Asserted\n"
		"   2 | 11/30/2026 | 10:00:02 | Memory #0x53 | Uncorrectable ECC | Asserted\n"
		"   3 | 11/30/2026 | 10:00:03 | System Event | Timestamp Clock Sync | Asserted\n");
	assert_int_equal(b.burn.n_failures, 2);
	assert_true(says(&b, "psu-failed"));
	assert_true(says(&b, "PS2"));
	assert_true(says(&b, "dimm-uncorrectable-error"));
	assert_true(says(&b, "one-of"));
	assert_false(says(&b, "main board"));
	assert_true(says(&b, "\"serial\":\"P2S\""));
	assert_true(says(&b, "\"part_number\":\"PWS-2K\""));
	burn_judge_events_text(
		&b.burn, "cpu-verify",
		"   4 | 11/30/2026 | 10:00:04 | Memory | Correctable ECC @DIMMB1(CPU1) | "
		"Asserted\n");
	assert_true(says(&b, "Reseat memory module DIMM_B1 (B1, serial SN-B1)") ||
		    says(&b, "Reseat DIMM_B1 (serial SN-B1)") ||
		    says(&b, "Reseat memory module DIMM_B1 (serial SN-B1)"));
	free(b.burn.fru);
	close_bench(&b);
}

/* ---- self-tests ------------------------------------------------------------------------------ */

static void test_self_test_verdicts(void **state)
{
	static const struct {
		const char *name;
		struct self_test test;
		const char *type, *words;
	} rows[] = {
		{"passed", {SELF_TEST_PASSED, -1, ""}, "PASS", "disk-self-test-pass"},
		{"failed", {SELF_TEST_FAILED, -1, "read failure"}, "FAIL", "failed: read failure"},
		{"not over", {SELF_TEST_RUNNING, 40, ""}, "UNKNOWN", "40 % were left"},
		{"not over, it does not say how far",
		 {SELF_TEST_RUNNING, -1, ""},
		 "UNKNOWN",
		 "not over in time"},
		{"aborted", {SELF_TEST_ABORTED, -1, "by a reset"}, "UNKNOWN", "by a reset"},
		{"no result", {SELF_TEST_NONE, -1, ""}, "UNKNOWN", "keeps no result"},
	};
	static const struct plan_burn_in plan;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct lease *lease = lease_new();
		struct bench b;

		open_bench(&b, 1, &plan, lease);
		burn_judge_self_test(&b.burn, "disk-self-test", &b.burn.components.items[0],
				     &rows[i].test);
		CHECK_INT(rows[i].name, count(&b, rows[i].type), 1);
		CHECK_INT(rows[i].name, says(&b, rows[i].words), true);
		CHECK_INT(rows[i].name, b.burn.n_failures, str_eq(rows[i].type, "FAIL"));
		close_bench(&b);
	}
}

/* The long one only where hours of other load hide it; a test that is done hides nothing. */
static void test_kind_of_self_test(void **state)
{
	static const struct catalogue_test cpu = {.id = "cpu-verify"};
	static const struct catalogue_test own = {.id = BURN_SELF_TEST};
	struct burn b = {.n_tests = 2, .tests = {{.test = &cpu, .seconds = 36000}, {.test = &own}}};

	(void)state;
	assert_string_equal(burn_self_test_kind(&b), "long");
	b.tests[0].seconds = 600;
	assert_string_equal(burn_self_test_kind(&b), "short");
	b.tests[0].seconds = 36000;
	b.tests[0].done = true;
	assert_string_equal(burn_self_test_kind(&b), "short");
	b.tests[1].done = true;
	assert_null(burn_self_test_kind(&b));
	b.n_tests = 0;
	assert_null(burn_self_test_kind(&b));
}

/* Disks without self-tests of their own have no verdict, and do not hold the run up. */
static void test_disks_without_self_tests(void **state)
{
	static const struct plan_burn_in plan;
	struct lease *lease = lease_new();
	struct bench b;

	(void)state;
	open_bench(&b, 2, &plan, lease);
	burn_self_tests_start(&b.burn);
	assert_int_equal(burn_test_self_test(&b.burn, BURN_SELF_TEST), BURN_SKIPPED);
	assert_int_equal(count(&b, "UNKNOWN"), 2);
	assert_int_equal(count(&b, "PASS"), 0);
	close_bench(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_poll),
		cmocka_unit_test(test_no_poll),
		cmocka_unit_test(test_log),
		cmocka_unit_test(test_temperature),
		cmocka_unit_test(test_disks_at_once),
		cmocka_unit_test(test_both_ends),
		cmocka_unit_test(test_growth_belongs_to_its_test),
		cmocka_unit_test(test_modes),
		cmocka_unit_test(test_link_speed),
		cmocka_unit_test(test_plain_url),
		cmocka_unit_test(test_no_appliance),
		cmocka_unit_test(test_event_count),
		cmocka_unit_test(test_events),
		cmocka_unit_test(test_self_test_verdicts),
		cmocka_unit_test(test_kind_of_self_test),
		cmocka_unit_test(test_disks_without_self_tests),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
