/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Adding entries to an ext4 image: folders, files, links, device nodes, with their owners, modes,
 * times and extended attributes. Parents that the tar leaves out are made, mode 0755.
 */
#include "ext4_inode.h"

#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <base/json.h>
#include <base/str.h>

static int file_type(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFREG:
		return EXT2_FT_REG_FILE;
	case S_IFDIR:
		return EXT2_FT_DIR;
	case S_IFCHR:
		return EXT2_FT_CHRDEV;
	case S_IFBLK:
		return EXT2_FT_BLKDEV;
	case S_IFIFO:
		return EXT2_FT_FIFO;
	case S_IFSOCK:
		return EXT2_FT_SOCK;
	case S_IFLNK:
		return EXT2_FT_SYMLINK;
	default:
		return EXT2_FT_UNKNOWN;
	}
}

/* Two bits over the 32 that are taken as a signed number (fs/ext4/ext4.h, EXT4_EPOCH_BITS). */
static uint32_t extra_time(int64_t s, long ns)
{
	return (uint32_t)(((s - (int32_t)s) >> 32) & 3) | ((uint32_t)ns << 2);
}

static void set_times(struct ext2_inode_large *inode, int64_t s, long ns)
{
	inode->i_atime = inode->i_ctime = inode->i_mtime = inode->i_crtime = (uint32_t)s;
	inode->i_atime_extra = inode->i_ctime_extra = inode->i_mtime_extra = inode->i_crtime_extra =
		extra_time(s, ns);
}

