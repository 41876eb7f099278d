/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A child gives up and then tries what it gave up; and it does not outlive its parent.
 */
#include <tests/harness/check.h>

#include <fcntl.h>
#include <linux/capability.h>
#include <poll.h>
#include <seccomp.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include <base/confine.h>

#define DID     10
#define REFUSED 11

static int as_user(void)
{
	return geteuid() == 65534 && getegid() == 65534 && setresuid(0, 0, 0) ? REFUSED : DID;
}

static int make_a_process(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	return pid < 0 ? REFUSED : DID;
}

static int gain_privileges(void)
{
	return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 ? REFUSED : DID;
}

static int outlive_the_parent(void)
{
	int signal_number = 0;

	(void)prctl(PR_GET_PDEATHSIG, &signal_number);
	return signal_number == SIGKILL ? REFUSED : DID;
}

static int make_a_socket(void)
{
	return socket(AF_UNIX, SOCK_STREAM, 0) < 0 ? REFUSED : DID;
}

static int nothing(void)
{
	return DID;
}

static int status_of(int (*deed)(void), bool calls)
{
	static const int allowed[] = {
		SCMP_SYS(exit_group),
#if defined(__SANITIZE_ADDRESS__)
		SCMP_SYS(sigaltstack), /* looked at when a process ends */
#endif
	};
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		if (confine_to_nobody(NULL) < 0 ||
		    (calls && confine_to_calls(allowed, ARRAY_LEN(allowed), NULL) < 0))
			_exit(1);
		_exit(deed());
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static void test_what_is_given_up(void **state)
{
	static const struct {
		const char *name;
		int (*deed)(void);
		bool calls, as_root; /* calls: filtered; as_root: tried by root alone */
		int exit_code, signal;
	} rows[] = {
		{"be root again", as_user, false, true, REFUSED, 0},
		{"make a process", make_a_process, false, true, REFUSED, 0},
		{"gain privileges", gain_privileges, false, false, REFUSED, 0},
		{"outlive the parent", outlive_the_parent, false, false, REFUSED, 0},
		{"a call that is not on the list", make_a_socket, true, false, 0, SIGSYS},
		{"a call that is not filtered", make_a_socket, false, false, DID, 0},
		{"a call that is on the list", nothing, true, false, DID, 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (rows[i].as_root && geteuid() != 0)
			continue;
		int status = status_of(rows[i].deed, rows[i].calls);
		CHECK_INT(rows[i].name, WIFSIGNALED(status) ? WTERMSIG(status) : 0, rows[i].signal);
		CHECK_INT(rows[i].name, WIFEXITED(status) ? WEXITSTATUS(status) : 0,
			  rows[i].exit_code);
	}
}

/* A parent that confines a child and is killed: the child's end of a pipe is closed with it. */
static void test_a_confined_child_dies_with_its_parent(void **state)
{
	int ends[2];
	char byte;
	pid_t parent;

	(void)state;
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	parent = fork();
	if (parent == 0) {
		if (fork() == 0) {
			if (confine_to_nobody(NULL) < 0 || write(ends[1], "x", 1) != 1)
				_exit(1);
			for (;;)
				(void)pause();
		}
		for (;;)
			(void)pause();
	}
	(void)close(ends[1]);
	assert_int_equal(read(ends[0], &byte, 1), 1);
	assert_int_equal(kill(parent, SIGKILL), 0);
	assert_int_equal(waitpid(parent, NULL, 0), parent);
	struct pollfd p = {.fd = ends[0], .events = POLLIN};
	assert_int_equal(poll(&p, 1, 5000), 1);
	assert_int_equal(read(ends[0], &byte, 1), 0);
	(void)close(ends[0]);
}

/* ---- another user, and few capabilities ------------------------------------------------------ */

static int keeps_only_bind(void)
{
	return confine_has(CAP_NET_BIND_SERVICE) && !confine_has(CAP_CHOWN) && geteuid() == 4711 &&
			       getegid() == 4712
		       ? DID
		       : REFUSED;
}

static int cannot_be_root(void)
{
	return setuid(0) == 0 || setgid(0) == 0 ? DID : REFUSED;
}

/* What a program that it starts has. */
static int hands_on_what_is_kept(void)
{
	char *const argv[] = {(char *)(uintptr_t) "sh", (char *)(uintptr_t) "-c",
			      (char *)(uintptr_t) "grep -q '^CapEff:.0000000000000400$' "
						  "/proc/self/status && grep -q "
						  "'^CapBnd:.0000000000000400$' /proc/self/status",
			      NULL};

	(void)execv("/bin/sh", argv);
	return REFUSED;
}

static void test_another_user(void **state)
{
	static const struct {
		const char *name;
		int (*deed)(void);
		int exit_code;
	} rows[] = {
		{"has what it kept", keeps_only_bind, DID},
		{"cannot become root again", cannot_be_root, REFUSED},
		{"hands on no more than that", hands_on_what_is_kept, 0},
	};
	const struct confine_user as = {4711, 4712, 4713};

	(void)state;
	if (geteuid() != 0)
		skip();
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		int status = 0;
		pid_t pid = fork();

		if (pid == 0)
			_exit(confine_to_user(&as, CONFINE_CAP(CAP_NET_BIND_SERVICE), NULL) < 0
				      ? 9
				      : rows[i].deed());
		assert_int_equal(waitpid(pid, &status, 0), pid);
		CHECK_INT(rows[i].name, WIFEXITED(status) ? WEXITSTATUS(status) : -1,
			  rows[i].exit_code);
	}
}

/* ---- a list of names ------------------------------------------------------------------------- */

/* How a process ends; a sanitizer asks for the last of them then. */
#define ENDING "exit_group", "exit", "sigaltstack"

static void test_calls_by_name(void **state)
{
	static const struct {
		const char *name;
		const char *calls[6];
		size_t n;
		int exit_code;
	} rows[] = {
		{"not on the list", {ENDING}, 3, REFUSED},
		{"on the list", {ENDING, "socket"}, 4, DID},
		{"a name that nobody knows", {"no_such_call", ENDING}, 4, REFUSED},
		{"and the rest of the list", {"no_such_call", ENDING, "socket"}, 5, DID},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		int status = 0;
		pid_t pid = fork();

		if (pid == 0) {
			if (confine_to_nobody(NULL) < 0 ||
			    confine_to_call_names(rows[i].calls, rows[i].n, NULL) < 0)
				_exit(1);
			_exit(make_a_socket());
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		CHECK_INT(rows[i].name, WIFEXITED(status) ? WEXITSTATUS(status) : -1,
			  rows[i].exit_code);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_another_user),
		cmocka_unit_test(test_what_is_given_up),
		cmocka_unit_test(test_calls_by_name),
		cmocka_unit_test(test_a_confined_child_dies_with_its_parent),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("base/confine", tests, NULL, NULL);
}
