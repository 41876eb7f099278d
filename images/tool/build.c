/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From an input to an archive; see images/build.h. A tree goes by twice: once to be measured and
 * for the boot loader's files, once to fill the file system. A disk image is packed as it is.
 */
#include <images/build.h>

#include <fcntl.h>
#include <inttypes.h>
#include <libgen.h>
#include <linux/fs.h>
#include <locale.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <base/file.h>
#include <base/json.h>
#include <base/limits.h>
#include <base/str.h>

#include "boot_parts.h"
#include "ext4_image.h"
#include "layout.h"
#include "pack.h"
#include "rootfs_tar.h"
#include "tree.h"

#define BLOCK_BYTES   4096
#define LEVEL_DEFAULT 3

struct build {
	const struct image_build_request *request;
	char *folder; /* of the output, for temporary files */
	struct manifest *m;
	struct packed_payload packed[MANIFEST_MAX_PAYLOADS];
	struct tree_options tree;
	struct layout layout;
	struct tree_size size;                                   /* of the whole tree */
	struct tree_size part_size[MANIFEST_MAX_PARTITIONS + 1]; /* by partition number */
	struct boot_parts boot;
	int64_t created_s;
};

static int pack(struct build *b, const char *name, enum payload_role role, unsigned partition,
		int fd, uint64_t size_bytes, struct err *err)
{
	const struct image_build_request *r = b->request;
	struct pack_options options = {.level = r->level ? r->level : LEVEL_DEFAULT,
				       .n_threads = r->n_threads};
	struct manifest_payload *p = &b->m->payloads[b->m->n_payloads];

	(void)str_copy(p->name, sizeof(p->name), name);
	p->role = role;
	p->partition = partition;
	p->chunk_bytes = r->chunk_bytes ? r->chunk_bytes : CHUNK_DEFAULT_BYTES;
	p->devices = role == PAYLOAD_ROLE_ROOTFS && b->layout.devices;
	TRY(pack_payload(fd, size_bytes, b->folder, &options, p, &b->packed[b->m->n_payloads],
			 err));
	b->m->n_payloads++;
	return 0;
}

/* ---- disk images ----------------------------------------------------------------------------- */

static int disk_size(int fd, uint64_t *ret_bytes, int64_t *ret_changed_s, struct err *err)
{
	struct stat st;

	if (fstat(fd, &st))
		return err_sys(err, ERR_IO, "cannot look at the input");
	*ret_changed_s = st.st_mtime;
	*ret_bytes = (uint64_t)st.st_size;
	if (S_ISBLK(st.st_mode) && ioctl(fd, BLKGETSIZE64, ret_bytes))
		return err_sys(err, ERR_IO, "cannot ask the size of the input");
	if (!*ret_bytes || *ret_bytes % 512)
		return err_set(err, ERR_IMAGE_INPUT,
			       "disk image has %" PRIu64 " bytes, which is no number of sectors",
			       *ret_bytes);
	return 0;
}

static int build_disk(struct build *b, struct err *err)
{
	autoclose int fd = open(b->request->input, O_RDONLY | O_CLOEXEC);
	uint64_t size_bytes;

	if (fd < 0)
		return err_sys(err, ERR_IO, "cannot open '%s'", b->request->input);
	TRY(disk_size(fd, &size_bytes, &b->size.newest_s, err));
	if (!b->created_s)
		b->created_s = b->size.newest_s;
	b->m->min_disk_bytes = size_bytes;
	b->m->firmware = b->layout.firmware_set
				 ? b->layout.firmware
				 : IMAGE_FIRMWARE_UEFI | (b->request->arch == IMAGE_ARCH_X86_64
								  ? IMAGE_FIRMWARE_BIOS
								  : 0);
	return pack(b, "disk.img", PAYLOAD_ROLE_DISK, 0, fd, size_bytes, err);
}

/* ---- trees ----------------------------------------------------------------------------------- */

