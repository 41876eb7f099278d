/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Manifests: one valid document, and rows that change one thing in it (rows M of the fault list).
 */
#include <tests/harness/changed_text.h>

#include <stdlib.h>

#include <base/str.h>
#include <images/manifest.h>

#define D64 "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define PART(n, role, fs, start, size, grow)                                                       \
	"{\"fs\":\"" fs "\",\"grow\":" grow ",\"mount\":\"\",\"number\":" n ",\"role\":\"" role    \
	"\",\"size\":" size ",\"start\":" start "}"
#define PAYLOAD(name, part)                                                                        \
	"{\"chunk\":1048576,\"chunks\":\"" D64 "\",\"chunks_size\":96,\"codec\":\"zstd\","         \
	"\"digest\":\"" D64 "\",\"name\":\"" name "\",\"packed\":1000,\"partition\":" part         \
	",\"role\":\"fs\",\"size\":1048576}"
#define GOOD                                                                                       \
	"{\"arch\":\"x86_64\",\"created\":1700000000,\"firmware\":[\"bios\",\"uefi\"],\"format\":" \
	"1,"                                                                                       \
	"\"line\":\"debian12\",\"min_disk\":8388608,\"partitions\":[" PART(                        \
		"1", "bios", "none", "1048576", "1048576",                                         \
		"false") "," PART("3", "root", "ext4", "2097152", "2097152",                       \
				  "true") "],\"payloads\":[" PAYLOAD("root.ext4",                  \
								     "3") "," PAYLOAD("bios.img",  \
										      "1") "],"    \
											   "\"seq" \
											   "\":"   \
											   "42,"   \
											   "\"typ" \
											   "e\":"  \
											   "\"sli" \
											   "pway-" \
											   "image" \
											   "/v1\"" \
											   ",\"ve" \
											   "rsion" \
											   "\":"   \
											   "\"12." \
											   "5\"}"

/* Parts of it, and what may stand in their place. */
#define TWO_PARTITIONS                                                                             \
	PART("1", "bios", "none", "1048576", "1048576", "false")                                   \
	"," PART("3", "root", "ext4", "2097152", "2097152", "true")
#define TABLE(name, part, bytes)                                                                   \
	"{\"chunk\":1048576,\"chunks\":\"" D64 "\",\"chunks_size\":" bytes                         \
	",\"codec\":\"zstd\",\"digest\":\"" D64 "\",\"name\":\"" name                              \
	"\",\"packed\":1000,\"partition\":" part ",\"role\":\"fs\",\"size\":1048576}"
#define ROOTFS(name, part)                                                                         \
	"{\"chunk\":1048576,\"chunks\":\"" D64 "\",\"chunks_size\":96,\"codec\":\"zstd\","         \
	"\"devices\":true,\"digest\":\"" D64 "\",\"name\":\"" name                                 \
	"\",\"packed\":1000,\"partition\":" part ",\"role\":\"rootfs\",\"size\":1000}"

/* In the good document, the first `from` becomes `to`. */
struct row {
	const char *name, *from, *to;
	enum err_code code;
};

