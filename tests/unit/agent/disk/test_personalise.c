/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A new system's own files: what is written, with which modes; and that no link in an image leads
 * out of it.
 */
#include <tests/harness/check.h>
#include <tests/harness/sandbox_root.h>
#include <tests/harness/test_dir.h>

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <base/file.h>
#include <base/str.h>
#include <agent/disk/new_root.h>
#include <agent/disk/personalise.h>

static char *content(int root_fd, const char *path)
{
	char *text = NULL;
	size_t n;

	if (new_root_read(root_fd, path, 1 << 20, &text, &n, NULL) < 0)
		fail_msg("no '%s'", path);
	return text;
}

static mode_t mode_of(int root_fd, const char *path)
{
	struct stat st;

	assert_int_equal(fstatat(root_fd, path + 1, &st, AT_SYMLINK_NOFOLLOW), 0);
	return st.st_mode & 07777;
}

static const struct personal_mount mounts[] = {{"UUID=0f3c", "/", "ext4", ""},
					       {"UUID=AB12-CD34", "/boot/efi", "vfat", ""},
					       {"UUID=5e5e", "/srv", "xfs", "noatime,nodev"},
					       {"PARTUUID=77", "none", "swap", ""}};

static struct plan_image plan_of(const char *hostname, const char *key)
{
	struct plan_image image = {.arm_id = "arm-1",
				   .fqdn = "a.example",
				   .first_boot_url = "https://10.0.0.1/x",
				   .first_boot_pin = "sha256//AA=",
				   .first_boot_token = "00ff",
				   .image_digest = "ee",
				   .n_ssh_authorized_keys = 1};

	(void)str_copy(image.hostname, sizeof(image.hostname), hostname);
	image.ssh_authorized_keys[0] = xstrdup(key);
	return image;
}

static int run(int root_fd, const char *hostname, const char *key)
{
	struct plan_image image = plan_of(hostname, key);
	struct personal p = {.image = &image,
			     .host_id = "host-1",
			     .first_boot_program = "/proc/self/exe",
			     .mounts = mounts,
			     .n_mounts = ARRAY_LEN(mounts)};
	struct err err = ERR_INIT;
	int r = personalise(root_fd, &p, &err);

	free(image.ssh_authorized_keys[0]);
	return r;
}

#define TIMEOUT "x-systemd.device-timeout=300s"

static const struct {
	const char *path, *has;
	mode_t mode;
} files[] = {
	{"/etc/hostname", "lab-1\n", 0644},
	{"/etc/hosts", "127.0.0.1\tlocalhost\n127.0.1.10\tanother\n", 0644},
	{"/etc/hosts", "127.0.1.1\ta.example lab-1\n", 0644},
	{"/etc/fstab", "UUID=0f3c\t/\text4\terrors=remount-ro," TIMEOUT "\t0\t1\n", 0644},
	{"/etc/fstab", "UUID=AB12-CD34\t/boot/efi\tvfat\tumask=0077,nofail," TIMEOUT "\t0\t2\n",
	 0644},
	{"/etc/fstab", "UUID=5e5e\t/srv\txfs\tnoatime,nodev," TIMEOUT "\t0\t0\n", 0644},
	{"/etc/fstab", "PARTUUID=77\tnone\tswap\tsw," TIMEOUT "\t0\t0\n", 0644},
	{"/root/.ssh/authorized_keys", "ssh-ed25519 AAAA me\n", 0600},
	{"/home/debian/.ssh/authorized_keys", "ssh-ed25519 AAAA me\n", 0600},
	{"/var/lib/cloud/seed/nocloud/meta-data",
	 "instance-id: host-1-arm-1\nlocal-hostname: \"lab-1\"\n", 0644},
	{"/var/lib/cloud/seed/nocloud/user-data", "#cloud-config\n", 0600},
	{"/etc/slipway/first-boot.conf", "token=00ff\n", 0600},
	{"/etc/systemd/system/slipway-first-boot.service",
	 "ExecStart=/usr/lib/slipway/first-boot\n", 0644},
};

