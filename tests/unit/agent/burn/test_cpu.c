/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A CPU that computes wrongly is named, with how often it did so again; and a physical address finds
 * its module. The load program is a script.
 */
#include <tests/harness/check.h>
#include <tests/harness/fake_sys.h>

#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <base/file.h>
#include <base/json.h>
#include <base/str.h>
#include <agent/burn/burn.h>
#include <agent/facts/machine_facts.h>
#include <session/lease.h>

struct bench {
	struct burn burn;
	struct report report;
	json_t *records;
	char folder[32];
	char *tool;
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

/* The tool gets "--cpu 1 --taskset N": $4 is the CPU. */
static void open_bench(struct bench *b, const struct plan_burn_in *plan, struct lease *lease,
		       const char *script)
{
	autofree char *text = xasprintf("#!/bin/sh\ncd \"${0%%/*}\" || exit 9\n%s\n", script);

	*b = (struct bench){.records = json_array()};
	(void)str_copy(b->folder, sizeof(b->folder), "/tmp/slipway-cpu-XXXXXX");
	assert_non_null(mkdtemp(b->folder));
	b->tool = xasprintf("%s/load", b->folder);
	assert_int_equal(file_write_atomic(b->tool, text, strlen(text), 0755, NULL), 0);
	b->report = (struct report){.fd = open("/dev/null", O_WRONLY | O_CLOEXEC), .lease = lease};
	b->burn = (struct burn){.out = &b->report,
				.plan = plan,
				.test = "t",
				.test_s = 1,
				.log_fd = -1,
				.cpu_tool = b->tool};
	b->burn.stream = (struct ocp_stream){.emit = emit, .wall_us = wall_us, .arg = b};
}

static void close_bench(struct bench *b)
{
	assert_int_equal(file_remove_tree(b->folder, NULL), 0);
	close(b->report.fd);
	json_decref(b->records);
	VEC_DONE(&b->burn.components);
	free(b->tool);
}

static int first_cpu(void)
{
	cpu_set_t set;
	int i = 0;

	assert_int_equal(sched_getaffinity(0, sizeof(set), &set), 0);
	while (i < CPU_SETSIZE - 1 && !CPU_ISSET(i, &set))
		i++;
	return i;
}

/* Of the first diagnosis or error of that type: all of it as text. The caller frees. */
static char *record_of(const struct bench *b, const char *type)
{
	json_t *record;
	size_t i;

	json_array_foreach (b->records, i, record) {
		json_t *step = json_object_get(record, "testStepArtifact");
		json_t *d = json_object_get(step, "diagnosis");

		if (d && str_eq(json_string_value(json_object_get(d, "type")), type))
			return json_text(d);
		if (json_object_get(step, type))
			return json_text(json_object_get(step, type));
	}
	return xstrdup("");
}

#define PASSES                                                                                     \
	"echo 'stress-ng: info: [1] dispatching hogs: 1 cpu'; "                                    \
	"echo 'stress-ng: info: [1] passed: 1: cpu (1)'; "                                         \
	"echo 'stress-ng: info: [1] successful run completed in 1.00s'; exit 0\n"
#define WRONG "echo 'stress-ng: fail: [2] cpu: pi computed error'; exit 2\n"

/* Wrong with one of two seeds alone: found, and seen again with that seed. $9 is the seed. */
static void test_two_seeds(void **state)
{
	static const struct plan_burn_in plan = {.seed = 7};

	static const struct {
		const char *name, *script;
		int64_t seconds;
		enum burn_end end;
		const char *type, *words;
	} rows[] = {
		{"wrong with the first", "[ \"$9\" = 7 ] && { " WRONG "}\n" PASSES, 60, BURN_JUDGED,
		 "FAIL", "wrong again in 10 of 10"},
		{"wrong with the second", "[ \"$9\" = 7 ] || { " WRONG "}\n" PASSES, 60,
		 BURN_JUDGED, "FAIL", "wrong again in 10 of 10"},
		{"the first did not run", "[ \"$9\" = 7 ] && exit 3\n" PASSES, 60, BURN_ERROR,
		 "error", "tool-not-run"},
		{"right with both", PASSES, 60, BURN_JUDGED, "measurement", ""},
		{"too short for two", "[ \"$9\" = 7 ] || { " WRONG "}\n" PASSES, 59, BURN_JUDGED,
		 "FAIL", ""},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct lease *lease = lease_new();
		struct bench b;
		bool found = rows[i].words[0] != '\0';

		open_bench(&b, &plan, lease, rows[i].script);
		b.burn.test_s = rows[i].seconds;
		CHECK_INT(rows[i].name, burn_test_cpu(&b.burn, "cpu-verify"), rows[i].end);
		autofree char *record = record_of(&b, rows[i].type);
		CHECK_INT(rows[i].name, strstr(record, rows[i].words) && found, found);
		CHECK_INT(rows[i].name, b.burn.n_failures > 0, found && rows[i].end == BURN_JUDGED);
		close_bench(&b);
	}
}

/* Wrong the first time and each second time after it: 5 of 10. */
static void test_wrong_cpu(void **state)
{
	static const struct plan_burn_in plan = {.seed = 7};
	struct lease *lease = lease_new();
	struct bench b;
	autofree char *script = xasprintf("if [ \"$4\" = %d ]; then\n"
					  "echo x >>runs; n=$(wc -l <runs)\n"
					  "[ $((n %% 2)) = 1 ] && { " WRONG "}\nfi\n" PASSES,
					  first_cpu());
	autofree char *words = xasprintf("CPU %d (core ", first_cpu());

	(void)state;
	open_bench(&b, &plan, lease, script);
	struct component *c = component_add(&b.burn.components, COMPONENT_CPU, "0");
	(void)str_copy(c->location, sizeof(c->location), "CPU socket A");
	assert_int_equal(burn_test_cpu(&b.burn, "cpu-verify"), BURN_JUDGED);
	assert_int_equal(b.burn.n_failures, 1);
	char *fail = record_of(&b, "FAIL");
	assert_non_null(strstr(fail, words));
	assert_non_null(strstr(fail, "wrong again in 5 of 10"));
	assert_non_null(strstr(fail, "pi computed error"));
	assert_non_null(strstr(fail, "cpu-wrong-result"));
	free(fail);
	close_bench(&b);
}

static void test_sound_cpus(void **state)
{
	static const struct plan_burn_in plan = {.seed = 7};
	struct lease *lease = lease_new();
	struct bench b;

	(void)state;
	open_bench(&b, &plan, lease, PASSES);
	assert_non_null(component_add(&b.burn.components, COMPONENT_CPU, "0"));
	assert_int_equal(burn_test_cpu(&b.burn, "cpu-verify"), BURN_JUDGED);
	assert_int_equal(b.burn.n_failures, 0);
	char *pass = record_of(&b, "PASS");
	assert_non_null(strstr(pass, "all results were right"));
	free(pass);
	close_bench(&b);
}

/* If one CPU has no verdict, none of them passes. */
static void test_cpu_not_tested(void **state)
{
	static const struct plan_burn_in plan = {.seed = 7};
	struct lease *lease = lease_new();
	struct bench b;
	autofree char *script = xasprintf("[ \"$4\" = %d ] && exit 4\n" PASSES, first_cpu());

	(void)state;
	open_bench(&b, &plan, lease, script);
	assert_non_null(component_add(&b.burn.components, COMPONENT_CPU, "0"));
	assert_int_equal(burn_test_cpu(&b.burn, "cpu-verify"), BURN_ERROR);
	char *pass = record_of(&b, "PASS"), *error = record_of(&b, "error");
	assert_string_equal(pass, "");
	assert_non_null(strstr(error, "were not tested"));
	free(pass);
	free(error);
	close_bench(&b);
}

/* ---- physical addresses ---------------------------------------------------------------------- */

static void put32(uint8_t *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> 8 * i);
}

