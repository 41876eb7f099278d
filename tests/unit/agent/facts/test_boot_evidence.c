/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Evidence stays the same for a boot: field-1's machine, whose controller's card appears later.
 */
#include <tests/harness/check.h>

#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <agent/facts/boot_evidence.h>
#include <base/clock.h>
#include <base/str.h>
#include <tests/harness/fake_sys.h>

static struct fake_sys tree;

static int set_up(void **state)
{
	(void)state;
	fake_sys_init(&tree);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	fake_sys_done(&tree);
	return 0;
}

static void put_nic(const char *name, const char *slot, const char *mac)
{
	autofree char *link = xasprintf("sys/class/net/%s/device", name);
	autofree char *target = xasprintf("../../../devices/pci0000:00/%s", slot);

	fake_sys_putf(&tree, "1\n", "sys/class/net/%s/type", name);
	fake_sys_putf(&tree, mac, "sys/class/net/%s/address", name);
	fake_sys_putf(&tree, "0x8086\n", "sys/devices/pci0000:00/%s/vendor", slot);
	fake_sys_link(&tree, link, target);
}

static size_t macs_now(void)
{
	autofree char *run = xasprintf("%s/run", tree.root);
	struct evidence e;

	boot_evidence(run, tree.root, &e);
	size_t n = e.macs.n;
	evidence_done(&e);
	return n;
}

static void test_field_1_fixed_once_the_drivers_are_loaded(void **state)
{
	(void)state;
	put_nic("eth0", "0000:01:00.0", "02:11:22:33:44:01\n");
	fake_sys_put(&tree, "run/devices-ready", "");
	assert_int_equal(macs_now(), 1);
	put_nic("eth1", "0000:02:00.0", "02:11:22:33:44:02\n");
	assert_int_equal(macs_now(), 1);
	fake_sys_put(&tree, "run/evidence.json", "damaged"); /* read anew, and kept again */
	assert_int_equal(macs_now(), 2);
	put_nic("eth2", "0000:03:00.0", "02:11:22:33:44:03\n");
	assert_int_equal(macs_now(), 2);
}

/* The drivers are loaded a moment later, and bring a card. */
static void test_waits_for_the_drivers(void **state)
{
	(void)state;
	put_nic("eth0", "0000:01:00.0", "02:11:22:33:44:01\n");
	fake_sys_put(&tree, "run/consoles", "/dev/console\n");
	pid_t child = fork();
	if (child == 0) {
		(void)usleep(90000);
		put_nic("eth1", "0000:02:00.0", "02:11:22:33:44:02\n");
		fake_sys_put(&tree, "run/devices-ready", "");
		_exit(0);
	}
	assert_int_equal(macs_now(), 2);
	assert_int_equal(waitpid(child, NULL, 0), child);
}

static void test_without_init(void **state)
{
	(void)state;
	put_nic("eth0", "0000:01:00.0", "02:11:22:33:44:01\n");
	int64_t start_ms = time_boot_ms();
	assert_int_equal(macs_now(), 1);
	put_nic("eth1", "0000:02:00.0", "02:11:22:33:44:02\n");
	assert_int_equal(macs_now(), 2);
	assert_true(time_boot_ms() - start_ms < 5000);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(test_field_1_fixed_once_the_drivers_are_loaded),
		T(test_waits_for_the_drivers),
		T(test_without_init),
	};

	return cmocka_run_group_tests_name("boot evidence field-1", tests, NULL, NULL);
}
