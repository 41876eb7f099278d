/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What would be done with a host: which disk, or why none, and how far it would come.
 */
#include <tests/harness/check.h>

#include <base/json.h>
#include <base/str.h>
#include <server/simulate/simulate.h>

#define FACTS(arch, drives)                                                                        \
	"{\"system\":{\"Manufacturer\":\"Acme\",\"SerialNumber\":\"S1\"},\"boot\":{\"firmware\":"  \
	"\"uefi\",\"arch\":\"" arch "\"},\"drives\":[" drives "]}"
#define DRIVE(name, serial, protocol, more)                                                        \
	"{\"Name\":\"" name "\",\"SerialNumber\":\"" serial                                        \
	"\",\"CapacityBytes\":1000000,\"Protocol\":\"" protocol "\"" more "}"

#define PROFILE(more) "{\"name\":\"p\",\"match\":{\"manufacturer\":\"Acme\"}" more "}"
#define IMAGE         ",\"image\":{\"line\":\"debian\",\"version\":\"1\"},\"disk\":{\"serial\":\"A*\""

static const struct row {
	const char *name, *facts, *profile, *disk;
	const char *boot, *serial, *code, *ends;
	size_t n_steps;
} rows[] = {
	{"one local disk", FACTS("x86_64", DRIVE("sda", "A", "RAID", "")), NULL, NULL, "agent", "A",
	 "", "ready", 4},
	{"network disk beside it",
	 FACTS("x86_64", DRIVE("sda", "A", "NVMe", "") "," DRIVE("sdb", "B", "NVMe-oF", "")), NULL,
	 NULL, "agent", "A", "", "ready", 4},
	{"two fit", FACTS("x86_64", DRIVE("sda", "A", "SATA", "") "," DRIVE("sdb", "B", "SAS", "")),
	 NULL, NULL, "agent", "", "guard.disk.ambiguous", "failed", 3},
	{"two fit, one is named",
	 FACTS("aarch64", DRIVE("sda", "A", "SATA", "") "," DRIVE("sdb", "B", "SAS", "")), NULL,
	 "B", "agent", "B", "", "ready", 4},
	{"USB is named", FACTS("x86_64", DRIVE("sda", "A", "USB", "")), NULL, "A", "agent", "",
	 "guard.disk.none", "failed", 3},
	{"a transport that nobody knows", FACTS("x86_64", DRIVE("sda", "A", "Foo", "")), NULL, NULL,
	 "agent", "", "guard.disk.none", "failed", 3},
	{"data without consent",
	 FACTS("x86_64", DRIVE("sda", "A", "SATA", ",\"signatures\":[\"ext4\"]")), NULL, NULL,
	 "agent", "", "guard.data", "failed", 3},
	{"no drives", FACTS("x86_64", ""), NULL, NULL, "agent", "", "guard.disk.none", "failed", 3},
	{"no agent for it", FACTS("riscv64", DRIVE("sda", "A", "SATA", "")), NULL, NULL, "local",
	 "A", "", "discovered", 0},
	{"profile that images", FACTS("x86_64", DRIVE("sda", "A1", "SATA", "")),
	 PROFILE(",\"enrol\":true,\"auto_approve\":true" IMAGE "}"), NULL, "agent", "A1", "",
	 "ready", 3},
	{"profile that enrols alone", FACTS("x86_64", DRIVE("sda", "A1", "SATA", "")),
	 PROFILE(",\"enrol\":true"), NULL, "agent", "A1", "", "discovered", 2},
	{"profile that lets nobody in", FACTS("x86_64", DRIVE("sda", "A1", "SATA", "")),
	 PROFILE(IMAGE "}"), NULL, "local", "A1", "", "discovered", 0},
	{"profile for other hosts", FACTS("x86_64", DRIVE("sda", "A1", "SATA", "")),
	 "{\"name\":\"q\",\"match\":{\"manufacturer\":\"Other\"},\"enrol\":true}", NULL, "local",
	 "A1", "", "discovered", 0},
};

static const char *text_at(const json_t *doc, const char *object, const char *key)
{
	const char *text = json_string_value(json_object_get(json_object_get(doc, object), key));

	return text ? text : "";
}

static void test_hosts(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct row *r = &rows[i];
		autojson json_t *facts = json_loads(r->facts, 0, NULL);
		autojson json_t *profile = r->profile ? json_loads(r->profile, 0, NULL) : NULL;
		autojson json_t *got = NULL;
		struct disk_rule disk = {.serial = ""};
		struct err err = ERR_INIT;

		CHECK(r->name, facts && (profile || !r->profile));
		if (r->disk)
			CHECK(r->name, str_copy(disk.serial, sizeof(disk.serial), r->disk));
		if (simulate_host(facts, profile, r->disk ? &disk : NULL, &got, &err) < 0)
			fail_msg("row '%s': %s", r->name, err.msg);
		CHECK_STR(r->name, text_at(got, "boot", "action"), r->boot);
		CHECK_STR(r->name, text_at(got, "disk", "serial"), r->serial);
		CHECK_STR(r->name, text_at(got, "reason", "code"), r->code);
		CHECK_STR(r->name, json_string_value(json_object_get(got, "ends")), r->ends);
		CHECK_INT(r->name, json_array_size(json_object_get(got, "steps")), r->n_steps);
	}
}

static void test_bad_inputs(void **state)
{
	static const char *const facts[] = {"[]", "{\"drives\":1}", "{\"drives\":[1]}",
					    "{\"boot\":{\"arch\":7}}"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(facts); i++) {
		autojson json_t *doc = json_loads(facts[i], 0, NULL);
		autojson json_t *got = NULL;
		struct err err = ERR_INIT;

		CHECK(facts[i], simulate_host(doc, NULL, NULL, &got, &err) < 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hosts),
		cmocka_unit_test(test_bad_inputs),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("simulate host field-3 field-4", tests, NULL, NULL);
}
