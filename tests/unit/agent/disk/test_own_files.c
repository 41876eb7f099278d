/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A new system that is mounted for its own files: which file system is taken for its root, what
 * fstab says, and that a process killed in the middle leaves nothing mounted. Real file systems on
 * loop devices; needs root, else it skips.
 */
#include <tests/harness/check.h>
#include <tests/harness/sandbox_root.h>
#include <tests/harness/test_dir.h>

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <base/clock.h>
#include <base/file.h>
#include <base/process.h>
#include <base/str.h>
#include <images/core/loop_device.h>
#include <agent/disk/own_files.h>

#define PART_BYTES (16u << 20)
#define ROOM       3

struct system {
	struct image_part parts[ROOM];
	struct loop_device loops[ROOM];
	size_t n;
};

/* What a file system of a row holds. */
enum content { EMPTY, ROOT, ROOT_USR, ROOT_SRV, OTHER, _CONTENT_MAX };

static const struct {
	const char *path, *text; /* put into the file system */
} contents[_CONTENT_MAX] = {
	[ROOT] = {"etc/os-release", "ID=a\n"},
	[ROOT_USR] = {"usr/lib/os-release", "ID=b\n"},
	[ROOT_SRV] = {"srv/.keep", ""},
	[OTHER] = {"var/x", "x\n"},
};

static void put(const char *path, const char *text)
{
	autofree char *folder = xstrndup(path, (size_t)(strrchr(path, '/') - path));

	assert_int_equal(file_make_dirs(folder, 0755, NULL), 0);
	assert_int_equal(file_write_atomic(path, text, strlen(text), 0644, NULL), 0);
}

