/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The two ends of the catalogue: every test that a plan may name is one that the agent has. And how
 * much memory a test takes.
 */
#include <tests/harness/check.h>
#include <tests/harness/fake_sys.h>

#include <agent/burn/burn.h>
#include <burnin/catalogue.h>

static void test_every_test_is_there(void **state)
{
	const struct catalogue *c = catalogue_builtin();

	(void)state;
	for (size_t i = 0; i < c->n; i++) {
		const struct catalogue_test *t = &c->tests[i];

		if (str_eq(t->judge, "agent") && !burn_test_run(t->id, NULL, NULL))
			fail_msg("the agent has no test '%s'", t->id);
	}
	assert_true(c->n > 4);
	assert_false(burn_test_run("no-such-test", NULL, NULL));
}

static void test_memory(void **state)
{
	static const struct {
		const char *name;
		int64_t available, tested;
	} rows[] = {
		{"a server", 524288, 498073},
		{"4 GiB", 4096, 3891},
		{"a lab host", 700, 500},
		{"tiny", 100, 50},
		{"nothing", 0, 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		CHECK_INT(rows[i].name, burn_memory_to_test(rows[i].available), rows[i].tested);
}

#define PORT "sys/devices/pci0000:00/0000:00:01.0"

struct link_end {
	const char *width, *max, *class, *vendor;
};

static void put_link(const struct fake_sys *t, const char *folder, const struct link_end *e)
{
	fake_sys_putf(t, e->width, "%s/current_link_width", folder);
	fake_sys_putf(t, e->max, "%s/max_link_width", folder);
	fake_sys_putf(t, e->class, "%s/class", folder);
	fake_sys_putf(t, e->vendor, "%s/vendor", folder);
}

/* A link is narrow where both ends have more lanes; QEMU's ports claim 32 and have none. */
static void test_links(void **state)
{
	static const struct {
		const char *name;
		struct link_end card, port;
		bool narrow;
	} rows[] = {
		{"all lanes",
		 {"8", "8", "0x020000", "0x15b3"},
		 {"8", "16", "0x060400", "0x8086"},
		 false},
		{"half the lanes",
		 {"4", "8", "0x020000", "0x15b3"},
		 {"4", "16", "0x060400", "0x8086"},
		 true},
		{"a slot that is wired narrower",
		 {"4", "8", "0x020000", "0x15b3"},
		 {"4", "4", "0x060400", "0x8086"},
		 false},
		{"a bridge",
		 {"1", "32", "0x060400", "0x8086"},
		 {"1", "32", "0x060400", "0x8086"},
		 false},
		{"QEMU's port",
		 {"1", "4", "0x010802", "0x1b36"},
		 {"1", "32", "0x060400", "0x1b36"},
		 false},
		{"not known",
		 {"0", "8", "0x020000", "0x15b3"},
		 {"1", "16", "0x060400", "0x8086"},
		 false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct fake_sys t;
		int64_t width, could;

		fake_sys_init(&t);
		put_link(&t, PORT, &rows[i].port);
		put_link(&t, PORT "/0000:01:00.0", &rows[i].card);
		fake_sys_link(&t, "sys/bus/pci/devices/0000:01:00.0",
			      "../../../../" PORT "/0000:01:00.0");
		fake_sys_link(&t, "sys/bus/pci/devices/0000:00:01.0", "../../../../" PORT);
		CHECK_INT(rows[i].name, burn_link_is_narrow(t.root, "0000:01:00.0", &width, &could),
			  rows[i].narrow);
		/* a root port hangs on nothing */
		CHECK_INT(rows[i].name, burn_link_is_narrow(t.root, "0000:00:01.0", &width, &could),
			  false);
		fake_sys_done(&t);
	}
}

static void test_socket_of_a_cpu(void **state)
{
	struct burn b = {0};
	struct fake_sys t;

	(void)state;
	fake_sys_init(&t);
	for (int i = 0; i < 12; i++)
		fake_sys_putf(&t, i % 2 ? "1\n" : "0\n",
			      "sys/devices/system/cpu/cpu%d/topology/physical_package_id", i);
	assert_non_null(component_add(&b.components, COMPONENT_CPU, "0"));
	assert_non_null(component_add(&b.components, COMPONENT_CPU, "1"));
	assert_ptr_equal(burn_socket_of(&b, t.root, 4), &b.components.items[0]);
	assert_ptr_equal(burn_socket_of(&b, t.root, 11), &b.components.items[1]);
	assert_null(burn_socket_of(&b, t.root, 12));
	VEC_DONE(&b.components);
	fake_sys_done(&t);
}

/* A slow link is one of storage or network where both ends are faster. */
static void test_link_speeds(void **state)
{
	static const struct {
		const char *name, *class, *vendor, *now, *card, *port;
		bool slow;
		int64_t could;
	} rows[] = {
		{"full", "0x010802", "0x8086", "16.0 GT/s PCIe", "16.0 GT/s PCIe", "16.0 GT/s PCIe",
		 false, 0},
		{"slow", "0x010802", "0x8086", "2.5 GT/s PCIe", "16.0 GT/s PCIe", "8.0 GT/s PCIe",
		 true, 80},
		{"a slot of an older generation", "0x020000", "0x8086", "8.0 GT/s PCIe",
		 "16.0 GT/s PCIe", "8 GT/s", false, 0},
		{"an idle graphics card", "0x030000", "0x8086", "2.5 GT/s PCIe", "16.0 GT/s PCIe",
		 "16.0 GT/s PCIe", false, 0},
		{"QEMU's port", "0x020000", "0x1b36", "2.5 GT/s PCIe", "16.0 GT/s PCIe",
		 "16.0 GT/s PCIe", false, 0},
		{"not known", "0x020000", "0x8086", "Unknown", "16.0 GT/s PCIe", "16.0 GT/s PCIe",
		 false, 0},
		{"nonsense", "0x020000", "0x8086", "-1 GT/s", "1e9 GT/s", "GT/s", false, 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct fake_sys t;
		int64_t is = 0, could = 0;

		fake_sys_init(&t);
		fake_sys_putf(&t, rows[i].vendor, "%s/vendor", PORT);
		fake_sys_putf(&t, rows[i].port, "%s/max_link_speed", PORT);
		fake_sys_putf(&t, rows[i].class, "%s/class", PORT "/0000:01:00.0");
		fake_sys_putf(&t, rows[i].now, "%s/current_link_speed", PORT "/0000:01:00.0");
		fake_sys_putf(&t, rows[i].card, "%s/max_link_speed", PORT "/0000:01:00.0");
		fake_sys_link(&t, "sys/bus/pci/devices/0000:01:00.0",
			      "../../../../" PORT "/0000:01:00.0");
		fake_sys_link(&t, "sys/bus/pci/devices/0000:00:01.0", "../../../../" PORT);
		CHECK_INT(rows[i].name, burn_link_is_slow(t.root, "0000:01:00.0", &is, &could),
			  rows[i].slow);
		if (rows[i].slow)
			CHECK_INT(rows[i].name, could, rows[i].could);
		fake_sys_done(&t);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_test_is_there),
		cmocka_unit_test(test_memory),
		cmocka_unit_test(test_links),
		cmocka_unit_test(test_link_speeds),
		cmocka_unit_test(test_socket_of_a_cpu),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
