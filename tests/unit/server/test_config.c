/* SPDX-License-Identifier: Apache-2.0 */
/*
 * slipway.conf: what it may hold, and that mistakes are told with file and line.
 */
#include "tests/harness/check.h"

#include <unistd.h>
#include <base/file.h>
#include <base/str.h>
#include "provisioner/server/config.h"

/* an unknown key or a bad value is refused with its line. */
static void test_files(void **state)
{
	static const struct {
		const char *name, *text, *says;
		enum err_code code;
	} rows[] = {
		{"empty", "", "", ERR_OK},
		{"comments", "# nothing\n; here\n", "", ERR_OK},
		{"good", "[server]\nstate_dir = /x\nhttp_port=8080\n[dhcp]\nmode=proxy\n", "",
		 ERR_OK},
		{"unknown key", "[server]\nstate_dir=/x\nnonsense=1\n",
		 ":3: there is no key 'nonsense' in section [server]", ERR_CONFIG},
		{"unknown section", "[nonsense]\nmode=full\n", ":2: there is no key 'mode'",
		 ERR_CONFIG},
		{"key of another section", "[boot]\nmode=full\n", ":2: there is no key",
		 ERR_CONFIG},
		{"no section", "mode=full\n", ":1: there is no key", ERR_CONFIG},
		{"port too high", "[server]\nhttp_port=70000\n", ":2: [server] http_port",
		 ERR_CONFIG},
		{"port no number", "[server]\nhttp_port=http\n", ":2: [server] http_port",
		 ERR_CONFIG},
		{"bad choice", "[dhcp]\nmode=maybe\n", ":2: [dhcp] mode must be one of",
		 ERR_CONFIG},
		{"relative path", "[server]\n\nstate_dir=var\n", ":3: [server] state_dir",
		 ERR_CONFIG},
		{"quote", "[boot]\nkernel_args=a \"b\n", ":2: [boot] kernel_args", ERR_CONFIG},
		{"kernel args", "[boot]\nkernel_args = mitigations=off console=ttyS1,115200n8\n",
		 "", ERR_OK},
		{"kernel args none", "[boot]\nkernel_args = \n", "", ERR_OK},
		{"kernel args memmap",
		 "[boot]\nkernel_args = memmap=64M$0x10000000 memmap=4K#0x2000\n", "", ERR_OK},
		{"kernel args one bar", "[boot]\nkernel_args = ima_policy=tcb|appraise_tcb\n", "",
		 ERR_OK},
		{"kernel args semicolon inside", "[boot]\nkernel_args = slub_debug=FZ,kmalloc;P\n",
		 "", ERR_OK},
		{"kernel args one and", "[boot]\nkernel_args = a=b&c\n", "", ERR_OK},
		{"kernel args braces", "[boot]\nkernel_args = a={b} c=$d\n", "", ERR_OK},
		{"kernel args or", "[boot]\nkernel_args = a || shell\n", ":2: [boot] kernel_args ",
		 ERR_CONFIG},
		{"kernel args or inside", "[boot]\nkernel_args = a=b||c\n",
		 ":2: [boot] kernel_args ", ERR_CONFIG},
		{"kernel args and", "[boot]\nkernel_args = a && shell\n", ":2: [boot] kernel_args ",
		 ERR_CONFIG},
		{"kernel args and first", "[boot]\nkernel_args = && shell\n",
		 ":2: [boot] kernel_args ", ERR_CONFIG},
		{"kernel args setting", "[boot]\nkernel_args = a=${net0/mac}\n",
		 ":2: [boot] kernel_args ", ERR_CONFIG},
		{"kernel args setting first", "[boot]\nkernel_args = ${cmdline}\n",
		 ":2: [boot] kernel_args ", ERR_CONFIG},
		{"kernel args semicolon", "[boot]\nkernel_args =; shell\n",
		 ":2: [boot] kernel_args ", ERR_CONFIG},
		{"kernel args comment", "[boot]\nkernel_args = quiet #rest\n",
		 ":2: [boot] kernel_args ", ERR_CONFIG},
		{"kernel args two blanks", "[boot]\nkernel_args = a  ||  b\n",
		 ":2: [boot] kernel_args ", ERR_CONFIG},
		{"kernel args escape", "[boot]\nkernel_args = a\033[2J\n",
		 ":2: [boot] kernel_args ", ERR_CONFIG},
		{"kernel args delete", "[boot]\nkernel_args = a\177\n", ":2: [boot] kernel_args ",
		 ERR_CONFIG},
		{"kernel args form feed", "[boot]\nkernel_args = a\fb\n", ":2: [boot] kernel_args ",
		 ERR_CONFIG},
		{"kernel args not ASCII", "[boot]\nkernel_args = a=\xc3\xa9\n",
		 ":2: [boot] kernel_args ", ERR_CONFIG},
		{"kernel args on two lines", "[boot]\nkernel_args = a\n  || shell\n",
		 ":3: ", ERR_CONFIG},
		{"ways to erase", "[erase]\nmethods=crypto, block\n", "", ERR_OK},
		{"an unknown way to erase", "[erase]\nmethods=crypto,shred\n",
		 ":2: [erase] methods: 'shred' is not a method", ERR_CONFIG},
		{"no way to erase", "[erase]\nmethods=\n", ":2: [erase] methods: no method",
		 ERR_CONFIG},
		{"origins", "[api]\ncors_origins=https://a.example http://[::1]:80\n", "", ERR_OK},
		{"a path behind an origin", "[api]\ncors_origins=https://a.example/\n",
		 ":2: [api] cors_origins takes origins", ERR_CONFIG},
		{"every origin", "[api]\ncors_origins=*\n", ":2: [api] cors_origins takes origins",
		 ERR_CONFIG},
		{"an origin without a host", "[api]\ncors_origins=https://\n",
		 ":2: [api] cors_origins takes origins", ERR_CONFIG},
		{"no rate", "[api]\nrate_per_s=0\n", ":2: [api] rate_per_s must be a number",
		 ERR_CONFIG},
		{"where webhooks may go", "[webhooks]\nallow = 127.0.0.1, fd00::/8\n", "", ERR_OK},
		{"a name where webhooks may go", "[webhooks]\nallow=10.0.0.0/8 localhost\n",
		 ":2: [webhooks] allow: 'localhost'", ERR_CONFIG},
		{"first error counts", "[dhcp]\nmode=x\nmode=y\n", ":2:", ERR_CONFIG},
		{"no key=value", "[server]\nhello\n", ":2:", ERR_CONFIG},
	};
	char path[] = "/tmp/slipway-config-XXXXXX";
	int fd = mkstemp(path);
	(void)state;
	assert_true(fd >= 0);
	close(fd);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct err err = ERR_INIT;
		struct config c;
		config_init(&c);
		assert_int_equal(
			file_write_atomic(path, rows[i].text, strlen(rows[i].text), 0600, &err), 0);
		CHECK_ERR(rows[i].name, config_load(&c, path, &err), rows[i].code);
		if (rows[i].says[0]) {
			CHECK(rows[i].name, str_starts(err.msg, path));
			if (!strstr(err.msg, rows[i].says))
				fail_msg("row '%s': '%s' does not say '%s'", rows[i].name, err.msg,
					 rows[i].says);
		}
		config_done(&c);
	}
	unlink(path);
}

static void test_defaults(void **state)
{
	struct config c;

	(void)state;
	config_init(&c);
	assert_string_equal(c.state_dir, "/var/lib/slipway");
	assert_string_equal(c.boot.dhcp_mode, "off");
	assert_int_equal(c.boot.http_port, 80);
	assert_string_equal(c.erase_methods, "overwrite");
	assert_string_equal(c.cors_origins, "");
	config_done(&c);
	struct err err = ERR_INIT;
	config_init(&c);
	CHECK_ERR("no file", config_load(&c, "/nonexistent/slipway.conf", &err), ERR_NOT_FOUND);
	free(c.boot.interface);
	c.boot.interface = xstrdup("no-such-interface0");
	CHECK_ERR("no interface", config_resolve(&c, &err), ERR_INTERFACE);
	config_done(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_defaults),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("config", tests, NULL, NULL);
}
