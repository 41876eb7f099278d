/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Content and extended attributes of inodes in an ext4 image. Blocks are allocated as few extents
 * and written by offset into the image file, past libext2fs's own block cache, which never holds
 * them.
 */
#include "ext4_inode.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include <base/json.h>
#include <base/str.h>

#include "tree_content.h"

#define BLOCK_BYTES 4096

/* A run of file blocks that lies in one piece in the image. */
struct run {
	uint64_t file_block, disk_block, n_blocks;
};

static int find_run(ext2_extent_handle_t extents, uint64_t file_block, struct run *ret,
		    struct err *err)
{
	struct ext2fs_extent extent;
	errcode_t e = ext2fs_extent_goto(extents, file_block);

	if (!e)
		e = ext2fs_extent_get(extents, EXT2_EXTENT_CURRENT, &extent);
	if (e)
		return ext4_failed(err, e, "find a block");
	ret->file_block = extent.e_lblk;
	ret->disk_block = extent.e_pblk;
	ret->n_blocks = extent.e_len;
	return 0;
}

static int put(struct ext4_image *x, const void *p, size_t n_bytes, uint64_t at, struct err *err)
{
	size_t done = 0;

	while (done < n_bytes) {
		ssize_t n = pwrite(x->fd, (const char *)p + done, n_bytes - done,
				   (off_t)(at + done));

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return err_sys(err, ERR_IO, "cannot write the image");
		done += (size_t)n;
	}
	return 0;
}

static bool is_zero(const uint8_t *p, size_t n_bytes)
{
	return !n_bytes || (!p[0] && !memcmp(p, p + 1, n_bytes - 1));
}

/* One file whose blocks are there and get their content. */
struct filling {
	struct ext4_image *x;
	ext2_extent_handle_t extents;
	struct run run; /* the last one that was written */
};

/* Bytes at a file offset, across runs. Zeros are there already: in a hole of the file, or in a
 * block of an image that was all zeros when it began. */
static int put_content(struct filling *f, const uint8_t *p, size_t n_bytes, uint64_t offset,
		       struct err *err)
{
	struct run *run = &f->run;

	while (n_bytes) {
		uint64_t block = offset / BLOCK_BYTES, in_run, left;
		size_t n;

		n = BLOCK_BYTES - offset % BLOCK_BYTES;
		n = n < n_bytes ? n : n_bytes;
		if (is_zero(p, n)) {
			p += n;
			offset += n;
			n_bytes -= n;
			continue;
		}
		if (block < run->file_block || block >= run->file_block + run->n_blocks)
			TRY(find_run(f->extents, block, run, err));
		in_run = offset - run->file_block * BLOCK_BYTES;
		left = run->n_blocks * BLOCK_BYTES - in_run;
		n = left < n_bytes ? (size_t)left : n_bytes;
		TRY(put(f->x, p, n, run->disk_block * BLOCK_BYTES + in_run, err));
		p += n;
		offset += n;
		n_bytes -= n;
	}
	return 0;
}

static int copy_content(struct ext4_image *x, ext2_extent_handle_t extents, struct archive *a,
			uint64_t size_bytes, struct err *err)
{
	struct filling f = {.x = x, .extents = extents};
	struct tree_content c = {.a = a, .size_bytes = size_bytes};
	int status;

	while ((status = tree_content_next(&c, err)) > 0) {
		TRY(put_content(&f, c.p, c.n_bytes, c.at, err));
		if (f.run.n_blocks)
			x->content_goal = f.run.disk_block + f.run.n_blocks;
	}
	return status;
}

static errcode_t allocate(struct ext4_image *x, ext2_ino_t ino, struct ext2_inode_large *inode,
			  uint64_t offset, uint64_t n_bytes)
{
	uint64_t first = offset / BLOCK_BYTES,
		 end = (offset + n_bytes + BLOCK_BYTES - 1) / BLOCK_BYTES;

	return ext2fs_fallocate(x->fs, EXT2_FALLOCATE_FORCE_INIT | EXT2_FALLOCATE_INIT_BEYOND_EOF,
				ino, (struct ext2_inode *)inode, x->content_goal, first,
				end - first);
}

/* Sparse files keep their holes: only what the tar says is data gets blocks. */
static errcode_t allocate_all(struct ext4_image *x, ext2_ino_t ino, struct ext2_inode_large *inode,
			      struct archive_entry *entry, uint64_t size_bytes)
{
	la_int64_t offset, length;
	errcode_t e = 0;

	if (!archive_entry_sparse_reset(entry))
		return allocate(x, ino, inode, 0, size_bytes);
	while (!e && archive_entry_sparse_next(entry, &offset, &length) == ARCHIVE_OK)
		if (length > 0)
			e = allocate(x, ino, inode, (uint64_t)offset, (uint64_t)length);
	return e;
}

int ext4_write_content(struct ext4_image *x, ext2_ino_t ino, struct ext2_inode_large *inode,
		       struct archive_entry *entry, struct archive *a, struct err *err)
{
	uint64_t size_bytes = (uint64_t)archive_entry_size(entry);
	ext2_extent_handle_t extents;
	errcode_t e;
	int status;

	/* Opening writes an empty extent tree into a new inode; an empty file needs one too. */
	e = ext2fs_extent_open2(x->fs, ino, (struct ext2_inode *)inode, &extents);
	if (e)
		return ext4_failed(err, e, "begin an extent tree");
	ext2fs_extent_free(extents);
	if (!size_bytes) {
		e = ext2fs_write_inode_full(x->fs, ino, (struct ext2_inode *)inode, sizeof(*inode));
		return e ? ext4_failed(err, e, "write an inode") : 0;
	}
	e = ext2fs_inode_size_set(x->fs, (struct ext2_inode *)inode, (ext2_off64_t)size_bytes);
	if (!e)
		e = allocate_all(x, ino, inode, entry, size_bytes);
	if (!e)
		e = ext2fs_write_inode_full(x->fs, ino, (struct ext2_inode *)inode, sizeof(*inode));
	if (!e)
		e = ext2fs_extent_open2(x->fs, ino, (struct ext2_inode *)inode, &extents);
	if (e)
		return ext4_failed(err, e, "find room for content");
	status = copy_content(x, extents, a, size_bytes, err);
	ext2fs_extent_free(extents);
	return status;
}

int ext4_write_xattrs(struct ext4_image *x, ext2_ino_t ino, struct archive_entry *entry,
		      struct err *err)
{
	struct ext2_xattr_handle *handle;
	const char *name;
	const void *value;
	size_t n_bytes;
	errcode_t e;
	int status;

	if (!archive_entry_xattr_reset(entry) && !archive_entry_acl_types(entry))
		return 0;
	e = ext2fs_xattrs_open(x->fs, ino, &handle);
	if (e)
		return ext4_failed(err, e, "open attributes");
	e = ext2fs_xattrs_read(handle);
	while (!e && archive_entry_xattr_next(entry, &name, &value, &n_bytes) == ARCHIVE_OK)
		e = ext2fs_xattr_set(handle, name, value, n_bytes);
	status = e ? ext4_failed(err, e, "write attributes") : ext4_write_acls(handle, entry, err);
	(void)ext2fs_xattrs_close(&handle);
	return status;
}
