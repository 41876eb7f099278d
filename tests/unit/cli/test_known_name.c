/* SPDX-License-Identifier: Apache-2.0 */
/* Under which name a host's SSH keys go into known_hosts. */
#include "tests/harness/check.h"

#include <base/json.h>
#include "provisioner/cli/known_name.h"

#define HOST "{\"id\":\"1\",\"short_code\":\"AAAAAAAA\",\"name\":\"web-1\",\"hostname\":\"other\"}"
#define NAMED(name)                                                                                \
	"{\"id\":\"1\",\"short_code\":\"AAAAAAAA\",\"hostname\":\"other\",\"name\":\"" name "\"}"
#define OTHER(name) "{\"id\":\"2\",\"short_code\":\"BBBBBBBB\",\"name\":\"" name "\"}"

static const struct {
	const char *name, *host, *same, *gives;
	enum err_code code;
} rows[] = {
	{"its own name", HOST, "[" HOST "]", "web-1", ERR_OK},
	{"a longer one beside it", HOST, "[" HOST "," OTHER("web-10") "]", "web-1", ERR_OK},
	{"two hosts with one name", HOST, "[" HOST "," OTHER("web-1") "]", NULL,
	 ERR_HOST_AMBIGUOUS},
	{"in another case", HOST, "[" OTHER("WEB-1") "," HOST "]", NULL, ERR_HOST_AMBIGUOUS},
	{"only what the system claims", "{\"id\":\"1\",\"hostname\":\"other\"}", "[]", NULL,
	 ERR_INVALID},
	{"an empty name", NAMED(""), "[]", NULL, ERR_INVALID},
	{"a pattern", NAMED("web-*"), "[]", NULL, ERR_INVALID},
	{"a second name", NAMED("web-1,other"), "[]", NULL, ERR_INVALID},
	{"a negation", NAMED("!web"), "[]", NULL, ERR_INVALID},
	{"a marker", NAMED("@cert-authority x"), "[]", NULL, ERR_INVALID},
	{"a second line", NAMED("web\\nother"), "[]", NULL, ERR_INVALID},
	{"an option", NAMED("-web"), "[]", NULL, ERR_INVALID},
};

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		autojson json_t *host = json_loads(rows[i].host, 0, NULL);
		autojson json_t *same = json_loads(rows[i].same, 0, NULL);
		struct err err = ERR_INIT;
		const char *name = NULL;

		CHECK(rows[i].name, host && same);
		CHECK_ERR(rows[i].name, known_name(host, same, &name, &err), rows[i].code);
		if (rows[i].gives)
			CHECK_STR(rows[i].name, name, rows[i].gives);
		else
			CHECK(rows[i].name, !name);
	}
}

/* More than can be compared: not known, so it is refused. */
static void test_too_many(void **state)
{
	autojson json_t *host = json_loads(HOST, 0, NULL), *same = json_array();
	struct err err = ERR_INIT;
	const char *name = NULL;

	(void)state;
	for (int i = 0; i < KNOWN_NAMES_MAX; i++)
		(void)json_array_append_new(same,
					    json_pack("{s:s, s:s}", "id", "3", "name", "web-10"));
	assert_int_equal(known_name(host, same, &name, &err), -ERR_HOST_AMBIGUOUS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_too_many),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("cli/known_name", tests, NULL, NULL);
}
