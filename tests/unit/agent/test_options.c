/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernel command line: what is ours is taken exactly, what is not understood stops the agent
 * with a word that names it, what belongs to others is passed over.
 */
#include <tests/harness/check.h>

#include <provisioner/agent/options.h>

#define PIN  "slipway.pin=sha256//nHv9Eyn5EtXf0es2iK4UUm00A70lmS2QRSLIMS0dlgA="
#define GOOD "slipway.server=https://10.0.0.1 " PIN

static const struct {
	const char *name, *line;
	enum err_code code;
	const char *server, *boot_id;
} rows[] = {
	{"least", GOOD, 0, "https://10.0.0.1", ""},
	{"words of others", "quiet console=ttyS0,115200 root=/dev/nfs " GOOD " BOOTIF=01-52", 0,
	 "https://10.0.0.1", ""},
	{"a newer server's word", GOOD " slipway.colour=blue", 0, "https://10.0.0.1", ""},
	{"boot id", GOOD " slipway.boot=6f9b-A_1", 0, "https://10.0.0.1", "6f9b-A_1"},
	{"port and slash", "slipway.server=https://10.0.0.1:8443/ " PIN, 0, "https://10.0.0.1:8443",
	 ""},
	{"IPv6", "slipway.server=https://[fd00::1] " PIN, 0, "https://[fd00::1]", ""},
	{"empty line", "", ERR_AGENT_CMDLINE, NULL, NULL},
	{"no pin", "slipway.server=https://10.0.0.1", ERR_AGENT_CMDLINE, NULL, NULL},
	{"no server", PIN, ERR_AGENT_CMDLINE, NULL, NULL},
	{"server without TLS", "slipway.server=http://10.0.0.1 " PIN, ERR_AGENT_CMDLINE, NULL,
	 NULL},
	{"server with a query", "slipway.server=https://10.0.0.1/?x " PIN, ERR_AGENT_CMDLINE, NULL,
	 NULL},
	{"server with a user", "slipway.server=https://a@10.0.0.1 " PIN, ERR_AGENT_CMDLINE, NULL,
	 NULL},
	{"empty server", "slipway.server=https:// " PIN, ERR_AGENT_CMDLINE, NULL, NULL},
	{"short pin", "slipway.server=https://10.0.0.1 slipway.pin=sha256//AAAA", ERR_AGENT_CMDLINE,
	 NULL, NULL},
	{"pin of another hash", "slipway.server=https://10.0.0.1 slipway.pin=md5//nHv9",
	 ERR_AGENT_CMDLINE, NULL, NULL},
	{"boot id with a path", GOOD " slipway.boot=../x", ERR_AGENT_CMDLINE, NULL, NULL},
};

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct agent_options o;

		CHECK_ERR(rows[i].name, agent_options_parse(rows[i].line, &o, NULL), rows[i].code);
		if (rows[i].code)
			continue;
		CHECK_STR(rows[i].name, o.server, rows[i].server);
		CHECK_STR(rows[i].name, o.boot_id, rows[i].boot_id);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
