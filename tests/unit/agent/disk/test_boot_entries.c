/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Boot menus with the host's own UUIDs: which words change, which stay, and in which files.
 */
#include <tests/harness/check.h>
#include <tests/harness/sandbox_root.h>
#include <tests/harness/test_dir.h>

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <base/file.h>
#include <base/str.h>
#include <agent/disk/boot_entries.h>
#include <agent/disk/new_root.h>

#define NEW_ROOT "UUID=1111aaaa-22"
#define NEW_BOOT "UUID=3333bbbb-44"

static void test_texts(void **state)
{
	static const struct {
		const char *name, *text, *boot, *is; /* is NULL: nothing changes */
	} rows[] = {
		{"a BLS entry of RHEL",
		 "title Rocky\nlinux /boot/vmlinuz\noptions root=UUID=0f0f-1 ro quiet $tuned_params\n",
		 "",
		 "title Rocky\nlinux /boot/vmlinuz\noptions root=" NEW_ROOT
		 " ro quiet $tuned_params\n"},
		{"Ubuntu's grub.cfg",
		 "search --no-floppy --fs-uuid --set=root 0f0f-1\n\tlinux /boot/vmlinuz "
		 "root=UUID=0f0f-1 ro\n",
		 "",
		 "search --no-floppy --fs-uuid --set=root 1111aaaa-22\n\tlinux /boot/vmlinuz "
		 "root=" NEW_ROOT " ro\n"},
		{"with /boot on a partition of its own",
		 "search --no-floppy --fs-uuid --set=root 0e0e0e0e-9\n\tlinux /vmlinuz "
		 "root=UUID=0f0f-1 ro\n",
		 NEW_BOOT,
		 "search --no-floppy --fs-uuid --set=root 3333bbbb-44\n\tlinux /vmlinuz "
		 "root=" NEW_ROOT " ro\n"},
		{"a partition's UUID, in quotes", "GRUB_CMDLINE_LINUX=\"root=PARTUUID=77 x\"\n", "",
		 "GRUB_CMDLINE_LINUX=\"root=" NEW_ROOT " x\"\n"},
		{"a device", "root=/dev/vda3 modules=ext4", "", "root=" NEW_ROOT " modules=ext4"},
		{"a label", "a root=LABEL=cloudimg-rootfs", "", "a root=" NEW_ROOT},
		{"a value that GRUB computes", "linux /vmlinuz root=UUID=$root_uuid rw", "", NULL},
		{"another word", "rootflags=subvol=root nfsroot=/dev/x --set=root x", "", NULL},
		{"a network root", "root=nbd:10.0.0.1 root=live:x", "", NULL},
		{"nothing", "", "", NULL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		autostr struct str out = {0};

		str_init(&out, 65536);
		const struct boot_sources s = {NEW_ROOT, rows[i].boot, false};
		bool changed = boot_entries_rewrite(rows[i].text, &s, &out);
		CHECK_INT(rows[i].name, changed, rows[i].is != NULL);
		CHECK_STR(rows[i].name, out.p, rows[i].is ? rows[i].is : rows[i].text);
	}
}

/* What GRUB computes is the partition of its own files: the root's no more. */
static void test_boot_apart(void **state)
{
	const struct boot_sources s = {NEW_ROOT, NEW_BOOT, true};
	autostr struct str out = {0};

	(void)state;
	str_init(&out, 65536);
	CHECK("changed", boot_entries_rewrite("set root=$disk\nlinux /vmlinuz "
					      "root=UUID=$root_uuid rw root=$other\n",
					      &s, &out));
	CHECK_STR("text", out.p,
		  "set root=$disk\nlinux /vmlinuz root=" NEW_ROOT " rw root=$other\n");
}

static void put(int fd, const char *path, const char *text)
{
	assert_int_equal(new_root_write(fd,
					&(struct new_root_file){.path = path,
								.p = text,
								.n_bytes = strlen(text),
								.mode = 0644},
					NULL),
			 0);
}

/* Every file that a system may have; what is not a menu stays. */
static void test_files(void **state)
{
	static const char *const changed[] = {
		"/boot/grub/grub.cfg",          "/boot/grub2/grub.cfg",
		"/boot/loader/entries/a.conf",  "/boot/loader/entries/b.conf",
		"/etc/kernel/cmdline",          "/etc/default/grub",
		"/boot/extlinux/extlinux.conf", "/boot/grub2/grubenv"};
	static const struct personal_mount mounts[] = {{NEW_ROOT, "/", "xfs", ""}};
	struct personal p = {.mounts = mounts, .n_mounts = 1};
	autoclose int fd = open(dir, O_DIRECTORY | O_RDONLY | O_CLOEXEC);
	size_t n;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(changed); i++)
		put(fd, changed[i],
		    "# GRUB Environment Block\nkernelopts=root=UUID=0f0f-1 ro\n###");
	put(fd, "/boot/loader/entries/readme", "root=UUID=0f0f-1");
	assert_int_equal(boot_entries_put(fd, &p, NULL), 0);
	for (size_t i = 0; i < ARRAY_LEN(changed); i++) {
		autofree char *text = NULL;

		assert_int_equal(new_root_read(fd, changed[i], 65536, &text, &n, NULL), 0);
		CHECK(changed[i], !strstr(text, "0f0f"));
		if (str_ends(changed[i], "grubenv"))
			assert_int_equal(n, 1024);
	}
	autofree char *readme = NULL;
	assert_int_equal(new_root_read(fd, "/boot/loader/entries/readme", 99, &readme, &n, NULL),
			 0);
	assert_string_equal(readme, "root=UUID=0f0f-1");
}

/* The plan's console enters every menu, also of an image whose root file system keeps its name, and
 * systemd-boot's entries on the EFI system partition. */
static void test_console(void **state)
{
	static const char *const menus[] = {"/boot/grub/grub.cfg",
					    "/boot/efi/loader/entries/a.conf",
					    "/efi/loader/entries/b.conf"};
	struct personal p = {.console = {.word = "ttyS1,115200n8"}};
	autoclose int fd = open(dir, O_DIRECTORY | O_RDONLY | O_CLOEXEC);
	size_t n;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(menus); i++)
		put(fd, menus[i], "linux /v root=UUID=0f0f-1 console=ttyS0\noptions ro\n");
	put(fd, "/etc/kernel/cmdline", "root=UUID=0f0f-1 ro\n");
	assert_int_equal(boot_entries_put(fd, &p, NULL), 0);
	for (size_t i = 0; i < ARRAY_LEN(menus); i++) {
		autofree char *text = NULL;

		assert_int_equal(new_root_read(fd, menus[i], 65536, &text, &n, NULL), 0);
		CHECK_STR(menus[i], text,
			  "linux /v root=UUID=0f0f-1 console=ttyS1,115200n8\n"
			  "options ro console=tty0 console=ttyS1,115200n8\n");
	}
	autofree char *line = NULL;
	assert_int_equal(new_root_read(fd, "/etc/kernel/cmdline", 999, &line, &n, NULL), 0);
	assert_string_equal(line, "root=UUID=0f0f-1 ro console=tty0 console=ttyS1,115200n8\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_boot_apart),
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_console),
	};

	sandbox_root();
	return cmocka_run_group_tests_name("agent/disk/boot_entries", tests, make_dir, remove_dir);
}
