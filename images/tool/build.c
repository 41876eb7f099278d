/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From an input to an archive; see images/build.h. A tree goes by twice: once to be measured and
 * for the boot loader's files, once to fill the file system. A disk image is packed as it is.
 */
#include <images/build.h>

#include <inttypes.h>
#include <libgen.h>
#include <locale.h>
#include <string.h>
#include <unistd.h>

#include <base/file.h>
#include <base/json.h>
#include <base/limits.h>
#include <base/str.h>

#include "build_run.h"
#include "fs_check.h"
#include "initrd.h"
#include "rootfs_tar.h"

#define BLOCK_BYTES        4096
#define INODE_RATIO_BYTES  16384
#define UNPACKED_MIN_BYTES (512 * MIB)
#define LINK_IN_INODE      60         /* a symbolic link from this length on takes a block */
#define EXTENTS_OF_BLOCK   300        /* of a file with many, in a block of its tree */
#define NAME_RECORD_BYTES  12         /* of a name in a folder, at most, besides the name */
#define HOLES_MAX_BYTES    (16 * GIB) /* of a tree that is packed as a tar */

/* The part that is one partition's file system, made as blocks. */
static int pack_partition(struct build *b, const char *name, unsigned partition, int fd,
			  uint64_t size_bytes, struct err *err)
{
	const struct build_part part = {.name = name,
					.role = PAYLOAD_ROLE_FS,
					.partition = partition,
					.fd = fd,
					.size_bytes = size_bytes};

	return build_pack(b, &part, err);
}

/* ---- trees ----------------------------------------------------------------------------------- */

static const struct manifest_partition *layout_root(const struct build *b)
{
	for (size_t i = 0; i < b->layout.n_partitions; i++)
		if (b->layout.partitions[i].role == PARTITION_ROLE_ROOT)
			return &b->layout.partitions[i];
	BUG_ON(true);
}

static uint64_t blocks_of(const struct plan_file *file)
{
	uint64_t n_bytes = file->type == AE_IFLNK && file->link ? strlen(file->link)
								: file->data_bytes;

	if (file->type == AE_IFLNK && n_bytes < LINK_IN_INODE)
		n_bytes = 0;
	return (n_bytes + BLOCK_BYTES - 1) / BLOCK_BYTES + file->n_extents / EXTENTS_OF_BLOCK +
	       file->has_attributes;
}

static void count_name(struct tree_size *size, const struct plan_node *node)
{
	size->n_entries++;
	size->n_folders += node->file->type == AE_IFDIR;
	size->n_name_bytes += strlen(node->name) + NAME_RECORD_BYTES;
	if (node == node->file->first_name)
		size->file_blocks += blocks_of(node->file);
}

static bool is_unpacked(const struct build *b)
{
	enum partition_fs fs = layout_root(b)->fs;

	return b->layout.unpack || fs == PARTITION_FS_XFS || fs == PARTITION_FS_BTRFS;
}

/* Its content is made here, as blocks. */
static bool is_ext4_data(const struct manifest_partition *p)
{
	return p->role == PARTITION_ROLE_DATA && p->fs == PARTITION_FS_EXT4;
}

/* Files that a partition would hide when it is mounted are a mistake of the layout. */
static int check_owner(const struct manifest_partition *owner, const char *path, struct err *err)
{
	if (owner->role == PARTITION_ROLE_ROOT || is_ext4_data(owner) ||
	    str_eq(owner->mount + 1, path))
		return 0;
	return err_set(err, ERR_IMAGE_LAYOUT,
		       "the tree has '%s', but partition %u, mounted at '%s', is made empty", path,
		       owner->number, owner->mount);
}

/* in: path: of what is not a folder. True for "var" beside "/var" and "/var/lib". */
static bool is_in_the_way(const struct manifest_partition *p, const char *path)
{
	size_t n = strlen(path);

	return str_starts(p->mount, "/") && str_starts(p->mount + 1, path) &&
	       (!p->mount[1 + n] || p->mount[1 + n] == '/');
}

