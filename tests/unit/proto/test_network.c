/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Networks of installed hosts: what is taken, and what is refused by name when a profile is written.
 */
#include <tests/harness/check.h>
#include <tests/harness/sandbox_root.h>

#include <string.h>

#include <base/json.h>
#include <base/str.h>
#include <proto/network.h>

#define PORT(name, mac) "{\"name\":\"" name "\",\"kind\":\"port\",\"match\":{\"mac\":\"" mac "\"}"
#define LEFT            PORT("left", "02:00:00:00:00:01")
#define RIGHT           PORT("right", "02:00:00:00:00:02")
#define BOND                                                                                       \
	"{\"name\":\"bond0\",\"kind\":\"bond\",\"mode\":\"802.3ad\",\"links\":[\"left\",\"right\"]"
#define VLAN        "{\"name\":\"prod\",\"kind\":\"vlan\",\"link\":\"bond0\",\"id\":10"
#define LINKS(more) "{\"links\":[" more "]}"
#define ADDRESS(a)  ",\"addresses\":[\"" a "\"]}"
#define ROW(who, a)                                                                                \
	"{\"serial\":\"" who "\",\"links\":[{\"name\":\"left\",\"addresses\":[\"" a "\"]}]}"

static json_t *load(const char *row, const char *text)
{
	json_t *doc = NULL;
	struct err err = ERR_INIT;

	if (json_load_strict(text, strlen(text), 1 << 20, &doc, &err) < 0)
		fail_msg("row '%s': %s", row, err.msg);
	return doc;
}

