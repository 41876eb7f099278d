/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names in folders of an ext4 image. libext2fs looks for room from a folder's first block with
 * each name, which takes minutes for 70,000; here a name goes where the last one went. It comes
 * from a plan, so it is not there yet.
 */
#include "ext4_inode.h"

#include <string.h>

#include <base/json.h>
#include <base/str.h>

#define BLOCK_BYTES  4096
#define INDEX_BLOCKS 64 /* from here on a folder gets an index, which hosts look names up by */

/* Where a folder ends. */
struct folder_end {
	uint32_t block; /* of the folder, the last that is in use */
	uint32_t n_subfolders;
	blk64_t disk_block;
};

static errcode_t find_block(struct ext4_image *x, ext2_ino_t folder, struct folder_end *end)
{
	return ext2fs_bmap2(x->fs, folder, NULL, NULL, 0, end->block, NULL, &end->disk_block);
}

int ext4_folder_begin(struct ext4_image *x, ext2_ino_t folder, struct err *err)
{
	errcode_t e;

	if (!x->folders)
		x->folders = xcalloc(x->fs->super->s_inodes_count + 1, sizeof(*x->folders));
	x->folders[folder] = (struct folder_end){0};
	e = find_block(x, folder, &x->folders[folder]);
	return e ? ext4_failed(err, e, "find a folder's block") : 0;
}

static unsigned used_bytes(const struct ext2_dir_entry *d)
{
	return d->inode ? EXT2_DIR_REC_LEN((unsigned)ext2fs_dirent_name_len(d)) : 0;
}

static void fill(struct ext2_dir_entry *d, const char *name, ext2_ino_t ino, int type)
{
	d->inode = ino;
	ext2fs_dirent_set_name_len(d, (int)strlen(name));
	ext2fs_dirent_set_file_type(d, type);
	memcpy(d->name, name, strlen(name));
}

/* Put a name where a record of the block has room for it; false if none has. */
static bool put_in_block(struct ext4_image *x, char *block, const char *name, ext2_ino_t ino,
			 int type)
{
	unsigned need = EXT2_DIR_REC_LEN((unsigned)strlen(name)), rec = 0;
	unsigned end = BLOCK_BYTES - (ext2fs_has_feature_metadata_csum(x->fs->super)
					      ? (unsigned)sizeof(struct ext2_dir_entry_tail)
					      : 0);

	for (unsigned at = 0; at + 8 <= end; at += rec) {
		struct ext2_dir_entry *d = (struct ext2_dir_entry *)(void *)(block + at);
		unsigned used = used_bytes(d);

		if (ext2fs_get_rec_len(x->fs, d, &rec) || rec < 8 || used > rec)
			return false;
		if (rec - used < need)
			continue;
		if (used) {
			(void)ext2fs_set_rec_len(x->fs, used, d);
			d = (struct ext2_dir_entry *)(void *)(block + at + used);
			(void)ext2fs_set_rec_len(x->fs, rec - used, d);
		}
		fill(d, name, ino, type);
		return true;
	}
	return false;
}

static errcode_t next_block(struct ext4_image *x, ext2_ino_t folder, struct folder_end *end)
{
	struct ext2_inode inode;
	errcode_t e = ext2fs_read_inode(x->fs, folder, &inode);

	end->block++;
	if (!e && (uint64_t)end->block * BLOCK_BYTES >= EXT2_I_SIZE(&inode))
		e = ext2fs_expand_dir(x->fs, folder);
	return e ? e : find_block(x, folder, end);
}

int ext4_folder_add(struct ext4_image *x, ext2_ino_t folder, const char *name, ext2_ino_t ino,
		    int type, struct err *err)
{
	struct folder_end *end = &x->folders[folder];

	char block[BLOCK_BYTES] __attribute__((aligned(8)));
	errcode_t e = ext2fs_read_dir_block4(x->fs, end->disk_block, block, 0, folder);

	if (!e && !put_in_block(x, block, name, ino, type)) {
		e = next_block(x, folder, end);
		if (!e)
			e = ext2fs_read_dir_block4(x->fs, end->disk_block, block, 0, folder);
		if (!e && !put_in_block(x, block, name, ino, type))
			e = EXT2_ET_DIR_NO_SPACE;
	}
	if (!e)
		e = ext2fs_write_dir_block4(x->fs, end->disk_block, block, 0, folder);
	end->n_subfolders += type == EXT2_FT_DIR;
	return e ? ext4_failed(err, e, "add a name") : 0;
}

/* A folder's links are 2 and one for each folder in it; more than fit are written as 1 (dir_nlink,
 * fs/ext4/namei.c), and that only in folders with an index. */
static errcode_t set_links(struct ext4_image *x, ext2_ino_t folder, uint32_t n_subfolders)
{
	struct ext2_inode inode;
	errcode_t e = ext2fs_read_inode(x->fs, folder, &inode);

	inode.i_links_count = n_subfolders + 2 > EXT2_LINK_MAX ? 1 : (uint16_t)(n_subfolders + 2);
	return e ? e : ext2fs_write_inode(x->fs, folder, &inode);
}

int ext4_folders_finish(struct ext4_image *x, bool *ret_index, struct err *err)
{
	errcode_t e = 0;

	*ret_index = false;
	for (uint32_t i = 0; !e && i <= x->fs->super->s_inodes_count; i++) {
		if (!x->folders[i].disk_block)
			continue;
		if (x->folders[i].block >= INDEX_BLOCKS)
			*ret_index = true;
		if (x->folders[i].n_subfolders + 2 > EXT2_LINK_MAX)
			e = set_links(x, i, x->folders[i].n_subfolders);
	}
	return e ? ext4_failed(err, e, "count a folder's links") : 0;
}
