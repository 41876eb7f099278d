/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Filling an ext4 file system from archive entries; see ext4_image.h. mke2fs makes it empty (its
 * defaults are what hosts know), libext2fs adds inodes, and file content goes straight into the
 * extents that were allocated for it, which is several times faster than block by block.
 */
#include "ext4_image.h"

#include <errno.h>
#include <ext2fs/ext2fs.h>
#include <fcntl.h>
#include <inttypes.h>
#include <search.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <base/digest.h>
#include <base/json.h>
#include <base/limits.h>
#include <base/process.h>
#include <base/str.h>

#include "ext4_inode.h"
#include "fs_check.h"
#include "pack.h"

#define BLOCK_BYTES       4096
#define FOLDER_BLOCKS     2 /* of a folder, at most, on average */
#define JOURNAL_MIN_FS    (512 * MIB)
#define SLACK_BYTES       (64 * MIB)
#define MKE2FS_TIMEOUT_MS (5 * 60 * 1000)
#define HASH_SEED         "5cb8a1d2-7d6f-4f0e-9a3c-51f6c0a1d7e4" /* any fixed one: names are not secret */

static uint64_t round_up(uint64_t n, uint64_t unit)
{
	return (n + unit - 1) / unit * unit;
}

/* Generous: what stays free is a hole in the image and costs nothing. */
uint64_t ext4_image_bytes(const struct tree_size *size)
{
	uint64_t content = (size->file_blocks + FOLDER_BLOCKS * size->n_folders) * BLOCK_BYTES;
	uint64_t inodes = size->n_entries * 256, names = size->n_name_bytes * 2;
	uint64_t n = (content + inodes + names) / 100 * 112 + SLACK_BYTES + 64 * MIB;

	return round_up(n, MIB);
}

static int make_empty(struct ext4_image *x, const struct ext4_options *o,
		      const struct tree_size *size, struct err *err)
{
	autofree char *path = xasprintf("/proc/%d/fd/%d", (int)getpid(), x->fd);
	autofree char *blocks = xasprintf("%" PRIu64, x->size_bytes / BLOCK_BYTES);
	uint64_t by_size = x->size_bytes / 16384, by_count = size->n_entries + 1024;
	autofree char *inodes = xasprintf("%" PRIu64, by_size > by_count ? by_size : by_count);
	autofree char *fake_time = xasprintf("E2FSPROGS_FAKE_TIME=%" PRId64, o->created_s);
	const char *const argv[] = {
		"mke2fs",
		"-q",
		"-F",
		"-t",
		"ext4",
		"-b",
		"4096",
		"-I",
		"256",
		"-m",
		"1",
		"-N",
		inodes,
		"-U",
		o->uuid,
		"-L",
		o->label ? o->label : "",
		"-J",
		x->size_bytes >= JOURNAL_MIN_FS ? "size=64" : "size=16",
		"-O",
		"^metadata_csum_seed,^orphan_file",
		"-E",
		"hash_seed=" HASH_SEED
		",lazy_itable_init=0,lazy_journal_init=1,nodiscard,root_owner=0:0",
		path,
		blocks,
		NULL};
	const char *const env[] = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C.UTF-8",
				   fake_time, NULL};
	struct process_options options = {
		.argv = argv, .env = env, .timeout_ms = MKE2FS_TIMEOUT_MS};
	struct process_result result;
	int status = 0;

	if (ftruncate(x->fd, (off_t)x->size_bytes))
		return err_sys(err, ERR_IO, "cannot enlarge a temporary file");
	TRY(process_run(&options, &result, err));
	if (result.exit_code)
		status = err_set(err, ERR_PROCESS, "mke2fs: %.250s", result.errors);
	process_result_done(&result);
	return status;
}

static int open_fs(struct ext4_image *x, struct err *err)
{
	autofree char *path = xasprintf("/proc/%d/fd/%d", (int)getpid(), x->fd);
	errcode_t e = ext2fs_open(path, EXT2_FLAG_RW | EXT2_FLAG_64BITS, 0, 0, unix_io_manager,
				  &x->fs);

	if (!e)
		e = ext2fs_read_bitmaps(x->fs);
	if (e)
		return ext4_failed(err, e, "open the new file system");
	x->fs->now = x->created_s;
	return 0;
}

/* Folders stay in one stretch behind the inode tables, file content begins behind them: a host that
 * gives the file system a new UUID rewrites every block of metadata, and finds all in one place. */
static int set_content_goal(struct ext4_image *x, const struct tree_size *size, struct err *err)
{
	blk64_t first = 0;
	errcode_t e = ext2fs_new_block2(x->fs, 0, NULL, &first);

	if (e)
		return ext4_failed(err, e, "find a free block");
	x->content_goal = first + FOLDER_BLOCKS * size->n_folders;
	if (x->content_goal >= ext2fs_blocks_count(x->fs->super))
		x->content_goal = first;
	return 0;
}

