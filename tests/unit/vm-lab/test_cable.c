/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What nftables is told of the hosts' ports, and the names of wires and ports. nft itself reads the rules.
 */
#include <tests/harness/check.h>

#include <stdlib.h>
#include <base/file.h>
#include <base/limits.h>
#include <base/process.h>
#include <base/str.h>
#include <vm-lab/cable.h>
#include <vm-lab/net.h>

static struct bench b; /* large */

static void tells_nftables(void **state)
{
	static const struct lab_host two_cards = {.name = "a", .n_nics = 1}, one = {.name = "b"};
	static const char *const says[] = {
		"iifname \"port1\" numgen random mod 100 < 5 drop\n",
		"oifname \"port1\" numgen random mod 100 < 5 drop\n",
		"iifname \"port1n1\" drop\n",
		"oifname \"port1n1\" drop\n",
	};
	autostr struct str rules;

	(void)state;
	b = (struct bench){.n_hosts = 2};
	b.hosts[0].spec = &two_cards;
	b.hosts[1].spec = &one;
	b.hosts[0].cables[0].loss_percent = 5;
	b.hosts[0].cables[1].open_due_ms = 1; /* does not forward yet */
	str_init(&rules, 8192);
	cables_rules(&b, &rules);
	for (size_t i = 0; i < ARRAY_LEN(says); i++)
		CHECK(says[i], strstr(rules.p, says[i]));
	assert_null(strstr(rules.p, "port2"));

	char path[] = "/tmp/slipway-rules-XXXXXX";
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(0, file_write_all(fd, rules.p, rules.n_bytes, NULL));
	(void)close(fd);
	const char *argv[] = {"nft", "--check", "-f", path, NULL};
	struct err err = ERR_INIT;
	int rc = geteuid() == 0 ? process_check(argv, 20000, &err) : 0; /* nft asks the kernel */
	(void)unlink(path);
	if (rc < 0)
		fail_msg("%s", err.msg);
}

static void names_wires_and_ports(void **state)
{
	static const struct {
		struct lab_wire wire;
		const char *name;
	} rows[] = {
		{{.bridge = ""}, "slipway0"},
		{{.bridge = "", .vlan = 20}, "wv20"},
		{{.bridge = "store"}, "wstore"},
		{{.bridge = "abcdefgh", .vlan = 4094}, "wabcdefghv4094"},
	};
	char name[NET_NAME_BYTES];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		net_bridge_name(&rows[i].wire, "slipway0", name);
		CHECK_STR(rows[i].name, name, rows[i].name);
		CHECK(rows[i].name, strlen(name) < 16); /* IFNAMSIZ */
	}
	net_port_name("port8", 3, name);
	assert_string_equal(name, "port8n3");
	net_port_name("port8", 0, name);
	assert_string_equal(name, "port8");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_nftables),
		cmocka_unit_test(names_wires_and_ports),
	};

	return cmocka_run_group_tests_name("lab cable", tests, NULL, NULL);
}
