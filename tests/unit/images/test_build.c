/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Building: the same input gives the same bytes, whatever its kind and however many threads; what
 * is built is a sound file system; inputs and layouts that cannot be used are named.
 */
#include "fixture.h"
#include "pe_program.h"
#include <tests/harness/sandbox_root.h>

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <poll.h>
#include <time.h>
#include <unistd.h>

#include <base/file.h>
#include <base/process.h>
#include <base/str.h>
#include <images/install.h>

#define NO_BOOT "{\"boot\":\"none\"}"

static const char *write_text(struct fixture *f, const char *name, const char *text)
{
	const char *path = fixture_path(f, name);

	assert_int_equal(file_write_atomic(path, text, strlen(text), 0644, NULL), 0);
	return path;
}

/* A small tree with every kind of entry, as a tar. */
struct entry {
	const char *path;
	mode_t type;
	const char *text; /* content, link target */
	unsigned mode;
};
static const struct entry tree[] = {
	{"./", AE_IFDIR, NULL, 0755},
	{"./bin", AE_IFDIR, NULL, 0755},
	{"./bin/tool", AE_IFREG, "#!/bin/sh\necho tool\n", 04755},
	{"./bin/same", 0, "./bin/tool", 0}, /* a hard link */
	{"./linked/same", 0, "./bin/tool", 0},
	{"./empty", AE_IFREG, "", 0600},
	{"./sh", AE_IFLNK, "bin/tool", 0777},
	{"./long-link", AE_IFLNK,
	 "a/path/that/is/longer/than/sixty/bytes/and/so/does/not/fit/into/an/inode/of/ext4", 0777},
	{"./dev/null", AE_IFCHR, NULL, 0666},
	{"./dev/sda", AE_IFBLK, NULL, 0660},
	{"./pipe", AE_IFIFO, NULL, 0600},
	{"./na\xc3\xafve \xff name", AE_IFREG, "bytes", 0644},
};

/* An attribute, a capability (cap_net_raw, version 2), and an access list. */
static void add_attributes(struct archive_entry *e)
{
	static const uint8_t net_raw[20] = {1, 0, 0, 2, 0, 0x20};

	archive_entry_xattr_add_entry(e, "user.colour", "blue", 4);
	archive_entry_xattr_add_entry(e, "security.capability", net_raw, sizeof(net_raw));
	archive_entry_acl_add_entry(e, ARCHIVE_ENTRY_ACL_TYPE_ACCESS, 6, ARCHIVE_ENTRY_ACL_USER, 12,
				    "");
	archive_entry_acl_add_entry(e, ARCHIVE_ENTRY_ACL_TYPE_ACCESS, 4, ARCHIVE_ENTRY_ACL_GROUP,
				    34, "");
	archive_entry_acl_add_entry(e, ARCHIVE_ENTRY_ACL_TYPE_ACCESS, 5, ARCHIVE_ENTRY_ACL_MASK, -1,
				    "");
}

static void add_entry(struct archive *a, const struct entry *from, time_t time)
{
	struct archive_entry *e = archive_entry_new();

	archive_entry_set_pathname(e, from->path);
	archive_entry_set_mtime(e, time, 0);
	archive_entry_set_uid(e, 1000);
	archive_entry_set_gid(e, 70000);
	if (!from->type) {
		archive_entry_set_hardlink(e, from->text);
		archive_entry_set_filetype(e, AE_IFREG);
	} else {
		archive_entry_set_filetype(e, from->type);
		archive_entry_set_perm(e, from->mode);
	}
	if (from->type == AE_IFLNK)
		archive_entry_set_symlink(e, from->text);
	if (from->type == AE_IFREG)
		archive_entry_set_size(e, (int64_t)strlen(from->text));
	archive_entry_set_rdevmajor(e, 1);
	archive_entry_set_rdevminor(e, 300);
	if (str_eq(from->path, "./bin/tool"))
		add_attributes(e);
	if (str_eq(from->path, "./dev/null")) {
		archive_entry_acl_add_entry(e, ARCHIVE_ENTRY_ACL_TYPE_ACCESS, 4,
					    ARCHIVE_ENTRY_ACL_USER, 1, "");
		archive_entry_acl_add_entry(e, ARCHIVE_ENTRY_ACL_TYPE_ACCESS, 6,
					    ARCHIVE_ENTRY_ACL_MASK, -1, "");
	}
	if (str_eq(from->path, "./bin")) {
		archive_entry_acl_add_entry(e, ARCHIVE_ENTRY_ACL_TYPE_DEFAULT, 7,
					    ARCHIVE_ENTRY_ACL_USER_OBJ, -1, "");
		archive_entry_acl_add_entry(e, ARCHIVE_ENTRY_ACL_TYPE_DEFAULT, 5,
					    ARCHIVE_ENTRY_ACL_GROUP_OBJ, -1, "");
		archive_entry_acl_add_entry(e, ARCHIVE_ENTRY_ACL_TYPE_DEFAULT, 1,
					    ARCHIVE_ENTRY_ACL_OTHER, -1, "");
	}
	if (archive_write_header(a, e) != ARCHIVE_OK)
		fail_msg("%s: %s", from->path, archive_error_string(a));
	if (from->type == AE_IFREG && from->text[0])
		assert_true(archive_write_data(a, from->text, strlen(from->text)) > 0);
	archive_entry_free(e);
}

