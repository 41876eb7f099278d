/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Domain XML against golden files, one a machine kind, and with text that needs escaping. The
 * golden files lie in golden/; LAB_GOLDEN_UPDATE=1 in the environment writes them anew.
 */
#include <tests/harness/check.h>

#include <base/file.h>
#include <base/limits.h>
#include <base/str.h>
#include <vm-lab/domain_xml.h>

#define GOLDEN "tests/unit/vm-lab/golden"

static const struct {
	const char *name;
	enum lab_arch arch;
	enum lab_firmware firmware;
	enum lab_netboot netboot;
	const char *accel;
	bool tpm;
	bool decoy_first;
} rows[] = {
	{"bios", ARCH_X86_64, FIRMWARE_BIOS, NETBOOT_PXE, "qemu", false, true},
	{"uefi", ARCH_X86_64, FIRMWARE_UEFI, NETBOOT_PXE, "qemu", true, false},
	{"uefi-kvm", ARCH_X86_64, FIRMWARE_UEFI, NETBOOT_PXE, "kvm", false, false},
	{"arm64", ARCH_AARCH64, FIRMWARE_UEFI, NETBOOT_PXE, "qemu", false, true},
	{"uefi-http", ARCH_X86_64, FIRMWARE_UEFI, NETBOOT_HTTP, "qemu", false, false},
};

static struct lab_host host_of_row(size_t i)
{
	struct lab_disk target = {.role = DISK_TARGET, .serial = "T1", .size_bytes = GIB};
	struct lab_disk decoy = {.role = DISK_DECOY, .serial = "D1", .size_bytes = MIB};

	return (struct lab_host){.name = "host",
				 .arch = rows[i].arch,
				 .firmware = rows[i].firmware,
				 .netboot = rows[i].netboot,
				 .memory_mib = 1024,
				 .cpus = 1,
				 .tpm = rows[i].tpm,
				 .manufacturer = "Slipway & <Lab>",
				 .product = "\"Bench\"",
				 .serial = "S1",
				 .uuid = "5d0f7a10-3c1e-4b57-9a41-51a7b105c001",
				 .mac = "52:54:00:5a:00:01",
				 .disks = {rows[i].decoy_first ? decoy : target,
					   rows[i].decoy_first ? target : decoy},
				 .n_disks = 2};
}

static void matches_the_golden_file(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct lab_host h = host_of_row(i);
		struct domain_setup setup = {.accel = rows[i].accel,
					     .bridge = "br0",
					     .port = "port1",
					     .console_path = "/lab/host.console",
					     .nvram_path = "/lab/host.nvram",
					     .disk_paths = {"/lab/0.raw", "/lab/1.raw"}};
		autofree char *path = xasprintf("%s/%s.xml", GOLDEN, rows[i].name);
		autofree char *xml = NULL, *golden = NULL;
		size_t n_bytes;

		assert_int_equal(0, domain_xml(&h, &setup, &xml, NULL));
		if (getenv("LAB_GOLDEN_UPDATE"))
			assert_int_equal(0, file_write_atomic(path, xml, strlen(xml), 0644, NULL));
		assert_int_equal(0, file_read(path, MIB, &golden, &n_bytes, NULL));
		CHECK_STR(rows[i].name, xml, golden);
	}
}

static void refuses_a_machine_that_does_not_exist(void **state)
{
	struct lab_host h = host_of_row(0);
	struct domain_setup setup = {.accel = "qemu"};
	char *xml = NULL;

	(void)state;
	h.arch = ARCH_AARCH64;
	assert_int_equal(-ERR_LAB_LIBVIRT, domain_xml(&h, &setup, &xml, NULL));
	assert_null(xml);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(matches_the_golden_file),
		cmocka_unit_test(refuses_a_machine_that_does_not_exist),
	};

	return cmocka_run_group_tests_name("lab domain_xml", tests, NULL, NULL);
}
