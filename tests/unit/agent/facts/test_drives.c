/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Drives from fake sysfs trees that have the shapes of real ones: what each transport looks like,
 * where WWN and serial stand, and what is not a disk.
 */
#include <tests/harness/check.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <base/file.h>
#include <base/str.h>
#include <agent/facts/drives.h>

static char root[] = "/tmp/slipway-drives-XXXXXX";

static void put(const char *path, const char *text, size_t n)
{
	autofree char *full = xasprintf("%s/%s", root, path);
	autofree char *dir = xstrndup(full, (size_t)(strrchr(full, '/') - full));

	assert_int_equal(file_make_dirs(dir, 0755, NULL), 0);
	assert_int_equal(file_write_atomic(full, text, n, 0644, NULL), 0);
}

static void put_disk(const char *name, const char *device, const char *const *files)
{
	autofree char *link = xasprintf("%s/sys/block/%s", root, name);
	autofree char *target = xasprintf("../devices/%s", device);
	autofree char *base = xasprintf("sys/devices/%s", device);
	autofree char *dir = xasprintf("%s/sys/block", root);

	assert_int_equal(file_make_dirs(dir, 0755, NULL), 0);
	for (const char *const *f = files; *f; f += 2) {
		autofree char *path = xasprintf("%s/%s", base, f[0]);
		put(path, f[1], strlen(f[1]));
	}
	assert_int_equal(symlink(target, link), 0);
}

#define FILES(...) ((const char *const[]){__VA_ARGS__, NULL})

static int make_tree(void **state)
{
	(void)state;
	assert_non_null(mkdtemp(root));
	put_disk("sda", "pci0000:00/0000:00:1f.2/ata1/host0/target0:0:0/0:0:0:0/block/sda",
		 FILES("size", "1953525168\n", "device/vendor", "ATA     \n", "device/model",
		       "ST1000NX\n", "device/wwid", "naa.5000C500A1B2C3D4\n", "queue/rotational",
		       "1\n", "device/rev", "CN02\n"));
	put("sys/devices/pci0000:00/0000:00:1f.2/ata1/host0/target0:0:0/0:0:0:0/block/sda/device/"
	    "vpd_pg80",
	    "\0\x80\0\x08"
	    "ZA1B2C3D",
	    12);
	put_disk("nvme0n1", "pci0000:00/0000:01:00.0/nvme/nvme0/nvme0n1",
		 FILES("size", "2000\n", "wwid", "eui.0025385b91b03f1e\n", "device/serial",
		       "S4YN  \n", "device/model", "Fast Disk\n", "device/firmware_rev", "1B2\n",
		       "device/transport", "pcie\n", "queue/rotational", "0\n"));
	put_disk("nvme1n1", "virtual/nvme-fabrics/ctl/nvme1/nvme1n1",
		 FILES("size", "2000\n", "device/serial", "FAR\n", "device/transport", "tcp\n"));
	put_disk("vda", "pci0000:00/0000:00:03.0/virtio1/block/vda",
		 FILES("size", "2048\n", "serial", "LAB-1\n", "queue/rotational", "1\n",
		       "device/vendor", "0x1af4\n"));
	put_disk("sdb",
		 "pci0000:00/0000:00:14.0/usb1/1-1/1-1:1.0/host6/target6:0:0/6:0:0:0/block/sdb",
		 FILES("size", "64\n", "removable", "1\n", "device/vendor", "Kingston\n"));
	put_disk("sdc", "platform/host7/session1/target7:0:0/7:0:0:1/block/sdc",
		 FILES("size", "64\n"));
	put_disk("sdd", "pci0000:00/0000:81:00.0/host8/rport-8:0-1/target8:0:0/8:0:0:0/block/sdd",
		 FILES("size", "64\n"));
	put_disk("sde",
		 "pci0000:00/0000:82:00.0/host9/port-9:0/end_device-9:0/target9:0:0/9:0:0:0/block/"
		 "sde",
		 FILES("size", "64\n", "device/enclosure_device:Slot 04/slot", "4\n"));
	put_disk("sdf", "pci0000:00/0000:83:00.0/host10/target10:2:0/10:2:0:0/block/sdf",
		 FILES("size", "64\n"));
	put("sys/class/scsi_host/host10/proc_name", "megaraid_sas\n", 13);
	put_disk("sdg", "pci0000:00/0000:84:00.0/host11/target11:0:0/11:0:0:0/block/sdg",
		 FILES("size", "64\n"));
	put_disk("mmcblk0", "platform/soc/mmc_host/mmc0/mmc0:0001/block/mmcblk0",
		 FILES("size", "64\n", "device/serial", "0x1234\n", "device/name", "eMMC8\n"));
	put_disk("mmcblk0boot0", "platform/soc/mmc_host/mmc0/mmc0:0001/block/mmcblk0/mmcblk0boot0",
		 FILES("size", "64\n"));
	put_disk("sr0", "pci0000:00/ata2/block/sr0", FILES("size", "64\n"));
	put_disk("loop0", "virtual/block/loop0", FILES("size", "64\n"));
	put_disk("dm-0", "virtual/block/dm-0", FILES("size", "64\n"));
	put_disk("sdh", "pci0000:00/ata3/block/sdh", FILES("size", "0\n"));
	put_disk("nvme0c0n1", "pci0000:00/0000:01:00.0/nvme/nvme0/nvme0c0n1",
		 FILES("size", "64\n", "hidden", "1\n"));
	return 0;
}

