/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Children: what they inherit, that they die with us, that they are reaped once, and that starting
 * many leaves no descriptor behind. The programs are this machine's own shell and coreutils.
 */
#include <tests/harness/check.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include <base/child.h>
#include <base/clock.h>
#include <base/str.h>

#define SH(script) ((const char *const[]){"sh", "-c", script, NULL})
#define LONG_MS    20000 /* longer than any child here takes */

/* ---- what they inherit ----------------------------------------------------------------------- */

static int spawn_and_wait(const struct child_program *o)
{
	struct err err = ERR_INIT;
	int status;
	struct child c;

	if (child_spawn(o, &c, &err) < 0)
		fail_msg("%s", err.msg);
	status = child_reap(&c);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void test_spawn_and_descriptors(void **state)
{
	int fds[2], other;
	autofree char *script = NULL;
	char text[8] = "";

	(void)state;
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	other = fcntl(fds[1], F_DUPFD_CLOEXEC, 50);
	script = xasprintf(
		"test -e /proc/self/fd/%d && ! test -e /proc/self/fd/%d && echo yes >&%d", fds[1],
		other, fds[1]);
	struct child_program o = {.argv = (const char *const[]){"bash", "-c", script, NULL},
				  .stdin_fd = -1,
				  .stdout_fd = -1,
				  .stderr_fd = -1,
				  .keep_fds = (const int[]){fds[1], -1}};
	assert_int_equal(spawn_and_wait(&o), 0);
	assert_int_equal(read(fds[0], text, 4), 4);
	assert_string_equal(text, "yes\n");
	close(fds[0]);
	close(fds[1]);
	close(other);
}

/* A library's socket that nobody marked close-on-exec stays ours all the same. */
static void test_descriptors_of_libraries_are_not_inherited(void **state)
{
	int leaky = open("/dev/null", O_RDONLY); /* without O_CLOEXEC, on purpose */
	autofree char *script = xasprintf("! test -e /proc/self/fd/%d", leaky);
	struct child_program o = {.argv = (const char *const[]){"bash", "-c", script, NULL},
				  .stdin_fd = -1,
				  .stdout_fd = -1,
				  .stderr_fd = -1};

	(void)state;
	assert_true(leaky > 2);
	assert_int_equal(spawn_and_wait(&o), 0);
	close(leaky);
}

/* A parent without standard descriptors: its pipes get the numbers 0, 1 and 2, in any order. */
static void test_a_parent_with_closed_descriptors(void **state)
{
	int saved[3], fds[2];
	char text[16] = "";
	ssize_t n = 0;
	int status;

	(void)state;
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	for (int fd = 0; fd < 3; fd++)
		saved[fd] = fcntl(fd, F_DUPFD_CLOEXEC, 20);
	dup2(fds[1], 0); /* what will be the child's stdout is our 0, its stdin our 1 */
	close(1);
	assert_int_equal(open("/etc/hostname", O_RDONLY | O_CLOEXEC), 1);
	close(2);
	struct child_program o = {.argv = SH("echo out; test -r /dev/stdin && echo in >&2"),
				  .stdin_fd = 1,
				  .stdout_fd = 0,
				  .stderr_fd = 0};
	status = spawn_and_wait(&o);
	for (int fd = 0; fd < 3; fd++) {
		dup2(saved[fd], fd);
		close(saved[fd]);
	}
	close(fds[1]);
	n = read(fds[0], text, sizeof(text) - 1);
	close(fds[0]);
	assert_int_equal(status, 0);
	assert_int_equal(n, 7);
	assert_string_equal(text, "out\nin\n");
}

/* ---- their life ------------------------------------------------------------------------------ */

static size_t count_descriptors(void)
{
	DIR *d = opendir("/proc/self/fd");
	size_t n = 0;

	assert_non_null(d);
	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

static void exit_with(void *arg)
{
	_exit(*(int *)arg);
}

static void stay(void *arg)
{
	(void)arg;
	for (;;)
		(void)pause();
}

static void start(struct child *c, const char *script)
{
	struct child_program program = {.argv = SH(script),
					.stdin_fd = -1,
					.stdout_fd = -1,
					.stderr_fd = -1,
					.new_session = true};

	assert_int_equal(child_spawn(&program, c, NULL), 0);
}

static void test_fork_returns_its_status(void **state)
{
	int codes[] = {0, 7, 255};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(codes); i++) {
		struct child c;

		assert_int_equal(child_fork(exit_with, &codes[i], &c, NULL), 0);
		assert_true(child_wait(&c, LONG_MS));
		assert_true(child_is_running(&c)); /* until it is reaped */
		int status = child_reap(&c);
		assert_true(WIFEXITED(status) && WEXITSTATUS(status) == codes[i]);
		assert_false(child_is_running(&c));
	}
}

/* The number may belong to another process afterwards: nothing is sent to it any more. */
static void test_reaped_once(void **state)
{
	struct child c;
	struct err err = ERR_INIT;
	int status = -1, code = 3;

	(void)state;
	assert_int_equal(child_fork(exit_with, &code, &c, NULL), 0);
	assert_true(child_wait(&c, LONG_MS));
	pid_t pid = c.pid;
	assert_int_equal(child_try_reap(&c, &status, &err), 1);
	assert_int_equal(WEXITSTATUS(status), 3);
	assert_int_equal(waitpid(pid, NULL, 0), -1);
	assert_int_equal(errno, ECHILD);
	assert_int_equal(c.pid, 0);
	assert_int_equal(child_reap(&c), 0);
	child_signal(&c, SIGKILL); /* pid 0 would be our own group */
	child_signal_group(&c, SIGKILL);
	child_kill(&c);
	child_kill_group(&c);
	assert_true(child_wait(&c, 0));
}

static void test_try_reap_of_a_running_child(void **state)
{
	struct child c;
	int status;

	(void)state;
	assert_int_equal(child_fork(stay, NULL, &c, NULL), 0);
	assert_false(child_wait(&c, 0));
	assert_int_equal(child_try_reap(&c, &status, NULL), 0);
	assert_true(child_is_running(&c));
	child_kill(&c);
	assert_false(child_is_running(&c));
}

static void test_somebody_else_reaped_it(void **state)
{
	struct child c;
	struct err err = ERR_INIT;
	int status, code = 0;

	(void)state;
	assert_int_equal(child_fork(exit_with, &code, &c, NULL), 0);
	assert_int_equal(waitpid(c.pid, NULL, 0), c.pid);
	CHECK_ERR("reaped", child_try_reap(&c, &status, &err), ERR_SYS);
	assert_int_equal(err.sys_errno, ECHILD);
	(void)child_reap(&c);
	assert_false(child_is_running(&c));
}

/* nginx's workers outlive a killed master: the group goes as a whole. */
/* More than are kept in mind: none is left behind, and none is waited for twice. */
static void test_killed_soon(void **state)
{
	struct child_program o = {SH("exec sleep 60"), NULL, -1, -1, -1, NULL, false, 0};
	struct child list[40], none = CHILD_NONE;
	struct err err = ERR_INIT;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(list); i++)
		assert_true(child_spawn(&o, &list[i], &err) >= 0);
	for (size_t i = 0; i < ARRAY_LEN(list); i++) {
		child_kill_soon(&list[i]);
		assert_false(child_is_running(&list[i]));
	}
	struct child_program end = {SH("exit 0"), NULL, -1, -1, -1, NULL, false, 0};
	siginfo_t info = {0};
	int left = 0;
	for (int tries = 0; left == 0 && tries < LONG_MS / 10; tries++) {
		(void)usleep(10000);
		child_kill_soon(&none);
		assert_int_equal(spawn_and_wait(&end), 0);
		left = waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT);
	}
	assert_int_equal(left, -1);
	assert_int_equal(errno, ECHILD);
}

