/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Running qemu-img behind a fence; see qemu_img.h. Landlock (landlock(7)) holds whatever the program
 * does; files that are open already, standard input and output, are named by their descriptors.
 */
#include "qemu_img.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <base/child.h>
#include <base/json.h>
#include <base/limits.h>
#include <base/str.h>

#include "pack.h"

#define TIMEOUT_MS       (4 * 60 * 60 * 1000)
#define MEMORY_BYTES     (4 * GIB)
#define OUTPUT_MAX_BYTES (256 * 1024)
#define WORDS_MAX        16
#define NOT_STARTED      125 /* the exit code of a child whose fence does not stand */

#define CAN_READ  LANDLOCK_ACCESS_FS_READ_FILE
#define CAN_WRITE LANDLOCK_ACCESS_FS_WRITE_FILE
#define CAN_START                                                                                  \
	(LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR | LANDLOCK_ACCESS_FS_EXECUTE)
/* All that version 1 knows; what later ones add needs one of these. */
#define ALL ((LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1)

/* ---- the fence ------------------------------------------------------------------------------- */

static bool allow(int rules, int fd, uint64_t access)
{
	struct landlock_path_beneath_attr rule = {.allowed_access = access, .parent_fd = fd};

	return syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0;
}

/* Folders of programs and libraries; those that a system lacks are passed over. */
static bool allow_programs(int rules)
{
	static const char *const paths[] = {"/usr", "/bin", "/lib", "/lib64"};

	for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
		autoclose int fd = open(paths[i], O_PATH | O_CLOEXEC);

		if (fd >= 0 && !allow(rules, fd, CAN_START))
			return false;
	}
	return true;
}

static bool fence(bool writes)
{
	struct landlock_ruleset_attr all = {.handled_access_fs = ALL};
	int rules = (int)syscall(SYS_landlock_create_ruleset, &all, sizeof(all), 0);

	return rules >= 0 && allow_programs(rules) && allow(rules, STDIN_FILENO, CAN_READ) &&
	       (!writes || allow(rules, STDOUT_FILENO, CAN_READ | CAN_WRITE)) &&
	       prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	       syscall(SYS_landlock_restrict_self, rules, 0) == 0;
}

/* Others than root may be without a network in a user namespace only. */
static bool leave_network(void)
{
	return unshare(CLONE_NEWNET | CLONE_NEWIPC | (geteuid() ? CLONE_NEWUSER : 0)) == 0;
}

static bool limit(void)
{
	struct rlimit memory = {MEMORY_BYTES, MEMORY_BYTES}, core = {0, 0};

	return setrlimit(RLIMIT_AS, &memory) == 0 && setrlimit(RLIMIT_CORE, &core) == 0;
}

/* ---- the child ------------------------------------------------------------------------------- */

struct run {
	const struct qemu_img *q;
	int out_fd, errors_fd;
};

static void run_child(void *arg)
{
	const struct run *r = arg;
	const char *argv[WORDS_MAX + 2] = {"qemu-img"};
	struct err err = ERR_INIT;

	for (size_t i = 0; i < WORDS_MAX && r->q->words[i]; i++)
		argv[i + 1] = r->q->words[i];
	if (dup2(r->q->from_fd, STDIN_FILENO) < 0 || dup2(r->out_fd, STDOUT_FILENO) < 0 ||
	    dup2(r->errors_fd, STDERR_FILENO) < 0)
		_exit(NOT_STARTED);
	if (!limit() || !leave_network() || !fence(r->q->to_fd >= 0)) {
		dprintf(STDERR_FILENO, "%s\n", strerror(errno));
		_exit(NOT_STARTED);
	}
	if (child_become(argv, &err) < 0)
		dprintf(STDERR_FILENO, "%s\n", err.msg);
	_exit(NOT_STARTED);
}

/* ---- what it says ---------------------------------------------------------------------------- */

static char *read_text(int fd)
{
	char *text = xcalloc(1, OUTPUT_MAX_BYTES + 1);
	ssize_t n = pread(fd, text, OUTPUT_MAX_BYTES, 0);

	text[n > 0 ? n : 0] = '\0';
	return text;
}

/* The first line of what qemu-img prints, without its own name; it knows a file by our descriptor. */
static void first_line(const char *text, const char *path, char *ret, size_t ret_bytes)
{
	struct sv rest = sv_of(text), line = sv_split(&rest, '\n');
	const char *fd_path;
	size_t n;

	while (sv_starts(line, "qemu-img: "))
		line = (struct sv){line.p + strlen("qemu-img: "), line.n - strlen("qemu-img: ")};
	fd_path = memmem(line.p, line.n, QEMU_IMG_FROM, strlen(QEMU_IMG_FROM));
	n = fd_path ? strlen(QEMU_IMG_FROM) : 0;
	if (!fd_path)
		fd_path = line.p + line.n;
	snprintf(ret, ret_bytes, "%.*s%s%.*s", (int)(fd_path - line.p), line.p, n ? path : "",
		 (int)(line.n - n - (size_t)(fd_path - line.p)), fd_path + n);
}

/* The exit codes of "check" that mean harm; others: nothing found, lost room, not supported. */
static bool is_good(const struct qemu_img *q, int exit_code)
{
	return exit_code == 0 ||
	       (str_eq(q->words[0], "check") && (exit_code == 3 || exit_code == 63));
}

static int judge(const struct qemu_img *q, int wait_status, int errors_fd, struct err *err)
{
	autofree char *errors = read_text(errors_fd);
	int code = WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : -1;
	char fault[256];

	if (is_good(q, code))
		return 0;
	first_line(errors, q->path, fault, sizeof(fault));
	if (code == NOT_STARTED)
		return err_set(err, ERR_UNSUPPORTED,
			       "qemu-img cannot be confined for '%s' (%s): install qemu-utils, use "
			       "a kernel with Landlock, or convert it: qemu-img convert -O raw",
			       q->path, fault);
	return err_set(err, ERR_IMAGE_INPUT, "'%s' is damaged or cut; qemu-img %s: %s", q->path,
		       q->words[0], fault);
}

int qemu_img_run(const struct qemu_img *q, char **ret_out, struct err *err)
{
	autoclose int own_fd = nameless_file(q->folder, err);
	autoclose int errors_fd = own_fd < 0 ? -1 : nameless_file(q->folder, err);
	struct run run = {q, q->to_fd < 0 ? own_fd : q->to_fd, errors_fd};
	struct child child = CHILD_NONE;

	*ret_out = NULL;
	if (errors_fd < 0)
		return err ? -err->code : -ERR_IO;
	TRY(child_fork(run_child, &run, &child, err));
	if (!child_wait(&child, TIMEOUT_MS)) {
		child_kill(&child);
		return err_set(err, ERR_TIMEOUT, "qemu-img %s of '%s' took more than four hours",
			       q->words[0], q->path);
	}
	TRY(judge(q, child_reap(&child), errors_fd, err));
	if (q->to_fd < 0)
		*ret_out = read_text(own_fd);
	return 0;
}
