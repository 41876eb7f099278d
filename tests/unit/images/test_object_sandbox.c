/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The cage of the process that reads uploads: each bar is hit by a child that does what an archive
 * must never make it do, and the child ends. Without the bar the child would go on and the row
 * fail.
 */
#include "fixture.h"
#include <tests/harness/sandbox_root.h>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>

#include <base/limits.h>
#include <base/str.h>

#include <images/core/object_paths.h>

#define SURVIVED 77
#define REFUSED  78

static int idle_pipe[2]; /* nothing ever arrives */

static void spin(void)
{
	for (volatile unsigned i = 0;; i = i + 1)
		;
}

static void wait_for_ever(void)
{
	char byte;

	(void)!read(idle_pipe[0], &byte, 1);
}

static void open_a_file(void)
{
	(void)open("/etc/passwd", O_RDONLY | O_CLOEXEC);
}

static void make_a_file(void)
{
	(void)open("/tmp/slipway-escaped", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
}

static void make_a_socket(void)
{
	(void)socket(AF_INET, SOCK_STREAM, 0);
}

static void run_a_program(void)
{
	(void)execl("/bin/true", "true", NULL);
}

static void make_a_process(void)
{
	if (!fork())
		_exit(0);
}

static void signal_a_process(void)
{
	(void)kill(getppid(), 0);
}

#if !defined(__SANITIZE_ADDRESS__) /* which needs terabytes, so that memory is not limited */
static void map_much(void)
{
	if (mmap(NULL, 64 * MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
	    MAP_FAILED)
		_exit(REFUSED);
}
#endif

static void use_another_descriptor(void)
{
	if (write(idle_pipe[1], "x", 1) < 0)
		_exit(REFUSED);
}

static void read_and_write_its_own(void)
{
}

static int run(const struct fixture *f, void (*deed)(void), int archive_fd)
{
	const struct sandbox_limits limits = {
		.cpu_s = 1, .wall_s = deed == wait_for_ever ? 1 : 60, .memory_bytes = 32 * MIB};
	struct sandbox_files files = {.archive_fd = archive_fd, .result_fd = -1};
	int status = 0;
	pid_t pid = fork();

	if (!pid) {
		struct err err = ERR_INIT;

		for (size_t i = 0; i < OBJECT_FILES_MAX; i++)
			files.files[i] = -1;
		if (sandbox_enter(&files, f->root, &limits, &err) < 0)
			_exit(1);
		deed();
		_exit(SURVIVED);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static void test_each_bar_holds(void **state)
{
	static const struct {
		const char *name;
		void (*deed)(void);
		int signal; /* that ends it; 0: it exits with .code */
		int code;
	} rows[] = {
		{"what it may do", read_and_write_its_own, 0, SURVIVED},
		{"open a file", open_a_file, SIGSYS, 0},
		{"make a file", make_a_file, SIGSYS, 0},
		{"make a socket", make_a_socket, SIGSYS, 0},
		{"run a program", run_a_program, SIGSYS, 0},
		{"make a process", make_a_process, SIGSYS, 0},
		{"signal a process", signal_a_process, SIGSYS, 0},
#if !defined(__SANITIZE_ADDRESS__)
		{"map more memory than it may", map_much, 0, REFUSED},
#endif
		{"use a descriptor of its parent", use_another_descriptor, 0, REFUSED},
		{"use the processor without end", spin, SIGXCPU, 0},
		{"wait without end", wait_for_ever, SIGALRM, 0},
	};
	struct fixture *f = *state;

	assert_int_equal(pipe(idle_pipe), 0);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		/* The one descriptor that it may wait on stands for an archive that never ends. */
		int status = run(f, rows[i].deed,
				 rows[i].deed == wait_for_ever ? idle_pipe[0] : -1);

		/* The hard limit on processor time is the soft one: the kernel may take SIGKILL. */
		if (rows[i].signal == SIGXCPU && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
			continue;
		CHECK_INT(rows[i].name, WIFSIGNALED(status) ? WTERMSIG(status) : 0, rows[i].signal);
		CHECK_INT(rows[i].name, WIFEXITED(status) ? WEXITSTATUS(status) : 0, rows[i].code);
	}
	assert_int_equal(access("/tmp/slipway-escaped", F_OK), -1);
	(void)close(idle_pipe[0]);
	(void)close(idle_pipe[1]);
}

static void need_line(const char *status, const char *line)
{
	if (!strstr(status, line))
		fail_msg("no '%s' in:\n%s", line, status);
}

/* As the kernel sees it: nobody, no new privileges, a filter. */
static void test_what_the_kernel_says(void **state)
{
	static const struct sandbox_limits limits = {
		.cpu_s = 10, .wall_s = 10, .memory_bytes = 32 * MIB};
	struct fixture *f = *state;
	struct sandbox_files files = {0};
	int ready[2], hold[2];
	char status[8192] = "", path[64], byte;
	pid_t pid;

	assert_int_equal(pipe(ready), 0);
	assert_int_equal(pipe(hold), 0);
	files.archive_fd = hold[0];
	files.result_fd = ready[1];
	for (size_t i = 0; i < OBJECT_FILES_MAX; i++)
		files.files[i] = -1;
	pid = fork();
	if (!pid) {
		if (sandbox_enter(&files, f->root, &limits, NULL) < 0)
			_exit(1);
		_exit(write(ready[1], "x", 1) == 1 && read(hold[0], &byte, 1) == 1 ? 0 : 1);
	}
	assert_int_equal(read(ready[0], &byte, 1), 1);
	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(read(fd, status, sizeof(status) - 1) > 0);
	(void)close(fd);
	need_line(status, "NoNewPrivs:\t1");
	need_line(status, "Seccomp:\t2");
	if (geteuid() == 0) {
		need_line(status, "Uid:\t65534\t65534\t65534\t65534");
		need_line(status, "Gid:\t65534\t65534\t65534\t65534");
		need_line(status, "CapEff:\t0000000000000000");
		snprintf(path, sizeof(path), "/proc/%d/ns/net", (int)pid);
		char theirs[64] = "", ours[64] = "";
		assert_true(readlink(path, theirs, sizeof(theirs) - 1) > 0);
		assert_true(readlink("/proc/self/ns/net", ours, sizeof(ours) - 1) > 0);
		assert_string_not_equal(theirs, ours);
	}
	assert_int_equal(write(hold[1], "x", 1), 1);
	int ended = 0;
	assert_int_equal(waitpid(pid, &ended, 0), pid);
	assert_true(WIFEXITED(ended) && WEXITSTATUS(ended) == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_bar_holds),
		cmocka_unit_test(test_what_the_kernel_says),
	};

	sandbox_root();
	return cmocka_run_group_tests_name("images/object_sandbox", tests, fixture_setup,
					   fixture_teardown);
}
