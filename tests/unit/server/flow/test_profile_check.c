/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is refused when a profile is written, all of it at once; and SSH keys, good and bad.
 */
#include "tests/harness/check.h"

#include <base/json.h>
#include <base/str.h>
#include <server/flow/profile_check.h>
#include <server/flow/ssh_key.h>

#define ED25519 "AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f"
#define P256                                                                                       \
	"AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZ" \
	"GhscHR4fICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8="

static void test_keys(void **state)
{
	static const struct {
		const char *name, *line;
		enum err_code code;
	} rows[] = {
		{"plain", "ssh-ed25519 " ED25519, ERR_OK},
		{"with a comment of words", "ssh-ed25519 " ED25519 " me at home", ERR_OK},
		{"with options", "no-pty,command=\"echo \\\"a b\\\"\" ssh-ed25519 " ED25519 " me",
		 ERR_OK},
		{"another type", "ecdsa-sha2-nistp256 " P256 " me", ERR_OK},
		{"spaces before", "  ssh-ed25519  " ED25519, ERR_OK},
		{"the README's example", "ssh-ed25519 AAAA... you", ERR_FIELD_TYPE},
		{"nothing", "", ERR_FIELD_TYPE},
		{"a word", "k", ERR_FIELD_TYPE},
		{"no bytes", "ssh-ed25519", ERR_FIELD_TYPE},
		{"cut",
		 "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8=", ERR_FIELD_TYPE},
		{"bytes of another type", "ssh-ed25519 " P256, ERR_FIELD_TYPE},
		{"another word before its bytes", "ecdsa-sha2-nistp256 " ED25519, ERR_FIELD_TYPE},
		{"a type that sshd refuses", "ssh-dss " ED25519, ERR_FIELD_TYPE},
		{"a length of 4 GiB", "ssh-ed25519 /////w==", ERR_FIELD_TYPE},
		{"a private key", "-----BEGIN OPENSSH PRIVATE KEY-----", ERR_FIELD_TYPE},
		{"quotes that do not end", "command=\"x ssh-ed25519 " ED25519, ERR_FIELD_TYPE},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct err err = ERR_INIT;
		CHECK_ERR(rows[i].name, ssh_key_check(rows[i].line, &err), rows[i].code);
	}
}

#define MATCH "\"match\":{\"serial\":\"*\"}"

static void test_all_at_once(void **state)
{
	static const struct {
		const char *name, *text, *pointers;
	} rows[] = {
		{"a good one",
		 "{\"name\":\"a\"," MATCH
		 ",\"host\":{\"hostname\":\"h-{serial}-{arch}-{short_code}\","
		 "\"ssh_authorized_keys\":[\"ssh-ed25519 " ED25519 "\"]}}",
		 ""},
		{"a word that is close",
		 "{\"name\":\"a\"," MATCH ",\"host\":{\"hostname\":\"{serail}\"}}",
		 "/host/hostname "},
		{"a brace that does not end",
		 "{\"name\":\"a\"," MATCH ",\"host\":{\"hostname\":\"h{serial\"}}",
		 "/host/hostname "},
		{"the second and third of three keys",
		 "{\"name\":\"a\"," MATCH
		 ",\"host\":{\"ssh_authorized_keys\":[\"ssh-ed25519 " ED25519
		 "\",\"k\",\"ssh-rsa AAAA\"]}}",
		 "/host/ssh_authorized_keys/1 /host/ssh_authorized_keys/2 "},
		{"six at once",
		 "{\"colour\":1,\"match\":{},\"burnin\":{\"tier\":\"hard\"},\"image\":{},\"wipe\":7,"
		 "\"host\":{\"hostname\":\"{x}\",\"ssh_authorized_keys\":[\"k\"]}}",
		 "/name /burnin/tier /image/line /wipe /colour /match /host/hostname "
		 "/host/ssh_authorized_keys/0 "},
		{"a domain", "{\"name\":\"a\"," MATCH ",\"host\":{\"domain\":\"lab.example.net\"}}",
		 ""},
		{"a domain with a dot at its end",
		 "{\"name\":\"a\"," MATCH ",\"host\":{\"domain\":\"example.net.\"}}",
		 "/host/domain "},
		{"a domain with a blank",
		 "{\"name\":\"a\"," MATCH ",\"host\":{\"domain\":\"a b\"}}", "/host/domain "},
		{"a domain of two dots",
		 "{\"name\":\"a\"," MATCH ",\"host\":{\"domain\":\"a..b\"}}", "/host/domain "},
		{"a domain with two lines",
		 "{\"name\":\"a\"," MATCH ",\"host\":{\"domain\":\"a\\nb\"}}", "/host/domain "},
		{"a list in a list",
		 "{\"name\":\"a\"," MATCH ",\"host\":{\"ssh_authorized_keys\":[[]]}}",
		 "/host/ssh_authorized_keys "},
		{"no object", "[]", " "},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		autojson json_t *doc = json_loads(rows[i].text, 0, NULL);
		autojson json_t *list = profile_problems(doc);
		autostr struct str got;
		size_t k;
		json_t *problem;

		str_init(&got, 4096);
		json_array_foreach (list, k, problem)
			str_addf(&got, "%s ",
				 json_string_value(json_object_get(problem, "pointer")));
		CHECK_STR(rows[i].name, got.p, rows[i].pointers);
	}
}

/* However many are wrong, the answer has an end. */
static void test_many(void **state)
{
	autojson json_t *doc = json_pack("{s:s, s:{s:s}}", "name", "a", "match", "serial", "*");

	(void)state;
	for (int i = 0; i < 200; i++) {
		char name[16];
		(void)snprintf(name, sizeof(name), "x%d", i);
		(void)json_object_set_new(doc, name, json_true());
	}
	autojson json_t *list = profile_problems(doc);
	assert_int_equal(json_array_size(list), PROFILE_PROBLEMS_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_all_at_once),
		cmocka_unit_test(test_many),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("profile check", tests, NULL, NULL);
}
