/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Firmware files that drivers asked for in vain: lines of real kernels, and the card that each is for.
 */
#include <tests/harness/check.h>

#include <agent/facts/machine_facts.h>
#include <agent/facts/missing_firmware.h>
#include <base/str.h>
#include <tests/harness/fake_sys.h>

static void test_lines(void **state)
{
	static const struct {
		const char *row, *line, *address, *file; /* file NULL: nothing is missing */
	} rows[] = {
		{"the kernel",
		 "bnx2x 0000:05:00.0: Direct firmware load for bnx2x/bnx2x-e2-7.13.21.0.fw failed with error -2",
		 "0000:05:00.0", "bnx2x/bnx2x-e2-7.13.21.0.fw"},
		{"Debian's kernel",
		 "[    4.1] r8169 0000:02:00.0: firmware: failed to load rtl_nic/rtl8168g-2.fw (-2)",
		 "0000:02:00.0", "rtl_nic/rtl8168g-2.fw"},
		{"a record of kmsg",
		 "4,812,9182733,-;ice 0000:3b:00.0: Direct firmware load for intel/ice/ddp/ice.pkg failed with error -2",
		 "0000:3b:00.0", "intel/ice/ddp/ice.pkg"},
		{"behind a volume management device",
		 "x 10000:01:00.0: Direct firmware load for a/b.bin failed with error -2",
		 "10000:01:00.0", "a/b.bin"},
		{"a card that is not on PCI",
		 "usb 1-2: Direct firmware load for rtl_nic/rtl8153a-4.fw failed with error -2", "",
		 "rtl_nic/rtl8153a-4.fw"},
		{"a name with a blank", "x: Direct firmware load for a b failed with error -2", "",
		 NULL},
		{"no name", "x: Direct firmware load for  failed with error -2", "", NULL},
		{"it was found", "bnx2x 0000:05:00.0: firmware: direct-loading firmware bnx2x/x.fw",
		 "", NULL},
		{"cut", "bnx2x 0000:05:00.0: Direct firmware load for bnx2x/bnx", "", NULL},
		{"another line", "eth0: link up", "", NULL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		missing_firmware_list list = {0};

		missing_firmware_parse(rows[i].line, &list);
		CHECK_INT(rows[i].row, list.n, rows[i].file != NULL);
		if (list.n) {
			CHECK_STR(rows[i].row, list.items[0].file, rows[i].file);
			CHECK_STR(rows[i].row, list.items[0].pci_address, rows[i].address);
		}
		VEC_DONE(&list);
	}
}

static void test_each_once(void **state)
{
	missing_firmware_list list = {0};
	char line[128];

	(void)state;
	for (unsigned i = 0; i < 3 * MISSING_FIRMWARE_MAX; i++) {
		snprintf(line, sizeof(line),
			 "x 0000:%02x:00.0: Direct firmware load for f failed with error -2\n"
			 "x 0000:%02x:00.0: firmware: failed to load f (-2)\n",
			 i, i);
		missing_firmware_parse(line, &list);
		assert_int_equal(list.n, i < MISSING_FIRMWARE_MAX ? i + 1 : MISSING_FIRMWARE_MAX);
	}
	assert_string_equal(missing_firmware_of(&list, "0000:05:00.0"), "f");
	assert_string_equal(missing_firmware_of(&list, "0000:ff:1f.0"), "");
	VEC_DONE(&list);
}

static void test_facts_name_the_file(void **state)
{
	struct fake_sys tree;
	struct facts f;

	(void)state;
	fake_sys_init(&tree);
	fake_sys_put(&tree, "sys/bus/pci/devices/0000:05:00.0/vendor", "0x14e4\n");
	fake_sys_put(&tree, "sys/bus/pci/devices/0000:06:00.0/vendor", "0x14e4\n");
	fake_sys_put(
		&tree, "dev/kmsg",
		"6,1,1,-;Linux version 6.12\n4,2,2,-; bnx2x 0000:05:00.0: Direct firmware load for "
		"bnx2x/e2.fw failed with error -2\n");
	machine_facts(tree.root, &f);
	assert_int_equal(f.pci.n, 2);
	assert_string_equal(f.pci.items[0].firmware_missing, "bnx2x/e2.fw");
	assert_string_equal(f.pci.items[1].firmware_missing, "");
	facts_done(&f);
	fake_sys_done(&tree);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_each_once),
		cmocka_unit_test(test_facts_name_the_file),
	};

	return cmocka_run_group_tests_name("missing firmware", tests, NULL, NULL);
}
