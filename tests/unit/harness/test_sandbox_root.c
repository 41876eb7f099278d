/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside of sandbox_root() the machine cannot be written to, and /tmp is empty and our own.
 */
#include <tests/harness/check.h>
#include <tests/harness/sandbox_root.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

static char outside[] = "/tmp/slipway-outside-XXXXXX";

/* Paths that an unguarded test has written to, or would. */
static void test_the_machine_is_read_only(void **state)
{
	static const char *const folders[] = {"/", "/etc", "/usr/bin", "/var", "/root", "/home"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(folders); i++) {
		autofree char *path = NULL;

		assert_true(asprintf(&path, "%s/slipway-sandbox-probe", folders[i]) > 0);
		CHECK_INT(path, open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600), -1);
		CHECK(path, errno == EROFS || (geteuid() != 0 && errno == EACCES));
		CHECK_INT(path, mkdir(path, 0700), -1);
	}
	assert_int_equal(open("/etc/passwd", O_WRONLY | O_APPEND | O_CLOEXEC), -1);
}

static void test_tmp_is_our_own(void **state)
{
	char made[] = "/tmp/slipway-inside-XXXXXX";
	int fd = mkstemp(made);

	(void)state;
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(unlink(made), 0);
	assert_int_equal(access(outside, F_OK), -1);
}

/* Servers and tools that a test starts are held, too. */
static void test_a_child_is_inside_too(void **state)
{
	pid_t pid = fork();
	int status;

	(void)state;
	if (pid == 0)
		_exit(access("/etc/passwd", W_OK) == 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_machine_is_read_only),
		cmocka_unit_test(test_tmp_is_our_own),
		cmocka_unit_test(test_a_child_is_inside_too),
	};

	if (geteuid() != 0) {
		printf("1..0 # SKIP needs root\n");
		return 0;
	}
	if (!mkdtemp(outside))
		return 1;
	pid_t pid = fork(); /* outside of the sandbox the folder is there, and is removed */
	if (pid == 0) {
		sandbox_root();
		exit(cmocka_run_group_tests_name("harness/sandbox_root", tests, NULL, NULL));
	}
	int status = 1;
	(void)waitpid(pid, &status, 0);
	return rmdir(outside) == 0 && WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
