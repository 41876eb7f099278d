/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which number a BIOS gives to a disk: machines with several disks, as /sys/firmware/edd and /sys/block show them.
 */
#include <tests/harness/check.h>
#include <tests/harness/fake_sys.h>

#include <fcntl.h>
#include <unistd.h>

#include <agent/disk/bios_drive.h>
#include <base/cleanup.h>
#include <base/str.h>

struct bios {
	const char *sectors, *signature, *pci; /* NULL: the BIOS does not tell */
};

/* Up to four disks: the kernel's are sda and sdb at one controller and vda at another, in that order. */
static const struct {
	const char *name;
	const char *kernel[3]; /* sectors of 512 bytes; NULL: not there */
	struct bios bios[3];
	const char *disk; /* asked for */
	uint32_t signature;
	unsigned number;
} rows[] = {
	{"one disk", {"2000"}, {{"2000", NULL, NULL}}, "sda", 0, 0x80},
	{"another size", {"2000"}, {{"2001", NULL, NULL}}, "sda", 0, 0},
	{"the BIOS tells no size", {"2000"}, {{NULL, "0xaabbccdd", NULL}}, "sda", 0xaabbccdd, 0},
	{"it has no EDD at all", {"2000"}, {{NULL, NULL, NULL}}, "sda", 0, 0},
	{"the other way round",
	 {"2000", "4000"},
	 {{"4000", NULL, NULL}, {"2000", NULL, NULL}},
	 "sda",
	 0,
	 0x81},
	{"one size, two controllers",
	 {"2000", NULL, "2000"},
	 {{"2000", NULL, "0000:00:03.0"}, {"2000", NULL, "0000:00:1f.2"}},
	 "sda",
	 0,
	 0x81},
	{"one size, one controller: not known",
	 {"2000", "2000"},
	 {{"2000", NULL, "0000:00:1f.2"}, {"2000", NULL, "0000:00:1f.2"}},
	 "sda",
	 0,
	 0},
	{"one size, told apart by signature",
	 {"2000", "2000"},
	 {{"2000", "0x00000001", "0000:00:1f.2"}, {"2000", "0xdeadbeef", "0000:00:1f.2"}},
	 "sda",
	 0xdeadbeef,
	 0x81},
	{"one signature on two disks: not known",
	 {"2000", "2000"},
	 {{"2000", "0xdeadbeef", NULL}, {"2000", "0xdeadbeef", NULL}},
	 "sda",
	 0xdeadbeef,
	 0},
	{"another signature", {"2000"}, {{"2000", "0x00000001", NULL}}, "sda", 2, 0},
	{"the BIOS sees one of two that are alike: not known",
	 {"2000", "2000"},
	 {{"2000", NULL, "0000:00:1f.2"}},
	 "sda",
	 0,
	 0},
	{"the BIOS sees only the other one",
	 {"2000", NULL, "4000"},
	 {{"4000", NULL, NULL}},
	 "sda",
	 0,
	 0},
};

static void put_kernel_disk(const struct fake_sys *t, size_t i, const char *sectors)
{
	static const char *const names[] = {"sda", "sdb", "vda"};
	static const char *const paths[] = {
		"devices/pci0000:00/0000:00:1f.2/ata1/host0/target0:0:0/0:0:0:0/block/sda",
		"devices/pci0000:00/0000:00:1f.2/ata2/host1/target1:0:0/1:0:0:0/block/sdb",
		"devices/pci0000:00/0000:00:03.0/virtio1/block/vda",
	};
	autofree char *link = xasprintf("sys/block/%s", names[i]);
	autofree char *target = xasprintf("../%s", paths[i]);

	fake_sys_putf(t, sectors, "sys/%s/size", paths[i]);
	fake_sys_link(t, link, target);
}

static void put_bios_disk(const struct fake_sys *t, size_t i, const struct bios *b)
{
	unsigned number = BIOS_DRIVE_FIRST + (unsigned)i;
	autofree char *pci = xasprintf("sys/firmware/edd/int13_dev%02x/pci_dev", number);
	autofree char *device = xasprintf("../../../devices/pci0000:00/%s", b->pci ? b->pci : "");

	if (b->sectors)
		fake_sys_putf(t, b->sectors, "sys/firmware/edd/int13_dev%02x/sectors", number);
	if (b->signature)
		fake_sys_putf(t, b->signature, "sys/firmware/edd/int13_dev%02x/mbr_signature",
			      number);
	if (b->pci)
		fake_sys_link(t, pci, device);
}

static void numbers_a_disk_that_alone_fits(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct fake_sys t;
		struct drive d;

		fake_sys_init(&t);
		for (size_t k = 0; k < ARRAY_LEN(rows[i].kernel); k++) {
			if (rows[i].kernel[k])
				put_kernel_disk(&t, k, rows[i].kernel[k]);
			put_bios_disk(&t, k, &rows[i].bios[k]);
		}
		CHECK(rows[i].name, drive_read_one(t.root, rows[i].disk, &d));
		CHECK_INT(rows[i].name, bios_drive_of(t.root, &d, rows[i].signature),
			  rows[i].number);
		fake_sys_done(&t);
	}
}

static void reads_the_signature_of_a_boot_sector(void **state)
{
	char path[] = "/tmp/slipway-bios-drive-XXXXXX";
	autoclose int fd = mkstemp(path);
	static const uint8_t signature[] = {0xef, 0xbe, 0xad, 0xde};

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(0, unlink(path));
	assert_int_equal(0, bios_drive_signature(fd)); /* shorter than a boot sector */
	assert_int_equal(0, ftruncate(fd, 4096));
	assert_int_equal(sizeof(signature), pwrite(fd, signature, sizeof(signature), 440));
	assert_int_equal(0xdeadbeef, bios_drive_signature(fd));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_a_disk_that_alone_fits),
		cmocka_unit_test(reads_the_signature_of_a_boot_sector),
	};

	return cmocka_run_group_tests_name("agent bios_drive", tests, NULL, NULL);
}
