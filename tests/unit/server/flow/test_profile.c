/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Profiles: what is refused when they are written, which hosts they match, host names, and which
 * disk their rule chooses.
 */
#include "tests/harness/check.h"

#include <base/json.h>
#include <base/str.h>
#include <server/flow/disk_choice.h>
#include <server/flow/profile.h>

#define LEFT   "{\"name\":\"left\",\"kind\":\"port\",\"match\":{\"mac\":\"02:00:00:00:00:01\"},"
#define DHCP   "{\"links\":[" LEFT "\"dhcp\":true}]}"
#define STATIC "{\"links\":[" LEFT "\"addresses\":[\"10.0.0.5/24\"]}]}"

static void test_parse(void **state)
{
	static const struct {
		const char *name, *text, *pointer;
		enum err_code code;
	} rows[] = {
		{"smallest", "{\"name\":\"a\",\"match\":{\"serial\":\"*\"}}", "", ERR_OK},
		{"full",
		 "{\"name\":\"a\",\"priority\":5,\"match\":{\"mac\":\"52:54:*\"},\"enrol\":true,"
		 "\"auto_approve\":true,\"burnin\":{\"tier\":\"quick\",\"limits\":{\"cpu_s\":5}},"
		 "\"image\":{"
		 "\"line\":\"d\",\"version\":\"latest\"},\"disk\":{\"serial\":\"X*\",\"min_bytes\":"
		 "1,"
		 "\"media\":\"SSD\"},\"wipe\":\"consent\",\"host\":{\"hostname\":\"h\","
		 "\"ssh_authorized_keys\":[\"k\"],\"user_data\":\"#cloud-config\\n\"}}",
		 "", ERR_OK},
		{"user data as an answer names it",
		 "{\"name\":\"a\",\"match\":{\"serial\":\"*\"},\"host\":{\"user_data\":{\"set\":true,\"bytes\":3,"
		 "\"sha256\":\"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\"}}}",
		 "", ERR_OK},
		{"user data named by no digest",
		 "{\"name\":\"a\",\"match\":{\"serial\":\"*\"},\"host\":{\"user_data\":{\"set\":true}}}",
		 "/host/user_data/sha256", ERR_FIELD_MISSING},
		{"sealed text from outside",
		 "{\"name\":\"a\",\"match\":{\"serial\":\"*\"},\"host\":{\"user_data\":{\"sealed\":\"x\","
		 "\"sha256\":\"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\"}}}",
		 "/host/user_data/sealed", ERR_FIELD_UNKNOWN},
		{"empty match", "{\"name\":\"a\",\"match\":{}}", "/match", ERR_GUARD_SELECTOR},
		{"no match", "{\"name\":\"a\"}", "/match", ERR_FIELD_MISSING},
		{"no name", "{\"match\":{\"serial\":\"*\"}}", "/name", ERR_FIELD_MISSING},
		{"odd name", "{\"name\":\"a/b\",\"match\":{\"serial\":\"*\"}}", "/name",
		 ERR_INVALID},
		{"unknown field", "{\"name\":\"a\",\"match\":{\"serial\":\"*\"},\"x\":1}", "/x",
		 ERR_FIELD_UNKNOWN},
		{"unknown tier",
		 "{\"name\":\"a\",\"match\":{\"serial\":\"*\"},\"burnin\":{\"tier\":\"x\"}}",
		 "/burnin/tier", ERR_FIELD_RANGE},
		{"wipe all", "{\"name\":\"a\",\"match\":{\"serial\":\"*\"},\"wipe\":\"yes\"}",
		 "/wipe", ERR_FIELD_RANGE},
		{"key of two lines",
		 "{\"name\":\"a\",\"match\":{\"serial\":\"*\"},\"host\":{\"ssh_authorized_keys\":["
		 "\"a\\nb\"]}}",
		 "/host/ssh_authorized_keys", ERR_FIELD_TYPE},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct err err = ERR_INIT;
		struct profile p;
		autojson json_t *doc = json_loads(rows[i].text, 0, NULL);
		CHECK(rows[i].name, doc);
		CHECK_ERR(rows[i].name, profile_parse(doc, &p, &err), rows[i].code);
		CHECK_STR(rows[i].name, err.pointer, rows[i].pointer);
		profile_done(&p);
	}
}