static void test_a_group_is_killed(void **state)
{
	struct child c;
	int fds[2];
	char byte;

	(void)state;
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	struct child_program program = {.argv = SH("sleep 300 & sleep 300"),
					.stdin_fd = -1,
					.stdout_fd = fds[1],
					.stderr_fd = -1,
					.new_session = true};
	assert_int_equal(child_spawn(&program, &c, NULL), 0);
	close(fds[1]);
	child_kill_group(&c);
	struct pollfd p = {.fd = fds[0], .events = POLLIN};
	assert_int_equal(poll(&p, 1, LONG_MS), 1);
	assert_int_equal(read(fds[0], &byte, 1), 0); /* nobody has the other end */
	close(fds[0]);
}

static void test_starting_leaves_no_descriptor(void **state)
{
	static const char *const folder[] = {"/etc", NULL}, *const nothing[] = {"/no/such", NULL};
	struct child_program fails = {
		.argv = folder, .stdin_fd = -1, .stdout_fd = -1, .stderr_fd = -1};
	size_t before = count_descriptors();
	int code = 0;

	(void)state;
	for (int i = 0; i < 20; i++) {
		struct child c = CHILD_NONE;

		assert_int_equal(child_fork(exit_with, &code, &c, NULL), 0);
		(void)child_reap(&c);
		start(&c, "exit 0");
		child_kill(&c);
		fails.argv = folder;
		CHECK_ERR("a folder", child_spawn(&fails, &c, NULL), ERR_SYS);
		fails.argv = nothing;
		CHECK_ERR("nothing", child_spawn(&fails, &c, NULL), ERR_PROCESS_MISSING);
		assert_false(child_is_running(&c));
	}
	assert_int_equal(count_descriptors(), before);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* nor a zombie */
}