/* Write the tree, and a file of 3 MB and 300 names in a folder, as a tar with a filter or NULL. */
static void write_tar(const char *path, const char *filter)
{
	struct archive *a = archive_write_new();
	autofree char *big = xmalloc(3000001);
	struct entry file = {"./big", AE_IFREG, big, 0644};

	for (size_t i = 0; i < 3000000; i++)
		big[i] = (char)('a' + (i * i >> 7) % 23);
	big[3000000] = '\0';
	archive_write_set_format_pax(a);
	(void)archive_write_set_options(a, "hdrcharset=BINARY");
	if (filter)
		assert_int_equal(archive_write_add_filter_by_name(a, filter), ARCHIVE_OK);
	assert_int_equal(archive_write_open_filename(a, path), ARCHIVE_OK);
	for (size_t i = 0; i < ARRAY_LEN(tree); i++)
		add_entry(a, &tree[i], 1600000000 + (time_t)i);
	add_entry(a, &file, 1600000100);
	for (int i = 0; i < 300; i++) {
		char name[64];
		struct entry one = {name, AE_IFREG, "x", 0644};

		snprintf(name, sizeof(name), "./many/a-file-with-a-long-name-%03d", i);
		add_entry(a, &one, 1600000000);
	}
	assert_int_equal(archive_write_close(a), ARCHIVE_OK);
	archive_write_free(a);
}

static struct image_build_request request_for(const char *input, const char *output,
					      const char *layout)
{
	return (struct image_build_request){.input = input,
					    .output = output,
					    .line = "test",
					    .version = "1",
					    .arch = IMAGE_ARCH_X86_64,
					    .layout_path = layout};
}

static char *build(const char *input, const char *output, const char *layout, unsigned n_threads,
		   size_t *ret_n)
{
	struct image_build_request r = request_for(input, output, layout);
	struct err err = ERR_INIT;
	char *p;

	r.n_threads = n_threads;
	if (image_build(&r, NULL, &err))
		fail_msg("build of '%s': %s", input, err.msg);
	assert_int_equal(file_read(output, 64 << 20, &p, ret_n, &err), 0);
	return p;
}

static void test_same_input_same_bytes(void **state)
{
	struct fixture *f = *state;
	const char *layout = write_text(f, "none.json", NO_BOOT);
	autofree char *tar = xasprintf("%s/t.tar", f->dir),
		      *zst = xasprintf("%s/t.tar.zst", f->dir);
	autofree char *out = xasprintf("%s/t.slip", f->dir), *first = NULL, *second = NULL;
	size_t n, again;

	write_tar(tar, NULL);
	write_tar(zst, "zstd");
	first = build(tar, out, layout, 1, &n);
	for (time_t begun = time(NULL); time(NULL) == begun;) /* the time must not matter */
		(void)poll(NULL, 0, 10);
	second = build(zst, out, layout, 3, &again);
	assert_int_equal(n, again);
	assert_memory_equal(first, second, n);
}

static char *debugfs(const char *image, const char *command)
{
	const char *const argv[] = {"debugfs", "-R", command, image, NULL};
	struct process_options o = {.argv = argv};
	struct process_result r;
	char *out;

	assert_int_equal(process_run(&o, &r, NULL), 0);
	out = xstrdup(r.out);
	process_result_done(&r);
	return out;
}