/* What an arm binds: a change of any of it is seen, of anything else is not. */
static void test_digest(void **state)
{
	static const struct {
		const char *name, *member;
		bool counts;
	} rows[] = {
		{"nothing", "\"enrol\":false", false},
		{"priority", "\"priority\":7", false},
		{"burn-in", "\"burnin\":{\"tier\":\"quick\"}", true},
		{"enrol", "\"enrol\":true", false},
		{"line", "\"image\":{\"line\":\"other\"}", true},
		{"an older version", "\"image\":{\"line\":\"d\",\"version\":\"1\"}", true},
		{"latest, said", "\"image\":{\"line\":\"d\",\"version\":\"latest\"}", false},
		{"disk serial", "\"disk\":{\"serial\":\"X*\"}", true},
		{"disk WWN", "\"disk\":{\"wwn\":\"X*\"}", true},
		{"disk size", "\"disk\":{\"min_bytes\":1}", true},
		{"disk size, the other bound", "\"disk\":{\"max_bytes\":1}", true},
		{"disk media", "\"disk\":{\"media\":\"SSD\"}", true},
		{"wiping", "\"wipe\":\"consent\"", true},
		{"wiping refused, said", "\"wipe\":\"refuse\"", false},
		{"host name", "\"host\":{\"hostname\":\"h\"}", true},
		{"domain", "\"host\":{\"domain\":\"example.net\"}", true},
		{"one key", "\"host\":{\"ssh_authorized_keys\":[\"k\"]}", true},
		{"user data", "\"host\":{\"user_data\":\"#cloud-config\"}", true},
		{"network", "\"host\":{\"network\":" DHCP "}", true},
		{"layout", "\"layout\":{\"partitions\":[{\"role\":\"root\",\"size\":\"rest\"}]}",
		 true},
		{"console", "\"host\":{\"console\":\"ttyS1,115200n8\"}", true},
		{"disk first", "\"host\":{\"boot_order\":\"disk\"}", true},
		{"network first, said", "\"host\":{\"boot_order\":\"network\"}", false},
	};
	char base[SHA256_HEX_BYTES], got[SHA256_HEX_BYTES];
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct err err = ERR_INIT;
		struct profile p;
		bool has_image = str_starts(rows[i].member, "\"image\"");
		autofree char *text = xasprintf(
			"{\"name\":\"a\",\"match\":{\"serial\":\"*\"},%s%s}", rows[i].member,
			has_image ? "" : ",\"image\":{\"line\":\"d\"}");
		autojson json_t *doc = json_loads(text, 0, NULL);
		CHECK_ERR(rows[i].name, profile_parse(doc, &p, &err), ERR_OK);
		profile_digest(&p, got);
		if (i == 0)
			(void)str_copy(base, sizeof(base), got);
		CHECK(rows[i].name, str_eq(base, got) == !rows[i].counts);
		profile_done(&p);
	}
	struct profile none = {0};
	profile_digest(&none, got);
	CHECK_INT("an empty one", strlen(got), 64);
	CHECK("an empty one", !str_eq(got, base));
}

/* A console enters command lines: checked when the profile is written, too. */
static void test_console(void **state)
{
	static const struct {
		const char *word;
		int expect;
	} rows[] = {
		{"ttyS1,115200n8", 0},
		{"ttyAMA0", 0},
		{"tty0", -ERR_INVALID},
		{"ttyS1 init=/bin/sh", -ERR_INVALID},
		{"ttyS1,115200n8,115200n8,115200n8,115200n8", -ERR_FIELD_RANGE},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		autojson json_t *doc = json_pack("{s:s, s:{s:s}, s:{s:s}}", "name", "a", "match",
						 "serial", "A1", "host", "console", rows[i].word);
		struct err err = ERR_INIT;
		struct profile p;

		CHECK_INT(rows[i].word, profile_parse(doc, &p, &err), rows[i].expect);
		profile_done(&p);
	}
}