/* A link may lead to where the host mounts, but not to where content is filled in. */
static int check_mount_points(const struct build *b, const struct plan_node *node, const char *path,
			      struct err *err)
{
	for (size_t i = 0; i < b->layout.n_partitions && node->file->type != AE_IFDIR; i++) {
		const struct manifest_partition *p = &b->layout.partitions[i];

		if (is_in_the_way(p, path) && (node->file->type != AE_IFLNK || is_ext4_data(p)))
			return err_set(err, ERR_IMAGE_MEMBER,
				       "entry '%s' is not a folder, and partition %u is mounted at "
				       "'%s'",
				       path, p->number, p->mount);
	}
	return 0;
}

static bool is_kept(const void *arg, const char *path)
{
	(void)arg;
	return boot_files_wants(path);
}

/* For layouts, which only what is unpacked can take. */
static bool is_kept_with_initrds(const void *arg, const char *path)
{
	return is_kept(arg, path) || initrd_is(path);
}

static int keep(void *arg, const char *path, struct archive_entry *entry, struct archive *a,
		struct err *err)
{
	struct build *b = arg;

	return boot_files_keep(&b->boot.files, path, entry, a, err);
}

struct measuring {
	struct build *b;
	uint64_t hole_bytes;
	int status;
	struct err *err;
};

static void measure(void *arg, struct plan_node *node)
{
	struct measuring *m = arg;
	autofree char *path = plan_path(node);
	const struct manifest_partition *owner = layout_owner(&m->b->layout, path);

	if (m->status < 0)
		return;
	m->status = check_mount_points(m->b, node, path, m->err);
	if (!m->status)
		m->status = check_owner(owner, path, m->err);
	count_name(&m->b->part_size[owner->number], node);
	if (node->file->size_bytes > node->file->data_bytes)
		m->hole_bytes += node->file->size_bytes - node->file->data_bytes;
}

static int measure_all(struct build *b, struct err *err)
{
	struct measuring m = {.b = b, .err = err};

	plan_each(tree_plan(b->tree), measure, &m);
	if (!m.status && is_unpacked(b) && m.hole_bytes > HOLES_MAX_BYTES)
		return err_set(err, ERR_IMAGE_INPUT,
			       "files of the tree have holes of %" PRIu64
			       " GiB in all, and a tree that is unpacked carries them as zeros: at "
			       "most %d; build blocks instead (no \"unpack\", no xfs root)",
			       (uint64_t)(m.hole_bytes / GIB), (int)(HOLES_MAX_BYTES / GIB));
	return m.status;
}

static int read_tree(struct build *b, struct err *err)
{
	b->source.fs = is_unpacked(b) ? layout_root(b)->fs : PARTITION_FS_EXT4;
	b->source.keeps = is_unpacked(b) ? is_kept_with_initrds : is_kept;
	b->source.keep = keep;
	b->source.arg = b;
	TRY(tree_new(&b->source, &b->tree, err));
	if (!plan_n_entries(tree_plan(b->tree)))
		return err_set(err, ERR_IMAGE_INPUT, "'%s' is empty", b->request->input);
	if (!b->created_s)
		b->created_s = tree_newest_s(b->tree);
	tree_set_made_s(b->tree, b->created_s);
	if (is_unpacked(b))
		TRY(initrd_features_of_tree(&b->boot.files, tree_plan(b->tree), &b->m->features,
					    err));
	return measure_all(b, err);
}

static const char *firmware_words(unsigned firmware)
{
	switch (firmware) {
	case IMAGE_FIRMWARE_BIOS:
		return "bios only";
	case IMAGE_FIRMWARE_UEFI:
		return "uefi only";
	default:
		return "no firmware";
	}
}

