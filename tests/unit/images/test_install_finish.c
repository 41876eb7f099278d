/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The end of an install on a disk that is held exclusively: the host's own files are on it before
 * it can start, and a process that is killed at any moment before leaves a disk without boot sector
 * and partition table that the next attempt may take at once. Loop devices stand for disks; needs
 * root, else it skips.
 */
#include "fixture.h"
#include <tests/harness/sandbox_root.h>

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <base/clock.h>
#include <base/file.h>
#include <base/process.h>
#include <base/str.h>
#include <images/core/loop_device.h>
#include <images/core/partition_table.h>
#include <images/install.h>

#define DISK_BYTES (192u << 20)
#define EDGE_BYTES (1u << 20)
#define NOTE       "this host's own"

/* Where the process ends, if it does. */
enum moment {
	NEVER,
	AT_GROW,
	AT_OWN_FILES,
	MOUNTED,
	WRITTEN,
	UNMOUNTED,
	AT_TABLE,
};

struct bench {
	struct fixture *f;
	char *archives[2]; /* of partitions, and of a whole disk */
	int disk;          /* memory behind the loop device */
	char *folder;      /* to mount on */
	struct loop_device loop;
};

struct plan_of_end {
	const struct bench *b;
	enum moment moment;
	enum err_code fail_with;
	bool *may_write;
	size_t n_calls;
};

static void end_at(const struct plan_of_end *p, enum moment here)
{
	if (p->moment == here)
		(void)kill(getpid(), SIGKILL);
}

/* ---- what the child does --------------------------------------------------------------------- */

static void progress(void *arg, enum image_stage stage, uint64_t done_bytes, uint64_t total_bytes)
{
	const struct plan_of_end *p = arg;

	(void)done_bytes, (void)total_bytes;
	if (stage == IMAGE_STAGE_GROW)
		end_at(p, AT_GROW);
	if (stage == IMAGE_STAGE_OWN_FILES)
		end_at(p, AT_OWN_FILES);
	if (stage == IMAGE_STAGE_TABLE)
		end_at(p, AT_TABLE);
}

static bool may_write(void *arg)
{
	return *((struct plan_of_end *)arg)->may_write;
}

static const struct image_part *root_of(const struct image_part *parts, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (parts[i].fs == PARTITION_FS_EXT4 && parts[i].device[0])
			return &parts[i];
	return NULL;
}

static int own_files(void *arg, const struct image_part *parts, size_t n, struct err *err)
{
	struct plan_of_end *p = arg;
	const struct image_part *root = root_of(parts, n);
	autofree char *note = xasprintf("%s/note", p->b->folder);

	p->n_calls++;
	if (p->fail_with)
		return err_set(err, p->fail_with, "as the row wants");
	if (!root || !root->is_root ||
	    mount(root->device, p->b->folder, "ext4", MS_NOSUID | MS_NODEV, NULL) < 0)
		return err_sys(err, ERR_IO, "no root to mount");
	end_at(p, MOUNTED);
	TRY(file_write_atomic(note, NOTE, strlen(NOTE), 0644, err));
	end_at(p, WRITTEN);
	if (umount2(p->b->folder, 0) < 0)
		return err_sys(err, ERR_IO, "cannot unmount");
	end_at(p, UNMOUNTED);
	return 0;
}

static int install(const struct bench *b, const char *archive, struct plan_of_end *p,
		   struct image_receipt *receipt, struct err *err)
{
	struct image_install_request r = {
		.root = b->f->root,
		.archive_path = archive,
		.target_fd = open(b->loop.path, O_RDWR | O_EXCL | O_CLOEXEC),
		.read_back = true,
		.progress = progress,
		.may_write = p->may_write ? may_write : NULL,
		.own_files = own_files,
		.arg = p};

	if (r.target_fd < 0)
		return err_sys(err, ERR_IMAGE_TARGET, "the disk is held");
	int status = image_install(&r, receipt, err);
	(void)close(r.target_fd);
	return status;
}