/* mke2fs makes the root and "lost+found", which a tree may have, too. */
static int remember_what_is_there(struct ext4_image *x, struct err *err)
{
	ext2_ino_t lost;
	errcode_t e = ext2fs_lookup(x->fs, EXT2_ROOT_INO, "lost+found", 10, NULL, &lost);

	if (e)
		return ext4_failed(err, e, "find lost+found");
	TRY(ext4_folder_begin(x, EXT2_ROOT_INO, err));
	TRY(ext4_folder_begin(x, lost, err));
	TRY(ext4_remember(x, "", EXT2_ROOT_INO, err));
	return ext4_remember(x, "lost+found", lost, err);
}

int ext4_image_new(const struct ext4_options *options, const struct tree_size *size,
		   struct ext4_image **ret, struct err *err)
{
	AUTO(ext4_image) struct ext4_image *x = xcalloc(1, sizeof(*x));

	initialize_ext2_error_table();
	x->created_s = options->created_s;
	x->size_bytes = ext4_image_bytes(size);
	if (options->max_bytes && options->max_bytes < x->size_bytes)
		x->size_bytes = options->max_bytes;
	x->fd = nameless_file(options->folder, err);
	if (x->fd < 0)
		return x->fd;
	if (!hcreate_r(2 * (size->n_entries + 16), &x->paths))
		return err_sys(err, ERR_NO_MEMORY, "cannot index %" PRIu64 " paths",
			       size->n_entries);
	TRY(make_empty(x, options, size, err));
	TRY(open_fs(x, err));
	TRY(set_content_goal(x, size, err));
	TRY(remember_what_is_there(x, err));
	*ret = take_ptr(x);
	return 0;
}

void ext4_image_free(struct ext4_image *x)
{
	if (!x)
		return;
	if (x->fs)
		ext2fs_free(x->fs);
	hdestroy_r(&x->paths);
	for (size_t i = 0; i < x->names.n; i++)
		free(x->names.items[i]);
	VEC_DONE(&x->names);
	free(x->folders);
	if (x->fd >= 0)
		(void)close(x->fd);
	free(x);
}

/* Times that are not the image's, and a counter of bytes written, which would depend on how the
 * cache was flushed. */
static void set_super(struct ext4_image *x)
{
	x->fs->super->s_kbytes_written = 0;
	x->fs->super->s_wtime = (uint32_t)x->created_s;
	x->fs->super->s_mkfs_time = (uint32_t)x->created_s;
	x->fs->super->s_lastcheck = (uint32_t)x->created_s;
	ext2fs_mark_super_dirty(x->fs);
}

/* No sync: the file is read from the page cache and never needs a disk. */
static int close_fs(struct ext4_image *x, struct err *err)
{
	errcode_t e = ext2fs_flush2(x->fs, EXT2_FLAG_FLUSH_NO_SYNC);

	if (!e) {
		set_super(x);
		e = ext2fs_close2(x->fs, EXT2_FLAG_FLUSH_NO_SYNC);
		x->fs = NULL;
	}
	return e ? ext4_failed(err, e, "write the file system") : 0;
}

static int index_folders(struct ext4_image *x, struct err *err)
{
	TRY(fs_index_ext4(x->fd, x->created_s, err));
	TRY(open_fs(x, err));
	return close_fs(x, err);
}

int ext4_image_finish(struct ext4_image *x, int *ret_fd, uint64_t *ret_bytes, struct err *err)
{
	bool index;

	TRY(ext4_folders_finish(x, &index, err));
	TRY(close_fs(x, err));
	if (index)
		TRY(index_folders(x, err));
	TRY(fs_check_ext4(x->fd, err));
	*ret_fd = take_fd(&x->fd);
	*ret_bytes = x->size_bytes;
	return 0;
}

/* ---- paths ----------------------------------------------------------------------------------- */

/* glibc's hash is made of a key's first eight characters, which paths share by the thousand; those
 * of a digest differ. */
int ext4_remember(struct ext4_image *x, const char *path, uint32_t ino, struct err *err)
{
	char *key = xmalloc(SHA256_HEX_BYTES);
	ENTRY entry = {.key = key, .data = (void *)(uintptr_t)ino}, *slot;

	sha256_hex_of(path, strlen(path), key);
	VEC_PUSH(&x->names, key);
	if (!hsearch_r(entry, ENTER, &slot, &x->paths))
		return err_set(err, ERR_IMAGE_INPUT, "there are more entries than were counted");
	slot->data = entry.data;
	return 0;
}

bool ext4_image_has(struct ext4_image *x, const char *path)
{
	return ext4_look_up(x, path) != 0;
}

uint32_t ext4_look_up(struct ext4_image *x, const char *path)
{
	char key[SHA256_HEX_BYTES];
	ENTRY entry = {.key = key}, *slot;

	sha256_hex_of(path, strlen(path), key);
	return hsearch_r(entry, FIND, &slot, &x->paths) ? (uint32_t)(uintptr_t)slot->data : 0;
}
