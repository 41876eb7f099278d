/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Near and far memory of made trees: which passes there are, the socket that a fault names, and a pass
 * on this machine itself.
 */
#include <tests/harness/check.h>
#include <tests/harness/fake_sys.h>

#include <fcntl.h>
#include <unistd.h>

#include <base/json.h>
#include <agent/burn/burn.h>
#include <session/lease.h>

static void put_node(const struct fake_sys *t, int id, const char *cpus, long long free_kib)
{
	char text[64];

	text_print(text, sizeof(text), "Node %d MemTotal: 1 kB\nNode %d MemFree: %lld kB\n", id, id,
		   free_kib);
	fake_sys_putf(t, cpus, "sys/devices/system/node/node%d/cpulist", id);
	fake_sys_putf(t, free_kib ? text : "", "sys/devices/system/node/node%d/meminfo", id);
}

static void test_plan(void **state)
{
	static const struct {
		const char *name;
		struct {
			const char *cpus;
			long long free_kib;
		} nodes[3];
		size_t n, n_passes;
		int cpu_node[6], memory_node[6];
	} rows[] = {
		{"one node", {{"0-3\n", 1000}}, 1, 0, {0}, {0}},
		{"two", {{"0-3\n", 1000}, {"4-7\n", 900}}, 2, 4, {0, 1, 1, 0}, {0, 0, 1, 1}},
		{"memory without a processor",
		 {{"0-3\n", 1000}, {"\n", 900}},
		 2,
		 2,
		 {0, 0},
		 {0, 1}},
		{"a processor without memory", {{"0-3\n", 1000}, {"4\n", 0}}, 2, 2, {0, 1}, {0, 0}},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct burn_nodes_result r = {0};
		struct fake_sys t;

		fake_sys_init(&t);
		for (size_t k = 0; k < rows[i].n; k++)
			put_node(&t, (int)k, rows[i].nodes[k].cpus, rows[i].nodes[k].free_kib);
		fake_sys_put(&t, "sys/devices/system/node/online", "0-2\n");
		fake_sys_put(&t, "sys/devices/system/node/node7x/cpulist", "9\n");
		r.n_nodes = burn_nodes_read(t.root, r.nodes);
		r.n_passes = burn_nodes_plan(r.nodes, r.n_nodes, r.passes);
		CHECK_INT(rows[i].name, r.n_nodes, rows[i].n);
		CHECK_INT(rows[i].name, r.n_passes, rows[i].n_passes);
		for (size_t k = 0; k < rows[i].n_passes; k++) {
			CHECK_INT(rows[i].name, r.passes[k].cpu_node, rows[i].cpu_node[k]);
			CHECK_INT(rows[i].name, r.passes[k].memory_node, rows[i].memory_node[k]);
		}
		fake_sys_done(&t);
	}
}

/* ---- what a fault names ---------------------------------------------------------------------- */

static void emit(void *arg, json_t *record)
{
	json_array_append_new(arg, record);
}

static int64_t wall_us(void *arg)
{
	(void)arg;
	return 0;
}

static void add_parts(struct burn *b, const struct fake_sys *t)
{
	for (int socket = 0; socket < 2; socket++) {
		char key[8] = {(char)('0' + socket), '\0'};
		struct component *c = component_add(&b->components, COMPONENT_CPU, key);

		text_print(c->location, sizeof(c->location), "CPU%d", socket + 1);
		c->place.socket = socket;
		c = component_add(&b->components, COMPONENT_DIMM, socket ? "DIMM_B1" : "DIMM_A1");
		(void)text_fit(c->location, sizeof(c->location), c->key);
		c->place.socket = socket;
		fake_sys_putf(t, key, "sys/devices/system/cpu/cpu%d/topology/physical_package_id",
			      socket * 4);
	}
}

