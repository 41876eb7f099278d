/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The store on a disk that fails (tests/harness/fault_vfs.c): whatever call fails, in whatever
 * order unsynced writes reach the disk, each change that was acknowledged is there afterwards, or
 * the store says clearly that it is not and refuses to go on. It never starts empty.
 */
#include "tests/harness/check.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/vfs.h>
#include <unistd.h>
#include <base/file.h>
#include <base/json.h>
#include <base/str.h>
#include <inventory/event.h>
#include <inventory/token.h>
#include "inventory/store/driver.h"
#include "tests/harness/fault_vfs.h"

#define US      1000000LL
#define CHANGES 6

static char template_dir[64];

/* ---- a store that can be made quickly -------------------------------------------------------- */

struct disk {
	char dir[64], path[80], url[96];
	struct db *db;
	long acked; /* changes that were committed */
	struct err err;
};

static void copy_file(const char *from, const char *to)
{
	char *bytes = NULL;
	size_t n = 0;
	struct err err = ERR_INIT;
	autoclose int fd = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	BUG_ON(fd < 0 || file_read(from, 64 << 20, &bytes, &n, &err) < 0);
	BUG_ON(write(fd, bytes, n) != (ssize_t)n); /* no sync: the test has no time for it */
	free(bytes);
}

static void disk_new(struct disk *d)
{
	static const char *const suffixes[] = {"", ".made"};

	*d = (struct disk){.dir = "/tmp/slipway-faults-XXXXXX"};
	BUG_ON(!mkdtemp(d->dir));
	snprintf(d->path, sizeof(d->path), "%s/s.db", d->dir);
	snprintf(d->url, sizeof(d->url), "sqlite:%s", d->path);
	for (size_t i = 0; i < ARRAY_LEN(suffixes); i++) {
		autofree char *from = xasprintf("%s/s.db%s", template_dir, suffixes[i]);
		autofree char *to = xasprintf("%s%s", d->path, suffixes[i]);
		if (template_dir[0])
			copy_file(from, to);
	}
}

static void disk_done(struct disk *d)
{
	db_close(d->db);
	IGNORE_RESULT(file_remove_tree(d->dir, NULL));
}

static int disk_open(struct disk *d, unsigned flags)
{
	d->err = ERR_INIT;
	return db_open(d->url, flags, &d->db, &d->err);
}

static void disk_close(struct disk *d)
{
	db_close(d->db);
	d->db = NULL;
}

static int change(struct disk *d, long i)
{
	struct event_draft e = {.kind = "test", .actor = "test", .summary = "a change"};
	struct audit_entry a = {"test", "local", "POST", "/x", 200, NULL, NULL};

	TRY(db_begin(d->db, &d->err));
	int rc = event_append(d->db, &e, (10 + i) * US, NULL, &d->err);
	if (rc >= 0)
		rc = audit_append(d->db, &a, (10 + i) * US, &d->err);
	return db_end(d->db, rc, &d->err);
}

/* Until the first failure. */
static int work(struct disk *d)
{
	for (long i = 0; i < CHANGES; i++) {
		TRY(change(d, i));
		d->acked++;
	}
	return db_exec_n(d->db, "PRAGMA wal_checkpoint(TRUNCATE)", NULL, 0, NULL, &d->err);
}

static long changes_in(struct disk *d)
{
	int64_t n = -1;
	struct err err = ERR_INIT;

	if (db_query_int(d->db, &err, &n, -1, "SELECT count(*) FROM event WHERE kind = 'test'") < 0)
		fail_msg("%s", err.msg);
	return (long)n;
}

/* The store opens, is sound, and holds what was acknowledged; at most one change more. */
static void check_sound(struct disk *d, const char *name)
{
	int64_t rows = 0;

	if (disk_open(d, DB_CHECK) < 0)
		fail_msg("row '%s': it does not open: %s", name, d->err.msg);
	CHECK(name, changes_in(d) >= d->acked);
	CHECK(name, changes_in(d) <= d->acked + 1);
	CHECK_ERR(name, audit_check(d->db, NULL, 0, &rows, &d->err), 0);
	CHECK_ERR(name, db_check(d->db, false, &d->err), 0);
	CHECK_ERR(name, change(d, 99), 0);
	disk_close(d);
}