static const struct row rows[] = {
	{"unchanged", "", "", ERR_OK},
	{"another sequence", "\"seq\":42", "\"seq\":9007199254740991", ERR_OK},
	{"a version that names another one", "\"version\":\"12.5\"", "\"version\":\"latest\"",
	 ERR_IMAGE_MANIFEST},
	{"a version that begins like it", "\"version\":\"12.5\"", "\"version\":\"latest-2\"",
	 ERR_OK},
	{"field-56 sectors of 4096", "\"seq\":42", "\"sector\":4096,\"seq\":42", ERR_OK},
	{"field-56 sectors of 512 are not written", "\"seq\":42", "\"sector\":512,\"seq\":42",
	 ERR_IMAGE_MANIFEST},
	{"field-56 sectors of 2048", "\"seq\":42", "\"sector\":2048,\"seq\":42",
	 ERR_IMAGE_MANIFEST},
	{"a feature", "\"firmware\":[\"bios", "\"features\":[\"root-xfs\"],\"firmware\":[\"bios",
	 ERR_OK},
	{"all features", "\"firmware\":[\"bios",
	 "\"features\":[\"root-ext4\",\"root-xfs\",\"root-btrfs\"],\"firmware\":[\"bios", ERR_OK},
	{"no feature", "\"firmware\":[\"bios", "\"features\":[],\"firmware\":[\"bios",
	 ERR_IMAGE_MANIFEST},
	{"a feature that is not known", "\"firmware\":[\"bios",
	 "\"features\":[\"root-zfs\"],\"firmware\":[\"bios", ERR_IMAGE_MANIFEST},
	{"a feature twice", "\"firmware\":[\"bios",
	 "\"features\":[\"root-xfs\",\"root-xfs\"],\"firmware\":[\"bios", ERR_IMAGE_MANIFEST},
	{"features in another order", "\"firmware\":[\"bios",
	 "\"features\":[\"root-xfs\",\"root-ext4\"],\"firmware\":[\"bios", ERR_IMAGE_MANIFEST},
	{"a number for a feature", "\"firmware\":[\"bios", "\"features\":[1],\"firmware\":[\"bios",
	 ERR_IMAGE_MANIFEST},
	{"no firmware: nothing boots from it", "[\"bios\",\"uefi\"]", "[]", ERR_OK},
	{"M-01 duplicate key", "\"arch\":\"x86_64\",", "\"arch\":\"x86_64\",\"arch\":\"x86_64\",",
	 ERR_IMAGE_MANIFEST},
	{"M-01 trailing comma", "\"version\":\"12.5\"}", "\"version\":\"12.5\",}",
	 ERR_IMAGE_MANIFEST},
	{"M-01 comment", "{\"arch\"", "/**/{\"arch\"", ERR_IMAGE_MANIFEST},
	{"M-01 byte order mark", "{\"arch\"", "\xef\xbb\xbf{\"arch\"", ERR_IMAGE_MANIFEST},
	{"M-01 NaN", "\"seq\":42", "\"seq\":NaN", ERR_IMAGE_MANIFEST},
	{"M-01 exponent", "\"seq\":42", "\"seq\":1e3", ERR_IMAGE_MANIFEST},
	{"M-01 fraction", "\"seq\":42", "\"seq\":42.0", ERR_IMAGE_MANIFEST},
	{"M-02 2^53", "\"seq\":42", "\"seq\":9007199254740992", ERR_IMAGE_MANIFEST},
	{"M-02 negative", "\"seq\":42", "\"seq\":-1", ERR_IMAGE_MANIFEST},
	{"M-02 minus zero", "\"created\":1700000000", "\"created\":-0", ERR_IMAGE_NOT_CANONICAL},
	{"M-02 2^64", "\"seq\":42", "\"seq\":18446744073709551616", ERR_IMAGE_MANIFEST},
	{"M-02 number as a string", "\"seq\":42", "\"seq\":\"42\"", ERR_IMAGE_MANIFEST},
	{"M-02 zero sequence", "\"seq\":42", "\"seq\":0", ERR_IMAGE_MANIFEST},
	{"M-03 deep", "\"seq\":42",
	 "\"seq\":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]"
	 "]]]]]]]]]]]]",
	 ERR_IMAGE_MANIFEST},
	{"M-03 depth 9", "\"seq\":42", "\"seq\":[[[[[[[[1]]]]]]]]", ERR_IMAGE_MANIFEST},
	{"M-03 long string", "\"version\":\"12.5\"",
	 "\"version\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"",
	 ERR_IMAGE_MANIFEST},
	{"M-04 white space", "\"seq\":42", "\"seq\": 42", ERR_IMAGE_NOT_CANONICAL},
	{"M-04 final newline", "\"12.5\"}", "\"12.5\"}\n", ERR_IMAGE_NOT_CANONICAL},
	{"M-04 order of keys", "\"seq\":42,\"type\":\"slipway-image/v1\"",
	 "\"type\":\"slipway-image/v1\",\"seq\":42", ERR_IMAGE_NOT_CANONICAL},
	{"M-04 escape that needs none", "\"debian12\"", "\"debian1\\u0032\"",
	 ERR_IMAGE_NOT_CANONICAL},
	{"M-05 other type", "slipway-image/v1", "slipway-root/v1", ERR_IMAGE_FORMAT},
	{"M-05 format 2", "\"format\":1", "\"format\":2", ERR_IMAGE_FORMAT},
	{"M-05 format 0", "\"format\":1", "\"format\":0", ERR_IMAGE_MANIFEST},
	{"unknown key", "\"seq\":42", "\"seq\":42,\"sex\":1", ERR_IMAGE_MANIFEST},
	{"missing key", "\"seq\":42,", "", ERR_IMAGE_MANIFEST},
	{"M-06 unknown arch", "x86_64", "i386", ERR_IMAGE_MANIFEST},
	{"firmware twice", "[\"bios\",\"uefi\"]", "[\"bios\",\"bios\"]", ERR_IMAGE_MANIFEST},
	{"firmware order", "[\"bios\",\"uefi\"]", "[\"uefi\",\"bios\"]", ERR_OK},
	{"line with a slash", "\"debian12\"", "\"debian/12\"", ERR_IMAGE_MANIFEST},
	{"line in capitals", "\"debian12\"", "\"Debian12\"", ERR_IMAGE_MANIFEST},
	{"line that begins with a dot", "\"debian12\"", "\".debian12\"", ERR_IMAGE_MANIFEST},
	{"line with a NUL", "\"debian12\"", "\"debian\\u000012\"", ERR_IMAGE_MANIFEST},
	{"M-07 partitions past the disk", "\"min_disk\":8388608", "\"min_disk\":4194304",
	 ERR_IMAGE_MANIFEST},
	{"M-07 partitions far past the disk", "\"min_disk\":8388608", "\"min_disk\":3145728",
	 ERR_IMAGE_MANIFEST},
	{"partitions overlap", "\"start\":2097152", "\"start\":1048576", ERR_IMAGE_MANIFEST},
	{"partition off a MiB", "\"start\":2097152", "\"start\":2097664", ERR_IMAGE_MANIFEST},
	{"partition at 0", "\"start\":1048576", "\"start\":0", ERR_IMAGE_MANIFEST},
	{"first partition grows", "\"grow\":false", "\"grow\":true", ERR_IMAGE_MANIFEST},
	{"partition number twice", "\"number\":1", "\"number\":3", ERR_IMAGE_MANIFEST},
	{"partition number 17", "\"number\":1", "\"number\":17", ERR_IMAGE_MANIFEST},
	{"partition role twice", "\"role\":\"bios\"", "\"role\":\"root\"", ERR_IMAGE_MANIFEST},
	{"mount that goes up", "\"mount\":\"\"", "\"mount\":\"/../etc\"", ERR_IMAGE_MANIFEST},
	{"mount that is relative", "\"mount\":\"\"", "\"mount\":\"etc\"", ERR_IMAGE_MANIFEST},
	{"mount with a space", "\"mount\":\"\"", "\"mount\":\"/a b\"", ERR_IMAGE_MANIFEST},
	{"mount that is fine", "\"mount\":\"\"", "\"mount\":\"/boot/efi\"", ERR_OK},
	{"M-13 no payload",
	 "\"payloads\":[" PAYLOAD("root.ext4", "3") "," PAYLOAD("bios.img", "1") "]",
	 "\"payloads\":[]", ERR_IMAGE_MANIFEST},
	{"M-13 name clash", "bios.img", "root.ext4", ERR_IMAGE_MANIFEST},
	{"M-13 one target twice", "\"partition\":1", "\"partition\":3", ERR_IMAGE_MANIFEST},
	{"M-13 disk beside others", "\"partition\":3,\"role\":\"fs\"", "\"role\":\"disk\"",
	 ERR_IMAGE_MANIFEST},
	{"payload without partition", "\"partition\":3,", "", ERR_IMAGE_MANIFEST},
	{"payload for no partition", "\"partition\":3", "\"partition\":4", ERR_IMAGE_MANIFEST},
	{"payload larger than its partition", "\"size\":1048576}]", "\"size\":2097152}]",
	 ERR_IMAGE_MANIFEST},
	{"payload size off a block", "\"size\":1048576}]", "\"size\":1048064}]",
	 ERR_IMAGE_MANIFEST},
	{"payload name with a path", "root.ext4", "../root.ext4", ERR_IMAGE_MANIFEST},
	{"payload named as the manifest", "root.ext4", "manifest.json", ERR_IMAGE_MANIFEST},
	{"payload named as a table", "root.ext4", "root.chunks", ERR_IMAGE_MANIFEST},
	{"chunk size no power of two", "\"chunk\":1048576", "\"chunk\":1048575",
	 ERR_IMAGE_MANIFEST},
	{"chunk size 8 MiB", "\"chunk\":1048576", "\"chunk\":8388608", ERR_IMAGE_MANIFEST},
	{"chunk size 4 KiB", "\"chunk\":1048576", "\"chunk\":4096", ERR_IMAGE_MANIFEST},
	{"table of half a record", "\"chunks_size\":96", "\"chunks_size\":100", ERR_IMAGE_MANIFEST},
	{"table of nothing", "\"chunks_size\":96", "\"chunks_size\":0", ERR_IMAGE_MANIFEST},
	{"table over 32 MiB", "\"chunks_size\":96", "\"chunks_size\":33554496", ERR_IMAGE_MANIFEST},
	{"codec none", "\"zstd\"", "\"none\"", ERR_IMAGE_MANIFEST},
	{"digest in capitals", "\"digest\":\"00112233445566778899aabb",
	 "\"digest\":\"00112233445566778899AABB", ERR_IMAGE_MANIFEST},
	{"digest too short", "\"digest\":\"00", "\"digest\":\"", ERR_IMAGE_MANIFEST},
	{"devices in blocks", "\"chunks_size\":96,\"codec\":\"zstd\",\"digest\":\"" D64 "\"",
	 "\"chunks_size\":96,\"codec\":\"zstd\",\"devices\":true,\"digest\":\"" D64 "\"",
	 ERR_IMAGE_MANIFEST},
	{"a tar for vfat", "\"fs\":\"ext4\",\"grow\":true", "\"fs\":\"vfat\",\"grow\":true",
	 ERR_OK},
	{"boot code too short", "\"created\"", "\"boot_code\":\"AAAA\",\"created\"",
	 ERR_IMAGE_MANIFEST},
	{"boot code of one byte too many in base64", "\"created\"",
	 "\"boot_code\":\"*\",\"created\"", ERR_IMAGE_MANIFEST},
	{"boot code that is a number", "\"created\"", "\"boot_code\":1,\"created\"",
	 ERR_IMAGE_MANIFEST},
	{"firmware is a number", "[\"bios\",\"uefi\"]", "[1]", ERR_IMAGE_MANIFEST},
	{"firmware is a text", "[\"bios\",\"uefi\"]", "\"bios\"", ERR_IMAGE_MANIFEST},
	{"three firmwares", "[\"bios\",\"uefi\"]", "[\"bios\",\"uefi\",\"bios\"]",
	 ERR_IMAGE_MANIFEST},
	{"mount with a final slash", "\"mount\":\"\"", "\"mount\":\"/boot/\"", ERR_IMAGE_MANIFEST},
	{"mount with two slashes", "\"mount\":\"\"", "\"mount\":\"/a//b\"", ERR_IMAGE_MANIFEST},
	{"mount with a backslash", "\"mount\":\"\"", "\"mount\":\"/a\\\\b\"", ERR_IMAGE_MANIFEST},
	{"mount with a control character", "\"mount\":\"\"", "\"mount\":\"/a\x7f\"",
	 ERR_IMAGE_MANIFEST},
	{"mount not in ASCII", "\"mount\":\"\"", "\"mount\":\"/\xc3\xa4\"", ERR_IMAGE_MANIFEST},
	{"mount of the root", "\"mount\":\"\"", "\"mount\":\"/\"", ERR_OK},
	{"mount is missing", "\"mount\":\"\",", "", ERR_IMAGE_MANIFEST},
	{"partition is a text", "\"partitions\":[{", "\"partitions\":[\"\",{", ERR_IMAGE_MANIFEST},
	{"partitions are missing", "\"partitions\":", "\"portitions\":", ERR_IMAGE_MANIFEST},
	{"partition size off a MiB", "\"size\":2097152,\"start\"", "\"size\":2097151,\"start\"",
	 ERR_IMAGE_MANIFEST},
	{"partition of a file system that is not known", "\"fs\":\"ext4\"", "\"fs\":\"ntfs\"",
	 ERR_IMAGE_MANIFEST},
	{"a data partition", "\"role\":\"bios\"", "\"role\":\"data\"", ERR_OK},
	{"two data partitions", TWO_PARTITIONS,
	 PART("1", "data", "none", "1048576", "1048576",
	      "false") "," PART("3", "data", "ext4", "2097152", "2097152", "true"),
	 ERR_OK},
	{"swap in full", PART("1", "bios", "none", "1048576", "1048576", "false"),
	 PART("1", "swap", "swap", "1048576", "1048576", "false"), ERR_OK},
	{"swap of another kind", "\"role\":\"bios\"", "\"role\":\"swap\"", ERR_IMAGE_MANIFEST},
	{"another role of swap", "\"fs\":\"none\"", "\"fs\":\"swap\"", ERR_IMAGE_MANIFEST},
	{"swap with a mount point", PART("1", "bios", "none", "1048576", "1048576", "false"),
	 "{\"fs\":\"swap\",\"grow\":false,\"mount\":\"/x\",\"number\":1,\"role\":\"swap\","
	 "\"size\":1048576,\"start\":1048576}",
	 ERR_IMAGE_MANIFEST},
	{"payload is a text", "\"payloads\":[{", "\"payloads\":[\"\",{", ERR_IMAGE_MANIFEST},
	{"payloads are a text", "\"payloads\":[", "\"payloads\":\"\",\"p\":[", ERR_IMAGE_MANIFEST},
	{"unpacked into ext4", "\"partition\":3,\"role\":\"fs\"",
	 "\"partition\":3,\"role\":\"rootfs\"", ERR_OK},
	{"unpacked into nothing", "\"partition\":1,\"role\":\"fs\"",
	 "\"partition\":1,\"role\":\"rootfs\"", ERR_IMAGE_MANIFEST},
	{"unpacked into xfs, with devices",
	 TWO_PARTITIONS "],\"payloads\":[" PAYLOAD("root.ext4", "3"),
	 PART("1", "bios", "none", "1048576", "1048576",
	      "false") "," PART("3", "root", "xfs", "2097152", "2097152",
				"true") "],\"payloads\":[" ROOTFS("root.tar", "3"),
	 ERR_OK},
	{"tables over 32 MiB together", PAYLOAD("root.ext4", "3") "," PAYLOAD("bios.img", "1"),
	 TABLE("root.ext4", "3", "25165824") "," TABLE("bios.img", "1", "25165824"),
	 ERR_IMAGE_MANIFEST},
	{"type is a number", "\"type\":\"slipway-image/v1\"", "\"type\":1", ERR_IMAGE_FORMAT},
	{"format is missing", "\"format\":1,", "", ERR_IMAGE_MANIFEST},
	{"format is a text", "\"format\":1", "\"format\":\"1\"", ERR_IMAGE_MANIFEST},
	{"not an object", GOOD, "[]", ERR_IMAGE_FORMAT},
	{"nothing", GOOD, "", ERR_IMAGE_MANIFEST},
};