static void test_judge(void **state)
{
	static const struct {
		const char *name;
		uint64_t n_wrong[4]; /* 0 reads 0, 1 reads 0, 1 reads 1, 0 reads 1 */
		unsigned n_failures;
		const char *word, *not_word;
	} rows[] = {
		{"good", {0, 0, 0, 0}, 0, "", "FAIL"},
		{"memory of the second",
		 {0, 0, 2, 3},
		 2,
		 "Replace memory module DIMM_B1",
		 "DIMM_A1"},
		{"memory of the first",
		 {1, 1, 0, 0},
		 2,
		 "Replace memory module DIMM_A1",
		 "DIMM_B1"},
		{"the second processor", {0, 7, 7, 0}, 2, "Replace CPU2", "memory module"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		static const struct plan_burn_in plan;
		struct report report = {.fd = open("/dev/null", O_WRONLY | O_CLOEXEC),
					.lease = lease_new()};
		struct burn b = {.out = &report, .plan = &plan, .log_fd = -1};
		struct burn_nodes_result r = {.nodes = {{0, 0, 1000}, {1, 4, 1000}}, .n_nodes = 2};
		autojson json_t *records = json_array();
		struct fake_sys t;

		fake_sys_init(&t);
		b.root = t.root;
		b.stream = (struct ocp_stream){.emit = emit, .wall_us = wall_us, .arg = records};
		add_parts(&b, &t);
		r.n_passes = burn_nodes_plan(r.nodes, r.n_nodes, r.passes);
		assert_int_equal(r.n_passes, 4);
		for (size_t k = 0; k < 4; k++) {
			r.passes[k].ran = true;
			r.passes[k].n_wrong = rows[i].n_wrong[k];
		}
		burn_judge_nodes(&b, "memory-nodes", &r);
		autofree char *text = json_text(records);
		CHECK_INT(rows[i].name, b.n_failures, rows[i].n_failures);
		CHECK_INT(rows[i].name, strstr(text, rows[i].word) != NULL, true);
		CHECK_INT(rows[i].name, strstr(text, rows[i].not_word) != NULL, false);
		close(report.fd);
		VEC_DONE(&b.components);
		fake_sys_done(&t);
	}
}

static void test_compare(void **state)
{
	uint64_t block[64];

	(void)state;
	burn_nodes_fill(block, 64, 0x5555555555555555U);
	assert_int_equal(burn_nodes_wrong(block, 64, 0x5555555555555555U), 0);
	assert_int_not_equal(block[1], block[0]);
	block[0] ^= 1;
	block[63] ^= UINT64_C(1) << 63;
	assert_int_equal(burn_nodes_wrong(block, 64, 0x5555555555555555U), 2);
}

/* Both "nodes" are this machine's first: the binding is real, the distance is not. */
static void test_run(void **state)
{
	static const struct plan_burn_in plan;
	struct report report = {.fd = open("/dev/null", O_WRONLY | O_CLOEXEC),
				.lease = lease_new()};
	struct burn b = {.out = &report, .plan = &plan, .log_fd = -1, .test_s = 1, .test = ""};
	autojson json_t *records = json_array();
	struct fake_sys t;
	enum burn_end end;

	(void)state;
	fake_sys_init(&t);
	b.root = t.root;
	b.stream = (struct ocp_stream){.emit = emit, .wall_us = wall_us, .arg = records};
	put_node(&t, 0, "0\n", 16384);
	assert_true(burn_test_run("memory-nodes", &b, &end));
	assert_int_equal(end, BURN_SKIPPED);
	put_node(&t, 1000, "0\n", 16384); /* which this machine does not have */
	assert_true(burn_test_run("memory-nodes", &b, &end));
	assert_int_equal(end, BURN_JUDGED);
	autofree char *text = json_text(records);
	assert_non_null(strstr(text, "one memory node"));
	assert_non_null(strstr(text, "memory-nodes-pass"));
	assert_int_equal(b.n_failures, 0);
	close(report.fd);
	fake_sys_done(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plan), cmocka_unit_test(test_judge),
		cmocka_unit_test(test_compare), cmocka_unit_test(test_run)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