static int remove_tree(void **state)
{
	(void)state;
	return file_remove_tree(root, NULL);
}

static const struct {
	const char *name, *protocol, *wwn, *serial, *media, *slot;
	bool local;
} rows[] = {
	{"mmcblk0", "MMC", "", "0x1234", "", "soc", true},
	{"nvme0n1", "NVMe", "0x0025385b91b03f1e", "S4YN", "SSD", "0000:01:00.0", true},
	{"nvme1n1", "NVMe-oF", "", "FAR", "", "", false},
	{"sda", "SATA", "0x5000c500a1b2c3d4", "ZA1B2C3D", "HDD", "0000:00:1f.2 port 0", true},
	{"sdb", "USB", "", "", "", "0000:00:14.0 usb 1", false},
	{"sdc", "iSCSI", "", "", "", "", false},
	{"sdd", "FC", "", "", "", "", false},
	{"sde", "SAS", "", "", "", "Slot 04", true},
	{"sdf", "RAID", "", "", "", "0000:83:00.0 target 2:0:0", true},
	{"sdg", "unknown", "", "", "", "0000:84:00.0 target 0:0:0", false},
	{"vda", "virtio", "", "LAB-1", "", "0000:00:03.0", true},
};

static void test_shapes(void **state)
{
	drive_list drives = {0};

	(void)state;
	drives_read(root, &drives);
	assert_int_equal(drives.n, ARRAY_LEN(rows));
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct drive *d = &drives.items[i];

		CHECK_STR(rows[i].name, d->facts.name, rows[i].name);
		CHECK_STR(rows[i].name, d->facts.protocol, rows[i].protocol);
		CHECK_STR(rows[i].name, d->facts.wwn, rows[i].wwn);
		CHECK_STR(rows[i].name, d->facts.serial, rows[i].serial);
		CHECK_STR(rows[i].name, d->facts.media_type, rows[i].media);
		CHECK_STR(rows[i].name, d->facts.slot, rows[i].slot);
		CHECK_INT(rows[i].name, d->local, rows[i].local);
	}
	assert_true(drives.items[3].facts.capacity_bytes == 1953525168LL * 512);
	assert_string_equal(drives.items[3].facts.manufacturer, "");
	assert_string_equal(drives.items[4].facts.manufacturer, "Kingston");
	assert_int_equal(drives.items[4].facts.removable, TRI_YES);
	assert_string_equal(drives.items[1].pci_address, "0000:01:00.0");
	drives_done(&drives);
}

/* Names of block devices that are not disks, whatever their folders hold. */
static void test_not_disks(void **state)
{
	static const char *const names[] = {
		"loop0",       "ram0",   "zram0",  "dm-0",        "md0",         "md127",
		"md_d0",       "sr0",    "scd0",   "fd0",         "mtdblock0",   "bcache0",
		"ubiblock0_0", "nullb0", "zloop0", "mmcblk0rpmb", "nvme0c1n1",   "mmcblk0boot1",
		"mmcblk0gp0",  "sdh",    "sdz",    "nvme0c0n1",   "mmcblk0boot0"};
	struct drive drive;

	(void)state;
	for (size_t i = 0; i + 4 < ARRAY_LEN(names); i++) {
		autofree char *device = xasprintf("virtual/block/%s", names[i]);
		autofree char *link = xasprintf("%s/sys/block/%s", root, names[i]);

		if (access(link, F_OK) < 0)
			put_disk(names[i], device, FILES("size", "64\n"));
	}
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		CHECK(names[i], !drive_read_one(root, names[i], &drive));
}