/* ---- their death ----------------------------------------------------------------------------- */

/* Holds the write end of a pipe as standard output. */
static int hold_fd;

static void hold(void *arg)
{
	(void)arg;
	stay(NULL);
}

static void be_a_parent(bool forks, int death_signal)
{
	struct child_program program = {.argv = SH("trap 'echo bye; exit' TERM; echo up; "
						   "while :; do sleep 0.05; done"),
					.stdin_fd = -1,
					.stdout_fd = hold_fd,
					.stderr_fd = -1,
					.new_session = true,
					.death_signal = death_signal};
	struct child c;

	if ((forks ? child_fork(hold, NULL, &c, NULL) : child_spawn(&program, &c, NULL)) < 0)
		_exit(1);
	if (forks)
		(void)!write(hold_fd, "up\n", 3);
	close(hold_fd);
	stay(NULL);
}

/* All that comes out of the pipe until nobody holds its other end. */
static void read_all(int fd, char *ret, size_t max_bytes, size_t at_least)
{
	size_t n = 0;
	struct pollfd p = {.fd = fd, .events = POLLIN};
	ssize_t got = 1;

	while (got > 0 && n < at_least) {
		assert_int_equal(poll(&p, 1, LONG_MS), 1);
		got = read(fd, ret + n, max_bytes - 1 - n);
		n += got > 0 ? (size_t)got : 0;
	}
	ret[n] = '\0';
}

static void test_children_die_with_their_parent(void **state)
{
	static const struct {
		const char *name;
		bool forks;
		int death_signal;
		const char *last;
	} rows[] = {
		{"a forked child", true, 0, ""},
		{"a program, killed", false, 0, ""},
		{"a program, asked to end", false, SIGTERM, "bye\n"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char text[32];
		int fds[2];

		assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
		hold_fd = fds[1];
		pid_t parent = fork();
		if (parent == 0)
			be_a_parent(rows[i].forks, rows[i].death_signal);
		close(fds[1]);
		read_all(fds[0], text, sizeof(text), 3);
		CHECK_STR(rows[i].name, text, "up\n");
		assert_int_equal(kill(parent, SIGKILL), 0);
		assert_int_equal(waitpid(parent, NULL, 0), parent);
		read_all(fds[0], text, sizeof(text), sizeof(text));
		CHECK_STR(rows[i].name, text, rows[i].last);
		close(fds[0]);
	}
}

static void ignores(void *arg)
{
	struct sigaction term;
	sigset_t blocked;

	(void)arg;
	(void)sigprocmask(SIG_SETMASK, NULL, &blocked);
	(void)sigaction(SIGTERM, NULL, &term);
	_exit(sigismember(&blocked, SIGTERM) || term.sa_handler != SIG_DFL);
}

/* A daemon blocks SIGTERM for its loop; its children must be stoppable all the same. */
static void test_signals_are_reset(void **state)
{
	struct child c;
	sigset_t term;

	(void)state;
	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	(void)sigprocmask(SIG_BLOCK, &term, NULL);
	(void)signal(SIGTERM, SIG_IGN);
	assert_int_equal(child_fork(ignores, NULL, &c, NULL), 0);
	assert_int_equal(child_reap(&c), 0);
	start(&c, "sleep 300");
	child_signal(&c, SIGTERM);
	int status = child_reap(&c);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
	(void)signal(SIGTERM, SIG_DFL);
	(void)sigprocmask(SIG_UNBLOCK, &term, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_spawn_and_descriptors),
		cmocka_unit_test(test_descriptors_of_libraries_are_not_inherited),
		cmocka_unit_test(test_a_parent_with_closed_descriptors),
		cmocka_unit_test(test_fork_returns_its_status),
		cmocka_unit_test(test_reaped_once),
		cmocka_unit_test(test_try_reap_of_a_running_child),
		cmocka_unit_test(test_somebody_else_reaped_it),
		cmocka_unit_test(test_a_group_is_killed),
		cmocka_unit_test(test_killed_soon),
		cmocka_unit_test(test_starting_leaves_no_descriptor),
		cmocka_unit_test(test_children_die_with_their_parent),
		cmocka_unit_test(test_signals_are_reset),
	};

	return cmocka_run_group_tests_name("base/child", tests, NULL, NULL);
}