static int choose_firmware(struct build *b, struct err *err)
{
	unsigned has, wanted;

	if (b->layout.boot == LAYOUT_BOOT_NONE) {
		layout_drop_unused(&b->layout, 0);
		return 0;
	}
	TRY(boot_parts_choose(&b->boot, tree_plan(b->tree), &b->layout, err));
	/* BIOS and GRUB's blocks for it count in 512 bytes */
	has = boot_parts_firmware(&b->boot) &
	      (b->m->sector_bytes == MANIFEST_SECTOR_BYTES ? ~0U : IMAGE_FIRMWARE_UEFI);
	wanted = b->layout.firmware_set ? b->layout.firmware : has;
	if (!wanted || (wanted & ~has))
		return err_set(err, ERR_IMAGE_BOOT_LOADER,
			       "root file system has the boot loader of %s", firmware_words(has));
	b->m->firmware = wanted;
	layout_drop_unused(&b->layout, wanted);
	return layout_fit_esp(&b->layout, boot_parts_esp_bytes(&b->boot), err);
}

static int build_data(struct build *b, const struct manifest_partition *p, struct err *err)
{
	autofree char *name = xasprintf("data%u.ext4", p->number);
	autoclose int fd = -1;
	uint64_t size_bytes;

	if (build_ext4(b, p, &fd, &size_bytes, err) < 0)
		return err_wrap(err, "partition %u", p->number);
	return pack_partition(b, name, p->number, fd, size_bytes, err);
}

/* The host makes the file system, with an inode for each 16 KiB as mke2fs does. */
static int set_unpacked_size(const struct build *b, struct manifest_partition *root,
			     struct err *err)
{
	const struct tree_size *size = &b->part_size[root->number];
	uint64_t inodes = size->n_entries * INODE_RATIO_BYTES;
	uint64_t needed = ext4_image_bytes(size);

	if (root->fs == PARTITION_FS_EXT4 && inodes > needed)
		needed = (inodes + MIB - 1) / MIB * MIB;
	if (needed < UNPACKED_MIN_BYTES)
		needed = UNPACKED_MIN_BYTES;
	if (!root->size_bytes)
		root->size_bytes = needed;
	/* what is free in it is an estimate: refuse what cannot be */
	if (size->file_blocks * BLOCK_BYTES > root->size_bytes)
		return err_set(err, ERR_IMAGE_LAYOUT,
			       "root partition has %" PRIu64 " MiB, its content needs %" PRIu64,
			       (uint64_t)(root->size_bytes / MIB), (uint64_t)(needed / MIB));
	return 0;
}

static int build_unpacked(struct build *b, const struct manifest_partition *root, struct err *err)
{
	const struct rootfs_rules rules = {.devices = b->layout.devices, .fs = root->fs};
	struct build_part part = {
		.name = "root.tar", .role = PAYLOAD_ROLE_ROOTFS, .partition = root->number};
	autoclose int fd = -1;

	TRY(build_tar(b, root, &rules, &fd, &part.size_bytes, err));
	part.fd = fd;
	return build_pack(b, &part, err);
}

static int build_root(struct build *b, struct err *err)
{
	struct manifest_partition *root =
		&b->layout.partitions[layout_root(b) - b->layout.partitions];
	autoclose int fd = -1;
	uint64_t size_bytes;

	if (is_unpacked(b)) {
		TRY(set_unpacked_size(b, root, err));
		return build_unpacked(b, root, err);
	}
	if (root->fs != PARTITION_FS_EXT4)
		return err_set(err, ERR_IMAGE_LAYOUT, "root file system cannot be %s",
			       partition_fs_str(root->fs));
	TRY(build_ext4(b, root, &fd, &size_bytes, err));
	if (root->size_bytes && root->size_bytes < size_bytes)
		return err_set(err, ERR_IMAGE_LAYOUT,
			       "root partition has %" PRIu64 " MiB, its content needs %" PRIu64,
			       (uint64_t)(root->size_bytes / MIB), (uint64_t)(size_bytes / MIB));
	if (!root->size_bytes)
		root->size_bytes = size_bytes;
	return pack_partition(b, "root.ext4", root->number, fd, size_bytes, err);
}

