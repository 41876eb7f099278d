/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The profile of a scenario's host: what a file of the scenario's author replaces, and what the lab
 * decides whatever the file says.
 */
#include <tests/harness/check.h>

#include <base/json.h>
#include <base/str.h>
#include <vm-lab/profile.h>

static const struct lab_host host = {
	.name = "a",
	.mac = "52:54:00:5a:00:01",
	.disks = {{.role = DISK_DECOY, .serial = "D1"}, {.role = DISK_TARGET, .serial = "T1"}},
	.n_disks = 2,
};
static const struct scenario scenario = {
	.tier = "quick", .image_line = "debian12", .cpu_s = 1, .memory_s = 2, .disk_s = 3};

static const struct {
	const char *name;
	const char *given; /* NULL: no file */
	const char *ssh_key;
	const char *member, *wanted; /* a top-level member and its compact JSON */
} rows[] = {
	{"the lab's disk is the target", NULL, NULL, "disk", "{\"serial\":\"T1\"}"},
	{"a file's disk rule replaces it whole", "{\"disk\":{\"media\":\"SSD\"}}", NULL, "disk",
	 "{\"media\":\"SSD\"}"},
	{"a file's burn-in replaces it whole", "{\"burnin\":{\"tier\":\"standard\"}}", NULL,
	 "burnin", "{\"tier\":\"standard\"}"},
	{"the name is the lab's", "{\"name\":\"web\"}", NULL, "name", "\"lab-a\""},
	{"so is whom it matches", "{\"match\":{\"serial\":\"*\"}}", NULL, "match",
	 "{\"mac\":\"52:54:00:5a:00:01\"}"},
	{"nobody is there to approve", "{\"auto_approve\":false,\"enrol\":false}", NULL,
	 "auto_approve", "true"},
	{"nor to let it in", "{\"auto_approve\":false,\"enrol\":false}", NULL, "enrol", "true"},
	{"a host name of the lab", NULL, NULL, "host", "{\"hostname\":\"slipway-a\"}"},
	{"a host name of the file", "{\"host\":{\"hostname\":\"web-{serial}\"}}", NULL, "host",
	 "{\"hostname\":\"web-{serial}\"}"},
	{"the lab's key alone", NULL, "ssh-ed25519 L", "host",
	 "{\"hostname\":\"slipway-a\",\"ssh_authorized_keys\":[\"ssh-ed25519 L\"]}"},
	{"the lab's key beside the file's",
	 "{\"host\":{\"hostname\":\"h\",\"ssh_authorized_keys\":[\"ssh-rsa F\"]}}", "ssh-ed25519 L",
	 "host", "{\"hostname\":\"h\",\"ssh_authorized_keys\":[\"ssh-rsa F\",\"ssh-ed25519 L\"]}"},
	{"what the lab does not know goes through", "{\"wipe\":7}", NULL, "wipe", "7"},
};

static void gives_a_host_its_own_image(void **state)
{
	struct lab_host own = host;
	autojson json_t *profile = NULL;

	(void)state;
	assert_string_equal(scenario_image_line(&scenario, &host), "debian12");
	(void)str_copy(own.image_line, sizeof(own.image_line), "4kn");
	profile = lab_profile(&scenario, &own, NULL, NULL);
	assert_string_equal(
		json_string_value(json_object_get(json_object_get(profile, "image"), "line")),
		"4kn");
}

static void lays_a_file_over_the_lab_s_profile(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		autojson json_t *given = rows[i].given ? json_loads(rows[i].given, 0, NULL) : NULL;
		autojson json_t *before = json_deep_copy(given);
		autojson json_t *made = lab_profile(&scenario, &host, given, rows[i].ssh_key);
		autofree char *got = json_dumps(json_object_get(made, rows[i].member),
						JSON_COMPACT | JSON_ENCODE_ANY);

		CHECK_STR(rows[i].name, got, rows[i].wanted);
		CHECK(rows[i].name, !given || json_equal(given, before)); /* hosts share it */
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gives_a_host_its_own_image),
		cmocka_unit_test(lays_a_file_over_the_lab_s_profile),
	};

	return cmocka_run_group_tests_name("lab profile", tests, NULL, NULL);
}