/* The file system as it comes out of an install, alone in a file. */
static void extract_root(struct fixture *f, const char *archive, const char *to)
{
	autofree char *disk = xasprintf("%s/extract.disk", f->dir), *p = NULL;
	struct image_install_request r = {.root = f->root,
					  .archive_path = archive,
					  .target_fd = -1,
					  .target_path = disk,
					  .read_back = true,
					  .no_grow = true,
					  .keep_identity = true};
	const struct signer *signer = f->signers[0];
	struct image_receipt receipt;
	struct err err = ERR_INIT;
	size_t n;

	assert_int_equal(archive_sign(archive, &signer, 1, &err), 0);
	if (image_install(&r, &receipt, &err))
		fail_msg("%s", err.msg);
	assert_int_equal(receipt.n_partitions, 1);
	assert_int_equal(receipt.partitions[0].number, 3);
	assert_int_equal(file_read(disk, 1u << 30, &p, &n, &err), 0);
	assert_int_equal(file_write_atomic(to, p + receipt.partitions[0].start_bytes,
					   receipt.partitions[0].payload_bytes, 0600, &err),
			 0);
	(void)unlink(disk);
}

static void test_the_file_system_is_sound(void **state)
{
	static const struct {
		const char *command, *has;
	} rows[] = {
		{"stat /bin/tool", "Mode:  04755"},
		{"stat /bin/tool", "User:  1000   Group: 70000"},
		{"stat /bin/tool", "Links: 3"},
		{"stat /bin/tool", "user.colour"},
		{"stat /bin/tool", "security.capability"},
		{"stat /bin/tool", "system.posix_acl_access"},
		{"stat /bin", "system.posix_acl_default"},
		{"stat /bin/same", "Links: 3"},
		{"stat /empty", "Size: 0"},
		{"stat /sh", "Fast link dest: \"bin/tool\""},
		{"stat /long-link", "Type: symlink"},
		{"stat /dev/null", "Device major/minor number: 01:300"},
		{"stat /dev/sda", "Type: block special"},
		{"stat /pipe", "Type: FIFO"},
		{"stat /big", "Size: 3000000"},
		{"stat /many/a-file-with-a-long-name-299", "Size: 1"},
		{"cat /bin/tool", "echo tool"},
		{"ls /", "ve "},
	};
	struct fixture *f = *state;
	const char *layout = write_text(f, "none.json", NO_BOOT);
	autofree char *tar = xasprintf("%s/t.tar", f->dir), *out = xasprintf("%s/t.slip", f->dir);
	autofree char *image = xasprintf("%s/t.ext4", f->dir), *archive = NULL;
	const char *const fsck[] = {"e2fsck", "-fn", image, NULL};
	struct err err = ERR_INIT;
	size_t n;

	write_tar(tar, NULL);
	archive = build(tar, out, layout, 0, &n);
	extract_root(f, out, image);
	if (process_check(fsck, 60000, &err))
		fail_msg("%s", err.msg);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		autofree char *text = debugfs(image, rows[i].command);

		if (!strstr(text, rows[i].has))
			fail_msg("row '%s': no '%s' in:\n%s", rows[i].command, rows[i].has, text);
	}
}