static int build_boot(struct build *b, const struct manifest_partition *p, struct err *err)
{
	autoclose int fd = -1;

	if (p->role == PARTITION_ROLE_BIOS) {
		TRY(boot_parts_bios(&b->boot, p->start_bytes, p->size_bytes, b->m->boot_code, &fd,
				    err));
		b->m->has_boot_code = true;
		return pack_partition(b, "bios.img", p->number, fd, p->size_bytes, err);
	}
	TRY(boot_parts_esp(&b->boot, p->size_bytes, b->m->sector_bytes, b->created_s, &fd, err));
	TRY(fs_check_vfat(fd, err));
	return pack_partition(b, "esp.vfat", p->number, fd, p->size_bytes, err);
}

static int build_tree(struct build *b, struct err *err)
{
	TRY(boot_parts_begin(&b->boot, b->request->arch, b->folder, err));
	TRY(read_tree(b, err));
	TRY(choose_firmware(b, err));
	/* The root first: its size decides where nothing else lies, boot code comes after. */
	TRY(build_root(b, err));
	for (size_t i = 0; i < b->layout.n_partitions; i++)
		if (is_ext4_data(&b->layout.partitions[i]))
			TRY(build_data(b, &b->layout.partitions[i], err));
	b->m->min_disk_bytes = layout_place(&b->layout) + MIB;
	for (size_t i = 0; i < b->layout.n_partitions; i++)
		if (b->layout.partitions[i].role < PARTITION_ROLE_ROOT)
			TRY(build_boot(b, &b->layout.partitions[i], err));
	b->m->n_partitions = b->layout.n_partitions;
	memcpy(b->m->partitions, b->layout.partitions, sizeof(b->m->partitions));
	return 0;
}

/* ---- all of it ------------------------------------------------------------------------------- */

static int set_names(struct build *b, struct err *err)
{
	const struct image_build_request *r = b->request;

	if (!manifest_name_is_valid(r->line) || !manifest_version_is_valid(r->version))
		return err_set(err, ERR_INVALID,
			       "line and version are names of a-z 0-9 . _ -, at most 64");
	(void)str_copy(b->m->line, sizeof(b->m->line), r->line);
	(void)str_copy(b->m->version, sizeof(b->m->version), r->version);
	b->m->arch = r->arch;
	b->m->sector_bytes = MANIFEST_SECTOR_BYTES;
	b->created_s = r->created_s;
	b->source.path = r->input;
	b->source.folder = b->folder;
	b->source.oci_arch = r->arch == IMAGE_ARCH_X86_64 ? "amd64" : "arm64";
	return 0;
}

static int run(struct build *b, struct err *err)
{
	const struct image_build_request *r = b->request;

	TRY(set_names(b, err));
	TRY(layout_load(r->layout_path, r->arch, &b->layout, err));
	b->m->sector_bytes = b->layout.sector_bytes;
	if (r->progress)
		r->progress(r->progress_arg, "read", 0, 0);
	if (r->raw)
		b->source.kind = INPUT_DISK;
	else
		TRY(input_kind_of(r->input, &b->source.kind, err));
	TRY(b->source.kind == INPUT_DISK ? build_disk(b, err) : build_tree(b, err));
	b->m->created_s = b->created_s > 0 ? b->created_s : 0;
	b->m->seq = r->seq ? r->seq : b->created_s > 0 ? (uint64_t)b->created_s : 1;
	return archive_write(r->output, b->m, b->packed, err);
}

static char *folder_of(const char *path)
{
	autofree char *copy = xstrdup(path);

	return xstrdup(dirname(copy));
}

int image_build(const struct image_build_request *request, struct manifest **ret, struct err *err)
{
	struct build b = {.request = request, .folder = folder_of(request->output)};
	int status;

	/* libarchive translates names by the locale; ours is always this one, which glibc has built
	 * in. */
	locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", NULL), before = uselocale(utf8);

	b.m = xcalloc(1, sizeof(*b.m));
	status = run(&b, err);
	(void)uselocale(before);
	if (utf8)
		freelocale(utf8);
	for (size_t i = 0; i < b.m->n_payloads; i++)
		packed_payload_done(&b.packed[i]);
	boot_parts_done(&b.boot);
	tree_free(b.tree);
	free(b.folder);
	if (!status && ret)
		*ret = take_ptr(b.m);
	manifest_free(b.m);
	return status;
}