static const struct manifest_partition *layout_root(const struct build *b)
{
	for (size_t i = 0; i < b->layout.n_partitions; i++)
		if (b->layout.partitions[i].role == PARTITION_ROLE_ROOT)
			return &b->layout.partitions[i];
	BUG_ON(true);
}

static void count_entry(struct tree_size *size, struct archive_entry *entry)
{
	int64_t n_bytes = archive_entry_size(entry);

	size->n_entries++;
	size->n_folders += archive_entry_filetype(entry) == AE_IFDIR;
	if (n_bytes > 0 && !archive_entry_hardlink(entry))
		size->file_blocks += ((uint64_t)n_bytes + BLOCK_BYTES - 1) / BLOCK_BYTES;
}

static bool is_unpacked(const struct build *b)
{
	return b->layout.unpack || layout_root(b)->fs == PARTITION_FS_XFS;
}

/* Its content is made here, as blocks. */
static bool is_ext4_data(const struct build *b, const struct manifest_partition *p)
{
	return p->role == PARTITION_ROLE_DATA && p->fs == PARTITION_FS_EXT4 && !is_unpacked(b);
}

/* Files that a partition would hide when it is mounted are a mistake of the layout. */
static int check_owner(const struct build *b, const struct manifest_partition *owner,
		       const char *path, struct err *err)
{
	if (owner->role == PARTITION_ROLE_ROOT || is_ext4_data(b, owner) ||
	    str_eq(owner->mount + 1, path))
		return 0;
	return err_set(err, ERR_IMAGE_LAYOUT,
		       "the tree has '%s', but partition %u, mounted at '%s', is made empty", path,
		       owner->number, owner->mount);
}

static bool measure_reads(const void *arg, const char *path)
{
	const struct build *b = arg;

	return boot_parts_wants(&b->boot, path);
}

static int measure(void *arg, const char *path, struct archive_entry *entry, struct archive *a,
		   struct err *err)
{
	struct build *b = arg;
	const struct manifest_partition *owner = layout_owner(&b->layout, path);
	int64_t mtime = archive_entry_mtime(entry);

	TRY(check_owner(b, owner, path, err));
	count_entry(&b->size, entry);
	count_entry(&b->part_size[owner->number], entry);
	if (mtime > b->size.newest_s)
		b->size.newest_s = mtime;
	if (!measure_reads(b, path))
		return 0;
	return boot_parts_keep(&b->boot, path, entry, a, err);
}

static int choose_firmware(struct build *b, struct err *err)
{
	unsigned has = boot_parts_firmware(&b->boot);
	unsigned wanted = b->layout.firmware_set ? b->layout.firmware : has;

	if (b->layout.boot_none) {
		layout_drop_unused(&b->layout, 0);
		return 0;
	}
	if (!wanted || (wanted & ~has))
		return err_set(err, ERR_IMAGE_BOOT_LOADER,
			       "root file system has the boot loader of %s",
			       has == IMAGE_FIRMWARE_BIOS   ? "bios only"
			       : has == IMAGE_FIRMWARE_UEFI ? "uefi only"
							    : "no firmware");
	b->m->firmware = wanted;
	layout_drop_unused(&b->layout, wanted);
	return 0;
}

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

static int fill_entry(void *arg, const char *path, struct archive_entry *entry, struct archive *a,
		      struct err *err)
{
	struct filling *f = arg;
	const struct manifest_partition *owner = layout_owner(&f->b->layout, path);