static void test_files(void **state)
{
	autofree char *root = xasprintf("%s/good", dir);
	static const char passwd[] =
		"root:x:0:0::/root:/bin/sh\ndebian:x:1000:1000::/home/debian:/bin/sh\n";
	static const char old_hosts[] = "127.0.0.1\tlocalhost\n127.0.1.1\timage\n"
					"127.0.1.10\tanother\n";

	(void)state;
	assert_int_equal(file_make_dirs(root, 0755, NULL), 0);
	autoclose int fd = open(root, O_DIRECTORY | O_RDONLY | O_CLOEXEC);
	assert_int_equal(new_root_mkdirs(fd, "/home/debian", 0755, 0, 0, NULL), 0);
	assert_int_equal(new_root_write(fd,
					&(struct new_root_file){"/etc/passwd", passwd,
								sizeof(passwd) - 1, 0644, 0, 0},
					NULL),
			 0);
	assert_int_equal(new_root_write(fd,
					&(struct new_root_file){"/etc/hosts", old_hosts,
								sizeof(old_hosts) - 1, 0644, 0, 0},
					NULL),
			 0);
	assert_int_equal(run(fd, "lab-1", "ssh-ed25519 AAAA me"), 0);
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		autofree char *text = content(fd, files[i].path);

		if (!strstr(text, files[i].has))
			fail_msg("%s: '%s' is not in '%s'", files[i].path, files[i].has, text);
		CHECK_INT(files[i].path, mode_of(fd, files[i].path), files[i].mode);
	}
	assert_int_equal(mode_of(fd, "/root/.ssh"), 0700);
	autofree char *id = content(fd, "/etc/machine-id");
	assert_int_equal(strlen(id), 33);
	/* Done again (a retry), nothing doubles, and the machine is another one. */
	assert_int_equal(run(fd, "lab-1", "ssh-ed25519 AAAA me"), 0);
	autofree char *hosts = content(fd, "/etc/hosts");
	assert_null(strstr(strstr(hosts, "127.0.1.1\t") + 1, "127.0.1.1\t"));
	assert_null(strstr(hosts, "image"));
	autofree char *id2 = content(fd, "/etc/machine-id");
	assert_string_not_equal(id, id2);
}

/* A system without systemd starts the reporter by OpenRC; one with SELinux labels its files. */
static void test_other_systems(void **state)
{
	static const struct {
		const char *name, *file, *text, *made;
	} rows[] = {
		{"openrc", "/sbin/openrc-run", "", "/etc/init.d/slipway-first-boot"},
		{"openrc-runlevel", "/usr/sbin/openrc-run", "",
		 "/etc/runlevels/default/slipway-first-boot"},
		{"enforcing", "/etc/selinux/config", "#SELINUX=disabled\nSELINUX=enforcing\n",
		 "/.autorelabel"},
		{"permissive", "/etc/selinux/config", "SELINUX = permissive\n", "/.autorelabel"},
		{"both", "/usr/lib/systemd/systemd", "",
		 "/etc/systemd/system/slipway-first-boot.service"},
	};
	static const char disabled[] = "# SELINUX=enforcing\nSELINUX=disabled\n";

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		autofree char *root = xasprintf("%s/%s", dir, rows[i].name);
		assert_int_equal(file_make_dirs(root, 0755, NULL), 0);
		autoclose int fd = open(root, O_DIRECTORY | O_RDONLY | O_CLOEXEC);
		struct new_root_file file = {.path = rows[i].file,
					     .p = rows[i].text,
					     .n_bytes = strlen(rows[i].text),
					     .mode = 0644};

		assert_int_equal(new_root_write(fd, &file, NULL), 0);
		CHECK_INT(rows[i].name, run(fd, "lab-1", "ssh-ed25519 A"), 0);
		CHECK(rows[i].name, new_root_exists(fd, rows[i].made));
		CHECK_INT(rows[i].name, new_root_exists(fd, "/etc/systemd/system"),
			  !str_starts(rows[i].name, "openrc"));
		file = (struct new_root_file){.path = "/etc/selinux/config",
					      .p = disabled,
					      .n_bytes = sizeof(disabled) - 1,
					      .mode = 0644};
		assert_int_equal(new_root_write(fd, &file, NULL), 0);
		(void)unlinkat(fd, ".autorelabel", 0);
		assert_int_equal(run(fd, "lab-1", "ssh-ed25519 A"), 0);
		CHECK(rows[i].name, !new_root_exists(fd, "/.autorelabel"));
	}
}

