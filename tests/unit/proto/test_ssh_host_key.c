/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lines of .pub files: what is a host key of OpenSSH is taken, without its comment; anything else is left
 * out, for it would become a line of somebody's known_hosts.
 */
#include <tests/harness/check.h>

#include <base/json.h>
#include <proto/ssh_host_key.h>

#define ED25519 "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAINe72ZEXGoGA/3/jZs9i2YoHMtqdDXAEHe0FX1pnfVJC"

static void test_lines(void **state)
{
	static const struct {
		const char *name, *line, *key;
	} rows[] = {
		{"a key", ED25519, ED25519},
		{"with a comment", ED25519 " root@web-1", ED25519},
		{"with blanks around it", "  " ED25519 " x y\r\n", ED25519},
		{"empty", "", ""},
		{"a kind alone", "ssh-ed25519", ""},
		{"a kind and a blank", "ssh-ed25519 ", ""},
		{"another kind than the key says",
		 "ssh-rsa"
		 " AAAAC3NzaC1lZDI1NTE5AAAAINe72ZEX",
		 ""},
		{"DSA, which OpenSSH has dropped", "ssh-dss AAAAB3NzaC1kc3MAAACB", ""},
		{"the name of the kind and nothing more", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5", ""},
		{"not base64", "ssh-ed25519 AAAA*", ""},
		{"base64 of something else", "ssh-ed25519 bm90IGEga2V5", ""},
		{"options of authorized_keys", "command=\"x\" " ED25519, ""},
		{"a second host before it", "web-1 " ED25519, ""},
		{"an authority", "@cert-authority * " ED25519, ""},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct ssh_host_key key;

		CHECK_INT(rows[i].name, ssh_host_key_parse(sv_of(rows[i].line), &key),
			  rows[i].key[0] != '\0');
		CHECK_STR(rows[i].name, key.line, rows[i].key);
	}
}

static void test_long_key(void **state)
{
	struct ssh_host_key key;
	char line[SSH_HOST_KEY_MAX_BYTES * 2];

	(void)state;
	memset(line, 'A', sizeof(line) - 1);
	line[sizeof(line) - 1] = '\0';
	memcpy(line, ED25519, strlen(ED25519));
	assert_false(ssh_host_key_parse(sv_of(line), &key));
	assert_string_equal(key.line, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_long_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
