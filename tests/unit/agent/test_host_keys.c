/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the first-boot reporter finds in /etc/ssh: public halves in a fixed order, nothing else; and how
 * long it waits for them.
 */
#include <tests/harness/check.h>

#include <fcntl.h>

#include <base/clock.h>
#include <base/file.h>
#include <base/json.h>
#include <base/str.h>
#include <provisioner/agent/host_keys.h>

#define ED25519 "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAINe72ZEXGoGA/3/jZs9i2YoHMtqdDXAEHe0FX1pnfVJC"
#define ECDSA   "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAAAE"

static char root[] = "/tmp/slipway-host-keys.XXXXXX";

static void put(const char *path, const char *text, mode_t mode)
{
	autofree char *full = xasprintf("%s/%s", root, path);
	autofree char *folder = xstrndup(full, (size_t)(strrchr(full, '/') - full));

	assert_int_equal(file_make_dirs(folder, 0755, NULL), 0);
	int fd = open(full, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);

	assert_true(fd >= 0);
	assert_int_equal(file_write_all(fd, text, strlen(text), NULL), 0);
	(void)close(fd);
}

static void test_read(void **state)
{
	struct ssh_host_key keys[SSH_HOST_KEYS_MAX];

	(void)state;
	assert_int_equal(host_keys_read(root, keys, SSH_HOST_KEYS_MAX), 0);
	put("etc/ssh/ssh_host_rsa_key.pub", "not a key\n", 0644);
	put("etc/ssh/ssh_host_ecdsa_key.pub", ECDSA " root@h\n", 0644);
	put("etc/ssh/ssh_host_ed25519_key.pub", ED25519 " root@h\nssh-rsa second line\n", 0644);
	put("etc/ssh/ssh_host_ed25519_key", "-----BEGIN OPENSSH PRIVATE KEY-----\n", 0600);
	assert_int_equal(host_keys_read(root, keys, SSH_HOST_KEYS_MAX), 2);
	assert_string_equal(keys[0].line, ED25519);
	assert_string_equal(keys[1].line, ECDSA);
	assert_int_equal(host_keys_read(root, keys, 1), 1);
	assert_true(host_keys_wait(root, 60000));
}

/* Without an SSH server nothing is waited for. */
static void test_wait(void **state)
{
	autofree char *ssh = xasprintf("%s/etc/ssh", root);
	int64_t began_ms = time_boot_ms();

	(void)state;
	assert_int_equal(file_remove_tree(ssh, NULL), 0);
	assert_false(host_keys_wait(root, 60000));
	assert_true(time_boot_ms() - began_ms < 20000);
	put("usr/sbin/sshd", "", 0755);
	began_ms = time_boot_ms();
	assert_false(host_keys_wait(root, 700));
	assert_true(time_boot_ms() - began_ms >= 500);
}

static int make_root(void **state)
{
	(void)state;
	return mkdtemp(root) ? 0 : -1;
}

static int remove_root(void **state)
{
	(void)state;
	return file_remove_tree(root, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_wait),
	};

	return cmocka_run_group_tests(tests, make_root, remove_root);
}