/* With a network, the image's own program gets it; without a program the host is not finished. */
static void test_network(void **state)
{
	static const struct network network = {
		.n_links = 1,
		.links = {{.name = "left", .mac = "02:00:00:00:00:01", .dhcp = true}}};
	struct plan_image image = plan_of("lab-1", "ssh-ed25519 A");
	struct personal p = {.image = &image,
			     .host_id = "host-1",
			     .first_boot_program = "/proc/self/exe",
			     .network = &network};
	autofree char *root = xasprintf("%s/network", dir);
	struct new_root_file program = {
		.path = "/usr/lib/systemd/systemd-networkd", .p = "", .mode = 0755};
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(file_make_dirs(root, 0755, NULL), 0);
	autoclose int fd = open(root, O_DIRECTORY | O_RDONLY | O_CLOEXEC);
	CHECK_ERR("no program", personalise(fd, &p, &err), ERR_AGENT_PERSONALISE);
	assert_false(new_root_exists(fd, "/etc/slipway/first-boot.conf"));
	assert_int_equal(new_root_write(fd, &program, NULL), 0);
	assert_int_equal(personalise(fd, &p, &err), 0);
	autofree char *text = content(fd, "/etc/systemd/network/10-slipway-left.network");
	assert_non_null(strstr(text, "DHCP=yes"));
	assert_true(new_root_exists(fd, "/usr/lib/slipway/network-fallback"));
	free(image.ssh_authorized_keys[0]);
}

static void test_refused(void **state)
{
	static const struct {
		const char *name, *hostname, *key;
	} rows[] = {
		{"no name", "", "ssh-ed25519 A"},
		{"a path for a name", "../x", "ssh-ed25519 A"},
		{"two lines for a name", "a\nb", "ssh-ed25519 A"},
		{"a dot at the end", "lab-1.", "ssh-ed25519 A"},
		{"two dots", "lab..1", "ssh-ed25519 A"},
		{"a hyphen at the end", "lab-", "ssh-ed25519 A"},
		{"a hyphen before a dot", "lab-.net", "ssh-ed25519 A"},
		{"an underscore", "lab_1", "ssh-ed25519 A"},
		{"two keys in one", "lab-1", "ssh-ed25519 A\nssh-ed25519 B"},
		{"a comment for a key", "lab-1", "# x"},
	};

	(void)state;
	autofree char *root = xasprintf("%s/refused", dir);
	assert_int_equal(file_make_dirs(root, 0755, NULL), 0);
	autoclose int fd = open(root, O_DIRECTORY | O_RDONLY | O_CLOEXEC);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		CHECK_ERR(rows[i].name, run(fd, rows[i].hostname, rows[i].key),
			  ERR_AGENT_PERSONALISE);
}

/* Absolute and climbing links of an image stay inside it; the file that a link names is replaced,
 * not written through. */
static void test_links_stay_inside(void **state)
{
	autofree char *root = xasprintf("%s/links", dir), *outside = xasprintf("%s/outside", dir);
	autofree char *victim = xasprintf("%s/hostname", outside),
		      *up = xasprintf("../../..%s", outside);

	(void)state;
	assert_int_equal(file_make_dirs(root, 0755, NULL), 0);
	assert_int_equal(file_make_dirs(outside, 0755, NULL), 0);
	assert_int_equal(file_write_atomic(victim, "mine", 4, 0644, NULL), 0);
	autoclose int fd = open(root, O_DIRECTORY | O_RDONLY | O_CLOEXEC);
	static const char *const targets[] = {"absolute", "climbing"};
	for (size_t i = 0; i < ARRAY_LEN(targets); i++) {
		(void)unlinkat(fd, "etc", 0);
		assert_int_equal(symlinkat(i ? up : outside, fd, "etc"), 0);
		/* The folder that the link means does not exist inside: refused, or made inside. */
		(void)run(fd, "lab-1", "ssh-ed25519 A");
		autofree char *text = NULL;
		size_t n;
		assert_int_equal(file_read(victim, 100, &text, &n, NULL), 0);
		CHECK_STR(targets[i], text, "mine");
	}
	(void)unlinkat(fd, "etc", 0);
	assert_int_equal(mkdirat(fd, "etc", 0755), 0);
	autoclose int etc = openat(fd, "etc", O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(symlinkat(victim, etc, "hostname"), 0);
	assert_int_equal(run(fd, "lab-1", "ssh-ed25519 A"), 0);
	autofree char *text = NULL;
	size_t n;
	assert_int_equal(file_read(victim, 100, &text, &n, NULL), 0);
	assert_string_equal(text, "mine");
	autofree char *name = content(fd, "/etc/hostname");
	assert_string_equal(name, "lab-1\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_other_systems),
		cmocka_unit_test(test_network),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_links_stay_inside),
	};

	sandbox_root();
	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
