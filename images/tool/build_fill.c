/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The file system of one partition, filled with its part of the tree.
 */
#include "build_run.h"
#include "rootfs_tar.h"
#include "tree_path.h"

#include <inttypes.h>
#include <string.h>

#include <base/digest.h>
#include <base/json.h>
#include <base/str.h>

#include "images/core/entry_rules.h"

/* One file system that is being filled with its part of the tree. */
struct filling {
	struct build *b;
	const struct manifest_partition *p;
	struct ext4_image *x;
};

/* A path of the tree as it is inside of the partition: "var/lib" of "/var" is "lib". */
static const char *inner_path(const struct manifest_partition *p, const char *path)
{
	size_t n = strlen(p->mount);

	if (p->role == PARTITION_ROLE_ROOT)
		return path;
	return path[n - 1] ? path + n : path + n - 1;
}

static int fix_hard_link(struct filling *f, const char *path, struct archive_entry *entry,
			 struct err *err)
{
	const char *target = archive_entry_hardlink(entry);
	autofree char *clean = target ? tree_clean_path(target) : NULL;

	if (!target)
		return 0;
	if (!clean || layout_owner(&f->b->layout, clean) != f->p)
		return err_set(err, ERR_IMAGE_MEMBER,
			       "entry '%s' is a hard link to '%s' on another partition", path,
			       target);
	archive_entry_set_hardlink(entry, inner_path(f->p, clean));
	return 0;
}

/* 1: the entry lies on the partition; the mount point of another one is a folder on the root's. */
static int lies_on(void *arg, const char *path, struct archive_entry *entry, struct err *err)
{
	struct filling *f = arg;
	const struct manifest_partition *owner = layout_owner(&f->b->layout, path);

	if (owner != f->p)
		return f->p->role == PARTITION_ROLE_ROOT && str_eq(owner->mount + 1, path);
	TRY(fix_hard_link(f, path, entry, err));
	return 1;
}

static int fill_entry(void *arg, const char *path, struct archive_entry *entry, struct archive *a,
		      struct err *err)
{
	struct filling *f = arg;
	int ours = lies_on(f, path, entry, err);

	if (ours <= 0)
		return ours;
	/* the tree was checked by the rules of the root, which may have another file system */
	if (f->b->source.fs != PARTITION_FS_EXT4)
		TRY(entry_rules_check(entry, path, PARTITION_FS_EXT4, err));
	return ext4_image_add(f->x, inner_path(f->p, path), entry, a, err);
}

/* Mount points that the tree does not have. */
static int add_mount_points(struct filling *f, struct err *err)
{
	for (size_t i = 0; i < f->b->layout.n_partitions; i++) {
		const char *mount = f->b->layout.partitions[i].mount;
		struct archive_entry *e;
		int status;

		if (f->p->role != PARTITION_ROLE_ROOT || !mount[0] || !mount[1] ||
		    ext4_image_has(f->x, mount + 1))
			continue;
		e = archive_entry_new();
		archive_entry_set_filetype(e, AE_IFDIR);
		archive_entry_set_perm(e, 0755);
		archive_entry_set_mtime(e, f->b->created_s, 0);
		status = ext4_image_add(f->x, mount + 1, e, NULL, err);
		archive_entry_free(e);
		if (status < 0)
			return status;
	}
	return 0;
}

/* A UUID that depends on the image alone; hosts get one of their own. */
static void image_uuid(const struct build *b, const struct manifest_partition *p,
		       char ret[static UUID_TEXT_BYTES])
{
	autofree char *seed = xasprintf("%s %s %s %" PRId64 "%s%s", b->m->line, b->m->version,
					image_arch_str(b->m->arch), b->created_s,
					p->role == PARTITION_ROLE_ROOT ? "" : " ",
					p->role == PARTITION_ROLE_ROOT ? "" : p->mount);
	char hex[SHA256_HEX_BYTES];

	sha256_hex_of(seed, strlen(seed), hex);
	snprintf(ret, UUID_TEXT_BYTES, "%.8s-%.4s-4%.3s-8%.3s-%.12s", hex, hex + 8, hex + 13,
		 hex + 17, hex + 20);
}

int build_tar(struct build *b, const struct manifest_partition *root,
	      const struct rootfs_rules *rules, int *ret_fd, uint64_t *ret_bytes, struct err *err)
{
	struct filling f = {.b = b, .p = root};
	const struct rootfs_tar t = {
		.tree = b->tree, .folder = b->folder, .rules = rules, .wants = lies_on, .arg = &f};

	return rootfs_tar_make(&t, ret_fd, ret_bytes, err);
}

int build_ext4(struct build *b, const struct manifest_partition *p, int *ret_fd,
	       uint64_t *ret_bytes, struct err *err)
{
	char uuid[UUID_TEXT_BYTES];
	struct ext4_options options = {
		.folder = b->folder, .created_s = b->created_s, .uuid = uuid};
	struct tree_size size = b->part_size[p->number];
	AUTO(ext4_image) struct ext4_image *x = NULL;
	struct filling f = {.b = b, .p = p};

	image_uuid(b, p, uuid);
	size.n_entries += b->layout.n_partitions; /* mount points */
	if (p->role == PARTITION_ROLE_DATA)
		options.max_bytes = p->size_bytes;
	TRY(ext4_image_new(&options, &size, &x, err));
	f.x = x;
	TRY(tree_walk(b->tree, fill_entry, &f, err));
	TRY(add_mount_points(&f, err));
	return ext4_image_finish(x, ret_fd, ret_bytes, err);
}
