/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The VFS of fault_vfs.h. Writes go to the real file at once; what was there before is remembered
 * until the next sync of that file, so that a crash can take them back. Syncs are not passed on:
 * the test's machine keeps its power.
 */
#include "tests/harness/fault_vfs.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <string.h>
#include <unistd.h>
#include <base/str.h>
#include <base/vec.h>

#define SECTOR 512

/* One write or truncation that no sync has followed. */
struct change {
	char *path;
	int64_t at, n_bytes; /* n_bytes -1: truncated to `at` */
	char *before, *after;
	int64_t before_bytes; /* how much was there */
	int64_t size_before;  /* of the file */
};

struct fault_file {
	sqlite3_file base;
	char *path;
	sqlite3_file *real;
};

static sqlite3_vfs ours, *real_vfs;
static enum fault_kind plan_kind;
static unsigned plan_n, count;
static bool plan_lasting, fired, dead;
static VEC(struct change) changes;

/* ---- the plan -------------------------------------------------------------------------------- */

void fault_vfs_plan(enum fault_kind kind, unsigned n, bool lasting)
{
	plan_kind = kind;
	plan_n = n;
	plan_lasting = lasting;
	count = 0;
	fired = dead = false;
}

void fault_vfs_relent(void)
{
	plan_kind = FAULT_NONE;
}

bool fault_vfs_fired(void)
{
	return fired;
}

/* Counts a call of this kind. */
static bool fails(enum fault_kind kind)
{
	if (dead || kind != plan_kind)
		return dead;
	count++;
	if (count != plan_n && !(plan_lasting && count > plan_n))
		return false;
	fired = true;
	dead = kind == FAULT_POWER;
	return true;
}

/* ---- what is not synced ---------------------------------------------------------------------- */

static void forget(struct change *c)
{
	free(c->path);
	free(c->before);
	free(c->after);
}

static void forget_all_of(const char *path)
{
	size_t kept = 0;

	for (size_t i = 0; i < changes.n; i++) {
		if (str_eq(changes.items[i].path, path))
			forget(&changes.items[i]);
		else
			changes.items[kept++] = changes.items[i];
	}
	changes.n = kept;
}

static void remember(struct fault_file *f, const void *p, int64_t n_bytes, int64_t at)
{
	struct change c = {.path = xstrdup(f->path), .at = at, .n_bytes = n_bytes};

	(void)f->real->pMethods->xFileSize(f->real, (sqlite3_int64 *)&c.size_before);
	int64_t end = n_bytes < 0 ? c.size_before : at + n_bytes;
	c.before_bytes = (end < c.size_before ? end : c.size_before) - at;
	if (c.before_bytes < 0)
		c.before_bytes = 0;
	c.before = xcalloc(1, (size_t)c.before_bytes + 1);
	if (c.before_bytes > 0)
		(void)f->real->pMethods->xRead(f->real, c.before, (int)c.before_bytes, at);
	if (n_bytes > 0) {
		c.after = xmalloc((size_t)n_bytes);
		memcpy(c.after, p, (size_t)n_bytes);
	}
	VEC_PUSH(&changes, c);
}