/* The kernel's own words for what lies in a file system, mounted where that is allowed. */
static void check_mounted(struct fixture *f, const char *row, const char *image,
			  uint64_t offset_bytes)
{
	static const uint8_t list[] = {2,    0, 0, 0,                          /* version */
				       0x01, 0, 7, 0, 0xff, 0xff, 0xff, 0xff,  /* owner */
				       0x02, 0, 6, 0, 12,   0,    0,    0,     /* user 12 */
				       0x04, 0, 5, 0, 0xff, 0xff, 0xff, 0xff,  /* group */
				       0x08, 0, 4, 0, 34,   0,    0,    0,     /* group 34 */
				       0x10, 0, 5, 0, 0xff, 0xff, 0xff, 0xff,  /* mask */
				       0x20, 0, 5, 0, 0xff, 0xff, 0xff, 0xff}; /* others */

	static const struct {
		const char *path, *name;
		const void *value;
		size_t n;
	} attributes[] = {
		{"bin/tool", "user.colour", "blue", 4},
		{"bin/tool", "system.posix_acl_access", list, sizeof(list)},
		{"bin", "system.posix_acl_default", NULL, 4 + 3 * 8},
		{"bin/tool", "security.capability", NULL, 20},
	};
	static const struct {
		const char *path;
		mode_t mode;
		nlink_t n_links;
		off_t size;
	} files[] = {
		{"bin/tool", S_IFREG | 04755, 3, 20}, {"linked/same", S_IFREG | 04755, 3, 20},
		{"sh", S_IFLNK | 0777, 1, 8},         {"dev/sda", S_IFBLK | 0660, 1, 0},
		{"pipe", S_IFIFO | 0600, 1, 0},       {"big", S_IFREG | 0644, 1, 3000000},
	};
	autofree char *at = xasprintf("%s/mnt", f->dir);
	autofree char *options = xasprintf("ro,norecovery,loop,offset=%ju",
					   (uintmax_t)offset_bytes);
	const char *const mount[] = {"mount", "-o", options, image, at, NULL};
	const char *const umount[] = {"umount", at, NULL};
	struct err err = ERR_INIT;

	(void)mkdir(at, 0700);
	if (process_check(mount, 30000, &err) < 0)
		fail_msg("row '%s': %s", row, err.msg);
	for (size_t i = 0; i < ARRAY_LEN(attributes); i++) {
		autofree char *path = xasprintf("%s/%s", at, attributes[i].path);
		uint8_t value[256];
		ssize_t got = getxattr(path, attributes[i].name, value, sizeof(value));

		CHECK_INT(attributes[i].name, got, attributes[i].n);
		CHECK(attributes[i].name,
		      !attributes[i].value || !memcmp(value, attributes[i].value, (size_t)got));
	}
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		autofree char *path = xasprintf("%s/%s", at, files[i].path);
		struct stat st;

		CHECK(files[i].path, !lstat(path, &st));
		CHECK_INT(files[i].path, st.st_mode, files[i].mode);
		CHECK_INT(files[i].path, st.st_nlink, files[i].n_links);
		CHECK_INT(files[i].path, st.st_size, files[i].size);
		CHECK_INT(files[i].path, st.st_uid, 1000);
		CHECK_INT(files[i].path, st.st_gid, 70000);
	}
	assert_int_equal(process_check(umount, 30000, NULL), 0);
}

static bool can_mount(void)
{
	return geteuid() == 0 && !access("/dev/loop-control", W_OK);
}

/* Made of blocks at build time, or unpacked on the host: the same tree arrives. */
static void test_the_kernel_reads_the_tree(void **state)
{
	static const struct {
		const char *name, *layout;
	} rows[] = {
		{"blocks", NO_BOOT},
		{"unpacked into ext4", "{\"boot\":\"none\",\"unpack\":true,\"devices\":true}"},
		{"unpacked into xfs",
		 "{\"boot\":\"none\",\"devices\":true,\"partitions\":[{\"role\":\"root\",\"fs\":"
		 "\"xfs\"}]}"},
	};
	struct fixture *f = *state;
	autofree char *tar = xasprintf("%s/t.tar", f->dir), *out = xasprintf("%s/k.slip", f->dir);
	autofree char *disk = xasprintf("%s/k.disk", f->dir);
	const struct signer *signer = f->signers[0];

	if (!can_mount())
		skip();
	write_tar(tar, NULL);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct image_install_request r = {.root = f->root,
						  .archive_path = out,
						  .target_fd = -1,
						  .target_path = disk,
						  .read_back = true};
		struct image_receipt receipt;
		struct err err = ERR_INIT;
		size_t n;

		free(build(tar, out, write_text(f, "k.json", rows[i].layout), 0, &n));
		CHECK_ERR(rows[i].name, archive_sign(out, &signer, 1, &err), ERR_OK);
		if (image_install(&r, &receipt, &err))
			fail_msg("row '%s': %s", rows[i].name, err.msg);
		check_mounted(f, rows[i].name, disk, receipt.partitions[0].start_bytes);
		(void)unlink(disk);
	}
}

static void test_folders(void **state)
{
	struct fixture *f = *state;
	const char *layout = write_text(f, "none.json", NO_BOOT);
	autofree char *dir = xasprintf("%s/folder", f->dir),
		      *a = xasprintf("%s/folder/b/x", f->dir);
	autofree char *b = xasprintf("%s/folder/b", f->dir), *out = xasprintf("%s/d.slip", f->dir);
	autofree char *image = xasprintf("%s/d.ext4", f->dir), *first = NULL, *second = NULL;
	autofree char *link = xasprintf("%s/folder/a-link", f->dir);
	size_t n, again;

	assert_int_equal(file_make_dirs(b, 0755, NULL), 0);
	assert_int_equal(file_write_atomic(a, "content of x", 12, 0640, NULL), 0);
	if (symlink("b/x", link))
		fail();
	first = build(dir, out, layout, 0, &n);
	second = build(dir, out, layout, 0, &again);
	assert_int_equal(n, again);
	assert_memory_equal(first, second, n);
	extract_root(f, out, image);
	autofree char *text = debugfs(image, "cat /b/x");
	assert_string_equal(text, "content of x");
}

