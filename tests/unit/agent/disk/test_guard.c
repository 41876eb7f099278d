/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The disk rails, each firing: the choice on drive lists, the use of a disk on fake kernel files,
 * data on images that the real mkfs and sfdisk made and the real libblkid reads. For every bad row
 * there is one in which the same rail lets a good disk pass.
 */
#include <tests/harness/check.h>
#include <tests/harness/sandbox_root.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <base/bytes.h>
#include <base/file.h>
#include <base/process.h>
#include <base/str.h>
#include <agent/disk/guard.h>
#include <agent/facts/disk_signatures.h>

static char root[] = "/tmp/slipway-guard-XXXXXX";

static int make_root(void **state)
{
	(void)state;
	return mkdtemp(root) ? 0 : -1;
}

static int remove_root(void **state)
{
	(void)state;
	return file_remove_tree(root, NULL);
}

/* ---- choosing -------------------------------------------------------------------------------- */

#define DRIVE(n, w, s, size, l, ro)                                                                \
	{                                                                                          \
		.facts = {.name = n,                                                               \
			  .wwn = w,                                                                \
			  .serial = s,                                                             \
			  .capacity_bytes = size,                                                  \
			  .write_protected = (ro) ? TRI_YES : TRI_UNKNOWN},                        \
		.local = l                                                                         \
	}
static struct drive fleet[] = {
	DRIVE("sda", "0x5000c500a1b2c3d4", "AAA", 1000, true, false),
	DRIVE("sdb", "", "BBB", 1000, true, false),
	DRIVE("sdc", "", "TWIN", 1000, true, false),
	DRIVE("sdd", "", "TWIN", 1000, true, false),
	DRIVE("sde", "", "SAN", 1000, false, false),
	DRIVE("sdf", "", "LOCKED", 1000, true, true),
	DRIVE("sdg", "", "", 1000, true, false),
	{.facts = {.name = "sdh",
		   .serial = "ZONES",
		   .capacity_bytes = 1000,
		   .zones = "host-managed"},
	 .local = true},
	{.facts = {.name = "sdi", .serial = "STICK", .capacity_bytes = 1000, .removable = TRI_YES},
	 .local = true},
};

static const struct {
	const char *name;
	struct plan_disk want;
	enum err_code code;
	const char *chosen;
} choices[] = {
	{"by serial", {.serial = "BBB", .size_bytes = 1000}, 0, "sdb"},
	{"by WWN", {.wwn = "0x5000c500a1b2c3d4", .size_bytes = 1000}, 0, "sda"},
	{"by WWN in capitals", {.wwn = "0x5000C500A1B2C3D4", .size_bytes = 1000}, 0, "sda"},
	{"by both", {.wwn = "0x5000c500a1b2c3d4", .serial = "AAA", .size_bytes = 1000}, 0, "sda"},
	{"WWN of one, serial of another",
	 {.wwn = "0x5000c500a1b2c3d4", .serial = "BBB", .size_bytes = 1000},
	 ERR_GUARD_DISK_NONE,
	 NULL},
	{"another size", {.serial = "BBB", .size_bytes = 1001}, ERR_GUARD_DISK_NONE, NULL},
	{"serial in other letters",
	 {.serial = "bbb", .size_bytes = 1000},
	 ERR_GUARD_DISK_NONE,
	 NULL},
	{"a pattern is not a serial",
	 {.serial = "*", .size_bytes = 1000},
	 ERR_GUARD_DISK_NONE,
	 NULL},
	{"nothing named", {.size_bytes = 1000}, ERR_GUARD_SELECTOR, NULL},
	{"no size", {.serial = "BBB"}, ERR_GUARD_SELECTOR, NULL},
	{"two of that serial",
	 {.serial = "TWIN", .size_bytes = 1000},
	 ERR_GUARD_DISK_AMBIGUOUS,
	 NULL},
	{"on a SAN", {.serial = "SAN", .size_bytes = 1000}, ERR_GUARD_DISK_REMOTE, NULL},
	{"write-protected",
	 {.serial = "LOCKED", .size_bytes = 1000},
	 ERR_AGENT_DISK_READ_ONLY,
	 NULL},
	{"zones that are written in order",
	 {.serial = "ZONES", .size_bytes = 1000},
	 ERR_AGENT_DISK_READ_ONLY,
	 NULL},
	{"removable, on a local transport",
	 {.serial = "STICK", .size_bytes = 1000},
	 ERR_GUARD_DISK_REMOTE,
	 NULL},
};

