/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Running programs: exit codes, input and output, caps, deadlines that take the whole group along,
 * and what a child does not inherit. The programs are this machine's own shell and coreutils.
 */
#include <tests/harness/check.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

#include <base/clock.h>
#include <base/process.h>
#include <base/str.h>

#define SH(script) ((const char *const[]){"sh", "-c", script, NULL})

struct run_row {
	const char *name, *script, *input;
	int exit_code;
	const char *out, *errors;
};

static const struct run_row run_rows[] = {
	{"nothing", ":", NULL, 0, "", ""},
	{"both outputs", "echo out; echo err >&2; exit 3", NULL, 3, "out\n", "err\n"},
	{"input", "tr a-z A-Z", "fire", 0, "FIRE", ""},
	{"empty input", "wc -c", "", 0, "0\n", ""},
	{"input that nobody reads", "exit 0", "lost", 0, "", ""},
	{"no input is /dev/null", "wc -c", NULL, 0, "0\n", ""},
	{"killed by a signal", "kill -TERM $$", NULL, 128 + SIGTERM, "", ""},
	{"clean environment", "env | grep -v -e ^PWD= -e ^_= -e ^SHLVL= -e ^OLDPWD=", NULL, 0,
	 "LC_ALL=C.UTF-8\nPATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n", ""},
	{"outputs closed early", "exec >&- 2>&-; sleep 0.1; exit 4", NULL, 4, "", ""},
	{"a grandchild keeps the pipe", "sleep 30 & echo $! ; exit 5", NULL, 5, NULL, ""},
	{"no signal is blocked or ignored", "grep -cE 'Sig(Blk|Ign):.0+$' /proc/self/status", NULL,
	 0, "2\n", ""},
};

/* Order of the environment is not ours to choose. */
static void sort_lines(char *text)
{
	char *second = strchr(text, '\n');

	if (second && str_starts(text, "PATH=") && str_starts(second + 1, "LC_ALL=")) {
		autofree char *path = xstrndup(text, (size_t)(second - text) + 1);
		size_t n = strlen(second + 1);

		memmove(text, second + 1, n);
		memcpy(text + n, path, strlen(path));
	}
}

static void test_run(void **state)
{
	(void)state;
	setenv("SLIPWAY_LEAK", "1", 1);
	for (size_t i = 0; i < ARRAY_LEN(run_rows); i++) {
		const struct run_row *row = &run_rows[i];
		struct process_options o = {.argv = SH(row->script),
					    .input = row->input,
					    .input_bytes = row->input ? strlen(row->input) : 0,
					    .timeout_ms = 20000};
		struct process_result result;
		struct err err = ERR_INIT;

		CHECK_ERR(row->name, process_run(&o, &result, &err), 0);
		CHECK_INT(row->name, result.exit_code, row->exit_code);
		sort_lines(result.out);
		if (row->out)
			CHECK_STR(row->name, result.out, row->out);
		else
			kill((pid_t)strtol(result.out, NULL, 10), SIGKILL);
		CHECK_STR(row->name, result.errors, row->errors);
		CHECK(row->name, !result.truncated && result.took_ms < 10000);
		process_result_done(&result);
	}
}

static void test_output_is_capped(void **state)
{
	struct process_options o = {.argv = SH("head -c 100000 /dev/zero | tr '\\0' x; echo e >&2"),
				    .max_output_bytes = 1000,
				    .timeout_ms = 20000};
	struct process_result result;
	struct err err = ERR_INIT;

	(void)state;
	CHECK_ERR("much output", process_run(&o, &result, &err), 0);
	assert_int_equal(result.exit_code, 0); /* it was read to its end, not broken off */
	assert_int_equal(result.out_bytes, 1000);
	assert_int_equal(strlen(result.out), 1000);
	assert_string_equal(result.errors, "e\n");
	assert_true(result.truncated);
	process_result_done(&result);
}

/* More input than a pipe holds, while the program writes more than a pipe holds. */
static void test_much_in_and_out(void **state)
{
	size_t n = 1000000;
	autofree char *input = xmalloc(n);
	struct process_options o = {
		.argv = SH("cat"), .input = input, .input_bytes = n, .timeout_ms = 20000};
	struct process_result result;
	struct err err = ERR_INIT;

	(void)state;
	memset(input, 'q', n);
	CHECK_ERR("cat", process_run(&o, &result, &err), 0);
	assert_int_equal(result.out_bytes, n);
	assert_memory_equal(result.out, input, n);
	process_result_done(&result);
}

static bool is_alive(pid_t pid)
{
	autofree char *path = xasprintf("/proc/%d/stat", (int)pid);
	char stat[512] = "";
	autoclose int fd = open(path, O_RDONLY | O_CLOEXEC);
	const char *after;

	if (fd < 0 || read(fd, stat, sizeof(stat) - 1) <= 0)
		return false;
	after = strrchr(stat, ')');
	return after && after[2] != 'Z'; /* a zombie waits only for its reaper */
}

static pid_t read_pid(const char *path)
{
	char text[32] = "";
	autoclose int fd = open(path, O_RDONLY | O_CLOEXEC);

	assert_true(fd >= 0 && read(fd, text, sizeof(text) - 1) > 0);
	return (pid_t)strtol(text, NULL, 10);
}