/* The first block of a path in an image. */
static uint64_t block_of(const char *image, const char *path)
{
	autofree char *command = xasprintf("blocks %s", path);
	autofree char *text = debugfs(image, command);

	return strtoull(text, NULL, 10);
}

/* All of a file system's metadata is rewritten on each host: folders lie in front of content. */
static void test_folders_lie_together(void **state)
{
	struct fixture *f = *state;
	const char *layout = write_text(f, "none.json", NO_BOOT);
	autofree char *dir = xasprintf("%s/together", f->dir),
		      *out = xasprintf("%s/g.slip", f->dir),
		      *image = xasprintf("%s/g.ext4", f->dir), *archive = NULL;
	uint64_t last_folder = 0, first_file = UINT64_MAX;
	size_t n;

	for (int i = 0; i < 20; i++) {
		autofree char *folder = xasprintf("%s/%02d", dir, i),
			      *file = xasprintf("%s/file", folder);

		assert_int_equal(file_make_dirs(folder, 0755, NULL), 0);
		assert_int_equal(file_write_atomic(file, file, strlen(file), 0644, NULL), 0);
	}
	archive = build(dir, out, layout, 0, &n);
	extract_root(f, out, image);
	for (int i = 0; i < 20; i++) {
		autofree char *folder = xasprintf("/%02d", i), *file = xasprintf("/%02d/file", i);
		uint64_t at = block_of(image, folder), content_at = block_of(image, file);

		last_folder = at > last_folder ? at : last_folder;
		first_file = content_at < first_file ? content_at : first_file;
	}
	CHECK("found", last_folder);
	CHECK("folders first", last_folder < first_file);
}

/* ---- layouts --------------------------------------------------------------------------------- */

#define ROOT_AND(more) "{\"boot\":\"none\",\"partitions\":[{\"role\":\"root\"}," more "]}"
#define SWAP           "{\"role\":\"swap\",\"size\":\"8M\"}"
#define MANY           "{\"role\":\"data\",\"size\":\"64M\",\"mount\":\"/many\"}"

/* Swap, a data partition with its part of the tree, an empty one, and one of no file system. */
static void test_data_and_swap(void **state)
{
	static const struct {
		unsigned number;
		const char *role, *fs, *mount, *command, *has;
	} rows[] = {
		{3, "root", "ext4", "/", "ls -l /many", " .."},
		{3, "root", "ext4", "/", "stat /srv", "Type: directory"},
		{3, "root", "ext4", "/", "cat /bin/tool", "echo tool"},
		{4, "swap", "swap", "", NULL, NULL},
		{5, "data", "ext4", "/many", "cat /a-file-with-a-long-name-007", "x"},
		{6, "data", "ext4", "/srv", "ls -l /", "lost+found"},
		{7, "data", "none", "", NULL, NULL},
	};
	struct fixture *f = *state;
	const char *layout = write_text(
		f, "data.json",
		ROOT_AND(SWAP "," MANY ",{\"role\":\"data\",\"size\":\"64M\",\"mount\":\"/srv\"},"
			      "{\"role\":\"data\",\"fs\":\"none\",\"size\":\"3M\",\"grow\":true}"));
	autofree char *tar = xasprintf("%s/t.tar", f->dir),
		      *out = xasprintf("%s/data.slip", f->dir);
	autofree char *disk = xasprintf("%s/data.disk", f->dir), *first = NULL, *again = NULL;
	struct image_install_request r = {.root = f->root,
					  .archive_path = out,
					  .target_fd = -1,
					  .target_path = disk,
					  .read_back = true};
	const struct signer *signer = f->signers[0];
	struct image_receipt receipt, second;
	struct err err = ERR_INIT;
	size_t n, n_again;

	write_tar(tar, NULL);
	first = build(tar, out, layout, 1, &n);
	again = build(tar, out, layout, 3, &n_again);
	assert_int_equal(n, n_again);
	assert_memory_equal(first, again, n);
	assert_int_equal(archive_sign(out, &signer, 1, &err), 0);
	if (image_install(&r, &receipt, &err))
		fail_msg("%s", err.msg);
	assert_int_equal(receipt.n_partitions, ARRAY_LEN(rows) - 2);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct image_receipt_partition *p = receipt.partitions;

		while (p->number != rows[i].number)
			p++;
		CHECK_STR(rows[i].role, partition_role_str(p->role), rows[i].role);
		CHECK_STR(rows[i].role, partition_fs_str(p->fs), rows[i].fs);
		CHECK_STR(rows[i].role, p->mount, rows[i].mount);
		CHECK_INT(rows[i].role, !p->fs_uuid[0], p->fs == PARTITION_FS_NONE);
		if (!rows[i].command)
			continue;
		autofree char *at = xasprintf("%s?offset=%ju", disk, (uintmax_t)p->start_bytes);
		autofree char *text = debugfs(at, rows[i].command);
		if (!strstr(text, rows[i].has))
			fail_msg("row '%s': no '%s' in:\n%s", rows[i].command, rows[i].has, text);
		CHECK(rows[i].role, rows[i].number != 3 || !strstr(text, "a-file-with"));
	}
	/* Another install, other UUIDs. */
	assert_int_equal(image_install(&r, &second, &err), 0);
	for (size_t i = 0; i + 1 < receipt.n_partitions; i++)
		CHECK("UUID of its own",
		      strcmp(receipt.partitions[i].fs_uuid, second.partitions[i].fs_uuid) != 0);
	(void)unlink(disk);
}

