/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Links on a boot partition that was a folder when the image was built.
 */
#include <tests/harness/check.h>
#include <tests/harness/sandbox_root.h>
#include <tests/harness/test_dir.h>

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <base/cleanup.h>
#include <base/file.h>
#include <base/json.h>
#include <base/str.h>

#include <agent/disk/boot_apart.h>

static void put(int fd, const char *folder, const char *path, const char *text)
{
	if (mkdirat(fd, folder, 0755))
		assert_int_equal(faccessat(fd, folder, F_OK, 0), 0);
	autoclose int file = openat(fd, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	assert_int_equal(write(file, text, strlen(text)), strlen(text));
}

static const struct {
	const char *name, *in_root, *in_boot;
} links[] = {
	{"vmlinuz", "boot/vmlinuz-6.1", "vmlinuz-6.1"},
	{"initrd.img", "/boot/initrd.img-6.1", "initrd.img-6.1"},
	{"vmlinuz.old", "../../etc/shadow", ""},
	{"initrd.img.old", "boot/../etc/x", ""},
};

static void check_links(int fd)
{
	for (size_t i = 0; i < ARRAY_LEN(links); i++) {
		autofree char *path = xasprintf("boot/%s", links[i].name);
		char to[256] = "";

		(void)!readlinkat(fd, path, to, sizeof(to) - 1);
		CHECK_STR(links[i].name, to, links[i].in_boot);
	}
}

static void test_links(void **state)
{
	struct personal p = {.boot_is_apart = false};
	autoclose int fd = open(dir, O_DIRECTORY | O_RDONLY | O_CLOEXEC);
	autofree char *config = xasprintf("%s/etc/kernel-img.conf", dir), *text = NULL;
	char to[16] = "";
	size_t n;

	(void)state;
	put(fd, "var", "var/x", "");
	put(fd, "var/lib", "var/lib/x", "");
	put(fd, "var/lib/dpkg", "var/lib/dpkg/status", "");
	put(fd, "etc", "etc/kernel-img.conf", "do_symlinks = yes\n link_in_boot = no\n");
	put(fd, "boot", "boot/vmlinuz-6.1", "kernel");
	for (size_t i = 0; i < ARRAY_LEN(links); i++)
		assert_int_equal(symlinkat(links[i].in_root, fd, links[i].name), 0);
	assert_int_equal(boot_apart_put(fd, &p, NULL), 0);
	CHECK_INT("a folder of the root", readlinkat(fd, "boot/boot", to, sizeof(to)), -1);
	p.boot_is_apart = true;
	for (int again = 0; again < 2; again++)
		assert_int_equal(boot_apart_put(fd, &p, NULL), 0);
	CHECK_INT("itself", readlinkat(fd, "boot/boot", to, sizeof(to)), 1);
	CHECK_STR("itself", to, ".");
	check_links(fd);
	assert_int_equal(file_read(config, 4096, &text, &n, NULL), 0);
	assert_string_equal(text, "do_symlinks = yes\nlink_in_boot = yes\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_links)};

	sandbox_root();
	return cmocka_run_group_tests_name("agent/disk/boot_apart", tests, make_dir, remove_dir);
}
