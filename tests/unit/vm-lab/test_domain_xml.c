/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Domain XML against golden files, one a machine kind, and with text that needs escaping. The
 * golden files lie in golden/; LAB_GOLDEN_UPDATE=1 in the environment writes them anew.
 */
#include <tests/harness/check.h>

#include <base/file.h>
#include <base/limits.h>
#include <base/str.h>
#include <vm-lab/disk_bus.h>
#include <vm-lab/domain_xml.h>
#include <vm-lab/xml.h>

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

/* A disk of each bus, and what makes each different; the arguments of QEMU, one a line. */
static const struct {
	struct lab_disk disk;
	unsigned boot_order;
	const char *says[4];
} buses[] = {
	{{DISK_TARGET, "S1", GIB, BUS_SATA, 512, DISK_FAULT_NONE},
	 2,
	 {"ich9-ahci,id=labbus0,bus=pcie.0,addr=0x10",
	  "ide-hd,id=labdisk0,drive=labdrive0,serial=S1,bus=labbus0.0,bootindex=2"}},
	{{DISK_DECOY, "S2", GIB, BUS_SCSI, 4096, DISK_FAULT_NONE},
	 0,
	 {"virtio-scsi-pci,id=labbus0",
	  "scsi-hd,id=labdisk0,drive=labdrive0,serial=S2,bus=labbus0.0,logical_block_size=4096,"
	  "physical_block_size=4096\""}},
	{{DISK_TARGET, "S3", GIB, BUS_NVME, 512, DISK_FAULT_SMART_WARNING},
	 2,
	 {"nvme,id=labdisk0,drive=labdrive0,serial=S3,bus=pcie.0,addr=0x10,smart_critical_warning=4,bootindex=2"}},
	{{DISK_TARGET, "S4", GIB, BUS_MEGASAS, 512, DISK_FAULT_NONE},
	 2,
	 {"megasas-gen2,id=labbus0",
	  "scsi-hd,id=labdisk0,drive=labdrive0,serial=S4,bus=labbus0.0"}},
	{{DISK_TARGET, "S5", GIB, BUS_PVSCSI, 512, DISK_FAULT_NONE}, 2, {"pvscsi,id=labbus0"}},
	{{DISK_DECOY, "S6", GIB, BUS_USB, 512, DISK_FAULT_NONE},
	 0,
	 {"qemu-xhci,id=labbus0",
	  "usb-storage,id=labdisk0,drive=labdrive0,serial=S6,bus=labbus0.0\""}},
	{{DISK_DECOY, "0xdeadbeef", GIB, BUS_SD, 512, DISK_FAULT_NONE},
	 0,
	 {"sdhci-pci,id=labbus0", "sd-card,id=labdisk0,drive=labdrive0,bus=sd-bus\""}},
	{{DISK_DECOY, "0xdeadbeef", GIB, BUS_EMMC, 512, DISK_FAULT_NONE},
	 0,
	 {"emmc,id=labdisk0,drive=labdrive0,bus=sd-bus\""}},
	{{DISK_DECOY, "S8", GIB, BUS_VIRTIO, 512, DISK_FAULT_SLOW},
	 0,
	 {"throttling.bps-total=4194304"}},
	{{DISK_TARGET, "S7", GIB, BUS_VIRTIO, 512, DISK_FAULT_READ_ERROR},
	 2,
	 {"file.driver=blkdebug", "file.image.filename=/lab/0.raw",
	  "file.inject-error.0.sector=2048", "virtio-blk-pci,id=labdisk0,drive=labdrive0"}},
};

static void puts_a_disk_on_each_bus(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(buses); i++) {
		struct xml x;

		xml_init(&x);
		xml_open(&x, "domain");
		disk_bus_write(&x, &buses[i].disk, "/lab/0.raw", 0, buses[i].boot_order);
		autofree char *text = xml_take(&x);
		assert_non_null(text);
		for (size_t k = 0; k < ARRAY_LEN(buses[i].says) && buses[i].says[k]; k++)
			CHECK(buses[i].disk.serial, strstr(text, buses[i].says[k]));
		CHECK(buses[i].disk.serial, !disk_bus_is_plain(&buses[i].disk));
	}
}