/* K-01, K-02, K-06, K-11. */
static void test_choice(void **state)
{
	const drive_list drives = {.items = fleet, .n = ARRAY_LEN(fleet)};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(choices); i++) {
		const struct drive *chosen = NULL;

		CHECK_ERR(choices[i].name, disk_choose(&drives, &choices[i].want, &chosen, NULL),
			  choices[i].code);
		if (choices[i].chosen)
			CHECK_STR(choices[i].name, chosen->facts.name, choices[i].chosen);
		else
			CHECK(choices[i].name, !chosen);
	}
}

/* ---- use ------------------------------------------------------------------------------------- */

static void put(const char *path, const char *text)
{
	autofree char *full = xasprintf("%s/%s", root, path);
	autofree char *dir = xstrndup(full, (size_t)(strrchr(full, '/') - full));

	assert_int_equal(file_make_dirs(dir, 0755, NULL), 0);
	assert_int_equal(file_write_atomic(full, text, strlen(text), 0644, NULL), 0);
}

/* K-05, K-07. */
static void test_use(void **state)
{
	static const struct {
		const char *name, *disk;
		enum err_code code;
	} rows[] = {
		{"free", "sda", 0},
		{"partition mounted", "sdb", ERR_AGENT_DISK_BUSY},
		{"held by device mapper", "sdc", ERR_AGENT_DISK_BUSY},
		{"swap on a partition", "sdd", ERR_AGENT_DISK_BUSY},
		{"the agent's own", "sde", ERR_AGENT_DISK_BOOT_MEDIUM},
		{"mounted whole", "sdf", ERR_AGENT_DISK_BUSY},
		{"partition held by md", "sdg", ERR_AGENT_DISK_BUSY},
	};

	(void)state;
	put("sys/block/sda/dev", "8:0\n");
	put("sys/block/sda/sda1/partition", "1\n");
	put("sys/block/sda/sda1/dev", "8:1\n");
	put("sys/block/sdb/dev", "8:16\n");
	put("sys/block/sdb/sdb1/partition", "1\n");
	put("sys/block/sdb/sdb1/dev", "8:17\n");
	put("sys/block/sdc/holders/dm-0", "");
	put("sys/block/sdd/dev", "8:48\n");
	put("sys/block/sdd/sdd2/partition", "2\n");
	put("sys/block/sdd/sdd2/dev", "8:50\n");
	put("sys/block/sde/dev", "8:64\n");
	put("sys/block/sde/sde1/partition", "1\n");
	put("sys/block/sde/sde1/dev", "8:65\n");
	put("sys/block/sdf/dev", "8:80\n");
	put("sys/block/sdg/sdg1/partition", "1\n");
	put("sys/block/sdg/sdg1/holders/md0", "");
	put("proc/self/mountinfo",
	    "22 1 8:65 / / rw - ext4 /dev/sde1 rw\n30 22 8:17 / /mnt rw - ext4 /dev/sdb1 rw\n"
	    "31 22 8:80 / /data rw - xfs /dev/sdf rw\n");
	put("proc/swaps", "Filename Type Size Used Priority\n/dev/sdd2 partition 1024 0 -2\n");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		CHECK_ERR(rows[i].name, disk_check_unused(root, rows[i].disk, NULL), rows[i].code);
}

/* ---- data ------------------------------------------------------------------------------------ */

#define IMAGE_BYTES (32 * 1024 * 1024)

struct bytes_at {
	long offset;
	const char *p;
	size_t n;
};

