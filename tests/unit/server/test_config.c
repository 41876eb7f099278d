/* SPDX-License-Identifier: Apache-2.0 */
/*
 * slipway.conf: what it may hold, and that mistakes are told with file and line.
 */
#include "tests/harness/check.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
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
		{"interfaces",
		 "[server]\ninterface = eth0 eth1.20\n[dhcp eth1.20]\nmode=proxy\n"
		 "range_start=10.0.0.9\n",
		 "", ERR_OK},
		{"a mode of an interface that there is not", "[dhcp eth1]\nmode=maybe\n",
		 ":2: [dhcp eth1] mode must be one of", ERR_CONFIG},
		{"an address of an interface that is none", "[dhcp eth1]\n\nrouter=10.0.0\n",
		 ":3: [dhcp eth1] router is not an IPv4 address", ERR_CONFIG},
		{"a key of another section for an interface", "[dhcp eth1]\nlease_s=600\n",
		 ":2: there is no key 'lease_s' in section [dhcp eth1]", ERR_CONFIG},
		{"a name that no interface has", "[dhcp e/../th]\nmode=off\n",
		 ":2: 'e/../th' cannot be the name of an interface", ERR_CONFIG},
		{"a name that is too long", "[dhcp abcdefghijklmnop]\nmode=off\n",
		 ":2: 'abcdefghijklmnop' cannot be", ERR_CONFIG},
		{"no name", "[dhcp ]\nmode=off\n", ":2: ", ERR_CONFIG},
		{"TFTP without DHCP", "[boot]\ntftp=on\n", "", ERR_OK},
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

/* What is wrong with the list of interfaces is found before the machine is asked. */
static void test_interfaces(void **state)
{
	static const struct {
		const char *name, *interface, *section;
		const char *says;
		enum err_code code;
	} rows[] = {
		{"one twice", "lo lo", "", "names 'lo' twice", ERR_CONFIG},
		{"a further one twice", "lo a1 a1", "", "names 'a1' twice", ERR_CONFIG},
		{"auto and another", "auto eth1", "", "takes auto, or names", ERR_CONFIG},
		{"a section of none of them", "lo", "eth7",
		 "[server] interface does not name 'eth7'", ERR_CONFIG},
		{"a section beside auto", "auto", "eth7", "does not name 'eth7'", ERR_CONFIG},
		{"one that is not there", "no-such0 no-such1", "no-such1",
		 "no interface but lo is up", ERR_INTERFACE},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct err err = ERR_INIT;
		struct config c;

		config_init(&c);
		free(c.boot.interface);
		c.boot.interface = xstrdup(rows[i].interface);
		if (rows[i].section[0])
			assert_int_equal(
				boot_net_set(&c.boot, rows[i].section, "mode", "full", &err), 0);
		CHECK_ERR(rows[i].name, config_resolve(&c, &err), rows[i].code);
		if (!strstr(err.msg, rows[i].says))
			fail_msg("row '%s': '%s'", rows[i].name, err.msg);
		config_done(&c);
	}
}

/* Addresses and ranges of further interfaces, by a list as the kernel gives it. */
static struct sockaddr_in ipv4(const char *text)
{
	struct sockaddr_in s = {.sin_family = AF_INET};

	assert_int_equal(inet_pton(AF_INET, text, &s.sin_addr), 1);
	return s;
}

static void test_further_interfaces(void **state)
{
	static const struct {
		const char *name, *interface, *address, *netmask, *said_address;
		const char *range_start, *range_end, *says;
		enum err_code code;
	} rows[] = {
		{"its network's upper half", "b0", "10.1.0.1", "255.255.255.0", "", "10.1.0.128",
		 "10.1.0.254", "", ERR_OK},
		{"a VLAN interface", "b0.20", "172.16.0.9", "255.255.0.0", "", "172.16.128.0",
		 "172.16.255.254", "", ERR_OK},
		{"another address than it has", "b0", "10.1.0.1", "255.255.255.0", "10.1.0.2", "",
		 "", "or does not have 10.1.0.2", ERR_INTERFACE},
		{"the network of the first", "b0", "10.0.0.9", "255.255.255.0", "", "", "",
		 "'a0' and 'b0' are in networks that overlap", ERR_CONFIG},
		{"a network around the first", "b0", "10.9.0.9", "255.0.0.0", "", "", "",
		 "networks that overlap", ERR_CONFIG},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct err err = ERR_INIT;
		struct config c;
		char name[16];
		struct sockaddr_in address = ipv4(rows[i].address), netmask = ipv4(rows[i].netmask);
		struct ifaddrs one = {.ifa_name = name,
				      .ifa_flags = IFF_UP,
				      .ifa_addr = (struct sockaddr *)(void *)&address,
				      .ifa_netmask = (struct sockaddr *)(void *)&netmask};

		config_init(&c);
		(void)str_copy(name, sizeof(name), rows[i].interface);
		free(c.boot.interface);
		c.boot.interface = xasprintf("a0 %s", rows[i].interface);
		(void)str_copy(c.boot.network, sizeof(c.boot.network), "10.0.0.0");
		free(c.boot.netmask);
		c.boot.netmask = xstrdup("255.255.255.0");
		assert_int_equal(boot_nets_split(&c.boot, &err), 0);
		assert_string_equal(c.boot.interface, "a0");
		assert_int_equal(c.boot.n_nets, 1);
		if (rows[i].said_address[0])
			assert_int_equal(boot_net_set(&c.boot, rows[i].interface, "address",
						      rows[i].said_address, &err),
					 0);
		assert_int_equal(boot_nets_first(&c.boot, &err), 0);
		CHECK_ERR(rows[i].name, boot_nets_resolve(&c.boot, &one, &err), rows[i].code);
		if (!strstr(err.msg, rows[i].says))
			fail_msg("row '%s': '%s'", rows[i].name, err.msg);
		if (rows[i].code == ERR_OK) {
			CHECK_STR(rows[i].name, c.boot.nets[0].range_start, rows[i].range_start);
			CHECK_STR(rows[i].name, c.boot.nets[0].range_end, rows[i].range_end);
			CHECK_STR(rows[i].name, c.boot.nets[0].mode, "off");
		}
		config_done(&c);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_interfaces),
		cmocka_unit_test(test_further_interfaces),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("config", tests, NULL, NULL);
}