/* xfs and vfat are made on the target, on a loop device. */
static void test_file_systems_of_the_host(void **state)
{
	struct fixture *f = *state;
	const char *layout = write_text(
		f, "host.json",
		ROOT_AND(
			"{\"role\":\"data\",\"fs\":\"vfat\",\"size\":\"16M\",\"mount\":\"/boot/"
			"x\"},"
			"{\"role\":\"data\",\"fs\":\"xfs\",\"size\":\"300M\",\"mount\":\"/srv\"}"));
	autofree char *tar = xasprintf("%s/t.tar", f->dir),
		      *out = xasprintf("%s/host.slip", f->dir);
	autofree char *disk = xasprintf("%s/host.disk", f->dir), *archive = NULL;
	struct image_install_request r = {
		.root = f->root, .archive_path = out, .target_fd = -1, .target_path = disk};
	const struct signer *signer = f->signers[0];
	struct image_receipt receipt;
	struct err err = ERR_INIT;
	size_t n;

	write_tar(tar, NULL);
	archive = build(tar, out, layout, 0, &n);
	assert_int_equal(archive_sign(out, &signer, 1, &err), 0);
	if (!can_mount()) {
		assert_int_equal(image_install(&r, &receipt, &err), -ERR_UNSUPPORTED);
		assert_int_equal(access(disk, F_OK), -1);
		skip();
	}
	if (image_install(&r, &receipt, &err))
		fail_msg("%s", err.msg);
	assert_int_equal(receipt.n_partitions, 3);
	assert_int_equal(strlen(receipt.partitions[1].fs_uuid), 9);
	assert_int_equal(strlen(receipt.partitions[2].fs_uuid), 36);
	(void)unlink(disk);
}

static int note_esp_uuid(void *arg, const struct image_part *parts, size_t n, struct err *err)
{
	(void)n, (void)err;
	(void)str_copy(arg, UUID_TEXT_BYTES, parts[0].fs_uuid);
	return 0;
}

/* The EFI system partition of two hosts: another UUID, the one that goes into the host's fstab, and
 * the same loader. */