static const struct {
	const char *name, *text;
	const char *says; /* of the refusal; NULL: taken */
	bool many;
} rows[] = {
	{"a port with DHCP", LINKS(LEFT ",\"dhcp\":true}"), NULL, true},
	{"a static address", LINKS(LEFT ",\"gateway\":\"10.0.0.1\"" ADDRESS("10.0.0.5/24")), NULL,
	 false},
	{"a point to point link", LINKS(LEFT ",\"gateway\":\"10.0.0.0\"" ADDRESS("10.0.0.1/31")),
	 NULL, false},
	{"IPv6 with a gateway of the link",
	 LINKS(LEFT ",\"gateway\":\"fe80::1\"" ADDRESS("fd00::5/64")), NULL, false},
	{"bond, VLAN, bridge",
	 LINKS(LEFT "}," RIGHT "}," BOND "}," VLAN
		    "},{\"name\":\"br0\",\"kind\":\"bridge\",\"links\":"
		    "[\"prod\"],\"addresses\":[\"10.0.0.5/24\"]}"),
	 NULL, false},
	{"active-backup",
	 LINKS(LEFT
	       "},{\"name\":\"b\",\"kind\":\"bond\",\"mode\":\"active-backup\",\"links\":[\"left\"]}"),
	 NULL, true},
	{"rows",
	 "{\"links\":[" LEFT
	 "}],\"hosts\":[" ROW("A", "10.0.0.5/24") "," ROW("B", "10.0.0.6/24") "]}",
	 NULL, true},

	{"no links", "{\"links\":[]}", "empty", true},
	{"not an object", "[]", "object", true},
	{"a key that is not known", LINKS(LEFT ",\"colour\":1}"), "colour", true},
	{"a kind that is not known", LINKS("{\"name\":\"x\",\"kind\":\"team\"}"), "team", true},
	{"a port without a match", LINKS("{\"name\":\"x\",\"kind\":\"port\"}"), "match", true},
	{"two ways to match",
	 LINKS("{\"name\":\"x\",\"kind\":\"port\",\"match\":{\"name\":\"a\",\"slot\":\"b\"}}"),
	 "one of", true},
	{"a MAC of a group", LINKS(PORT("x", "01:00:5e:00:00:01") "}"), "01:00:5e", true},
	{"a MAC that is too long", LINKS(PORT("x", "02:00:00:00:00:001") "}"), "mac", true},
	{"a name with a blank", LINKS(PORT("a b", "02:00:00:00:00:01") "}"), "a b", true},
	{"a name with a new line", LINKS(PORT("a\\nb", "02:00:00:00:00:01") "}"), "name", true},
	{"a name that goes up", LINKS(PORT("../x", "02:00:00:00:00:01") "}"), "../x", true},
	{"a name of 16 bytes", LINKS(PORT("abcdefghijklmnop", "02:00:00:00:00:01") "}"), "name",
	 true},
	{"the loopback's name", LINKS(PORT("lo", "02:00:00:00:00:01") "}"), "lo", true},
	{"a port of no switch",
	 LINKS("{\"name\":\"x\",\"kind\":\"port\",\"match\":{\"name\":\"a\",\"switch_port\":\"b\"}}"),
	 "switch_port", true},
	{"a switch with a line break",
	 LINKS("{\"name\":\"x\",\"kind\":\"port\",\"match\":{\"switch\":\"a\\nb\"}}"), "ASCII",
	 true},
	{"a slot with a quote",
	 LINKS("{\"name\":\"x\",\"kind\":\"port\",\"match\":{\"slot\":\"a\\\"\"}}"), "letters",
	 true},
	{"two of one name", LINKS(LEFT "}," PORT("left", "02:00:00:00:00:02") "}"), "named 'left'",
	 true},
	{"two of one card", LINKS(LEFT "}," PORT("x", "02:00:00:00:00:01") "}"), "same port", true},
	{"no prefix", LINKS(LEFT ADDRESS("10.0.0.5")), "prefix", false},
	{"a prefix of 33", LINKS(LEFT ADDRESS("10.0.0.5/33")), "10.0.0.5/33", false},
	{"a prefix of 0", LINKS(LEFT ADDRESS("10.0.0.5/0")), "10.0.0.5/0", false},
	{"a negative prefix", LINKS(LEFT ADDRESS("10.0.0.5/-1")), "10.0.0.5/-1", false},
	{"a prefix of 129", LINKS(LEFT ADDRESS("fd00::5/129")), "fd00::5/129", false},
	{"an address of 256", LINKS(LEFT ADDRESS("10.0.0.256/24")), "10.0.0.256", false},
	{"the network's own", LINKS(LEFT ADDRESS("10.0.0.0/24")), "one host", false},
	{"the broadcast", LINKS(LEFT ADDRESS("10.0.0.255/24")), "one host", false},
	{"a group", LINKS(LEFT ADDRESS("224.0.0.1/24")), "one host", false},
	{"the loopback", LINKS(LEFT ADDRESS("127.0.0.1/8")), "one host", false},
	{"the loopback of IPv6", LINKS(LEFT ADDRESS("::1/64")), "one host", false},
	{"hostile text", LINKS(LEFT ADDRESS("10.0.0.5/24\\n[Match]")), "10.0.0.5/24", false},
	{"a gateway outside", LINKS(LEFT ",\"gateway\":\"10.0.1.1\"" ADDRESS("10.0.0.5/24")),
	 "outside", false},
	{"a gateway of the other family",
	 LINKS(LEFT ",\"gateway\":\"fd00::1\"" ADDRESS("10.0.0.5/24")), "outside", false},
	{"a gateway that is the host",
	 LINKS(LEFT ",\"gateway\":\"10.0.0.5\"" ADDRESS("10.0.0.5/24")), "itself", false},
	{"two gateways",
	 LINKS(LEFT ",\"gateway\":\"10.0.0.1\"" ADDRESS(
		 "10.0.0.5/24") "," RIGHT ",\"gateway\":\"10.1.0.1\"" ADDRESS("10.1.0.5/24")),
	 "both have a gateway", false},
	{"one address on two links",
	 LINKS(LEFT ADDRESS("10.0.0.5/24") "," RIGHT ADDRESS("10.0.0.5/16")), "one address", false},
	{"a route with host bits",
	 LINKS(LEFT ",\"routes\":[{\"to\":\"10.8.0.1/16\",\"via\":\"10.0.0.1\"}]" ADDRESS(
		 "10.0.0.5/24")),
	 "10.8.0.1/16", false},
	{"a route of two families",
	 LINKS(LEFT
	       ",\"routes\":[{\"to\":\"fd00::/16\",\"via\":\"10.0.0.1\"}]" ADDRESS("10.0.0.5/24")),
	 "other family", false},
	{"a DNS server by name", LINKS(LEFT ",\"dns\":[\"ns.example\"],\"dhcp\":true}"),
	 "ns.example", true},
	{"a domain with a blank", LINKS(LEFT ",\"search\":[\"a b\"],\"dhcp\":true}"), "domain",
	 true},
	{"a small mtu", LINKS(LEFT ",\"mtu\":100}"), "mtu", true},
	{"a small mtu for IPv6", LINKS(LEFT ",\"mtu\":1000" ADDRESS("fd00::5/64")), "1280", false},
	{"VLAN 4095",
	 LINKS(LEFT "},{\"name\":\"v\",\"kind\":\"vlan\",\"link\":\"left\",\"id\":4095}"), "id",
	 true},
	{"VLAN 0", LINKS(LEFT "},{\"name\":\"v\",\"kind\":\"vlan\",\"link\":\"left\",\"id\":0}"),
	 "id", true},
	{"a VLAN on nothing",
	 LINKS("{\"name\":\"v\",\"kind\":\"vlan\",\"link\":\"left\",\"id\":4}"), "left", true},
	{"a VLAN on a member",
	 LINKS(LEFT "}," RIGHT "}," BOND
		    "},{\"name\":\"v\",\"kind\":\"vlan\",\"link\":\"left\",\"id\":4}"),
	 "member of bond", true},
	{"one VLAN twice",
	 LINKS(LEFT "},{\"name\":\"v\",\"kind\":\"vlan\",\"link\":\"left\",\"id\":4},"
		    "{\"name\":\"w\",\"kind\":\"vlan\",\"link\":\"left\",\"id\":4}"),
	 "same VLAN", true},
	{"a bond without links",
	 LINKS("{\"name\":\"b\",\"kind\":\"bond\",\"mode\":\"802.3ad\",\"links\":[]}"), "no links",
	 true},
	{"a bond of a link that is not there", LINKS(LEFT "}," BOND "}"), "right", true},
	{"a mode that is not known",
	 LINKS(LEFT
	       "},{\"name\":\"b\",\"kind\":\"bond\",\"mode\":\"balance-rr\",\"links\":[\"left\"]}"),
	 "balance-rr", true},
	{"a member with an address", LINKS(LEFT ADDRESS("10.0.0.5/24") "," RIGHT "}," BOND "}"),
	 "its own", false},
	{"a member of two bonds",
	 LINKS(LEFT
	       "}," RIGHT "}," BOND
	       "},{\"name\":\"b\",\"kind\":\"bond\",\"mode\":\"802.3ad\",\"links\":[\"left\"]}"),
	 "belongs to", true},
	{"a bond of bonds",
	 LINKS(LEFT
	       "}," RIGHT "}," BOND
	       "},{\"name\":\"b\",\"kind\":\"bond\",\"mode\":\"802.3ad\",\"links\":[\"bond0\"]}"),
	 "cannot have", true},
	{"a VLAN that goes round",
	 LINKS("{\"name\":\"br0\",\"kind\":\"bridge\",\"links\":[\"v\"]},"
	       "{\"name\":\"v\",\"kind\":\"vlan\",\"link\":\"br0\",\"id\":4}"),
	 "bridge", true},
	{"one address for many hosts", LINKS(LEFT ADDRESS("10.0.0.5/24")), "same address", true},
	{"T-07 one address in two rows",
	 "{\"links\":[" LEFT
	 "}],\"hosts\":[" ROW("A", "10.0.0.5/24") "," ROW("B", "10.0.0.5/16") "]}",
	 "rows 1 and 2", true},
	{"one address in two spellings",
	 "{\"links\":[" LEFT
	 "}],\"hosts\":[" ROW("A", "fd00::5/64") "," ROW("B", "fd00:0::05/64") "]}",
	 "rows 1 and 2", true},
	{"one host in two rows",
	 "{\"links\":[" LEFT
	 "}],\"hosts\":[" ROW("A", "10.0.0.5/24") "," ROW("A", "10.0.0.6/24") "]}",
	 "the host 'A'", true},
	{"a row for a link that is not there",
	 "{\"links\":[" RIGHT "}],\"hosts\":[" ROW("A", "10.0.0.5/24") "]}", "row 1", true},
	{"a row without a host", "{\"links\":[" LEFT "}],\"hosts\":[{\"links\":[]}]}", "serial",
	 true},
	{"a row that changes a kind",
	 "{\"links\":[" LEFT
	 "}],\"hosts\":[{\"serial\":\"A\",\"links\":[{\"name\":\"left\",\"kind\":\"bond\"}]}]}",
	 "cannot set 'kind'", true},
	{"a row with a bad address",
	 "{\"links\":[" LEFT "}],\"hosts\":[" ROW("A", "10.0.0.5/99") "]}", "10.0.0.5/99", true},
};

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		autojson json_t *doc = load(rows[i].name, rows[i].text);
		struct err err = ERR_INIT;
		int r = network_check(doc, rows[i].many, &err);

		if ((r < 0) != (rows[i].says != NULL) ||
		    (rows[i].says && !strstr(err.msg, rows[i].says)))
			fail_msg("row '%s': %d, no '%s' in: %s", rows[i].name, r,
				 rows[i].says ? rows[i].says : "", err.msg);
	}
}

