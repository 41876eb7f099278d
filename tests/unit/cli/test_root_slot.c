/* SPDX-License-Identifier: Apache-2.0 */
/* Which root partition the running system does not lie on, by trees of /proc and /sys that were made up. */
#include "tests/harness/check.h"
#include "tests/harness/fake_sys.h"

#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <base/cleanup.h>
#include <base/str.h>
#include <images/core/loop_device.h>
#include "provisioner/cli/root_slot.h"

#define PROC    "20 1 0:19 / /proc rw - proc proc rw\n"
#define ON(dev) PROC "21 1 " dev " / / rw,relatime shared:1 - ext4 /dev/x rw\n"
#define SDA3    ON("8:3")

struct part {
	const char *name; /* in the table; NULL: the partition is not there */
	const char *device;
};

static const struct {
	const char *name, *mounts;
	struct part parts[3]; /* 8:3, 8:4, 8:5 */
	const char *device;   /* NULL: refused */
	unsigned minor;
} rows[] = {
	{"the first runs", SDA3, {{"root", "sda3"}, {"root_b", "sda4"}}, "/dev/sda4", 4},
	{"the second runs", SDA3, {{"root_b", "sda3"}, {"root", "sda4"}}, "/dev/sda4", 4},
	{"NVMe", SDA3, {{"root", "nvme0n1p3"}, {"root_b", "nvme0n1p4"}}, "/dev/nvme0n1p4", 4},
	{"others beside them",
	 SDA3,
	 {{"root", "sda3"}, {"data", "sda4"}, {"root_b", "sda5"}},
	 "/dev/sda5",
	 5},
	{"the last mount counts",
	 ON("0:30") "30 1 8:3 / / rw - ext4 /dev/sda3 rw\n",
	 {{"root", "sda3"}, {"root_b", "sda4"}},
	 "/dev/sda4",
	 4},
	{"an overlay above it",
	 SDA3 "30 1 0:30 / / rw - overlay overlay rw\n",
	 {{"root", "sda3"}, {"root_b", "sda4"}},
	 NULL,
	 0},
	{"a folder of a file system",
	 PROC "21 1 8:3 /chroot / rw - ext4 /dev/sda3 rw\n",
	 {{"root", "sda3"}, {"root_b", "sda4"}},
	 NULL,
	 0},
	{"on device mapper", ON("253:0"), {{"root", "sda3"}, {"root_b", "sda4"}}, NULL, 0},
	{"on the disk itself", ON("8:0"), {{"root", "sda3"}, {"root_b", "sda4"}}, NULL, 0},
	{"nothing is mounted", PROC, {{"root", "sda3"}, {"root_b", "sda4"}}, NULL, 0},
	{"a way out of /sys", ON("../8:3"), {{"root", "sda3"}, {"root_b", "sda4"}}, NULL, 0},
	{"one root alone", SDA3, {{"root", "sda3"}}, NULL, 0},
	{"another's layout", SDA3, {{"rootfs", "sda3"}, {"root_b", "sda4"}}, NULL, 0},
	{"two of the other name",
	 SDA3,
	 {{"root", "sda3"}, {"root_b", "sda4"}, {"root_b", "sda5"}},
	 NULL,
	 0},
	{"two of its own name",
	 SDA3,
	 {{"root", "sda3"}, {"root_b", "sda4"}, {"root", "sda5"}},
	 NULL,
	 0},
	{"a longer name", SDA3, {{"root", "sda3"}, {"root_b2", "sda4"}}, NULL, 0},
	{"a name that ends in a line of another",
	 SDA3,
	 {{"root", "sda3"}, {"x\nPARTNAME=root_b", "sda4"}},
	 NULL,
	 0},
	{"a name that brings a device",
	 SDA3,
	 {{"root", "sda3"}, {"root_b\nDEVNAME=sda3", "sda4"}},
	 NULL,
	 0},
	{"a device that is a path", SDA3, {{"root", "sda3"}, {"root_b", "../etc/x"}}, NULL, 0},
	{"an empty device", SDA3, {{"root", "sda3"}, {"root_b", ""}}, NULL, 0},
};