/* ---- D-01, D-02 ------------------------------------------------------------------------------ */

/* One run with the n-th call failing; false when there was no n-th call. */
static bool run_with_fault(enum fault_kind kind, unsigned n, bool lasting)
{
	struct disk d;
	autofree char *name = xasprintf("kind %u, call %u%s", kind, n, lasting ? ", lasting" : "");

	disk_new(&d);
	fault_vfs_plan(kind, n, lasting);
	int rc = disk_open(&d, 0);
	if (rc >= 0)
		rc = work(&d);
	bool came = fault_vfs_fired();
	if (rc < 0)
		CHECK(name, came);
	if (rc < 0 && kind == FAULT_FULL && d.db) {
		/* read-only for as long as it lasts; then it goes on, in the same process */
		CHECK_INT(name, d.err.code, ERR_DB_FULL);
		CHECK(name, changes_in(&d) >= d.acked);
		fault_vfs_relent();
		CHECK_ERR(name, change(&d, 50), 0);
		d.acked++;
	} else if (rc < 0 && d.db) {
		/* the process must end: nothing more is written by it */
		CHECK(name, d.err.code == ERR_DB_IO || d.err.code == ERR_DB_CORRUPT);
		fault_vfs_relent();
		CHECK_ERR(name, change(&d, 50), ERR_DB_IO);
	}
	disk_close(&d);
	fault_vfs_relent();
	check_sound(&d, name);
	disk_done(&d);
	return came;
}

static void every_call(enum fault_kind kind, bool lasting, unsigned at_least)
{
	unsigned n = 1;

	while (run_with_fault(kind, n, lasting))
		n++;
	if (n <= at_least)
		fail_msg("only %u calls of kind %u", n - 1, kind);
	print_message("# kind %u: %u calls\n", kind, n - 1);
}

static void test_d01_disk_full(void **state)
{
	(void)state;
	every_call(FAULT_FULL, false, 10);
	every_call(FAULT_FULL, true, 10);
}

/* P-02. */
static void test_d02_input_output_errors(void **state)
{
	(void)state;
	every_call(FAULT_READ, false, 10);
	every_call(FAULT_WRITE, false, 10);
	every_call(FAULT_WRITE, true, 10);
	every_call(FAULT_SYNC, false, 5);
}

/* ---- D-03 ------------------------------------------------------------------------------------ */

#define SEEDS 4

static bool run_with_cut(unsigned n, uint64_t seed)
{
	struct disk d;
	autofree char *name = xasprintf("cut at %u, seed %u", n, (unsigned)seed);
	autofree char *shm = NULL;

	disk_new(&d);
	shm = xasprintf("%s-shm", d.path);
	fault_vfs_plan(FAULT_POWER, n, false);
	if (disk_open(&d, 0) >= 0)
		(void)work(&d);
	bool came = fault_vfs_fired();
	disk_close(&d);
	fault_vfs_crash(seed);
	(void)unlink(shm); /* memory does not survive */
	check_sound(&d, name);
	disk_done(&d);
	return came;
}

/* P-08. */
static void test_d03_power_cut(void **state)
{
	unsigned n = 1;

	(void)state;
	for (bool came = true; came; n++)
		for (uint64_t seed = 1; seed <= SEEDS && came; seed++)
			came = run_with_cut(n, seed);
	CHECK("moments", n > 20);
	print_message("# %u moments, %d orders each\n", n - 1, SEEDS);
}

/* ---- D-05 ------------------------------------------------------------------------------------ */

