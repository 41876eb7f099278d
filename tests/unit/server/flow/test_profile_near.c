/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Why no profile lets a machine in, and the profile that would let in this machine alone.
 */
#include "tests/harness/check.h"

#include <base/json.h>
#include <base/str.h>
#include <server/flow/profile_near.h>

#define PROFILE(name, match, more) "{\"name\":\"" name "\",\"match\":{" match "}," more "}"
#define DELL                                                                                       \
	PROFILE("dell", "\"manufacturer\":\"Dell*\",\"product\":\"R6*\"",                          \
		"\"enrol\":true,"                                                                  \
		"\"burnin\":{\"tier\":\"standard\"}")
#define CLOSED PROFILE("closed", "\"manufacturer\":\"Acme\"", "\"enrol\":false,\"priority\":5000")
#define OTHERS PROFILE("others", "\"serial\":\"Z*\"", "\"enrol\":true")

static const struct row {
	const char *name, *profiles;
	const char *serial, *manufacturer, *product;
	const char *why, *nearest, *tier;
	bool lets_in;
	long long priority;
} rows[] = {
	{"none at all", "[]", "S", "Dell", "R640", "there is no profile yet", "", "quick", false,
	 1000},
	{"it fits now", "[" DELL "]", "S", "Dell Inc.", "R640",
	 "profile 'dell' lets it in now; let it boot from the network again", "dell", "standard",
	 true, 1000},
	{"one word differs", "[" DELL "]", "S", "Dell Inc.", "R740",
	 "profile 'dell' fits nearly: its product is 'R6*', this machine's is 'R740'", "dell",
	 "standard", false, 1000},
	{"two words differ", "[" DELL "]", "S", "HPE", "",
	 "profile 'dell' fits nearly: its manufacturer is 'Dell*', this machine's is 'HPE'; its "
	 "product is 'R6*', this machine's is ''",
	 "dell", "standard", false, 1000},
	{"the one with fewer differences", "[" DELL "," OTHERS "]", "S", "HPE", "X",
	 "profile 'others' fits nearly: its serial is 'Z*', this machine's is 'S'", "others",
	 "quick", false, 1000},
	{"fits and lets nobody in", "[" CLOSED "," DELL "]", "S", "Acme", "R640",
	 "profile 'closed' fits, and its \"enrol\" is false", "closed", "quick", false, 5001},
	{"only one that lets nobody in, and does not fit", "[" CLOSED "]", "S", "HPE", "X",
	 "no profile has \"enrol\": true", "", "quick", false, 1000},
	{"a text that is cut", "[" OTHERS "]",
	 "\xc3\xa9\xc3\xa9\xc3\xa9 nothing in it steers a terminal", "HPE", "X",
	 "profile 'others' fits nearly: its serial is 'Z*', this machine's is "
	 "'\xc3\xa9\xc3\xa9\xc3\xa9 nothing in it steers a terminal'",
	 "others", "quick", false, 1000},
};

static size_t parse_all(const char *text, struct profile *ret)
{
	autojson json_t *list = json_loads(text, 0, NULL);
	size_t i;
	json_t *doc;

	assert_non_null(list);
	json_array_foreach (list, i, doc) {
		struct err err = ERR_INIT;
		CHECK(text, profile_parse(doc, &ret[i], &err) >= 0);
	}
	return json_array_size(list);
}

static void check_proposal(const struct row *row, const struct profile *nearest)
{
	struct err err = ERR_INIT;
	struct profile p = {0};
	autojson json_t *doc = profile_for_one(nearest, "52:54:00:00:00:0a");
	const struct profile_subject it = {"S", "M", "P", "x86_64", "52:54:00:00:00:0a"},
				     other = {"S", "M", "P", "x86_64", "52:54:00:00:00:0b"};

	CHECK(row->name, profile_parse(doc, &p, &err) >= 0);
	CHECK_STR(row->name, p.tier, row->tier);
	CHECK_STR(row->name, p.name, "one-52540000000a");
	CHECK(row->name, p.priority == row->priority);
	CHECK(row->name, p.enrol && !profile_arms(&p) && !p.has_image);
	CHECK(row->name, profile_matches(&p, &it) && !profile_matches(&p, &other));
	profile_done(&p);
}

static void test_nearest(void **state)
{
	(void)state;
	for (const struct row *row = rows; row < rows + ARRAY_LEN(rows); row++) {
		struct profile list[4] = {{.name = ""}};
		size_t n = parse_all(row->profiles, list);
		const struct profile_subject s = {row->serial, row->manufacturer, row->product,
						  "x86_64", "52:54:00:00:00:0a"};
		struct profile_near near;

		profile_nearest(list, n, &s, &near);
		CHECK_STR(row->name, near.why, row->why);
		CHECK_STR(row->name, near.nearest ? near.nearest->name : "", row->nearest);
		CHECK(row->name, near.lets_in == row->lets_in);
		check_proposal(row, near.nearest);
		for (size_t i = 0; i < n; i++)
			profile_done(&list[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_nearest)};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("profile near", tests, NULL, NULL);
}