/* A whole disk, with its own ways to be wrong. */
#define DISK(name)                                                                                 \
	"{\"chunk\":65536,\"chunks\":\"" D64                                                       \
	"\",\"chunks_size\":96,\"codec\":\"zstd\",\"digest\":\"" D64 "\",\"name\":\"" name         \
	"\",\"packed\":10,\"role\":\"disk\",\"size\":8388608}"
#define GOOD_DISK                                                                                  \
	"{\"arch\":\"aarch64\",\"created\":0,\"firmware\":[\"uefi\"],\"format\":1,\"line\":\"d\"," \
	"\"min_disk\":8388608,\"partitions\":[],\"payloads\":[" DISK(                              \
		"disk.img") "],\"seq\":1,\"type\":\"slipway-image/v1\",\"version\":\"1\"}"
#define A20       "AAAAAAAAAAAAAAAAAAAA"
#define A100      A20 A20 A20 A20 A20
#define BOOT_CODE "\"boot_code\":\"" A100 A100 A100 A100 A100 A20 A20 A20 A20 "AAAAAAA=\","
static const struct row disk_rows[] = {
	{"unchanged", "", "", ERR_OK},
	{"smaller than the disk", "\"size\":8388608", "\"size\":8388096", ERR_OK},
	{"M-07 larger than the disk", "\"size\":8388608", "\"size\":8389120", ERR_IMAGE_MANIFEST},
	{"not whole sectors", "\"size\":8388608", "\"size\":8388607", ERR_IMAGE_MANIFEST},
	{"with a partition's number", "\"role\":\"disk\"", "\"partition\":1,\"role\":\"disk\"",
	 ERR_IMAGE_MANIFEST},
	{"with partitions beside it", "\"partitions\":[]",
	 "\"partitions\":[" PART("3", "root", "ext4", "1048576", "1048576", "true") "]",
	 ERR_IMAGE_MANIFEST},
	{"M-13 two disks", "\"payloads\":[" DISK("disk.img"),
	 "\"payloads\":[" DISK("disk.img") "," DISK("disk2.img"), ERR_IMAGE_MANIFEST},
	{"with boot code beside it", "\"created\"", BOOT_CODE "\"created\"", ERR_IMAGE_MANIFEST},
	{"as the content of a partition", "\"role\":\"disk\"", "\"role\":\"fs\"",
	 ERR_IMAGE_MANIFEST},
	{"all tables over 32 MiB", "\"chunks_size\":96", "\"chunks_size\":33554432",
	 ERR_IMAGE_MANIFEST},
	{"smallest disk of nothing", "\"min_disk\":8388608", "\"min_disk\":0", ERR_IMAGE_MANIFEST},
};