static void add_part(struct system *s, enum content content, const char *mount, bool is_root)
{
	struct image_part *p = &s->parts[s->n];
	autofree char *tree = xasprintf("%s/tree%u", dir, content);
	autofree char *file = xasprintf("%s/part%zu", dir, s->n);
	const char *const mke2fs[] = {"mke2fs", "-q", "-F", "-t", "ext4", "-d", tree, file, NULL};
	autoclose int fd = open(file, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	struct err err = ERR_INIT;

	assert_int_equal(file_make_dirs(tree, 0755, NULL), 0);
	if (contents[content].path) {
		autofree char *path = xasprintf("%s/%s", tree, contents[content].path);
		put(path, contents[content].text);
	}
	assert_int_equal(ftruncate(fd, PART_BYTES), 0);
	if (process_check(mke2fs, 60000, &err))
		fail_msg("%s", err.msg);
	assert_int_equal(loop_device_open(fd, 0, 0, &s->loops[s->n], &err), 0);
	*p = (struct image_part){.number = (unsigned)s->n + 1,
				 .fs = PARTITION_FS_EXT4,
				 .is_root = is_root,
				 .size_bytes = PART_BYTES};
	(void)str_copy(p->mount, sizeof(p->mount), mount);
	(void)str_copy(p->device, sizeof(p->device), s->loops[s->n].path);
	(void)snprintf(p->fs_uuid, sizeof(p->fs_uuid), "fs-%zu", s->n);
	if (*mount)
		(void)snprintf(p->part_uuid, sizeof(p->part_uuid), "part-%zu", s->n);
	s->n++;
}

static void system_done(struct system *s)
{
	for (size_t i = 0; i < s->n; i++)
		loop_device_close(&s->loops[i]);
	s->n = 0;
}

/* A file of a part, "" if it is not there. */
static char *read_of(const struct system *s, size_t part, const char *path)
{
	autofree char *command = xasprintf("cat %s", path);
	const char *const argv[] = {"debugfs", "-R", command, s->loops[part].path, NULL};
	struct process_options o = {.argv = argv};
	struct process_result r;

	assert_int_equal(process_run(&o, &r, NULL), 0);
	char *text = xstrdup(r.out);
	process_result_done(&r);
	return text;
}

static int write_with(const struct system *s, const char *program, struct err *err)
{
	autofree char *folder = xasprintf("%s/new", dir);
	struct plan_image image = {.hostname = "lab-1",
				   .arm_id = "arm-1",
				   .first_boot_url = "https://10.0.0.1/x",
				   .first_boot_pin = "sha256//AA=",
				   .first_boot_token = "00ff",
				   .image_digest = "ee"};
	struct own_files own = {.image = &image,
				.host_id = "host-1",
				.first_boot_program = program,
				.folder = folder};

	return own_files_write(&own, s->parts, s->n, err);
}

/* In a process of its own, as the agent's worker is. */
static pid_t start(const struct system *s, const char *program)
{
	struct err err = ERR_INIT;
	pid_t pid = fork();

	if (pid == 0) {
		if (own_files_mount_apart(&err) < 0 || write_with(s, program, &err) < 0)
			_exit(err.code % 200 + 1);
		_exit(0);
	}
	return pid;
}

static int finish(pid_t pid)
{
	int status = 0;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static bool is_free(const struct system *s, size_t part)
{
	autoclose int fd = open(s->loops[part].path, O_RDWR | O_EXCL | O_CLOEXEC);

	return fd >= 0;
}

static bool can_run(void)
{
	struct loop_device loop;
	autofree char *path = xasprintf("%s/try", dir);
	autoclose int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	if (geteuid() != 0 || ftruncate(fd, 4096) || loop_device_open(fd, 0, 0, &loop, NULL) < 0) {
		print_message("needs root and loop devices\n");
		return false;
	}
	loop_device_close(&loop);
	return true;
}

/* ---- the tests ------------------------------------------------------------------------------- */

struct part_row {
	enum content content;
	const char *mount; /* NULL: no such part */
	bool is_root;
};

static const struct {
	const char *name;
	struct part_row parts[ROOM];
	int root; /* the part that gets the files; -1: refused */
	const char *fstab;
} rows[] = {
	{"one root", {{EMPTY, "/", true}}, 0, "UUID=fs-0\t/\text4\t"},
	{"root second, another below it",
	 {{OTHER, "/srv", false}, {ROOT_SRV, "/", true}},
	 1,
	 "UUID=fs-0\t/srv\text4\tdefaults,x-systemd.device-timeout=300s\t0\t2\n"},
	{"whole disk, root by its type", {{ROOT, "", false}, {EMPTY, "", true}}, 1, ""},
	{"whole disk, root by os-release", {{OTHER, "", false}, {ROOT, "", false}}, 1, ""},
	{"whole disk, os-release in /usr",
	 {{EMPTY, "", false}, {OTHER, "", false}, {ROOT_USR, "", false}},
	 2,
	 ""},
	{"whole disk without a root", {{OTHER, "", false}, {EMPTY, "", false}}, -1, ""},
	{"no part at all", {{0}}, -1, ""},
};

static void check_written(const char *row, const struct system *s, size_t root, const char *fstab)
{
	autofree char *name = read_of(s, root, "/etc/hostname");
	autofree char *config = read_of(s, root, "/etc/slipway/first-boot.conf");
	autofree char *text = read_of(s, root, "/etc/fstab");

	CHECK_STR(row, name, "lab-1\n");
	CHECK(row, strstr(config, "token=00ff") != NULL);
	if (*fstab && !strstr(text, fstab))
		fail_msg("row '%s': no '%s' in '%s'", row, fstab, text);
	CHECK(row, *fstab || !*text);
}

static void test_which_is_the_root(void **state)
{
	(void)state;
	if (!can_run())
		skip();
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct system s = {0};

		for (size_t j = 0; j < ROOM && rows[i].parts[j].mount; j++)
			add_part(&s, rows[i].parts[j].content, rows[i].parts[j].mount,
				 rows[i].parts[j].is_root);
		int status = finish(start(&s, "/proc/self/exe"));
		CHECK_INT(rows[i].name, WIFEXITED(status) && WEXITSTATUS(status) == 0,
			  rows[i].root >= 0);
		if (rows[i].root >= 0)
			check_written(rows[i].name, &s, (size_t)rows[i].root, rows[i].fstab);
		for (size_t j = 0; j < s.n; j++)
			CHECK(rows[i].name, is_free(&s, j));
		system_done(&s);
	}
}

/* The reporter's program is a pipe that nobody fills: the process hangs with everything mounted. */
static void test_killed_with_everything_mounted(void **state)
{
	autofree char *pipe = xasprintf("%s/pipe", dir);
	struct system s = {0};

	(void)state;
	if (!can_run())
		skip();
	add_part(&s, EMPTY, "/", true);
	assert_int_equal(mkfifo(pipe, 0600), 0);
	pid_t pid = start(&s, pipe);
	int64_t deadline_ms = time_boot_ms() + 10000;
	/* Opening the other end of the pipe waits until the process is there. */
	autoclose int writer = -1;
	while ((writer = open(pipe, O_WRONLY | O_NONBLOCK | O_CLOEXEC)) < 0 &&
	       time_boot_ms() < deadline_ms)
		(void)usleep(1000);
	assert_true(writer >= 0);
	assert_false(is_free(&s, 0));
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_true(WIFSIGNALED(finish(pid)));
	deadline_ms = time_boot_ms() + 5000;
	while (!is_free(&s, 0) && time_boot_ms() < deadline_ms)
		(void)usleep(1000);
	assert_true(is_free(&s, 0));
	autofree char *config = read_of(&s, 0, "/etc/slipway/first-boot.conf");
	assert_string_equal(config, "");
	system_done(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_which_is_the_root),
		cmocka_unit_test(test_killed_with_everything_mounted),
	};

	sandbox_root();
	return cmocka_run_group_tests_name("agent/own_files", tests, make_dir, remove_dir);
}