static uint64_t chance(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

static void put(int fd, const char *p, int64_t n_bytes, int64_t at)
{
	BUG_ON(n_bytes > 0 && pwrite(fd, p, (size_t)n_bytes, at) != n_bytes);
}

static void take_back(const struct change *c)
{
	autoclose int fd = open(c->path, O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return;
	put(fd, c->before, c->before_bytes, c->at);
	BUG_ON(ftruncate(fd, c->size_before) < 0);
}

/* Kept whole, lost, or by sectors. */
static void do_again(const struct change *c, uint64_t *seed)
{
	autoclose int fd = open(c->path, O_RDWR | O_CLOEXEC);
	uint64_t fate = chance(seed) % 3;

	if (fd < 0 || fate == 0)
		return;
	if (c->n_bytes < 0) {
		BUG_ON(ftruncate(fd, c->at) < 0);
		return;
	}
	for (int64_t i = 0; i < c->n_bytes; i += SECTOR) {
		int64_t n = c->n_bytes - i < SECTOR ? c->n_bytes - i : SECTOR;
		if (fate == 1 || chance(seed) % 2)
			put(fd, c->after + i, n, c->at + i);
	}
}

void fault_vfs_crash(uint64_t seed)
{
	seed = seed * 2654435761U + 88172645463325252U;
	for (size_t i = changes.n; i-- > 0;)
		take_back(&changes.items[i]);
	for (size_t i = 0; i < changes.n; i++)
		do_again(&changes.items[i], &seed);
	for (size_t i = 0; i < changes.n; i++)
		forget(&changes.items[i]);
	VEC_DONE(&changes);
	dead = false;
	plan_kind = FAULT_NONE;
}

/* ---- a file ---------------------------------------------------------------------------------- */

#define FILE_OF(f)           ((struct fault_file *)(f))
#define REAL(f)              (FILE_OF(f)->real)
#define CALL(f, method, ...) REAL(f)->pMethods->method(REAL(f), ##__VA_ARGS__)

static int x_close(sqlite3_file *f)
{
	int rc = CALL(f, xClose);

	free(REAL(f));
	free(FILE_OF(f)->path);
	return rc;
}

static int x_read(sqlite3_file *f, void *p, int n, sqlite3_int64 at)
{
	return fails(FAULT_READ) ? SQLITE_IOERR_READ : CALL(f, xRead, p, n, at);
}

static int x_write(sqlite3_file *f, const void *p, int n, sqlite3_int64 at)
{
	if (fails(FAULT_FULL) && !dead)
		return SQLITE_FULL;
	if (fails(FAULT_WRITE) || fails(FAULT_POWER))
		return SQLITE_IOERR_WRITE;
	remember(FILE_OF(f), p, n, at);
	return CALL(f, xWrite, p, n, at);
}

static int x_truncate(sqlite3_file *f, sqlite3_int64 n_bytes)
{
	if (fails(FAULT_POWER))
		return SQLITE_IOERR_TRUNCATE;
	remember(FILE_OF(f), NULL, -1, n_bytes);
	return CALL(f, xTruncate, n_bytes);
}

static int x_sync(sqlite3_file *f, int flags)
{
	(void)flags;
	if (fails(FAULT_SYNC) || fails(FAULT_POWER))
		return SQLITE_IOERR_FSYNC;
	forget_all_of(FILE_OF(f)->path);
	return SQLITE_OK;
}

static int x_file_size(sqlite3_file *f, sqlite3_int64 *ret)
{
	return CALL(f, xFileSize, ret);
}

static int x_lock(sqlite3_file *f, int how)
{
	return CALL(f, xLock, how);
}

static int x_unlock(sqlite3_file *f, int how)
{
	return CALL(f, xUnlock, how);
}

static int x_check_lock(sqlite3_file *f, int *ret)
{
	return CALL(f, xCheckReservedLock, ret);
}

static int x_control(sqlite3_file *f, int what, void *arg)
{
	return CALL(f, xFileControl, what, arg);
}

static int x_sector(sqlite3_file *f)
{
	return CALL(f, xSectorSize);
}

/* No promises: neither atomic nor in order. */
static int x_traits(sqlite3_file *f)
{
	(void)f;
	return 0;
}

static int x_shm_map(sqlite3_file *f, int page, int size, int extend, void volatile **ret)
{
	return CALL(f, xShmMap, page, size, extend, ret);
}

static int x_shm_lock(sqlite3_file *f, int offset, int n, int flags)
{
	return CALL(f, xShmLock, offset, n, flags);
}

static void x_shm_barrier(sqlite3_file *f)
{
	CALL(f, xShmBarrier);
}

static int x_shm_unmap(sqlite3_file *f, int remove)
{
	return CALL(f, xShmUnmap, remove);
}

static const sqlite3_io_methods methods = {
	.iVersion = 2,
	.xClose = x_close,
	.xRead = x_read,
	.xWrite = x_write,
	.xTruncate = x_truncate,
	.xSync = x_sync,
	.xFileSize = x_file_size,
	.xLock = x_lock,
	.xUnlock = x_unlock,
	.xCheckReservedLock = x_check_lock,
	.xFileControl = x_control,
	.xSectorSize = x_sector,
	.xDeviceCharacteristics = x_traits,
	.xShmMap = x_shm_map,
	.xShmLock = x_shm_lock,
	.xShmBarrier = x_shm_barrier,
	.xShmUnmap = x_shm_unmap,
};

/* ---- the VFS --------------------------------------------------------------------------------- */

static int x_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *ret_flags)
{
	struct fault_file *f = FILE_OF(file);

	(void)vfs;
	file->pMethods = NULL;
	sqlite3_file *real = xcalloc(1, (size_t)real_vfs->szOsFile);
	int rc = real_vfs->xOpen(real_vfs, name, real, flags, ret_flags);
	if (rc != SQLITE_OK) {
		free(real);
		return rc;
	}
	f->real = real;
	f->path = xstrdup(name ? name : "");
	file->pMethods = &methods;
	return SQLITE_OK;
}

static int x_delete(sqlite3_vfs *vfs, const char *name, int sync)
{
	(void)vfs;
	if (dead)
		return SQLITE_IOERR_DELETE;
	forget_all_of(name);
	return real_vfs->xDelete(real_vfs, name, sync);
}

void fault_vfs_install(void)
{
	real_vfs = sqlite3_vfs_find(NULL);
	ours = *real_vfs;
	ours.zName = "fault";
	ours.szOsFile = (int)sizeof(struct fault_file);
	ours.xOpen = x_open;
	ours.xDelete = x_delete;
	BUG_ON(sqlite3_vfs_register(&ours, 1) != SQLITE_OK);
}