static void test_names_of_the_world(void **state)
{
	static const struct {
		const char *text, *expect;
	} cases[] = {
		{"naa.5000C500A1B2C3D4\n", "0x5000c500a1b2c3d4"},
		{"naa.6d0946606f2c4e002b3a1c7e0d5f9a21\n", "0x6d0946606f2c4e002b3a1c7e0d5f9a21"},
		{"eui.0025385b91b03f1e\n", "0x0025385b91b03f1e"},
		{"eui.0000000000000000\n", ""},
		{"naa.0000000000000000\n", ""},
		{"eui.ffffffffffffffff\n", ""},
		{"eui.00000000000000000000000000000001\n", ""},
		{"eui.0100000001000000\n", ""}, /* HW: of a whole series of SSDs */
		{"naa.5000000000000000\n", ""},
		{"naa.5000000000000001\n", ""},
		{"naa.5000c500\n", ""},
		{"naa.5000c500a1b2c3d4e5\n", ""},
		{"eui.01000000010000005cd2e4a1b2c35151\n", "0x01000000010000005cd2e4a1b2c35151"},
		{"naa.\n", ""},
		{"naa.5000c500a1b2c3dz\n", ""},
		{"t10.ATA     SAMSUNG MZ7LH480HAHQ-00005   S45PNA0M123456\n", ""},
		{"nvme.8086-42544c4a-494e54454c-00000001\n", ""},
		{"uuid.6f9619ff-8b86-d011-b42d-00c04fc964ff\n", ""},
	};
	static const char path[] = "sys/devices/pci0000:00/0000:00:1f.2/ata1/host0/target0:0:0/"
				   "0:0:0:0/block/sda/device/wwid";
	struct drive drive;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		put(path, cases[i].text, strlen(cases[i].text));
		assert_true(drive_read_one(root, "sda", &drive));
		CHECK_STR(cases[i].text, drive.facts.wwn, cases[i].expect);
	}
}

/* A disk with two ports has two block devices; two disks that say one name are two. */
static void test_paths_to_one_disk(void **state)
{
	static const struct {
		const char *row, *device; /* of host %u */
		const char *wwn, *serial[2];
		size_t n;
	} cases[] = {
		{"SAS",
		 "pci0000:00/0000:9%u:00.0/host9%u/port-9:0/end_device-9%u:0/target/block",
		 "naa.5000c500a1b2c3d5\n",
		 {"ZC1\n", "ZC1\n"},
		 1},
		{"SAS with two serials",
		 "pci0000:00/0000:9%u:00.0/host9%u/port-9:0/end_device-9%u:0/target/block",
		 "naa.5000c500a1b2c3d5\n",
		 {"ZC1\n", "ZC2\n"},
		 2},
		{"SAS without a name",
		 "pci0000:00/0000:9%u:00.0/host9%u/port-9:0/end_device-9%u:0/target/block",
		 "",
		 {"ZC1\n", "ZC1\n"},
		 2},
		{"SATA",
		 "pci0000:00/0000:9%u:00.0/ata9%u/host9%u/target/block",
		 "naa.5000c500a1b2c3d5\n",
		 {"ZC1\n", "ZC1\n"},
		 2},
		{"fibre channel",
		 "pci0000:00/0000:9%u:00.0/host9%u/rport-9%u:0-1/target/block",
		 "naa.600a098038303053\n",
		 {"", ""},
		 1},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		autofree char *sys = xasprintf("%s/sys", root);
		drive_list drives = {0};

		assert_int_equal(file_remove_tree(sys, NULL), 0);
		for (unsigned k = 0; k < 2; k++) {
			char device[160];
			autofree char *name = xasprintf("sd%c", 'a' + (int)k);

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
			(void)snprintf(device, sizeof(device), cases[i].device, k, k, k);
#pragma GCC diagnostic pop
			autofree char *path = xasprintf("%s/%s", device, name);
			put_disk(name, path,
				 FILES("size", "64\n", "device/wwid", cases[i].wwn, "serial",
				       cases[i].serial[k]));
		}
		drives_read(root, &drives);
		CHECK_INT(cases[i].row, drives.n, cases[i].n);
		CHECK_STR(cases[i].row, drives.items[0].facts.name, "sda");
		drives_done(&drives);
	}
}