static void put64(uint8_t *p, uint64_t v)
{
	put32(p, (uint32_t)v);
	put32(p + 4, (uint32_t)(v >> 32));
}

/* A range of a device (20) or of an array (19), as 32-bit kibibytes or, far, as 64-bit bytes. */
static void add_range(struct fake_sys *t, uint8_t type, uint16_t handle, uint64_t first,
		      uint64_t last, bool far)
{
	uint8_t body[0x23 - 4] = {0};

	put32(body, far ? UINT32_MAX : (uint32_t)(first >> 10));
	put32(body + 4, far ? UINT32_MAX : (uint32_t)(last >> 10));
	body[8] = (uint8_t)handle;
	body[9] = (uint8_t)(handle >> 8);
	put64(body + (type == 19 ? 0x0f : 0x13) - 4, far ? first : 0);
	put64(body + (type == 19 ? 0x17 : 0x1b) - 4, far ? last : 0);
	(void)fake_sys_smbios_add(t, type, body, type == 19 ? 0x1f - 4 : 0x23 - 4, "");
}

static uint16_t add_module(struct fake_sys *t, const char *locator)
{
	fake_sys_dimm(t,
		      &(struct fake_dimm){.locator = locator, .serial = locator, .size_mib = 8192});
	return (uint16_t)(t->next_handle - 1);
}

#define GB (1ULL << 30)

static void test_addresses(void **state)
{
	static const struct {
		const char *name;
		uint64_t address;
		size_t n;
		enum certainty certainty;
		const char *first;
	} rows[] = {
		{"of one module", 1 * GB, 1, CERTAINTY_CERTAIN, "A1"},
		{"at its last byte", 8 * GB - 1, 1, CERTAINTY_CERTAIN, "A1"},
		{"of two that are interleaved", 9 * GB, 2, CERTAINTY_ONE_OF, "B1"},
		{"of none", 900 * GB, 3, CERTAINTY_ONE_OF, "A1"},
	};
	component_list parts = {0};
	struct facts facts;
	struct fake_sys t;
	struct suspects s;

	(void)state;
	fake_sys_init(&t);
	uint16_t a = add_module(&t, "A1"), b = add_module(&t, "B1"), c = add_module(&t, "C1");
	add_range(&t, 20, a, 0, 8 * GB - 1, false);
	add_range(&t, 20, b, 8 * GB, 24 * GB - 1, true);
	add_range(&t, 20, c, 8 * GB, 24 * GB - 1, true);
	add_range(&t, 19, 0, 0, 24 * GB - 1, true); /* says less than the others */
	fake_sys_smbios_write(&t);
	machine_facts(t.root, &facts);
	burn_list_components(t.root, &facts, &parts);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		suspects_at(&parts, &rows[i].address, &s);
		CHECK_INT(rows[i].name, s.n_all, rows[i].n);
		CHECK_INT(rows[i].name, s.certainty, rows[i].certainty);
		CHECK_STR(rows[i].name, s.parts[0]->location, rows[i].first);
	}
	suspects_at(&parts, NULL, &s);
	assert_int_equal(s.n_all, 3);
	facts_done(&facts);
	VEC_DONE(&parts);
	fake_sys_done(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_wrong_cpu),  cmocka_unit_test(test_two_seeds),
		cmocka_unit_test(test_sound_cpus), cmocka_unit_test(test_cpu_not_tested),
		cmocka_unit_test(test_addresses),
	};

	return cmocka_run_group_tests_name("cpu", tests, NULL, NULL);
}