/* In a process of its own, with mounts of its own, as the agent does. Returns its wait status. */
static int install_apart(const struct bench *b, const char *archive, struct plan_of_end *p)
{
	struct image_receipt receipt;
	struct err err = ERR_INIT;
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
			_exit(2);
		if (install(b, archive, p, &receipt, &err) < 0) {
			fprintf(stderr, "# %s\n", err.msg);
			_exit(err.code % 200 + 3);
		}
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

/* ---- what is left ---------------------------------------------------------------------------- */

static size_t count_nonzero(const struct bench *b, uint64_t offset, size_t n_bytes)
{
	autofree unsigned char *p = xmalloc(n_bytes);
	size_t n = 0;

	assert_int_equal(fsync(b->loop.fd), 0);
	assert_int_equal(pread(b->disk, p, n_bytes, (off_t)offset), (ssize_t)n_bytes);
	for (size_t i = 0; i < n_bytes; i++)
		n += p[i] != 0;
	return n;
}

static void check_cannot_start(const char *row, const struct bench *b)
{
	CHECK_INT(row, count_nonzero(b, 0, EDGE_BYTES), 0);
	CHECK_INT(row, count_nonzero(b, DISK_BYTES - EDGE_BYTES, EDGE_BYTES), 0);
}

/* The note, read through a loop device over the one partition that the table on the disk names. */
static void check_can_start(const char *row, const struct bench *b)
{
	struct image_part parts[MANIFEST_MAX_PARTITIONS];
	struct loop_device loop;
	struct err err = ERR_INIT;
	size_t n = 0;

	const struct partition_source from = {b->loop.fd, 512, IMAGE_ARCH_X86_64, DISK_BYTES};
	CHECK_ERR(row, partition_table_read(&from, parts, &n, &err), ERR_OK);
	CHECK_INT(row, n, 1);
	CHECK(row, parts[0].is_root);
	CHECK_ERR(row,
		  loop_device_open(b->loop.fd, parts[0].start_bytes, parts[0].size_bytes, &loop,
				   &err),
		  ERR_OK);
	const char *const show[] = {"debugfs", "-R", "cat /note", loop.path, NULL};
	const char *const fsck[] = {"e2fsck", "-fn", loop.path, NULL};
	struct process_options o = {.argv = show};
	struct process_result r;
	CHECK_ERR(row, process_run(&o, &r, &err), ERR_OK);
	CHECK_STR(row, r.out, NOTE);
	process_result_done(&r);
	CHECK_ERR(row, process_check(fsck, 60000, &err), ERR_OK);
	loop_device_close(&loop);
}

/* The kernel lets go of what a killed process had mounted, for the next attempt. */
static void check_is_free(const char *row, const struct bench *b)
{
	int64_t deadline_ms = time_boot_ms() + 5000;
	int fd;

	while ((fd = open(b->loop.path, O_RDWR | O_EXCL | O_CLOEXEC)) < 0 &&
	       time_boot_ms() < deadline_ms)
		(void)usleep(10000);
	CHECK(row, fd >= 0);
	(void)close(fd);
}

/* ---- setup ----------------------------------------------------------------------------------- */

static void sign(const struct bench *b, const char *path)
{
	const struct signer *signer = b->f->signers[0];
	struct err err = ERR_INIT;

	if (archive_sign(path, &signer, 1, &err))
		fail_msg("%s", err.msg);
}

static void build(const struct bench *b, const char *input, const char *output, const char *layout,
		  bool raw)
{
	/* Chunks larger than the edges, so that one chunk holds both table and file system. */
	struct image_build_request r = {.input = input,
					.output = output,
					.line = "test",
					.version = "1",
					.arch = IMAGE_ARCH_X86_64,
					.layout_path = layout,
					.chunk_bytes = CHUNK_MAX_BYTES,
					.raw = raw};
	struct err err = ERR_INIT;

	if (image_build(&r, NULL, &err))
		fail_msg("%s", err.msg);
	sign(b, output);
}

/* A small root file system; and the disk that it was installed to, as an image of its own. */
static void make_archives(struct bench *b)
{
	static const char layout[] = "{\"boot\":\"none\"}";
	autofree char *tree = xasprintf("%s/tree", b->f->dir), *etc = xasprintf("%s/etc", tree);
	autofree char *issue = xasprintf("%s/issue", etc), *raw = xasprintf("%s/raw", b->f->dir);
	autofree char *layout_path = xasprintf("%s/layout.json", b->f->dir);
	struct image_receipt receipt;
	struct err err = ERR_INIT;

	b->archives[0] = xasprintf("%s/parts.slip", b->f->dir);
	b->archives[1] = xasprintf("%s/disk.slip", b->f->dir);
	assert_int_equal(file_make_dirs(etc, 0755, NULL), 0);
	assert_int_equal(file_write_atomic(issue, "x\n", 2, 0644, NULL), 0);
	assert_int_equal(file_write_atomic(layout_path, layout, strlen(layout), 0644, NULL), 0);
	build(b, tree, b->archives[0], layout_path, false);
	struct image_install_request r = {.root = b->f->root,
					  .archive_path = b->archives[0],
					  .target_fd = -1,
					  .target_path = raw,
					  .read_back = true};
	if (image_install(&r, &receipt, &err))
		fail_msg("%s", err.msg);
	build(b, raw, b->archives[1], NULL, true);
}

static int setup(void **state)
{
	struct bench *b = xcalloc(1, sizeof(*b));
	void *fixture = NULL;

	*state = b;
	b->loop.fd = -1;
	if (fixture_setup(&fixture))
		return -1;
	b->f = fixture;
	b->disk = memfd_create("disk", MFD_CLOEXEC);
	b->folder = xasprintf("%s/mounted", b->f->dir);
	assert_int_equal(file_make_dirs(b->folder, 0700, NULL), 0);
	assert_int_equal(ftruncate(b->disk, DISK_BYTES), 0);
	if (geteuid() != 0 || loop_device_open(b->disk, 0, 0, &b->loop, NULL) < 0)
		return 0;
	make_archives(b);
	return 0;
}

static int teardown(void **state)
{
	struct bench *b = *state;
	void *fixture = b->f;

	loop_device_close(&b->loop);
	free(b->archives[0]);
	free(b->archives[1]);
	(void)close(b->disk);
	free(b->folder);
	free(b);
	return fixture_teardown(&fixture);
}

#define NEED_LOOP(b)                                                                               \
	do {                                                                                       \
		if ((b)->loop.fd < 0) {                                                            \
			print_message("needs root and loop devices\n");                            \
			skip();                                                                    \
		}                                                                                  \
	} while (0)

/* K-12: Somebody else's disk, so that zeros at its ends were put there. */
static void soil(const struct bench *b)
{
	autofree char *p = xmalloc(EDGE_BYTES);
	autoclose int fd = open(b->loop.path, O_RDWR | O_CLOEXEC);

	memset(p, 0xa5, EDGE_BYTES);
	assert_int_equal(pwrite(fd, p, EDGE_BYTES, 0), EDGE_BYTES);
	assert_int_equal(pwrite(fd, p, EDGE_BYTES, DISK_BYTES - EDGE_BYTES), EDGE_BYTES);
	assert_int_equal(fsync(fd), 0);
}

/* ---- the tests ------------------------------------------------------------------------------- */

/* P-05. */
static void test_killed_at_any_moment(void **state)
{
	static const struct {
		const char *name;
		enum moment moment;
		size_t archive;
	} rows[] = {
		{"parts: before it grows", AT_GROW, 0},
		{"parts: before own files", AT_OWN_FILES, 0},
		{"parts: mounted", MOUNTED, 0},
		{"parts: half written", WRITTEN, 0},
		{"parts: unmounted", UNMOUNTED, 0},
		{"parts: before the table", AT_TABLE, 0},
		{"parts: not at all", NEVER, 0},
		{"disk: before own files", AT_OWN_FILES, 1},
		{"disk: mounted", MOUNTED, 1},
		{"disk: half written", WRITTEN, 1},
		{"disk: unmounted", UNMOUNTED, 1},
		{"disk: before the table", AT_TABLE, 1},
		{"disk: not at all", NEVER, 1},
	};
	struct bench *b = *state;

	NEED_LOOP(b);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct plan_of_end p = {.b = b, .moment = rows[i].moment};

		soil(b);
		int status = install_apart(b, b->archives[rows[i].archive], &p);
		check_is_free(rows[i].name, b);
		if (rows[i].moment == NEVER) {
			CHECK_INT(rows[i].name, status, 0);
			check_can_start(rows[i].name, b);
			continue;
		}
		CHECK(rows[i].name, WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
		check_cannot_start(rows[i].name, b);
	}
}

static void test_own_files_fail(void **state)
{
	struct bench *b = *state;

	NEED_LOOP(b);
	for (size_t i = 0; i < ARRAY_LEN(b->archives); i++) {
		struct plan_of_end p = {.b = b, .fail_with = ERR_INVALID};
		struct image_receipt receipt;
		struct err err = ERR_INIT;

		soil(b);
		assert_int_equal(install(b, b->archives[i], &p, &receipt, &err), -ERR_INVALID);
		assert_int_equal(p.n_calls, 1);
		check_cannot_start("refused", b);
	}
}

/* The lease is asked once more between own files and table. */
static int end_the_lease(void *arg, const struct image_part *parts, size_t n, struct err *err)
{
	struct plan_of_end *p = arg;

	(void)parts, (void)n, (void)err;
	*p->may_write = false;
	return 0;
}

static void test_the_lease_ends_before_the_table(void **state)
{
	struct bench *b = *state;

	NEED_LOOP(b);
	for (size_t i = 0; i < ARRAY_LEN(b->archives); i++) {
		bool may = true;
		struct plan_of_end p = {.b = b, .may_write = &may};
		struct image_receipt receipt;
		struct err err = ERR_INIT;
		struct image_install_request r = {
			.root = b->f->root,
			.archive_path = b->archives[i],
			.target_fd = open(b->loop.path, O_RDWR | O_EXCL | O_CLOEXEC),
			.may_write = may_write,
			.own_files = end_the_lease,
			.arg = &p};

		soil(b);
		assert_int_equal(image_install(&r, &receipt, &err), -ERR_IMAGE_LEASE);
		(void)close(r.target_fd);
		check_cannot_start("lease", b);
	}
}

/* A host without files of its own gets the same disk, and file systems of the size of their partitions. */
static void test_a_held_disk_grows(void **state)
{
	struct bench *b = *state;
	struct image_receipt receipt;
	struct err err = ERR_INIT;

	NEED_LOOP(b);
	struct image_install_request r = {
		.root = b->f->root,
		.archive_path = b->archives[0],
		.target_fd = open(b->loop.path, O_RDWR | O_EXCL | O_CLOEXEC),
		.read_back = true};
	if (image_install(&r, &receipt, &err))
		fail_msg("%s", err.msg);
	assert_true(receipt.partitions[0].size_bytes > receipt.partitions[0].payload_bytes);
	uint8_t block_count[4];
	assert_int_equal(pread(r.target_fd, block_count, sizeof(block_count),
			       (off_t)receipt.partitions[0].start_bytes + 1024 + 4),
			 4);
	uint32_t n_blocks = block_count[0] | (uint32_t)block_count[1] << 8 |
			    (uint32_t)block_count[2] << 16 | (uint32_t)block_count[3] << 24;
	assert_int_equal(n_blocks, receipt.partitions[0].size_bytes / 4096);
	assert_int_equal(strlen(receipt.partitions[0].fs_uuid), 36);
	(void)close(r.target_fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_killed_at_any_moment),
		cmocka_unit_test(test_own_files_fail),
		cmocka_unit_test(test_the_lease_ends_before_the_table),
		cmocka_unit_test(test_a_held_disk_grows),
	};

	sandbox_root();
	return cmocka_run_group_tests_name("images/install_finish", tests, setup, teardown);
}