/* The row of one host, by serial or by a MAC; none for another. */
static void test_the_hosts_own(void **state)
{
	static const struct {
		const char *name, *serial, *macs, *address;
	} hosts[] = {
		{"by serial", "A", "", "10.0.0.5/24"},
		{"by MAC", "Z", "02:00:00:00:00:01 02:00:00:00:00:0A", "10.0.0.6/24"},
		{"a stranger", "Z", "02:00:00:00:00:0b", NULL},
		{"nothing known", "", "", NULL},
		{"by serial, with its port", "A", "02:00:00:00:00:01", "10.0.0.5/24"},
		{"by serial, without its port", "A", "02:00:00:00:00:77", NULL},
	};
	autojson json_t *doc = load(
		"hosts",
		"{\"links\":[" LEFT "}],\"hosts\":[" ROW(
			"A",
			"10.0.0.5/24") ",{\"mac\":\"02:00:00:00:00:0a\",\"links\":[{\"name\":\"left\","
				       "\"addresses\":[\"10.0.0.6/24\"]}]}]}");

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(hosts); i++) {
		static struct network n;
		autojson json_t *own = NULL;
		struct err err = ERR_INIT;
		int r = network_for_host(doc, hosts[i].serial, hosts[i].macs, &own, &err);

		CHECK_INT(hosts[i].name, r < 0, !hosts[i].address);
		if (!hosts[i].address)
			continue;
		CHECK_INT(hosts[i].name, network_parse(own, &n, &err), 0);
		CHECK_STR(hosts[i].name, n.links[0].addresses[0], hosts[i].address);
	}
	assert_int_equal(json_array_size(json_object_get(doc, "hosts")), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_the_hosts_own),
	};

	sandbox_root();
	return cmocka_run_group_tests_name("proto/network", tests, NULL, NULL);
}