/* What the firmware starts first. */
static void test_boot_order(void **state)
{
	static const struct {
		const char *word;
		int expect;
	} rows[] = {
		{"disk", 0},
		{"network", 0},
		{"usb", -ERR_FIELD_RANGE},
		{"", 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		autojson json_t *doc = json_pack("{s:s, s:{s:s}, s:{s:s}}", "name", "a", "match",
						 "serial", "A1", "host", "boot_order",
						 rows[i].word);
		struct err err = ERR_INIT;
		struct profile p;

		CHECK_INT(rows[i].word, profile_parse(doc, &p, &err), rows[i].expect);
		if (rows[i].expect == 0)
			CHECK_STR(rows[i].word, p.boot_order, rows[i].word);
		profile_done(&p);
	}
}

/* A network is checked when the profile is written. */
static void test_network(void **state)
{
	static const struct {
		const char *name, *match, *network;
		enum err_code code;
	} rows[] = {
		{"DHCP for all", "\"serial\":\"*\"", DHCP, ERR_OK},
		{"an address for all", "\"serial\":\"*\"", STATIC, ERR_NETWORK},
		{"an address for some", "\"serial\":\"A?\"", STATIC, ERR_NETWORK},
		{"an address for a model", "\"product\":\"x\"", STATIC, ERR_NETWORK},
		{"an address for one", "\"serial\":\"A1\"", STATIC, ERR_OK},
		{"a network without links", "\"serial\":\"A1\"", "{}", ERR_FIELD_MISSING},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct err err = ERR_INIT;
		struct profile p;
		autofree char *text = xasprintf(
			"{\"name\":\"a\",\"match\":{%s},\"host\":{\"network\":%s}}", rows[i].match,
			rows[i].network);
		autojson json_t *doc = json_loads(text, 0, NULL);
		CHECK_ERR(rows[i].name, profile_parse(doc, &p, &err), rows[i].code);
		profile_done(&p);
	}
}

/* So is a layout, and the pointer leads into the profile. */
static void test_layout(void **state)
{
	static const struct {
		const char *name, *layout, *pointer;
		enum err_code code;
	} rows[] = {
		{"a root", "{\"partitions\":[{\"role\":\"root\",\"size\":\"rest\"}]}", "", ERR_OK},
		{"no size", "{\"partitions\":[{\"role\":\"root\"}]}", "/layout/partitions/0/size",
		 ERR_IMAGE_LAYOUT},
		{"no root", "{\"partitions\":[{\"role\":\"swap\",\"size\":\"1G\"}]}", "/layout",
		 ERR_IMAGE_LAYOUT},
		{"a list", "[]", "/layout", ERR_FIELD_TYPE},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct err err = ERR_INIT;
		struct profile p;
		autofree char *text = xasprintf(
			"{\"name\":\"a\",\"match\":{\"serial\":\"*\"},\"layout\":%s}",
			rows[i].layout);
		autojson json_t *doc = json_loads(text, 0, NULL);

		CHECK_ERR(rows[i].name, profile_parse(doc, &p, &err), rows[i].code);
		CHECK_STR(rows[i].name, err.pointer, rows[i].pointer);
		profile_done(&p);
	}
}

static void test_which_arm(void **state)
{
	static const struct {
		const char *member;
		bool arms;
	} rows[] = {
		{"\"enrol\":true", false},      {"\"image\":{\"line\":\"d\"}", false},
		{"\"wipe\":\"refuse\"", false}, {"\"auto_approve\":true", true},
		{"\"wipe\":\"consent\"", true},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct err err = ERR_INIT;
		struct profile p;
		autofree char *text = xasprintf("{\"name\":\"a\",\"match\":{\"serial\":\"*\"},%s}",
						rows[i].member);
		autojson json_t *doc = json_loads(text, 0, NULL);
		CHECK_ERR(rows[i].member, profile_parse(doc, &p, &err), ERR_OK);
		CHECK_INT(rows[i].member, profile_arms(&p), rows[i].arms);
		profile_done(&p);
	}
}

static void test_match(void **state)
{
	static const struct profile_subject s = {"SN1", "Acme", "Box 9", "x86_64",
						 "52:54:00:00:00:01 52:54:00:00:00:02"};

	static const struct {
		const char *name, *match;
		bool fits;
	} rows[] = {
		{"all", "{\"serial\":\"*\"}", true},
		{"prefix", "{\"serial\":\"SN*\"}", true},
		{"another", "{\"serial\":\"SN2\"}", false},
		{"case counts", "{\"serial\":\"sn1\"}", false},
		{"second MAC", "{\"mac\":\"52:54:00:00:00:02\"}", true},
		{"MAC in capitals", "{\"mac\":\"52:54:00:00:00:0*\",\"arch\":\"x86_64\"}", true},
		{"no such MAC", "{\"mac\":\"52:54:00:00:00:03\"}", false},
		{"two fields, one wrong", "{\"serial\":\"SN1\",\"arch\":\"aarch64\"}", false},
		{"product with blank", "{\"product\":\"Box ?\"}", true},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct profile p;
		autojson json_t *list = json_pack("[{s:s, s:o}]", "name", "a", "match",
						  json_loads(rows[i].match, 0, NULL));
		CHECK_INT(rows[i].name, profile_choose(list, &s, &p), rows[i].fits);
		profile_done(&p);
	}
}

static void test_hostname(void **state)
{
	static const struct {
		const char *template, *wanted;
	} rows[] = {
		{"", "host-abc2defg"},
		{"lab-{short_code}", "lab-abc2defg"},
		{"{serial}-{arch}", "sn-1-x86-64"},
		{"--{unknown}--", "unknown"},
		{"a.b c/d", "a-b-c-d"},
		{"0123456789012345678901234567890123456789012345678901234567890123456789",
		 "012345678901234567890123456789012345678901234567890123456789012"},
		{"---", "host"},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct profile p = {0};
		char got[64];
		(void)str_copy(p.hostname, sizeof(p.hostname), rows[i].template);
		profile_hostname(&p, "ABC2DEFG", "SN/1", "x86_64", got);
		CHECK_STR(rows[i].template, got, rows[i].wanted);
	}
}

static void test_fqdn(void **state)
{
	static const struct {
		const char *name, *domain, *wanted;
	} rows[] = {
		{"none", "", ""},
		{"a domain", "lab.example.net", "lab-1.lab.example.net"},
		{"one label", "local", "lab-1.local"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct profile p = {0};
		char got[254];

		(void)str_copy(p.domain, sizeof(p.domain), rows[i].domain);
		profile_fqdn(&p, "lab-1", got);
		CHECK_STR(rows[i].name, got, rows[i].wanted);
	}
}

static const char drives[] =
	"[{\"Name\":\"vda\",\"SerialNumber\":\"A\",\"CapacityBytes\":1000,\"Protocol\":\"virtio\","
	"\"MediaType\":\"HDD\",\"signatures\":[\"ext4\"]},"
	"{\"Name\":\"vdb\",\"SerialNumber\":\"B\",\"WWN\":\"0xb\",\"CapacityBytes\":2000,"
	"\"Protocol\":"
	"\"virtio\",\"MediaType\":\"SSD\"},"
	"{\"Name\":\"sda\",\"SerialNumber\":\"U\",\"CapacityBytes\":9000,\"Protocol\":\"USB\"},"
	"{\"Name\":\"sdb\",\"SerialNumber\":\"I\",\"CapacityBytes\":9000,\"Protocol\":\"iSCSI\"},"
	"{\"Name\":\"sdc\",\"SerialNumber\":\"F\",\"CapacityBytes\":9000,\"Protocol\":\"FC\"},"
	"{\"Name\":\"sdd\",\"SerialNumber\":\"R\",\"CapacityBytes\":9000,\"Protocol\":\"SATA\","
	"\"Removable\":true},"
	"{\"Name\":\"sdg\",\"SerialNumber\":\"W\",\"CapacityBytes\":9000,\"Protocol\":\"SATA\","
	"\"WriteProtected\":true},"
	"{\"Name\":\"sdh\",\"SerialNumber\":\"Z1\",\"CapacityBytes\":9000,\"Protocol\":\"SAS\","
	"\"Zones\":\"host-managed\"},"
	"{\"Name\":\"sdi\",\"SerialNumber\":\"DEAD\",\"Protocol\":\"SATA\"},"
	"{\"Name\":\"sde\",\"CapacityBytes\":9000,\"Protocol\":\"SATA\"},"
	"{\"Name\":\"sdf\",\"SerialNumber\":\"V\",\"CapacityBytes\":5000,\"Protocol\":\"SAS\","
	"\"signatures\":[\"VMFS_volume_member\"]}]";

static void test_disk_choice(void **state)
{
	static const struct {
		const char *name;
		struct disk_rule rule;
		const char *serial;
		bool data, shared;
		enum err_code code;
	} rows[] = {
		{"by serial", {.serial = "B"}, "B", false, false, ERR_OK},
		{"by WWN", {.wwn = "0xb"}, "B", false, false, ERR_OK},
		{"by WWN in capitals", {.wwn = "0xB"}, "B", false, false, ERR_OK},
		{"by WWN as SCSI says it", {.wwn = "naa.b"}, "B", false, false, ERR_OK},
		{"by WWN as udev says it", {.wwn = "wwn-0xb"}, "B", false, false, ERR_OK},
		{"by WWN without a mark", {.wwn = "b"}, "B", false, false, ERR_OK},
		{"by the end of a WWN", {.wwn = "*B"}, "B", false, false, ERR_OK},
		{"by another WWN", {.wwn = "naa.c"}, "", false, false, ERR_GUARD_DISK_NONE},
		{"with data", {.serial = "A"}, "A", true, false, ERR_OK},
		{"shared", {.serial = "V"}, "V", true, true, ERR_OK},
		{"by size", {.min_bytes = 1500, .max_bytes = 2500}, "B", false, false, ERR_OK},
		{"by medium", {.media = "SSD"}, "B", false, false, ERR_OK},
		{"any", {.serial = ""}, "", false, false, ERR_GUARD_DISK_AMBIGUOUS},
		{"none", {.serial = "Z"}, "", false, false, ERR_GUARD_DISK_NONE},
		{"USB", {.serial = "U"}, "", false, false, ERR_GUARD_DISK_NONE},
		{"iSCSI", {.serial = "I"}, "", false, false, ERR_GUARD_DISK_NONE},
		{"fibre channel", {.serial = "F"}, "", false, false, ERR_GUARD_DISK_NONE},
		{"removable", {.serial = "R"}, "", false, false, ERR_GUARD_DISK_NONE},
		{"write-protected", {.serial = "W"}, "", false, false, ERR_GUARD_DISK_NONE},
		{"zones in order", {.serial = "Z1"}, "", false, false, ERR_GUARD_DISK_NONE},
		{"no size", {.serial = "DEAD"}, "", false, false, ERR_GUARD_DISK_NONE},
		{"no identity", {.min_bytes = 9000}, "", false, false, ERR_GUARD_DISK_NONE},
	};
	autojson json_t *list = json_loads(drives, 0, NULL);
	(void)state;
	assert_non_null(list);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct err err = ERR_INIT;
		struct disk_choice c = {.serial = ""};
		CHECK_ERR(rows[i].name, disk_choose(list, &rows[i].rule, &c, &err), rows[i].code);
		if (rows[i].code)
			continue;
		CHECK_STR(rows[i].name, c.serial, rows[i].serial);
		CHECK_INT(rows[i].name, c.has_data, rows[i].data);
		CHECK_INT(rows[i].name, c.has_shared_fs, rows[i].shared);
	}
	struct err err = ERR_INIT;
	struct disk_choice c;
	autojson json_t *none = json_array();
	CHECK_ERR("no drives", disk_choose(none, &rows[0].rule, &c, &err), ERR_GUARD_DISK_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),      cmocka_unit_test(test_digest),
		cmocka_unit_test(test_layout),     cmocka_unit_test(test_network),
		cmocka_unit_test(test_console),    cmocka_unit_test(test_which_arm),
		cmocka_unit_test(test_match),      cmocka_unit_test(test_hostname),
		cmocka_unit_test(test_fqdn),       cmocka_unit_test(test_disk_choice),
		cmocka_unit_test(test_boot_order),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("profile", tests, NULL, NULL);
}