static struct lab_host host_of_row(size_t i)
{
	struct lab_disk target = {
		.role = DISK_TARGET, .serial = "T1", .size_bytes = GIB, .sector_bytes = 512};
	struct lab_disk decoy = {
		.role = DISK_DECOY, .serial = "D1", .size_bytes = MIB, .sector_bytes = 512};

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

static void attaches_a_bmc(void **state)
{
	struct lab_host h = host_of_row(0);
	struct domain_setup setup = {
		.accel = "qemu", .bridge = "br0", .console_path = "/c", .disk_paths = {"/0", "/1"}};
	autofree char *without = NULL, *with = NULL;

	(void)state;
	assert_int_equal(0, domain_xml(&h, &setup, &without, NULL));
	assert_null(strstr(without, "ipmi"));
	h.bmc = true;
	assert_int_equal(0, domain_xml(&h, &setup, &with, NULL));
	assert_non_null(strstr(with, "ipmi-bmc-sim,id=labbmc"));
	assert_non_null(strstr(with, "isa-ipmi-kcs,bmc=labbmc"));
}

/* Racks have more than one card, socket and order of disks, and an RTC that stood still. */
static void describes_what_racks_have(void **state)
{
	struct lab_host h = host_of_row(0);
	struct domain_setup setup = {.accel = "kvm",
				     .bridge = "br0",
				     .port = "port1",
				     .console_path = "/c",
				     .disk_paths = {"/0", "/1"}};
	static const char *const says[] = {
		"<clock offset=\"absolute\" start=\"4102444800\"/>",
		"<topology sockets=\"2\" cores=\"1\" threads=\"1\"/>",
		"<cell id=\"1\" cpus=\"1-1\" memory=\"512\" unit=\"MiB\"/>",
		"<target dev=\"port1n1\"/>",
		"<link state=\"down\"/>",
		"<target dev=\"port1n2\"/>",
		"<source bridge=\"wstorev20\"/>",
		"<alias name=\"ua-nic2\"/>",
	};
	autofree char *xml = NULL;
	const char *first, *boot, *last;

	(void)state;
	h.cpus = h.sockets = 2;
	h.boot_disk = BOOT_DISK_FIRMWARE;
	h.has_clock = true;
	h.rtc_wall_s = 4102444800;
	h.nics[0] = (struct lab_nic){.mac = "52:54:00:5a:00:11", .first = true};
	h.nics[1] = (struct lab_nic){.mac = "52:54:00:5a:00:12",
				     .wire = {.bridge = "store", .vlan = 20, .cabled = true}};
	h.n_nics = 2;
	assert_int_equal(0, domain_xml(&h, &setup, &xml, NULL));
	for (size_t i = 0; i < ARRAY_LEN(says); i++)
		CHECK(says[i], strstr(xml, says[i]));
	first = strstr(xml, "<boot order=\"2\"/>");
	last = strstr(
		xml,
		"<boot order=\"3\"/>"); /* each disk has its place, the target none of its own */
	assert_true(first && last && first < last);
	first = strstr(xml, h.nics[0].mac);
	boot = strstr(xml, h.mac);
	last = strstr(xml, h.nics[1].mac);
	assert_true(first && boot && last && first < boot && boot < last);
}

/* Where the card and the two disks of a host stand in what the firmware is told; 0: nowhere. */
static void orders_what_is_started(void **state)
{
	static const struct {
		const char *name;
		enum boot_first first;
		enum boot_disk disk;
		const char *has, *lacks;
	} cases[] = {
		{"network, then the target", BOOT_NETWORK_FIRST, BOOT_DISK_TARGET,
		 "<boot order=\"1\"/>", "<boot order=\"3\"/>"},
		{"target, then the network", BOOT_DISK_FIRST, BOOT_DISK_TARGET,
		 "<boot order=\"7\"/>", "<boot order=\"2\"/>"},
		{"disks in their order, then the network", BOOT_DISK_FIRST, BOOT_DISK_FIRMWARE,
		 "<boot order=\"2\"/>", "<boot order=\"3\"/>"},
		{"nothing is told", BOOT_FIRMWARE_FIRST, BOOT_DISK_TARGET,
		 "virtio-blk-pci,id=labdisk1", "boot order"},
		{"nothing is told of disks either", BOOT_FIRMWARE_FIRST, BOOT_DISK_FIRMWARE,
		 "virtio-blk-pci,id=labdisk0", "bootindex"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct lab_host h = host_of_row(0);
		struct domain_setup setup = {.accel = "qemu",
					     .bridge = "br0",
					     .console_path = "/c",
					     .disk_paths = {"/0", "/1"}};
		autofree char *xml = NULL;

		h.boot_first = cases[i].first;
		h.boot_disk = cases[i].disk;
		assert_int_equal(0, domain_xml(&h, &setup, &xml, NULL));
		CHECK(cases[i].name, strstr(xml, cases[i].has));
		CHECK(cases[i].name, !strstr(xml, cases[i].lacks));
	}
}

/* A dump brings the identity: neither libvirt nor QEMU says another one. */
static void takes_structures_of_smbios(void **state)
{
	struct lab_host h = host_of_row(0);
	char *const files[] = {(char[]){"/s0"}, (char[]){"/s1"}};
	struct domain_setup setup = {.accel = "qemu",
				     .bridge = "br0",
				     .console_path = "/c",
				     .disk_paths = {"/0", "/1"},
				     .smbios_files = files,
				     .n_smbios_files = 2};
	autofree char *slots = NULL, *dumped = NULL;

	(void)state;
	assert_int_equal(0, domain_xml(&h, &setup, &slots, NULL));
	assert_non_null(strstr(slots, "value=\"file=/s1\""));
	assert_non_null(strstr(slots, "type=1,uuid="));
	(void)str_copy(h.smbios, sizeof(h.smbios), "m.dmi");
	assert_int_equal(0, domain_xml(&h, &setup, &dumped, NULL));
	assert_non_null(strstr(dumped, "value=\"file=/s0\""));
	assert_null(strstr(dumped, "type=1,uuid="));
	assert_null(strstr(dumped, "sysinfo"));
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
		cmocka_unit_test(puts_a_disk_on_each_bus),
		cmocka_unit_test(attaches_a_bmc),
		cmocka_unit_test(orders_what_is_started),
		cmocka_unit_test(takes_structures_of_smbios),
		cmocka_unit_test(describes_what_racks_have),
		cmocka_unit_test(refuses_a_machine_that_does_not_exist),
	};

	return cmocka_run_group_tests_name("lab domain_xml", tests, NULL, NULL);
}