static bool never(void *arg)
{
	return ++*(int *)arg < 3;
}

/* The deadline, or a caller who says stop: both end the program's children, too. */
static void test_the_whole_group_is_killed(void **state)
{
	static const enum err_code codes[] = {ERR_TIMEOUT, ERR_CANCELLED};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(codes); i++) {
		char path[] = "/tmp/slipway-pid-XXXXXX";
		int fd = mkstemp(path), asked = 0;
		autofree char *script = xasprintf("sleep 60 & echo $! >%s; wait", path);
		struct process_options o = {.argv = SH(script), .timeout_ms = 500, .arg = &asked};
		struct process_result result;
		struct err err = ERR_INIT;
		int64_t started_ms = time_boot_ms();
		pid_t pid;

		if (codes[i] == ERR_CANCELLED) {
			o.keep_going = never;
			o.timeout_ms = 20000;
		}
		CHECK_ERR(err_name((int)codes[i]), process_run(&o, &result, &err), codes[i]);
		assert_true(time_boot_ms() - started_ms < 5000);
		pid = read_pid(path);
		for (int wait = 0; wait < 100 && is_alive(pid); wait++)
			nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
		assert_false(is_alive(pid));
		close(fd);
		unlink(path);
	}
}

static void test_programs_that_do_not_start(void **state)
{
	static const char *const missing[] = {"slipway-no-such-program", NULL};
	static const char *const missing_path[] = {"/nonexistent/program", NULL};
	static const char *const not_program[] = {"/etc/passwd", NULL};
	struct process_options o = {.argv = missing};
	struct process_result result;
	struct err err = ERR_INIT;

	(void)state;
	CHECK_ERR("name", process_run(&o, &result, &err), ERR_PROCESS_MISSING);
	assert_non_null(strstr(err.msg, missing[0]));
	o.argv = missing_path;
	CHECK_ERR("path", process_run(&o, &result, &err), ERR_PROCESS_MISSING);
	o.argv = not_program;
	CHECK_ERR("not executable", process_run(&o, &result, &err), ERR_PROCESS_MISSING);
	o.argv = (const char *const[]){"/etc", NULL};
	CHECK_ERR("a folder", process_run(&o, &result, &err), ERR_SYS);
}

/* As under a supervisor that ignores SIGCHLD: an error at once, not after the whole timeout. */
static void test_a_child_that_somebody_else_reaps(void **state)
{
	struct process_options o = {.argv = SH(":"), .timeout_ms = 30000};
	struct process_result result;
	struct err err = ERR_INIT;
	int64_t started_ms = time_boot_ms();

	(void)state;
	signal(SIGCHLD, SIG_IGN);
	CHECK_ERR("reaped", process_run(&o, &result, &err), ERR_SYS);
	signal(SIGCHLD, SIG_DFL);
	assert_int_equal(err.sys_errno, ECHILD);
	assert_true(time_boot_ms() - started_ms < 10000);
}

static void test_sigpipe_is_as_before(void **state)
{
	struct process_options o = {.argv = SH("exec <&-; sleep 0.1"), .timeout_ms = 20000};
	autofree char *input = xcalloc(1, 1000000);
	struct process_result result;
	struct sigaction now;
	struct err err = ERR_INIT;

	(void)state;
	o.input = input;
	o.input_bytes = 1000000;
	CHECK_ERR("closes its input", process_run(&o, &result, &err), 0);
	assert_int_equal(result.exit_code, 0);
	process_result_done(&result);
	sigaction(SIGPIPE, NULL, &now);
	assert_true(now.sa_handler == SIG_DFL);
}

static void test_check(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	CHECK_ERR("good", process_check(SH("exit 0"), 20000, &err), 0);
	CHECK_ERR("bad",
		  process_check(SH("echo first >&2; echo the reason >&2; exit 9"), 20000, &err),
		  ERR_PROCESS);
	assert_string_equal(err.msg, "'sh' ended with 9: the reason");
	CHECK_ERR("said on stdout", process_check(SH("echo out; exit 1"), 20000, &err),
		  ERR_PROCESS);
	assert_string_equal(err.msg, "'sh' ended with 1: out");
	CHECK_ERR("silent", process_check(SH("exit 1"), 20000, &err), ERR_PROCESS);
}

static void test_find(void **state)
{
	char path[64], tiny[4];

	(void)state;
	assert_true(process_find("sh", path, sizeof(path)));
	assert_true(str_ends(path, "/sh"));
	assert_true(process_find("/bin/sh", path, sizeof(path)));
	assert_string_equal(path, "/bin/sh");
	assert_false(process_find("slipway-no-such-program", path, sizeof(path)));
	assert_false(process_find("sh", tiny, sizeof(tiny)));
	assert_false(process_find("/bin/sh", tiny, sizeof(tiny)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_run),
		cmocka_unit_test(test_output_is_capped),
		cmocka_unit_test(test_much_in_and_out),
		cmocka_unit_test(test_the_whole_group_is_killed),
		cmocka_unit_test(test_programs_that_do_not_start),
		cmocka_unit_test(test_a_child_that_somebody_else_reaps),
		cmocka_unit_test(test_sigpipe_is_as_before),
		cmocka_unit_test(test_check),
		cmocka_unit_test(test_find),
	};

	return cmocka_run_group_tests_name("base/process", tests, NULL, NULL);
}