static void test_what_forbids_writing(void **state)
{
	static const char device[] = "pci0000:00/0000:00:1f.2/ata1/host0/target0:0:0/0:0:0:0/block/"
				     "sdx";

	static const struct {
		const char *row, *ro, *zoned;
		enum tri write_protected;
		const char *zones;
	} cases[] = {
		{"nothing", "0\n", "none\n", TRI_UNKNOWN, ""},
		{"a switch on the disk", "1\n", "none\n", TRI_YES, ""},
		{"zones that are written in order", "0\n", "host-managed\n", TRI_UNKNOWN,
		 "host-managed"},
		{"zones that the disk arranges", "0\n", "host-aware\n", TRI_UNKNOWN, ""},
	};
	struct drive drive;

	(void)state;
	put_disk("sdx", device, FILES("size", "64\n"));
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		autofree char *ro = xasprintf("sys/devices/%s/ro", device);
		autofree char *zoned = xasprintf("sys/devices/%s/queue/zoned", device);

		put(ro, cases[i].ro, strlen(cases[i].ro));
		put(zoned, cases[i].zoned, strlen(cases[i].zoned));
		assert_true(drive_read_one(root, "sdx", &drive));
		CHECK_INT(cases[i].row, drive.facts.write_protected, cases[i].write_protected);
		CHECK_STR(cases[i].row, drive.facts.zones, cases[i].zones);
	}
}

static void test_sizes_of_sectors(void **state)
{
	static const struct {
		const char *text;
		int64_t bytes;
	} cases[] = {
		{"512\n", 512}, {"4096\n", 4096}, {"16384\n", 16384}, {"520\n", 0},
		{"0\n", 0},     {"-512\n", 0},    {"4096x\n", 0},     {"1048576\n", 0},
	};
	static const char device[] = "pci0000:00/0000:00:1f.2/ata1/host0/target0:0:0/0:0:0:0/block/"
				     "sdw";
	autofree char *path = xasprintf("sys/devices/%s/queue/logical_block_size", device);
	struct drive drive;

	(void)state;
	put_disk("sdw", device, FILES("size", "64\n"));
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		put(path, cases[i].text, strlen(cases[i].text));
		assert_true(drive_read_one(root, "sdw", &drive));
		CHECK_INT(cases[i].text, drive.facts.block_size_bytes, cases[i].bytes);
	}
}

/* A disk of this host without a size is a fact and never a place to write. */
static void test_disks_without_a_size(void **state)
{
	static const struct {
		const char *size, *removable, *serial;
		size_t n;
	} cases[] = {
		{"0\n", "0\n", "S520\n", 1},
		{"0\n", "1\n", "S520\n", 0},
		{"0\n", "0\n", "\n", 0},
		{"64\n", "0\n", "S520\n", 0},
	};
	static const char device[] = "pci0000:00/0000:00:1f.2/ata1/host0/target0:0:0/0:0:0:0/block/"
				     "sdv";
	autofree char *size = xasprintf("sys/devices/%s/size", device);
	autofree char *removable = xasprintf("sys/devices/%s/removable", device);
	autofree char *serial = xasprintf("sys/devices/%s/serial", device);

	(void)state;
	put_disk("sdv", device, FILES("size", "0\n"));
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct drive drive;
		drive_list list = {0};

		put(size, cases[i].size, strlen(cases[i].size));
		put(removable, cases[i].removable, strlen(cases[i].removable));
		put(serial, cases[i].serial, strlen(cases[i].serial));
		drives_add_unreadable(root, &list);
		if (list.n != cases[i].n)
			fail_msg("case %zu: %zu disks", i, list.n);
		if (list.n) {
			assert_string_equal(list.items[0].facts.serial, "S520");
			assert_int_equal(list.items[0].facts.capacity_bytes, 0);
			assert_false(drive_read_one(root, "sdv", &drive));
		}
		drives_done(&list);
	}
}

static void test_serials_that_are_none(void **state)
{
	static const struct {
		const char *page, *expect;
	} cases[] = {
		{"\0\x80\0\x04\xff\xff\xff\xff", ""},
		{"\0\x80\0\x04    ", ""},
		{"\0\x80\0\x04  A1", "A1"},
	};
	static const char device[] = "pci0000:00/0000:00:1f.2/ata1/host0/target0:0:0/0:0:0:0/block/"
				     "sdy";
	autofree char *path = xasprintf("sys/devices/%s/device/vpd_pg80", device);
	struct drive drive;

	(void)state;
	put_disk("sdy", device, FILES("size", "64\n"));
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		put(path, cases[i].page, 8);
		assert_true(drive_read_one(root, "sdy", &drive));
		CHECK_STR(cases[i].expect, drive.facts.serial, cases[i].expect);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shapes),
		cmocka_unit_test(test_names_of_the_world),
		cmocka_unit_test(test_not_disks),
		cmocka_unit_test(test_what_forbids_writing),
		cmocka_unit_test(test_sizes_of_sectors),
		cmocka_unit_test(test_serials_that_are_none),
		cmocka_unit_test(test_disks_without_a_size),
		cmocka_unit_test(test_paths_to_one_disk),
	};

	return cmocka_run_group_tests(tests, make_tree, remove_tree);
}