static void check_row(const char *good, const struct row *row)
{
	autofree char *text = changed_text(row->name, good, row->from, row->to);
	struct err err = ERR_INIT;
	struct manifest *m = NULL;
	int status = manifest_parse(text, strlen(text), &m, &err);

	CHECK_ERR(row->name, status, row->code);
	CHECK_INT(row->name, err.code, row->code);
	CHECK(row->name, !m == !!row->code);
	manifest_free(m);
	m = NULL;
	CHECK_ERR(row->name, manifest_parse(text, strlen(text), &m, NULL), row->code);
	manifest_free(m);
}

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		check_row(GOOD, &rows[i]);
	for (size_t i = 0; i < ARRAY_LEN(disk_rows); i++)
		check_row(GOOD_DISK, &disk_rows[i]);
}

static void test_every_prefix_is_refused(void **state)
{
	(void)state;
	for (size_t n = 0; n < strlen(GOOD); n++) {
		struct manifest *m = NULL;

		assert_int_not_equal(manifest_parse(GOOD, n, &m, NULL), 0);
		assert_null(m);
	}
}

static void test_encoding_gives_the_same_bytes(void **state)
{
	AUTO(manifest) struct manifest *m = NULL;
	autofree char *text = NULL;
	struct err err = ERR_INIT;
	size_t n;

	(void)state;
	assert_int_equal(manifest_parse(GOOD, strlen(GOOD), &m, &err), 0);
	assert_int_equal(m->n_partitions, 2);
	assert_int_equal(m->partitions[1].role, PARTITION_ROLE_ROOT);
	assert_true(m->partitions[1].grow);
	assert_int_equal(m->payloads[0].partition, 3);
	assert_int_equal(m->seq, 42);
	assert_int_equal(manifest_encode(m, &text, &n, &err), 0);
	assert_string_equal(text, GOOD);
}