static void test_the_esp_is_the_hosts_own(void **state)
{
	static const char *const loaders[] = {"usr/lib/shim/shimx64.efi.signed",
					      "usr/lib/grub/x86_64-efi-signed/grubx64.efi.signed"};
	struct fixture *f = *state;
	const char *layout = write_text(
		f, "uefi.json",
		"{\"firmware\":[\"uefi\"],\"partitions\":["
		"{\"role\":\"esp\",\"size\":\"64M\"},{\"role\":\"root\"}]}");
	autofree char *dir = xasprintf("%s/uefi", f->dir), *out = xasprintf("%s/uefi.slip", f->dir);
	autofree char *disk = xasprintf("%s/uefi.disk", f->dir), *archive = NULL;
	struct image_install_request r = {.root = f->root,
					  .archive_path = out,
					  .target_fd = -1,
					  .target_path = disk,
					  .read_back = true};
	const struct signer *signer = f->signers[0];
	char uuid[2][UUID_TEXT_BYTES], of_fstab[UUID_TEXT_BYTES];
	struct err err = ERR_INIT;
	size_t n;

	if (can_mount()) {
		r.own_files = note_esp_uuid;
		r.arg = of_fstab;
	}
	for (size_t i = 0; i < ARRAY_LEN(loaders); i++)
		pe_program_write(dir, loaders[i], PE_MACHINE_X86_64, "loader", NULL);
	archive = build(dir, out, layout, 0, &n);
	assert_int_equal(archive_sign(out, &signer, 1, &err), 0);
	for (size_t i = 0; i < ARRAY_LEN(uuid); i++) {
		struct image_receipt receipt;

		if (image_install(&r, &receipt, &err))
			fail_msg("%s", err.msg);
		assert_int_equal(receipt.partitions[0].fs, PARTITION_FS_VFAT);
		assert_int_equal(strlen(receipt.partitions[0].fs_uuid), strlen("5149-5057"));
		memcpy(uuid[i], receipt.partitions[0].fs_uuid, UUID_TEXT_BYTES);
		if (r.own_files)
			assert_string_equal(of_fstab, uuid[i]);
		autofree char *at = xasprintf("%s@@%ju", disk,
					      (uintmax_t)receipt.partitions[0].start_bytes);
		const char *const show[] = {"mtype", "-i", at, "::/EFI/BOOT/BOOTX64.EFI", NULL};
		assert_int_equal(process_check(show, 60000, &err), 0);
	}
	assert_string_not_equal(uuid[0], "5149-5057");
	assert_string_not_equal(uuid[0], uuid[1]);
	(void)unlink(disk);
}