static const struct {
	const char *name;
	const char *const *command; /* "@" stands for the image; NULL: only bytes */
	const char *input;
	struct bytes_at bytes;
	const char *found; /* one of the names; NULL: a blank disk */
	enum err_code without_consent, with_consent;
} data_rows[] = {
	{"blank", NULL, NULL, {0}, NULL, 0, 0},
	{"ext4",
	 (const char *const[]){"mke2fs", "-q", "-F", "-t", "ext4", "@", NULL},
	 NULL,
	 {0},
	 "ext4",
	 ERR_GUARD_DATA,
	 0},
	{"vfat",
	 (const char *const[]){"mkfs.fat", "@", NULL},
	 NULL,
	 {0},
	 "vfat",
	 ERR_GUARD_DATA,
	 0},
	{"swap", (const char *const[]){"mkswap", "@", NULL}, NULL, {0}, "swap", ERR_GUARD_DATA, 0},
	{"empty GPT",
	 (const char *const[]){"sfdisk", "-q", "@", NULL},
	 "label: gpt\n",
	 {0},
	 "gpt",
	 ERR_GUARD_DATA,
	 0},
	{"VMFS partition in a GPT",
	 (const char *const[]){"sfdisk", "-q", "@", NULL},
	 "label: gpt\n,,AA31E02A-400F-11DB-9590-000C2911D1B8\n",
	 {0},
	 "vmfs",
	 ERR_GUARD_SHARED_FS,
	 ERR_GUARD_SHARED_FS},
	{"GPFS partition in a GPT",
	 (const char *const[]){"sfdisk", "-q", "@", NULL},
	 "label: gpt\n,,37AFFC90-EF7D-4E96-91C3-2D7AE055B174\n",
	 {0},
	 "gpfs",
	 ERR_GUARD_SHARED_FS,
	 ERR_GUARD_SHARED_FS},
	{"VMFS partition in an MBR",
	 (const char *const[]){"sfdisk", "-q", "@", NULL},
	 "label: dos\n,,fb\n",
	 {0},
	 "vmfs",
	 ERR_GUARD_SHARED_FS,
	 ERR_GUARD_SHARED_FS},
	{"LVM partition",
	 (const char *const[]){"sfdisk", "-q", "@", NULL},
	 "label: gpt\n,,E6D6D379-F507-44C2-A23C-238F2A3DF928\n",
	 {0},
	 "lvm2_member",
	 ERR_GUARD_DATA,
	 0},
	{"GFS2",
	 NULL,
	 NULL,
	 {65536,
	  "\x01\x16\x19\x70\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0\x64\0\0\0\0\0\0\x07\x09\0\0\x07\x6c", 32},
	 "gfs2",
	 ERR_GUARD_SHARED_FS,
	 ERR_GUARD_SHARED_FS},
	{"LUKS", NULL, NULL, {0, "LUKS\xba\xbe\0\1", 8}, "crypto_luks", ERR_GUARD_DATA, 0},
	{"unknown bytes at the start",
	 NULL,
	 NULL,
	 {4096, "secret", 6},
	 "nonzero",
	 ERR_GUARD_DATA,
	 0},
	{"unknown bytes at the end",
	 NULL,
	 NULL,
	 {IMAGE_BYTES - 600, "secret", 6},
	 "nonzero",
	 ERR_GUARD_DATA,
	 0},
};

static int make_image(size_t row, char *path, size_t path_bytes)
{
	const char *argv[16] = {0};
	struct process_result result = {0};
	struct err err = ERR_INIT;

	snprintf(path, path_bytes, "%s/image", root);
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_true(fd >= 0 && ftruncate(fd, IMAGE_BYTES) == 0);
	if (data_rows[row].bytes.n)
		assert_true(pwrite(fd, data_rows[row].bytes.p, data_rows[row].bytes.n,
				   data_rows[row].bytes.offset) == (ssize_t)data_rows[row].bytes.n);
	for (size_t i = 0; data_rows[row].command && data_rows[row].command[i]; i++)
		argv[i] = str_eq(data_rows[row].command[i], "@") ? path : data_rows[row].command[i];
	if (!argv[0])
		return fd;
	struct process_options options = {
		.argv = argv,
		.input = data_rows[row].input,
		.input_bytes = data_rows[row].input ? strlen(data_rows[row].input) : 0,
		.timeout_ms = 30000};
	if (process_run(&options, &result, &err) < 0 || result.exit_code)
		fail_msg("row '%s': %s %s", data_rows[row].name, err.msg,
			 result.errors ? result.errors : "");
	process_result_done(&result);
	return fd;
}

static bool has(const text64_list *list, const char *name)
{
	for (size_t i = 0; i < list->n; i++)
		if (str_eq(list->items[i].s, name))
			return true;
	return false;
}

/* K-04. */
static void test_data(void **state)
{
	const struct drive drive = {.facts = {.name = "sda", .serial = "ZA1B2C3D"}};
	char path[128];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(data_rows); i++) {
		autoclose int fd = make_image(i, path, sizeof(path));
		text64_list found = {0}, again = {0}, other = {0};

		CHECK_ERR(data_rows[i].name, disk_check_data(fd, &drive, "", &found, NULL),
			  data_rows[i].without_consent);
		CHECK_ERR(data_rows[i].name, disk_check_data(fd, &drive, "ZA1B2C3D", &again, NULL),
			  data_rows[i].with_consent);
		/* Consent to lose another disk's data is none. */
		CHECK_ERR(data_rows[i].name, disk_check_data(fd, &drive, "ZA1B2C3E", &other, NULL),
			  data_rows[i].without_consent);
		CHECK_INT(data_rows[i].name, found.n > 0, data_rows[i].found != NULL);
		if (data_rows[i].found)
			CHECK(data_rows[i].name, has(&found, data_rows[i].found));
		VEC_DONE(&found);
		VEC_DONE(&again);
		VEC_DONE(&other);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_choice),
		cmocka_unit_test(test_use),
		cmocka_unit_test(test_data),
	};

	sandbox_root();
	return cmocka_run_group_tests(tests, make_root, remove_root);
}