static void set_owner_and_mode(struct ext2_inode_large *inode, struct archive_entry *entry)
{
	uint32_t uid = (uint32_t)archive_entry_uid(entry), gid = (uint32_t)archive_entry_gid(entry);

	inode->i_mode = ext4_mode(entry);
	inode->i_uid = (uint16_t)uid;
	inode->osd2.linux2.l_i_uid_high = (uint16_t)(uid >> 16);
	inode->i_gid = (uint16_t)gid;
	inode->osd2.linux2.l_i_gid_high = (uint16_t)(gid >> 16);
	inode->i_extra_isize = sizeof(*inode) - EXT2_GOOD_OLD_INODE_SIZE;
	set_times(inode, archive_entry_mtime(entry), archive_entry_mtime_nsec(entry));
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static int make_folder(struct ext4_image *x, ext2_ino_t parent, const char *path, ext2_ino_t *ret,
		       struct err *err)
{
	ext2_ino_t ino;
	errcode_t e = ext2fs_new_inode(x->fs, parent, LINUX_S_IFDIR | 0755, 0, &ino);

	if (!e)
		e = ext2fs_mkdir(x->fs, parent, ino, NULL);
	if (e)
		return ext4_failed(err, e, "make a folder");
	TRY(ext4_folder_begin(x, ino, err));
	TRY(ext4_folder_add(x, parent, base_name(path), ino, EXT2_FT_DIR, err));
	*ret = ino;
	return ext4_remember(x, path, ino, err);
}

static int find_parent(struct ext4_image *x, const char *path, ext2_ino_t *ret, struct err *err)
{
	const char *slash = strrchr(path, '/');
	autofree char *parent = slash ? xstrndup(path, (size_t)(slash - path)) : xstrdup("");
	ext2_ino_t grandparent;

	*ret = ext4_look_up(x, parent);
	if (*ret)
		return 0;
	TRY(find_parent(x, parent, &grandparent, err));
	return make_folder(x, grandparent, parent, ret, err);
}

/* A folder's inode keeps what ext2fs_mkdir() made of it (blocks, links); the rest is the entry's.
 */
static int set_folder(struct ext4_image *x, ext2_ino_t ino, struct archive_entry *entry,
		      struct err *err)
{
	struct ext2_inode_large inode;
	errcode_t e = ext2fs_read_inode_full(x->fs, ino, (struct ext2_inode *)&inode,
					     sizeof(inode));

	if (!e) {
		set_owner_and_mode(&inode, entry);
		e = ext2fs_write_inode_full(x->fs, ino, (struct ext2_inode *)&inode, sizeof(inode));
	}
	return e ? ext4_failed(err, e, "write a folder's inode")
		 : ext4_write_xattrs(x, ino, entry, err);
}

static int add_folder(struct ext4_image *x, const char *path, struct archive_entry *entry,
		      struct err *err)
{
	ext2_ino_t ino = ext4_look_up(x, path), parent;

	if (!ino) {
		TRY(find_parent(x, path, &parent, err));
		TRY(make_folder(x, parent, path, &ino, err));
	}
	return set_folder(x, ino, entry, err);
}

static int add_hard_link(struct ext4_image *x, const char *path, const char *target,
			 struct err *err)
{
	struct ext2_inode inode;
	ext2_ino_t parent, ino;
	errcode_t e;

	ino = ext4_look_up(x, target);
	if (!ino)
		return err_set(err, ERR_IMAGE_MEMBER, "hard link to '%s', which is not there",
			       target);
	TRY(find_parent(x, path, &parent, err));
	e = ext2fs_read_inode(x->fs, ino, &inode);
	if (e)
		return ext4_failed(err, e, "read a linked inode");
	TRY(ext4_folder_add(x, parent, base_name(path), ino, file_type(inode.i_mode), err));
	inode.i_links_count++;
	e = ext2fs_write_inode(x->fs, ino, &inode);
	return e ? ext4_failed(err, e, "count a link") : ext4_remember(x, path, ino, err);
}

/* A name that gets an inode of its own. */
struct new_name {
	const char *path;
	ext2_ino_t parent, ino;
};

static int write_symlink(struct ext4_image *x, const struct new_name *new,
			 struct archive_entry *entry, struct err *err)
{
	const char *target = archive_entry_symlink(entry);
	errcode_t e;

	if (!target || !target[0])
		return err_set(err, ERR_IMAGE_MEMBER, "symbolic link without a target");
	e = ext2fs_symlink(x->fs, new->parent, new->ino, NULL, target);
	if (e)
		return ext4_failed(err, e, "make a symbolic link");
	TRY(ext4_folder_add(x, new->parent, base_name(new->path), new->ino, EXT2_FT_SYMLINK, err));
	TRY(ext4_remember(x, new->path, new->ino, err));
	return set_folder(x, new->ino, entry, err);
}

static void set_device(struct ext2_inode_large *inode, struct archive_entry *entry)
{
	unsigned major = (unsigned)archive_entry_rdevmajor(entry),
		 minor = (unsigned)archive_entry_rdevminor(entry);

	if (major < 256 && minor < 256)
		inode->i_block[0] = major << 8 | minor;
	else
		inode->i_block[1] = (minor & 0xff) | (major << 8) | ((minor & ~0xffU) << 12);
}

static int write_node(struct ext4_image *x, const struct new_name *new, struct archive_entry *entry,
		      struct archive *a, struct err *err)
{
	struct ext2_inode_large inode = {0};
	mode_t mode = archive_entry_mode(entry);
	ext2_ino_t ino = new->ino;
	errcode_t e;

	set_owner_and_mode(&inode, entry);
	inode.i_links_count = 1;
	TRY(ext4_folder_add(x, new->parent, base_name(new->path), ino, file_type(mode), err));
	ext2fs_inode_alloc_stats2(x->fs, ino, +1, 0);
	if (S_ISCHR(mode) || S_ISBLK(mode))
		set_device(&inode, entry);
	if (S_ISREG(mode))
		inode.i_flags |= EXT4_EXTENTS_FL;
	e = ext2fs_write_new_inode(x->fs, ino, (struct ext2_inode *)&inode);
	/* it takes a time of 0 for one that was not set */
	set_times(&inode, archive_entry_mtime(entry), archive_entry_mtime_nsec(entry));
	if (!e)
		e = ext2fs_write_inode_full(x->fs, ino, (struct ext2_inode *)&inode, sizeof(inode));
	if (e)
		return ext4_failed(err, e, "write an inode");
	TRY(ext4_remember(x, new->path, ino, err));
	if (S_ISREG(mode))
		TRY(ext4_write_content(x, ino, &inode, entry, a, err));
	return ext4_write_xattrs(x, ino, entry, err);
}

static int add_entry(struct ext4_image *x, const char *path, struct archive_entry *entry,
		     struct archive *a, struct err *err)
{
	mode_t mode = archive_entry_mode(entry);
	const char *target = archive_entry_hardlink(entry);
	struct new_name new = {.path = path};
	errcode_t e;

	if (target)
		return add_hard_link(x, path, target, err);
	if (S_ISDIR(mode))
		return add_folder(x, path, entry, err);
	if (ext4_look_up(x, path))
		return err_set(err, ERR_IMAGE_MEMBER, "the name is there already");
	if (file_type(mode) == EXT2_FT_UNKNOWN)
		return err_set(err, ERR_IMAGE_MEMBER, "kind of entry is not known");
	TRY(find_parent(x, path, &new.parent, err));
	e = ext2fs_new_inode(x->fs, new.parent, (int)mode, 0, &new.ino);
	if (e)
		return ext4_failed(err, e, "find a free inode");
	if (S_ISLNK(mode))
		return write_symlink(x, &new, entry, err);
	return write_node(x, &new, entry, a, err);
}

int ext4_image_add(struct ext4_image *x, const char *path, struct archive_entry *entry,
		   struct archive *a, struct err *err)
{
	if (add_entry(x, path, entry, a, err) < 0)
		return err_wrap(err, "entry '%s'", path);
	return 0;
}