static void test_boot_code_survives(void **state)
{
	AUTO(manifest) struct manifest *m = NULL, *again = NULL;
	autofree char *text = NULL;
	struct err err = ERR_INIT;
	size_t n;

	(void)state;
	assert_int_equal(manifest_parse(GOOD, strlen(GOOD), &m, &err), 0);
	m->has_boot_code = true;
	memset(m->boot_code, 0x90, sizeof(m->boot_code));
	assert_int_equal(manifest_encode(m, &text, &n, &err), 0);
	assert_int_equal(manifest_parse(text, n, &again, &err), 0);
	assert_memory_equal(again->boot_code, m->boot_code, sizeof(m->boot_code));
}

static void test_too_large_is_refused_unread(void **state)
{
	size_t n = MANIFEST_MAX_BYTES + 1;
	autofree char *text = xmalloc(n);
	struct manifest *m = NULL;
	struct err err = ERR_INIT;

	(void)state;
	memset(text, '[', n);
	assert_int_equal(manifest_parse(text, n, &m, &err), -ERR_IMAGE_MANIFEST);
	assert_non_null(strstr(err.msg, "maximum"));
}

static void test_names(void **state)
{
	static const struct {
		const char *name;
		bool good;
	} names[] = {
		{"debian12", true},
		{"a", true},
		{"12.5-rc1_x", true},
		{"", false},
		{"-a", false},
		{"_a", false},
		{"a b", false},
		{"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", true},
		{"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false},
	};
	enum image_arch arch;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		CHECK_INT(names[i].name, manifest_name_is_valid(names[i].name), names[i].good);
	assert_true(image_arch_parse("aarch64", &arch));
	assert_int_equal(arch, IMAGE_ARCH_AARCH64);
	assert_false(image_arch_parse("i386", &arch));
}

static void test_partitions_are_found(void **state)
{
	AUTO(manifest) struct manifest *m = NULL;
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(manifest_parse(GOOD, strlen(GOOD), &m, &err), 0);
	assert_ptr_equal(manifest_partition_find(m, 1), &m->partitions[0]);
	assert_null(manifest_partition_find(m, 2));
}

/* Nobody gets to sign what nobody would accept. */
static void test_bad_manifests_are_not_written(void **state)
{
	AUTO(manifest) struct manifest *m = NULL;
	autofree char *text = NULL, *shown = NULL;
	struct err err = ERR_INIT;
	size_t n;

	(void)state;
	assert_int_equal(manifest_parse(GOOD, strlen(GOOD), &m, &err), 0);
	m->firmware = 0;
	assert_int_equal(manifest_encode(m, &text, &n, &err), 0);
	assert_non_null(strstr(text, "\"firmware\":[]"));
	shown = manifest_show_json(m);
	assert_non_null(strstr(shown, "\"digest\":\""));
	m->payloads[0].role = PAYLOAD_ROLE_ROOTFS;
	m->payloads[0].devices = true;
	free(take_ptr(text));
	assert_int_equal(manifest_encode(m, &text, &n, &err), 0);
	assert_non_null(strstr(text, "\"devices\":true"));
	free(take_ptr(text));
	m->seq = 0;
	assert_int_equal(manifest_encode(m, &text, &n, &err), -ERR_IMAGE_MANIFEST);
	assert_null(text);
	m->line[0] = '\xff';
	CHECK_BUG("a line that is not UTF-8, written", manifest_encode(m, &text, &n, &err));
	CHECK_BUG("a line that is not UTF-8, shown", manifest_show_json(m) == NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_partitions_are_found),
		cmocka_unit_test(test_bad_manifests_are_not_written),
		cmocka_unit_test(test_every_prefix_is_refused),
		cmocka_unit_test(test_encoding_gives_the_same_bytes),
		cmocka_unit_test(test_boot_code_survives),
		cmocka_unit_test(test_too_large_is_refused_unread),
	};

	return cmocka_run_group_tests_name("images/manifest", tests, NULL, NULL);
}
