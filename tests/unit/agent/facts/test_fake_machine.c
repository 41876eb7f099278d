/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the tests' machine of files holds is what the readers of real machines find in it.
 */
#include <tests/harness/check.h>
#include <tests/harness/fake_sys.h>

#include <unistd.h>

#include <agent/facts/smbios.h>
#include <agent/facts/sysfs.h>

static void test_readers_find_it(void **state)
{
	struct fake_sys t;
	struct smbios s = {0};
	char text[64];

	(void)state;
	fake_sys_init(&t);
	fake_sys_cpu(&t, "CPU1", "Big CPU");
	fake_sys_dimm(&t, &(struct fake_dimm){.locator = "DIMM_A1",
					      .bank = "NODE 1",
					      .serial = "S1",
					      .size_mib = 32768});
	fake_sys_dimm(&t, &(struct fake_dimm){.locator = "DIMM_A2", .bank = "NODE 1"});
	fake_sys_smbios_write(&t);
	fake_sys_putf(&t, "up\n", "sys/class/net/%s/operstate", "eth0");
	fake_sys_link(&t, "sys/class/net/eth0/device", "../../../devices/0000:01:00.0");
	assert_int_equal(smbios_read(t.root, &s, NULL), 0);
	assert_int_equal(s.processors.n, 1);
	assert_string_equal(s.processors.items[0].socket, "CPU1");
	assert_int_equal(s.modules.n, 2);
	assert_string_equal(s.modules.items[0].serial, "S1");
	assert_string_equal(s.modules.items[0].bank_locator, "NODE 1");
	assert_int_equal(s.modules.items[0].capacity_mib, 32768);
	assert_int_equal(s.modules.items[1].capacity_mib, 0);
	smbios_done(&s);
	assert_true(sysfs_text(t.root, text, sizeof(text), "sys/class/net/eth0/operstate"));
	assert_string_equal(text, "up");
	assert_true(sysfs_link_name(t.root, text, sizeof(text), "sys/class/net/eth0/device"));
	assert_string_equal(text, "0000:01:00.0");
	char was[sizeof(t.root)];
	memcpy(was, t.root, sizeof(was));
	fake_sys_done(&t);
	assert_int_not_equal(access(was, F_OK), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_readers_find_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