	if (owner == f->p) {
		TRY(fix_hard_link(f, path, entry, err));
		return ext4_image_add(f->x, inner_path(f->p, path), entry, a, err);
	}
	/* The mount point of another partition is a folder here. */
	if (f->p->role == PARTITION_ROLE_ROOT && str_eq(owner->mount + 1, path))
		return ext4_image_add(f->x, path, entry, a, err);
	return 0;
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

static int build_ext4(struct build *b, const struct manifest_partition *p, int *ret_fd,
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
	TRY(tree_walk(&b->tree, NULL, fill_entry, &f, err));
	TRY(add_mount_points(&f, err));
	return ext4_image_finish(x, ret_fd, ret_bytes, err);
}

static int build_data(struct build *b, const struct manifest_partition *p, struct err *err)
{
	autofree char *name = xasprintf("data%u.ext4", p->number);
	autoclose int fd = -1;
	uint64_t size_bytes;

	if (build_ext4(b, p, &fd, &size_bytes, err) < 0)
		return err_wrap(err, "partition %u", p->number);
	return pack(b, name, PAYLOAD_ROLE_FS, p->number, fd, size_bytes, err);
}

static int build_root(struct build *b, struct err *err)
{
	struct manifest_partition *root =
		&b->layout.partitions[layout_root(b) - b->layout.partitions];
	autoclose int fd = -1;
	uint64_t size_bytes;

	if (is_unpacked(b)) {
		TRY(rootfs_tar_make(&b->tree, b->folder, b->layout.devices, &fd, &size_bytes, err));
		if (!root->size_bytes)
			root->size_bytes = (size_bytes / 100 * 130 / MIB + 512) * MIB;
		return pack(b, "root.tar", PAYLOAD_ROLE_ROOTFS, root->number, fd, size_bytes, err);
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
	return pack(b, "root.ext4", PAYLOAD_ROLE_FS, root->number, fd, size_bytes, err);
}

static int build_boot(struct build *b, const struct manifest_partition *p, struct err *err)
{
	autoclose int fd = -1;

	if (p->role == PARTITION_ROLE_BIOS) {
		TRY(boot_parts_bios(&b->boot, p->start_bytes, p->size_bytes, b->m->boot_code, &fd,
				    err));
		b->m->has_boot_code = true;
		return pack(b, "bios.img", PAYLOAD_ROLE_FS, p->number, fd, p->size_bytes, err);
	}
	TRY(boot_parts_esp(&b->boot, p->size_bytes, b->created_s, &fd, err));
	return pack(b, "esp.vfat", PAYLOAD_ROLE_FS, p->number, fd, p->size_bytes, err);
}

static int build_tree(struct build *b, struct err *err)
{
	TRY(boot_parts_begin(&b->boot, b->request->arch, b->folder, err));
	TRY(tree_walk(&b->tree, measure_reads, measure, b, err));
	if (!b->size.n_entries)
		return err_set(err, ERR_IMAGE_INPUT, "'%s' is empty", b->request->input);
	if (!b->created_s)
		b->created_s = b->size.newest_s;
	TRY(choose_firmware(b, err));
	/* The root first: its size decides where nothing else lies, boot code comes after. */
	TRY(build_root(b, err));
	for (size_t i = 0; i < b->layout.n_partitions; i++)
		if (is_ext4_data(b, &b->layout.partitions[i]))
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

	if (!manifest_name_is_valid(r->line) || !manifest_name_is_valid(r->version))
		return err_set(err, ERR_INVALID,
			       "line and version are names of a-z 0-9 . _ -, at most 64");
	(void)str_copy(b->m->line, sizeof(b->m->line), r->line);
	(void)str_copy(b->m->version, sizeof(b->m->version), r->version);
	b->m->arch = r->arch;
	b->created_s = r->created_s;
	b->tree.path = r->input;
	b->tree.oci_arch = r->arch == IMAGE_ARCH_X86_64 ? "amd64" : "arm64";
	return 0;
}

static int run(struct build *b, struct err *err)
{
	const struct image_build_request *r = b->request;

	TRY(set_names(b, err));
	TRY(layout_load(r->layout_path, r->arch, &b->layout, err));
	if (r->raw)
		b->tree.kind = INPUT_DISK;
	else
		TRY(input_kind_of(r->input, &b->tree.kind, err));
	TRY(b->tree.kind == INPUT_DISK ? build_disk(b, err) : build_tree(b, err));
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
	free(b.folder);
	if (!status && ret)
		*ret = take_ptr(b.m);
	manifest_free(b.m);
	return status;
}