/* A store as a killed process leaves it: acknowledged changes are in the log alone. */
static void leave_with_log(struct disk *d)
{
	struct disk live;
	static const char *const suffixes[] = {"", "-wal", ".made", DB_MARK_SUFFIX};

	disk_new(&live);
	disk_new(d);
	assert_int_equal(disk_open(&live, 0), 0);
	for (long i = 0; i < CHANGES; i++)
		assert_int_equal(change(&live, i), 0);
	for (size_t i = 0; i < ARRAY_LEN(suffixes); i++) {
		autofree char *from = xasprintf("%s%s", live.path, suffixes[i]);
		autofree char *to = xasprintf("%s%s", d->path, suffixes[i]);
		copy_file(from, to);
	}
	d->acked = CHANGES;
	disk_done(&live);
}

static int64_t wal_bytes(const struct disk *d)
{
	autofree char *wal = xasprintf("%s-wal", d->path);
	autoclose int fd = open(wal, O_RDONLY | O_CLOEXEC);

	return fd < 0 ? -1 : (int64_t)lseek(fd, 0, SEEK_END);
}

static void spoil_log(const struct disk *d, int64_t keep_bytes, int64_t flip_at)
{
	autofree char *wal = xasprintf("%s-wal", d->path);
	autoclose int fd = open(wal, O_RDWR | O_CLOEXEC);
	char byte;

	BUG_ON(fd < 0);
	if (flip_at >= 0) {
		BUG_ON(pread(fd, &byte, 1, flip_at) != 1);
		byte ^= 0x10;
		BUG_ON(pwrite(fd, &byte, 1, flip_at) != 1);
	} else {
		BUG_ON(ftruncate(fd, keep_bytes) < 0);
	}
}

static void check_spoilt(struct disk *d, const char *name)
{
	int rc = disk_open(d, DB_CHECK);

	if (rc >= 0) { /* what was spoilt held nothing that counts */
		CHECK_INT(name, changes_in(d), d->acked);
		disk_close(d);
		return;
	}
	CHECK(name, d->err.code == ERR_DB_BEHIND || d->err.code == ERR_DB_CORRUPT);
	CHECK(name, strstr(err_hint(d->err.code), "--restore"));
}

static void test_d05_log_lost_or_damaged(void **state)
{
	struct disk d;
	unsigned refused = 0;

	(void)state;
	leave_with_log(&d);
	assert_int_equal(disk_open(&d, DB_CHECK), 0);
	assert_int_equal(changes_in(&d), CHANGES);
	disk_done(&d);

	leave_with_log(&d);
	autofree char *wal = xasprintf("%s-wal", d.path);
	int64_t n_bytes = wal_bytes(&d);
	assert_true(n_bytes > 4096 * CHANGES);
	assert_int_equal(unlink(wal), 0);
	CHECK_ERR("deleted", disk_open(&d, DB_CHECK), ERR_DB_BEHIND);
	disk_done(&d);

	for (int64_t at = 0; at < n_bytes; at += 3089) {
		for (int flip = 0; flip < 2; flip++) {
			autofree char *name = xasprintf("%s at %lld", flip ? "flipped" : "cut off",
							(long long)at);
			leave_with_log(&d);
			spoil_log(&d, at, flip ? at : -1);
			check_spoilt(&d, name);
			refused += d.err.code != 0;
			disk_done(&d);
		}
	}
	CHECK("refusals", refused > 10);
	print_message("# %lld bytes of log, refused %u times\n", (long long)n_bytes, refused);
}

/* ---- D-06, D-08, D-09 ------------------------------------------------------------------------ */

static void test_d06_store_missing(void **state)
{
	static const char *const left_behind[] = {".made", "-wal"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(left_behind); i++) {
		struct disk d;
		struct err err = ERR_INIT;
		disk_new(&d);
		autofree char *made = xasprintf("%s.made", d.path);
		autofree char *left = xasprintf("%s%s", d.path, left_behind[i]);
		assert_int_equal(unlink(d.path), 0);
		assert_int_equal(unlink(made), 0);
		assert_int_equal(file_write_atomic(left, "x", 1, 0600, &err), 0);
		CHECK_ERR(left_behind[i], disk_open(&d, DB_CREATE), ERR_DB_MISSING);
		CHECK(left_behind[i], access(d.path, F_OK) < 0);
		disk_done(&d);
	}
}