static void test_bad_requests(void **state)
{
	static const struct {
		const char *name, *input, *layout, *line;
		enum err_code code;
	} rows[] = {
		{"no input", "nothing-there", NO_BOOT, "test", ERR_NOT_FOUND},
		{"neither tar nor disk", "text", NO_BOOT, "test", ERR_IMAGE_INPUT},
		{"line in capitals", "t.tar", NO_BOOT, "Test", ERR_INVALID},
		{"no boot loader", "t.tar", "{}", "test", ERR_IMAGE_BOOT_LOADER},
		{"no boot loader for uefi", "t.tar", "{\"firmware\":[\"uefi\"]}", "test",
		 ERR_IMAGE_BOOT_LOADER},
		{"layout is not JSON", "t.tar", "boot=none", "test", ERR_JSON},
		{"layout with an unknown key", "t.tar", "{\"bot\":\"none\"}", "test",
		 ERR_IMAGE_LAYOUT},
		{"layout without a root", "t.tar", "{\"boot\":\"none\",\"partitions\":[]}", "test",
		 ERR_IMAGE_LAYOUT},
		{"root too small", "t.tar",
		 "{\"boot\":\"none\",\"partitions\":[{\"role\":\"root\",\"size\":\"1M\"}]}", "test",
		 ERR_IMAGE_LAYOUT},
		{"size that is none", "t.tar",
		 "{\"boot\":\"none\",\"partitions\":[{\"role\":\"root\",\"size\":\"many\"}]}",
		 "test", ERR_IMAGE_LAYOUT},
		{"two roots", "t.tar",
		 "{\"boot\":\"none\",\"partitions\":[{\"role\":\"root\"},{\"role\":\"root\"}]}",
		 "test", ERR_IMAGE_LAYOUT},
		{"swap without a size", "t.tar", ROOT_AND("{\"role\":\"swap\"}"), "test",
		 ERR_IMAGE_LAYOUT},
		{"swap with a mount point", "t.tar",
		 ROOT_AND("{\"role\":\"swap\",\"size\":\"8M\",\"mount\":\"/x\"}"), "test",
		 ERR_IMAGE_LAYOUT},
		{"swap of ext4", "t.tar",
		 ROOT_AND("{\"role\":\"swap\",\"size\":\"64M\",\"fs\":\"ext4\"}"), "test",
		 ERR_IMAGE_LAYOUT},
		{"data of swap", "t.tar",
		 ROOT_AND("{\"role\":\"data\",\"size\":\"64M\",\"fs\":\"swap\"}"), "test",
		 ERR_IMAGE_LAYOUT},
		{"data at the root", "t.tar",
		 ROOT_AND("{\"role\":\"data\",\"size\":\"64M\",\"mount\":\"/\"}"), "test",
		 ERR_IMAGE_LAYOUT},
		{"two at one place", "t.tar", ROOT_AND(MANY "," MANY), "test", ERR_IMAGE_LAYOUT},
		{"xfs that is too small", "t.tar",
		 ROOT_AND("{\"role\":\"data\",\"size\":\"64M\",\"fs\":\"xfs\"}"), "test",
		 ERR_IMAGE_LAYOUT},
		{"files that would be hidden", "t.tar",
		 ROOT_AND("{\"role\":\"data\",\"size\":\"300M\",\"fs\":\"xfs\",\"mount\":\"/"
			  "many\"}"),
		 "test", ERR_IMAGE_LAYOUT},
		{"a hard link out of its partition", "t.tar",
		 ROOT_AND("{\"role\":\"data\",\"size\":\"64M\",\"mount\":\"/linked\"}"), "test",
		 ERR_IMAGE_MEMBER},
		{"the root grows, but is not last", "t.tar",
		 "{\"boot\":\"none\",\"partitions\":[{\"role\":\"root\",\"grow\":true}," SWAP "]}",
		 "test", ERR_IMAGE_LAYOUT},
		{"a root of vfat", "t.tar",
		 "{\"boot\":\"none\",\"partitions\":[{\"role\":\"root\",\"fs\":\"vfat\"}]}", "test",
		 ERR_IMAGE_LAYOUT},
		{"a mount point that goes up", "t.tar",
		 ROOT_AND("{\"role\":\"data\",\"size\":\"64M\",\"mount\":\"/srv/../etc\"}"), "test",
		 ERR_IMAGE_LAYOUT},
		{"a mount point that ends with a slash", "t.tar",
		 ROOT_AND("{\"role\":\"data\",\"size\":\"64M\",\"mount\":\"/srv/\"}"), "test",
		 ERR_IMAGE_LAYOUT},
		{"a relative mount point", "t.tar",
		 ROOT_AND("{\"role\":\"data\",\"size\":\"64M\",\"mount\":\"srv\"}"), "test",
		 ERR_IMAGE_LAYOUT},
		{"a mount point with a blank", "t.tar",
		 ROOT_AND("{\"role\":\"data\",\"size\":\"64M\",\"mount\":\"/my data\"}"), "test",
		 ERR_IMAGE_LAYOUT},
		{"devices to be unpacked", "t.tar", "{\"boot\":\"none\",\"unpack\":true}", "test",
		 ERR_IMAGE_MEMBER},
		{"a tar that goes up", "up.tar", NO_BOOT, "test", ERR_IMAGE_MEMBER},
	};
	struct fixture *f = *state;
	autofree char *tar = xasprintf("%s/t.tar", f->dir), *out = xasprintf("%s/bad.slip", f->dir);
	autofree char *up = xasprintf("%s/up.tar", f->dir);
	struct entry evil = {"../../etc/cron.d/x", AE_IFREG, "x", 0644};
	struct archive *a = archive_write_new();

	write_tar(tar, NULL);
	write_text(f, "text", "just a text\n");
	archive_write_set_format_pax(a);
	assert_int_equal(archive_write_open_filename(a, up), ARCHIVE_OK);
	add_entry(a, &evil, 1);
	archive_write_free(a);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const char *layout = write_text(f, "layout.json", rows[i].layout);
		struct image_build_request r = request_for(fixture_path(f, rows[i].input), out,
							   layout);
		struct err err = ERR_INIT;

		r.line = rows[i].line;
		CHECK_ERR(rows[i].name, image_build(&r, NULL, &err), rows[i].code);
		CHECK(rows[i].name, access(out, F_OK));
	}
}

/* What other tools think of the container. */
static void test_tar_can_list_it(void **state)
{
	struct fixture *f = *state;
	const char *const argv[] = {"tar", "-tf", f->archive_path, NULL};
	struct process_options o = {.argv = argv};
	struct process_result r;

	assert_int_equal(process_run(&o, &r, NULL), 0);
	assert_string_equal(r.out, "manifest.json\nmanifest.sigs\ndisk.img.chunks\ndisk.img\n");
	process_result_done(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same_input_same_bytes),
		cmocka_unit_test(test_the_file_system_is_sound),
		cmocka_unit_test(test_the_kernel_reads_the_tree),
		cmocka_unit_test(test_folders),
		cmocka_unit_test(test_folders_lie_together),
		cmocka_unit_test(test_data_and_swap),
		cmocka_unit_test(test_file_systems_of_the_host),
		cmocka_unit_test(test_the_esp_is_the_hosts_own),
		cmocka_unit_test(test_bad_requests),
		cmocka_unit_test(test_tar_can_list_it),
	};

	sandbox_root();
	return cmocka_run_group_tests_name("images/build", tests, fixture_setup, fixture_teardown);
}