static void put_disk(const struct fake_sys *t, const struct part *parts, size_t n)
{
	fake_sys_put(t, "sys/block/sda/uevent",
		     "MAJOR=8\nMINOR=0\nDEVNAME=sda\nDEVTYPE=disk\nPARTNAME=root_b\n");
	fake_sys_link(t, "sys/dev/block/8:0", "../../block/sda");
	for (size_t i = 0; i < n && parts[i].name; i++) {
		autofree char *path = xasprintf("sys/block/sda/p%zu", i + 3);
		autofree char *link = xasprintf("sys/dev/block/8:%zu", i + 3);
		autofree char *to = xasprintf("../../block/sda/p%zu", i + 3);

		fake_sys_putf(t, "", "%s/partition", path);
		autofree char *text = xasprintf(
			"MAJOR=8\nMINOR=%zu\nDEVNAME=%s\nDEVTYPE=partition\nPARTNAME=%s\n", i + 3,
			parts[i].device, parts[i].name);
		fake_sys_putf(t, text, "%s/uevent", path);
		fake_sys_link(t, link, to);
	}
}

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct fake_sys t;
		struct root_slot slot = {0};
		struct err err = ERR_INIT;

		fake_sys_init(&t);
		fake_sys_put(&t, "proc/self/mountinfo", rows[i].mounts);
		put_disk(&t, rows[i].parts, ARRAY_LEN(rows[i].parts));
		/* another disk's are never meant */
		fake_sys_put(
			&t, "sys/block/sdb/sdb1/uevent",
			"MAJOR=8\nMINOR=17\nDEVNAME=sdb1\nDEVTYPE=partition\nPARTNAME=root_b\n");
		CHECK_ERR(rows[i].name, root_slot_find_inactive(t.root, &slot, &err),
			  rows[i].device ? ERR_OK : ERR_UNSUPPORTED);
		if (rows[i].device) {
			CHECK_STR(rows[i].name, slot.device, rows[i].device);
			CHECK_INT(rows[i].name, slot.number, makedev(8, rows[i].minor));
		}
		fake_sys_done(&t);
	}
}

/* What is behind the name by now must be what /sys named. */
static void test_another_device(void **state)
{
	static const struct root_slot rows_open[] = {
		{"/dev/null", 0},
		{"/dev/slipway-none", 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows_open); i++)
		CHECK_ERR(rows_open[i].device, root_slot_open(&rows_open[i], NULL),
			  ERR_IMAGE_TARGET);
}

/* A partition in use is held by somebody: so is one that we opened. */
static void test_held_once(void **state)
{
	autoclose int memory = memfd_create("disk", MFD_CLOEXEC);
	struct loop_device loop;
	struct root_slot slot = {0};
	struct stat st;

	(void)state;
	assert_int_equal(ftruncate(memory, 1 << 20), 0);
	if (geteuid() != 0 || loop_device_open(memory, 0, 0, &loop, NULL) < 0) {
		print_message("needs root and loop devices\n");
		skip();
	}
	assert_int_equal(fstat(loop.fd, &st), 0);
	(void)str_copy(slot.device, sizeof(slot.device), loop.path);
	CHECK_ERR("another number", root_slot_open(&slot, NULL), ERR_IMAGE_TARGET);
	slot.number = st.st_rdev;
	autoclose int fd = root_slot_open(&slot, NULL);
	assert_true(fd >= 0);
	CHECK_ERR("held", root_slot_open(&slot, NULL), ERR_IMAGE_TARGET);
	loop_device_close(&loop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_another_device),
		cmocka_unit_test(test_held_once),
	};

	return cmocka_run_group_tests_name("cli/root_slot", tests, NULL, NULL);
}