static void test_d08_second_daemon(void **state)
{
	struct disk d;
	struct err err = ERR_INIT;
	struct db *second = NULL;

	(void)state;
	disk_new(&d);
	assert_int_equal(disk_open(&d, 0), 0);
	assert_int_equal(db_open(d.url, 0, &second, &err), -ERR_DB_LOCKED);
	disk_done(&d);
}

/* Stands before the C library's: file systems that this machine has not mounted. */
static long pretend_magic;
int statfs(const char *path, struct statfs *ret)
{
	(void)path;
	memset(ret, 0, sizeof(*ret));
	ret->f_type = pretend_magic ? pretend_magic : 0xef53;
	return 0;
}

static void test_d09_file_systems(void **state)
{
	static const struct {
		const char *name;
		long magic;
		int want;
		bool warns;
	} rows[] = {
		{"ext4", 0xef53, 0, false},
		{"xfs", 0x58465342, 0, false},
		{"NFS", 0x6969, ERR_DB_FILESYSTEM, false},
		{"CIFS", 0xff534d42, ERR_DB_FILESYSTEM, false},
		{"9P", 0x01021997, ERR_DB_FILESYSTEM, false},
		{"tmpfs", 0x01021994, 0, true},
		{"overlay", 0x794c7630, 0, true},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct disk d;
		disk_new(&d);
		pretend_magic = rows[i].magic;
		CHECK_ERR(rows[i].name, disk_open(&d, 0), rows[i].want);
		if (d.db)
			CHECK_INT(rows[i].name, db_warning(d.db)[0] != '\0', rows[i].warns);
		pretend_magic = 0;
		disk_done(&d);
	}
}

/* ---- D-07 ------------------------------------------------------------------------------------ */

/* An empty store's migrations, cut at every write: the next start finishes them. */
static int newest_schema;

/* P-09. */
static void test_d07_half_a_migration(void **state)
{
	unsigned n = 1;

	(void)state;
	for (bool came = true; came; n += 7) {
		struct disk d;
		char kept[64];
		autofree char *name = xasprintf("cut at %u", n);
		(void)str_copy(kept, sizeof(kept), template_dir);
		template_dir[0] = '\0';
		disk_new(&d);
		(void)str_copy(template_dir, sizeof(template_dir), kept);
		fault_vfs_plan(FAULT_POWER, n, false);
		int rc = disk_open(&d, DB_CREATE);
		came = fault_vfs_fired();
		CHECK_INT(name, rc < 0, came);
		disk_close(&d);
		fault_vfs_crash(n);
		CHECK_ERR(name, disk_open(&d, DB_CREATE), 0);
		CHECK_INT(name, db_schema_number(d.db), newest_schema);
		CHECK_ERR(name, db_check(d.db, false, &d.err), 0);
		disk_done(&d);
	}
	CHECK("moments", n > 50);
}

static int setup(void **state)
{
	struct disk d;

	(void)state;
	fault_vfs_install();
	disk_new(&d);
	if (disk_open(&d, DB_CREATE) < 0)
		return -1;
	newest_schema = db_schema_number(d.db); /* of a store that nothing disturbed */
	disk_close(&d);
	(void)str_copy(template_dir, sizeof(template_dir), d.dir);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	return file_remove_tree(template_dir, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_d01_disk_full),
		cmocka_unit_test(test_d02_input_output_errors),
		cmocka_unit_test(test_d03_power_cut),
		cmocka_unit_test(test_d05_log_lost_or_damaged),
		cmocka_unit_test(test_d06_store_missing),
		cmocka_unit_test(test_d07_half_a_migration),
		cmocka_unit_test(test_d08_second_daemon),
		cmocka_unit_test(test_d09_file_systems),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("store faults", tests, setup, teardown);
}
