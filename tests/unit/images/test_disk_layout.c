/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Layouts of profiles: the words, the rules, what an image must be, and what lies on the disk
 * afterwards. The last on loop devices, as root.
 */
#include "fixture.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <base/file.h>
#include <base/json.h>
#include <base/limits.h>
#include <base/process.h>
#include <base/str.h>
#include <images/disk_layout.h>
#include <images/install.h>

#define ROOT      "{\"role\":\"root\",\"size\":\"rest\"}"
#define LAY(list) "{\"partitions\":[" list "]}"
#define BOOT      "{\"role\":\"boot\",\"size\":\"256M\"},"
#define DATA(x)   LAY("{\"role\":\"data\",\"size\":\"64M\"," x "}," ROOT)

static int parse(const char *text, struct disk_layout *ret, struct err *err)
{
	autojson json_t *doc = NULL;

	assert_int_equal(json_load_strict(text, strlen(text), 65536, &doc, NULL), 0);
	return disk_layout_parse(doc, ret, err);
}

/* ---- the document ---------------------------------------------------------------------------- */

static void test_documents(void **state)
{
	static const struct {
		const char *name, *text, *pointer;
		bool good;
	} rows[] = {
		{"a root", LAY(ROOT), "", true},
		{"all roles",
		 LAY("{\"role\":\"esp\",\"size\":\"128M\"},{\"role\":\"boot\",\"size\":\"1G\"},"
		     "{\"role\":\"swap\",\"size\":4096},{\"role\":\"root\",\"fs\":\"xfs\","
		     "\"size\":\"2G\"},{\"role\":\"data\",\"fs\":\"xfs\",\"mount\":\"/srv\","
		     "\"options\":\"noatime,nodev\",\"size\":\"rest\"}"),
		 "", true},
		{"a second root", LAY("{\"role\":\"root\",\"size\":\"1G\"},{\"role\":\"root_b\"}"),
		 "", true},
		{"before the first",
		 LAY("{\"role\":\"root_b\"},{\"role\":\"root\",\"size\":\"1G\"}"), "", true},
		{"a second root of its own size",
		 LAY("{\"role\":\"root\",\"size\":\"1G\"},{\"role\":\"root_b\",\"size\":\"1G\"}"),
		 "/partitions/1/size", false},
		{"a second root that is mounted",
		 LAY("{\"role\":\"root\",\"size\":\"1G\"},{\"role\":\"root_b\",\"mount\":\"/b\"}"),
		 "/partitions/1/mount", false},
		{"a second root beside the rest", LAY("{\"role\":\"root_b\"}," ROOT), "", false},
		{"a second root alone", LAY("{\"role\":\"root_b\"}"), "", false},
		{"three roots",
		 LAY("{\"role\":\"root\",\"size\":\"1G\"},{\"role\":\"root_b\"},"
		     "{\"role\":\"root_b\"}"),
		 "", false},
		{"no root", LAY("{\"role\":\"swap\",\"size\":\"1G\"}"), "", false},
		{"nothing", "{}", "/partitions", false},
		{"another key", "{\"partitions\":[" ROOT "],\"raid\":5}", "/raid", false},
		{"two roots", LAY("{\"role\":\"root\",\"size\":\"1G\"}," ROOT), "", false},
		{"rest in the middle", LAY(ROOT ",{\"role\":\"swap\",\"size\":\"1G\"}"), "", false},
		{"a role", LAY("{\"role\":\"home\"}," ROOT), "/partitions/0/role", false},
		{"a root of vfat", LAY("{\"role\":\"root\",\"fs\":\"vfat\",\"size\":\"1G\"}"),
		 "/partitions/0/fs", false},
		{"a boot partition of xfs",
		 LAY("{\"role\":\"boot\",\"fs\":\"xfs\",\"size\":\"1G\"}," ROOT),
		 "/partitions/0/fs", false},
		{"no size", LAY("{\"role\":\"root\"}"), "/partitions/0/size", false},
		{"a size of words", LAY("{\"role\":\"root\",\"size\":\"much\"}"),
		 "/partitions/0/size", false},
		{"a size below zero", LAY("{\"role\":\"root\",\"size\":-1}"), "/partitions/0/size",
		 false},
		{"a size over all", LAY("{\"role\":\"root\",\"size\":9007199254740991}"),
		 "/partitions/0/size", false},
		{"too small for xfs",
		 LAY("{\"role\":\"data\",\"fs\":\"xfs\",\"mount\":\"/x\",\"size\":\"200M\"}," ROOT),
		 "/partitions/0/size", false},
		{"a good mount", DATA("\"mount\":\"/var/log\""), "", true},
		{"the root's mount", DATA("\"mount\":\"/\""), "/partitions/0/mount", false},
		{"no mount", DATA("\"fs\":\"ext4\""), "/partitions/0/mount", false},
		{"a mount of nothing", DATA("\"fs\":\"none\",\"mount\":\"/x\""),
		 "/partitions/0/mount", false},
		{"an unclean mount", DATA("\"mount\":\"/srv/../etc\""), "/partitions/0/mount",
		 false},
		{"the kernel's", DATA("\"mount\":\"/proc/x\""), "/partitions/0/mount", false},
		{"the system's own", DATA("\"mount\":\"/etc\""), "/partitions/0/mount", false},
		{"like the kernel's", DATA("\"mount\":\"/process\""), "", true},
		{"a line break", DATA("\"mount\":\"/a\\nb\""), "/partitions/0/mount", false},
		{"options with a space", DATA("\"mount\":\"/x\",\"options\":\"ro 0 0\""),
		 "/partitions/0/options", false},
		{"options with a line", DATA("\"mount\":\"/x\",\"options\":\"ro\\nproc\""),
		 "/partitions/0/options", false},
		{"options with a gap", DATA("\"mount\":\"/x\",\"options\":\"ro,,rw\""),
		 "/partitions/0/options", false},
		{"swap that is mounted",
		 LAY("{\"role\":\"swap\",\"size\":\"1G\",\"mount\":\"/x\"}," ROOT),
		 "/partitions/0/mount", false},
		{"one mount twice",
		 LAY("{\"role\":\"data\",\"size\":\"64M\",\"mount\":\"/x\"},"
		     "{\"role\":\"data\",\"size\":\"64M\",\"mount\":\"/x\"}," ROOT),
		 "", false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct disk_layout l;
		struct err err = ERR_INIT;

		CHECK_ERR(rows[i].name, parse(rows[i].text, &l, &err),
			  rows[i].good ? ERR_OK : ERR_IMAGE_LAYOUT);
		CHECK_STR(rows[i].name, err.pointer, rows[i].pointer);
	}
}

/* Every role with every file system: taken just where the table says so. */
static void test_every_word(void **state)
{
	(void)state;
	for (int role = 0; role < _DISK_LAYOUT_ROLE_MAX; role++)
		for (int fs = 0; fs < _PARTITION_FS_MAX; fs++) {
			const char *word = disk_layout_role_str((enum disk_layout_role)role);
			autofree char *mount = xstrdup(role == DISK_LAYOUT_DATA &&
								       fs != PARTITION_FS_NONE
							       ? ",\"mount\":\"/x\""
							       : "");
			autofree char *text = xasprintf(
				"{\"partitions\":[{\"role\":\"%s\",\"fs\":\"%s\"%s%s}%s]}", word,
				partition_fs_str((enum partition_fs)fs),
				role == DISK_LAYOUT_ROOT_B ? "" : ",\"size\":\"2G\"", mount,
				role == DISK_LAYOUT_ROOT ? ""
				: role == DISK_LAYOUT_ROOT_B
					? ",{\"role\":\"root\",\"size\":\"1G\"}"
					: "," ROOT);
			struct disk_layout l;

			CHECK_INT(text, parse(text, &l, NULL) == 0,
				  disk_layout_takes((enum disk_layout_role)role,
						    (enum partition_fs)fs));
		}
}

/* ---- applied to an image --------------------------------------------------------------------- */

static void part(struct manifest *m, unsigned number, enum partition_role role,
		 enum partition_fs fs, uint64_t start_mib, uint64_t size_mib)
{
	m->partitions[m->n_partitions++] = (struct manifest_partition){
		.number = number,
		.role = role,
		.fs = fs,
		.start_bytes = start_mib * MIB,
		.size_bytes = size_mib * MIB};
}

static void image(struct manifest *m)
{
	*m = (struct manifest){.line = "debian",
			       .version = "1",
			       .n_payloads = 2,
			       .features = IMAGE_FEATURE_ROOT_XFS};
	part(m, 1, PARTITION_ROLE_BIOS, PARTITION_FS_NONE, 1, 1);
	part(m, 2, PARTITION_ROLE_ESP, PARTITION_FS_VFAT, 2, 64);
	part(m, 3, PARTITION_ROLE_ROOT, PARTITION_FS_EXT4, 66, 900);
	m->partitions[2].grow = true;
	m->payloads[0] = (struct manifest_payload){
		.role = PAYLOAD_ROLE_FS, .partition = 2, .size_bytes = 64 * MIB};
	m->payloads[1] = (struct manifest_payload){
		.role = PAYLOAD_ROLE_ROOTFS, .partition = 3, .size_bytes = 700 * MIB};
}

/* "NUMBER role fs START+SIZE mount", a line a partition. */
static char *show(const struct manifest *m)
{
	struct str s;

	str_init(&s, 4096);
	for (size_t i = 0; i < m->n_partitions; i++) {
		const struct manifest_partition *p = &m->partitions[i];

		str_addf(&s, "%u %s %s %u+%u%s %s%s\n", p->number, partition_role_str(p->role),
			 partition_fs_str(p->fs), (unsigned)(p->start_bytes / MIB),
			 (unsigned)(p->size_bytes / MIB), p->grow ? "+" : "", p->mount,
			 p->is_second_root ? " root_b" : "");
	}
	return str_take(&s);
}

static void test_partitions(void **state)
{
	static const struct {
		const char *name, *layout, *parts;
		unsigned root, least_mib;
	} rows[] = {
		{"a root alone grows from what its files need", LAY(ROOT),
		 "1 bios none 1+1 \n2 esp vfat 2+64 \n3 root ext4 66+700+ /\n", 3, 767},
		{"the loader's number goes to /boot",
		 LAY("{\"role\":\"boot\",\"size\":\"512M\"},{\"role\":\"swap\",\"size\":\"1G\"},"
		     "{\"role\":\"root\",\"size\":\"2G\"},{\"role\":\"data\",\"mount\":\"/srv\","
		     "\"size\":\"rest\"}"),
		 "1 bios none 1+1 \n2 esp vfat 2+64 \n3 data ext4 66+512 /boot\n"
		 "4 swap swap 578+1024 \n5 root ext4 1602+2048 /\n6 data ext4 3650+300+ /srv\n",
		 5, 3951},
		{"a second root",
		 LAY("{\"role\":\"root\",\"size\":\"2G\"},{\"role\":\"root_b\"},"
		     "{\"role\":\"swap\",\"size\":\"rest\"}"),
		 "1 bios none 1+1 \n2 esp vfat 2+64 \n3 root ext4 66+2048 /\n"
		 "4 data none 2114+2048  root_b\n5 swap swap 4162+300+ \n",
		 3, 4463},
		{"another root that the image can start from",
		 LAY(BOOT "{\"role\":\"root\",\"fs\":\"xfs\",\"size\":\"2G\"}"),
		 "1 bios none 1+1 \n2 esp vfat 2+64 \n3 data ext4 66+256 /boot\n"
		 "4 root xfs 322+2048 /\n",
		 4, 2371},
		{"a larger ESP",
		 LAY("{\"role\":\"esp\",\"size\":\"100M\",\"mount\":\"/efi\"}," ROOT),
		 "1 bios none 1+1 \n2 esp vfat 2+100 /efi\n3 root ext4 102+700+ /\n", 3, 803},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		static struct manifest m, to;
		struct disk_layout l;
		struct err err = ERR_INIT;

		image(&m);
		CHECK_ERR(rows[i].name, parse(rows[i].layout, &l, &err), ERR_OK);
		CHECK_ERR(rows[i].name, disk_layout_apply(&l, &m, &to, &err), ERR_OK);
		autofree char *parts = show(&to);
		CHECK_STR(rows[i].name, parts, rows[i].parts);
		CHECK_INT(rows[i].name, to.payloads[1].partition, rows[i].root);
		CHECK_INT(rows[i].name, to.min_disk_bytes / MIB, rows[i].least_mib);
	}
}

static void as_blocks(struct manifest *m)
{
	m->payloads[1].role = PAYLOAD_ROLE_FS;
}

static void as_disk(struct manifest *m)
{
	m->n_partitions = 0;
	m->n_payloads = 1;
	m->payloads[0] = (struct manifest_payload){.role = PAYLOAD_ROLE_DISK};
}

static void with_data(struct manifest *m)
{
	part(m, 4, PARTITION_ROLE_DATA, PARTITION_FS_EXT4, 966, 64);
	m->payloads[m->n_payloads++] = (struct manifest_payload){.role = PAYLOAD_ROLE_FS,
								 .partition = 4};
}

static void same(struct manifest *m)
{
	(void)m;
}

static void test_images_that_cannot(void **state)
{
	static const struct {
		const char *name;
		void (*edit)(struct manifest *m);
		const char *layout, *says;
	} rows[] = {
		{"blocks", as_blocks, LAY(ROOT), "written as blocks"},
		{"a whole disk", as_disk, LAY(ROOT), "written as blocks"},
		{"data of its own", with_data, LAY(ROOT), "content of their own"},
		{"another root", same,
		 LAY(BOOT "{\"role\":\"root\",\"fs\":\"btrfs\",\"size\":\"rest\"}"),
		 "cannot mount"},
		{"another root that the loader cannot read", same,
		 LAY("{\"role\":\"root\",\"fs\":\"xfs\",\"size\":\"rest\"}"), "boot partition"},
		{"too little room", same, LAY("{\"role\":\"root\",\"size\":\"600M\"}"),
		 "700 MiB of files"},
		{"a smaller ESP", same, LAY("{\"role\":\"esp\",\"size\":\"40M\"}," ROOT),
		 "larger EFI"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		static struct manifest m, to;
		struct disk_layout l;
		struct err err = ERR_INIT;

		image(&m);
		rows[i].edit(&m);
		CHECK_ERR(rows[i].name, parse(rows[i].layout, &l, &err), ERR_OK);
		CHECK_ERR(rows[i].name, disk_layout_apply(&l, &m, &to, &err),
			  ERR_IMAGE_LAYOUT_UNFIT);
		CHECK(rows[i].name, strstr(err.msg, rows[i].says));
	}
}

/* ---- on a disk ------------------------------------------------------------------------------- */

#define TREE_LAYOUT                                                                                \
	"{\"boot\":\"none\",\"unpack\":true,\"partitions\":[{\"role\":\"root\",\"size\":\"400M\"}]}"

static void put(const char *folder, const char *path, const char *text)
{
	autofree char *at = xasprintf("%s/%s", folder, path);
	autofree char *parent = xstrdup(at);

	*strrchr(parent, '/') = '\0';
	assert_int_equal(file_make_dirs(parent, 0755, NULL), 0);
	assert_int_equal(file_write_atomic(at, text, strlen(text), 0640, NULL), 0);
}

static void build(struct fixture *f, const char *folder, const char *out)
{
	autofree char *layout = xasprintf("%s/tree.json", f->dir);
	const struct signer *signer = f->signers[0];
	struct image_build_request r = {.input = folder,
					.output = out,
					.layout_path = layout,
					.line = "tree",
					.version = "1",
					.arch = IMAGE_ARCH_X86_64};
	struct err err = ERR_INIT;

	assert_int_equal(file_write_atomic(layout, TREE_LAYOUT, strlen(TREE_LAYOUT), 0600, NULL),
			 0);
	AUTO(manifest) struct manifest *m = NULL;
	if (image_build(&r, &m, &err) || archive_sign(out, &signer, 1, &err))
		fail_msg("%s", err.msg);
}

static int install(struct fixture *f, const char *archive, const char *disk, const char *layout,
		   struct image_receipt *ret, struct err *err)
{
	struct disk_layout l;
	struct image_install_request r = {.root = f->root,
					  .archive_path = archive,
					  .target_fd = -1,
					  .target_path = disk,
					  .read_back = true,
					  .layout = &l};

	assert_int_equal(parse(layout, &l, err), 0);
	return image_install(&r, ret, err);
}

/* The file's bytes as they lie on its partition, mounted alone. */
static char *read_there(struct fixture *f, const char *disk,
			const struct image_receipt_partition *p, const char *path)
{
	autofree char *at = xasprintf("%s/mnt", f->dir), *file = xasprintf("%s/%s", at, path);
	autofree char *options = xasprintf("ro,%sloop,offset=%ju,sizelimit=%ju",
					   p->fs == PARTITION_FS_BTRFS ? "" : "norecovery,",
					   (uintmax_t)p->start_bytes, (uintmax_t)p->size_bytes);
	const char *const mount[] = {"mount", "-o", options, disk, at, NULL};
	const char *const umount[] = {"umount", at, NULL};
	struct err err = ERR_INIT;
	char *text = NULL;
	size_t n;

	(void)mkdir(at, 0700);
	if (process_check(mount, 30000, &err) < 0)
		fail_msg("partition %u: %s", p->number, err.msg);
	IGNORE_RESULT(file_read(file, 4096, &text, &n, NULL));
	assert_int_equal(process_check(umount, 30000, NULL), 0);
	return text ? text : xstrdup("(none)");
}

/* With the modules of two file systems. */
static void put_initrd(const char *path)
{
	static const char *const modules[] = {"lib/modules/1/kernel/fs/ext4/ext4.ko",
					      "lib/modules/1/kernel/fs/btrfs/btrfs.ko.xz"};
	struct archive *a = archive_write_new();

	assert_int_equal(archive_write_set_format_cpio_newc(a), ARCHIVE_OK);
	assert_int_equal(archive_write_add_filter_gzip(a), ARCHIVE_OK);
	assert_int_equal(archive_write_open_filename(a, path), ARCHIVE_OK);
	for (size_t i = 0; i < ARRAY_LEN(modules); i++) {
		struct archive_entry *e = archive_entry_new();

		archive_entry_set_pathname(e, modules[i]);
		archive_entry_set_filetype(e, AE_IFREG);
		archive_entry_set_size(e, 0);
		assert_int_equal(archive_write_header(a, e), ARCHIVE_OK);
		archive_entry_free(e);
	}
	assert_int_equal(archive_write_close(a), ARCHIVE_OK);
	archive_write_free(a);
}

static void make_disk(const char *disk, uint64_t n_mib)
{
	assert_int_equal(close(open(disk, O_WRONLY | O_CREAT | O_CLOEXEC, 0600)), 0);
	assert_int_equal(truncate(disk, (off_t)(n_mib * MIB)), 0);
}

static bool can_make_btrfs(void)
{
	const char *const argv[] = {"mkfs.btrfs", "--version", NULL};
	const char *const kernel[] = {"grep", "-qw", "btrfs", "/proc/filesystems", NULL};

	return !process_check(argv, 30000, NULL) && !process_check(kernel, 30000, NULL);
}

#define INSTALLED(fs)                                                                              \
	LAY("{\"role\":\"boot\",\"size\":\"256M\"},{\"role\":\"swap\",\"size\":\"8M\"},"           \
	    "{\"role\":\"root\",\"fs\":\"" fs                                                      \
	    "\",\"size\":\"320M\"},{\"role\":\"data\",\"mount\":\"/var/log\","                     \
	    "\"size\":\"64M\"},{\"role\":\"data\",\"fs\":\"xfs\",\"mount\":\"/var\","              \
	    "\"size\":\"rest\"}")

static void check_files(struct fixture *f, const char *disk, const struct image_receipt *receipt)
{
	static const struct {
		const char *path, *mount, *text;
	} rows[] = {
		{"etc/name", "/", "a name"},     {"var/log/old", "/", "(none)"},
		{"boot/vmlinuz", "/", "(none)"}, {"vmlinuz", "/boot", "a kernel"},
		{"lib/state", "/var", "state"},  {"old", "/var/log", "a log"},
	};
	size_t n_seen = 0;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		for (size_t k = 0; k < receipt->n_partitions; k++) {
			const struct image_receipt_partition *p = &receipt->partitions[k];

			if (!str_eq(p->mount, rows[i].mount))
				continue;
			autofree char *text = read_there(f, disk, p, rows[i].path);
			CHECK_STR(rows[i].path, text, rows[i].text);
			n_seen++;
		}
	assert_int_equal(n_seen, ARRAY_LEN(rows));
	for (size_t k = 0; k < receipt->n_partitions; k++)
		CHECK_INT(receipt->partitions[k].mount, receipt->partitions[k].fs_uuid[0] != '\0',
			  1);
}

static void test_files_come_to_lie_on_their_partitions(void **state)
{
	static const struct {
		const char *root, *layout;
	} layouts[] = {{"ext4", INSTALLED("ext4")}, {"btrfs", INSTALLED("btrfs")}};
	struct fixture *f = *state;
	autofree char *tree = xasprintf("%s/tree", f->dir), *out = xasprintf("%s/l.slip", f->dir);
	autofree char *disk = xasprintf("%s/l.disk", f->dir);
	autofree char *initrd = xasprintf("%s/boot/initrd.img-1", tree);

	if (geteuid() != 0 || access("/dev/loop-control", W_OK))
		skip();
	put(tree, "etc/name", "a name");
	put(tree, "boot/vmlinuz", "a kernel");
	put(tree, "var/lib/state", "state");
	put(tree, "var/log/old", "a log");
	put_initrd(initrd);
	build(f, tree, out);
	for (size_t i = 0; i < ARRAY_LEN(layouts); i++) {
		static struct image_receipt receipt;
		struct err err = ERR_INIT;

		if (str_eq(layouts[i].root, "btrfs") && !can_make_btrfs())
			continue;
		make_disk(disk, 1100);
		if (install(f, out, disk, layouts[i].layout, &receipt, &err))
			fail_msg("root of %s: %s", layouts[i].root, err.msg);
		assert_int_equal(receipt.n_partitions, 5);
		check_files(f, disk, &receipt);
		(void)unlink(disk);
	}
}

/* The name of a partition in the GPT, where it is ASCII. */
static void gpt_name(const char *disk, unsigned number, char ret[static 37])
{
	uint8_t entry[128];
	autoclose int fd = open(disk, O_RDONLY | O_CLOEXEC);

	assert_int_equal(pread(fd, entry, sizeof(entry), 1024 + (number - 1) * 128), sizeof(entry));
	for (size_t i = 0; i < 36; i++)
		ret[i] = (char)entry[56 + 2 * i];
	ret[36] = '\0';
}

/* By these names the installed system finds both: provisioner/cli/root_slot.c. */
static void test_a_second_root_has_its_name(void **state)
{
	static const char *const names[] = {"root", "root_b"};
	struct fixture *f = *state;
	autofree char *tree = xasprintf("%s/two", f->dir), *out = xasprintf("%s/n.slip", f->dir);
	autofree char *disk = xasprintf("%s/n.disk", f->dir);
	static struct image_receipt receipt;
	struct err err = ERR_INIT;

	if (geteuid() != 0 || access("/dev/loop-control", W_OK))
		skip();
	put(tree, "etc/name", "a name");
	build(f, tree, out);
	make_disk(disk, 700);
	if (install(f, out, disk,
		    LAY("{\"role\":\"root\",\"size\":\"320M\"},{\"role\":\"root_b\"}"), &receipt,
		    &err))
		fail_msg("%s", err.msg);
	assert_int_equal(receipt.n_partitions, ARRAY_LEN(names));
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		char name[37];

		gpt_name(disk, receipt.partitions[i].number, name);
		CHECK_STR(names[i], name, names[i]);
		CHECK_INT(names[i], receipt.partitions[i].size_bytes, 320 * MIB);
		CHECK_INT(names[i], receipt.partitions[i].fs_uuid[0] != '\0', i == 0);
	}
	(void)unlink(disk);
}

/* A link of the tar where something is to be mounted leads nowhere. */
static void test_a_link_in_the_way(void **state)
{
	struct fixture *f = *state;
	autofree char *tree = xasprintf("%s/links", f->dir), *out = xasprintf("%s/m.slip", f->dir);
	autofree char *disk = xasprintf("%s/m.disk", f->dir), *link = xasprintf("%s/srv", tree);
	static struct image_receipt receipt;
	struct err err = ERR_INIT;

	if (geteuid() != 0 || access("/dev/loop-control", W_OK))
		skip();
	put(tree, "etc/name", "a name");
	assert_int_equal(symlink("/etc", link), 0);
	build(f, tree, out);
	make_disk(disk, 600);
	CHECK_ERR("a link",
		  install(f, out, disk,
			  LAY("{\"role\":\"data\",\"size\":\"64M\",\"mount\":\"/srv\"}," ROOT),
			  &receipt, &err),
		  ERR_IMAGE_MEMBER);
	CHECK("named", strstr(err.msg, "srv"));
	(void)unlink(disk);
}

/* Whoever copies the mounts of the machine would keep ours busy. */
static int setup(void **state)
{
	if (geteuid() == 0 &&
	    (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL)))
		return -1;
	return fixture_setup(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_documents),
		cmocka_unit_test(test_every_word),
		cmocka_unit_test(test_partitions),
		cmocka_unit_test(test_images_that_cannot),
		cmocka_unit_test(test_files_come_to_lie_on_their_partitions),
		cmocka_unit_test(test_a_second_root_has_its_name),
		cmocka_unit_test(test_a_link_in_the_way),
	};

	return cmocka_run_group_tests_name("images/disk_layout", tests, setup, fixture_teardown);
}
