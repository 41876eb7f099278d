/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Networks that people write by mistake or on purpose, each with what must come of it: taken, or
 * refused with a message that names what is wrong. Rows of one kind stand together.
 */
#include <tests/harness/check.h>
#include <tests/harness/sandbox_root.h>

#include <string.h>

#include <base/json.h>
#include <base/str.h>
#include <proto/network.h>

#define PORT(name, mac) "{'name':'" name "','kind':'port','match':{'mac':'" mac "'}"
#define LEFT(more)      PORT("left", "02:00:00:00:00:01") more "}"
#define RIGHT(more)     PORT("right", "02:00:00:00:00:02") more "}"
#define BY(name, match) "{'name':'" name "','kind':'port','match':{" match "}}"
#define BOND(more)                                                                                 \
	"{'name':'bond0','kind':'bond','mode':'802.3ad','links':['left','right']" more "}"
#define ONE(more)    "{'name':'bond0','kind':'bond','mode':'802.3ad','links':['left']" more "}"
#define BRIDGE(more) "{'name':'br0','kind':'bridge','links':['left']" more "}"
#define VLAN(name, link, id, more)                                                                 \
	"{'name':'" name "','kind':'vlan','link':'" link "','id':" id more "}"
#define A(list)     ",'addresses':[" list "]"
#define GATE(g)     ",'gateway':'" g "'"
#define ROUTES(r)   ",'routes':[" r "]"
#define TO(to, via) "{'to':'" to "','via':'" via "'}"
#define DNS(d)      ",'dns':['" d "']"
#define SEARCH(d)   ",'dhcp':true,'search':['" d "']"
#define L63         "a23456789012345678901234567890123456789012345678901234567890123"

static const struct {
	const char *name, *links;
	const char *says; /* of the refusal; NULL: taken */
} rows[] = {
	/* addresses of one host */
	{"/31, the lower end", LEFT(A("'10.0.0.0/31'") GATE("10.0.0.1")), NULL},
	{"/31 with a gateway outside", LEFT(A("'10.0.0.0/31'") GATE("10.0.0.2")), "outside"},
	{"/32 alone", LEFT(A("'10.0.0.5/32'")), NULL},
	{"/32 with a gateway on the link", LEFT(A("'10.0.0.5/32'") GATE("10.9.0.1")), NULL},
	{"/32 with itself as the gateway", LEFT(A("'10.0.0.5/32'") GATE("10.0.0.5")), "itself"},
	{"/32 with a gateway of the other family", LEFT(A("'10.0.0.5/32'") GATE("fd00::1")),
	 "outside"},
	{"/128 with a gateway on the link", LEFT(A("'fd00::5/128'") GATE("fd01::1")), NULL},
	{"/127", LEFT(A("'fd00::/127'") GATE("fd00::1")), NULL},
	{"IPv6 only", LEFT(A("'fd00::5/64'") GATE("fe80::1") DNS("fd00::53")), NULL},
	{"the routers' address of IPv6", LEFT(A("'fd00::/64'")), "one host"},
	{"an IPv4 address inside IPv6", LEFT(A("'::ffff:10.0.0.5/120'")), "one host"},
	{"nothing, of IPv6", LEFT(A("'::/128'")), "one host"},
	{"a group of IPv6", LEFT(A("'ff02::5/64'")), "one host"},
	{"a link-local address", LEFT(A("'fe80::5/64'")), NULL},
	{"a zone", LEFT(A("'fe80::5%left/64'")), "fe80::5%left/64"},
	{"a prefix that is octal to some", LEFT(A("'10.0.0.5/024'")), "/024"},
	{"an octet that is octal to some", LEFT(A("'10.0.0.010/24'")), "010"},
	{"a prefix with a sign", LEFT(A("'10.0.0.5/+24'")), "/+24"},
	{"a prefix with a blank", LEFT(A("'10.0.0.5/24 '")), "/24 "},
	{"two prefixes", LEFT(A("'10.0.0.5/24/8'")), "/24/8"},
	{"a mask", LEFT(A("'10.0.0.5/255.255.255.0'")), "255.255.255.0"},
	{"the address of no network", LEFT(A("'0.0.0.5/8'")), "one host"},
	{"the broadcast of all", LEFT(A("'255.255.255.255/32'")), "one host"},
	{"one address twice", LEFT(A("'10.0.0.5/24','10.0.0.5/24'")), "twice"},
	{"one address with two prefixes", LEFT(A("'10.0.0.5/24','10.0.0.5/16'")), "twice"},
	{"one address in two spellings", LEFT(A("'fd00::5/64','fd00:0::05/64'")), "twice"},
	{"one address on two links", LEFT(A("'10.0.0.5/24'")) "," RIGHT(A("'10.0.0.5/32'")),
	 "one address"},
	{"nine addresses",
	 LEFT(A("'10.0.0.1/24','10.0.0.2/24','10.0.0.3/24','10.0.0.4/24','10.0.0.5/24',"
		"'10.0.0.6/24','10.0.0.7/24','10.0.0.8/24','10.0.0.9/24'")),
	 "addresses"},

	/* routes */
	{"a route twice",
	 LEFT(A("'10.0.0.5/24'")
		      ROUTES(TO("10.8.0.0/16", "10.0.0.1") "," TO("10.8.0.0/16", "10.0.0.2"))),
	 "there twice"},
	{"a route twice, on two links",
	 LEFT(A("'10.0.0.5/24'") ROUTES(TO("10.8.0.0/16", "10.0.0.1"))) "," RIGHT(
		 A("'10.1.0.5/24'") ROUTES(TO("10.8.0.0/16", "10.1.0.1"))),
	 "there twice"},
	{"a route twice with two metrics",
	 LEFT(A("'10.0.0.5/24'") ROUTES(TO(
		 "10.8.0.0/16", "10.0.0.1") ",{'to':'10.8.0.0/16','via':'10.0.0.2','metric':9}")),
	 NULL},
	{"a gateway and a default route",
	 LEFT(A("'10.0.0.5/24'") GATE("10.0.0.1") ROUTES(TO("default", "10.0.0.2"))),
	 "there twice"},
	{"a default route in numbers beside a gateway",
	 LEFT(A("'10.0.0.5/24'") GATE("10.0.0.1") ROUTES(TO("0.0.0.0/0", "10.0.0.2"))),
	 "there twice"},
	{"default routes of two families",
	 LEFT(A("'10.0.0.5/24','fd00::5/64'")
		      ROUTES(TO("default", "10.0.0.1") "," TO("default", "fd00::1"))),
	 NULL},
	{"a route to the link's own network",
	 LEFT(A("'10.0.0.5/24'") ROUTES(TO("10.0.0.0/24", "10.0.0.1"))), "own network"},
	{"a route to a group", LEFT(A("'10.0.0.5/24'") ROUTES(TO("224.0.0.0/4", "10.0.0.1"))),
	 "224.0.0.0/4"},
	{"a route by a group", LEFT(A("'10.0.0.5/24'") ROUTES(TO("10.8.0.0/16", "224.0.0.1"))),
	 "one host"},
	{"a metric of zero",
	 LEFT(A("'10.0.0.5/24'") ROUTES("{'to':'10.8.0.0/16','via':'10.0.0.1','metric':0}")),
	 "metric"},
	{"three gateways", LEFT(A("'10.0.0.5/24'") ",'gateway':['10.0.0.1','10.0.0.2','10.0.0.3']"),
	 "gateway"},

	/* DNS */
	{"a DNS server of a group", LEFT(A("'10.0.0.5/24'") DNS("224.0.0.251")), "224.0.0.251"},
	{"a DNS server of a family that is not there", LEFT(A("'10.0.0.5/24'") DNS("fd00::53")),
	 "fd00::53"},
	{"a DNS server by way of another link",
	 LEFT(A("'10.0.0.5/24'") DNS("fd00::53")) "," RIGHT(A("'fd00::5/64'")), NULL},
	{"DNS without addresses", LEFT(DNS("10.0.0.53")), "neither addresses nor dhcp"},
	{"a domain of empty labels", LEFT(SEARCH("a..b")), "domain"},
	{"a domain with a dot at its end", LEFT(SEARCH("example.net.")), "domain"},
	{"a label that ends in a hyphen", LEFT(SEARCH("a-.b")), "domain"},
	{"a label of 63 bytes", LEFT(SEARCH(L63 ".b")), NULL},
	{"a label of 64 bytes", LEFT(SEARCH(L63 "4.b")), "domain"},

	/* sizes of packets */
	{"a VLAN's mtu above the port's",
	 LEFT(",'mtu':1500") "," VLAN("v", "left", "4", ",'mtu':9000"), "'left' under it 1500"},
	{"a VLAN's mtu above the default", LEFT() "," VLAN("v", "left", "4", ",'mtu':9000"),
	 "'left' under it 1500"},
	{"a VLAN's mtu below the port's",
	 LEFT(",'mtu':9000") "," VLAN("v", "left", "4", ",'mtu':1500"), NULL},
	{"a VLAN on a bond of large packets",
	 LEFT(",'mtu':9000") "," RIGHT() "," BOND() "," VLAN("v", "bond0", "4", ",'mtu':9000"),
	 NULL},
	{"a bond's mtu beside its port's", LEFT(",'mtu':1500") "," RIGHT() "," BOND(",'mtu':9000"),
	 "'left' under it 1500"},
	{"two mtus in one bond", LEFT(",'mtu':1500") "," RIGHT(",'mtu':9000") "," BOND(),
	 "'right' under it 9000"},
	{"a bridge's mtu above its port's", LEFT() "," BRIDGE(",'mtu':9000"), "'left' under it"},
	{"IPv6 on a VLAN of a port with a small mtu",
	 LEFT(",'mtu':1000") "," VLAN("v", "left", "4", A("'fd00::5/64'")), "1280"},
	{"an mtu in quotes", LEFT(",'mtu':'1500'"), "mtu"},
	{"a negative mtu", LEFT(",'mtu':-1"), "mtu"},

	/* names */
	{"a name that is a file of the kernel's", PORT("bonding_masters", "02:00:00:00:00:01") "}",
	 "bonding_masters"},
	{"a name of 15 bytes", PORT("a23456789012345", "02:00:00:00:00:01") "}", NULL},
	{"a name that YAML takes for a boolean", PORT("no", "02:00:00:00:00:01") "}", NULL},
	{"a name with a colon", PORT("left:0", "02:00:00:00:00:01") "}", "left:0"},
	{"a name with a star", PORT("l*", "02:00:00:00:00:01") "}", "l*"},
	{"a name with a percent sign", PORT("l%d", "02:00:00:00:00:01") "}", "l%d"},
	{"a name in capitals", PORT("LEFT", "02:00:00:00:00:01") "}", "LEFT"},
	{"a name beyond ASCII", PORT("l\u00ef", "02:00:00:00:00:01") "}", "name"},
	{"a port with a VLAN's name", PORT("eth0.10", "02:00:00:00:00:01") "}", "VLAN 10"},
	{"a VLAN with another's name", LEFT() "," VLAN("left.20", "left", "10", ), "VLAN 20"},
	{"a VLAN with another's number", LEFT() "," VLAN("vlan20", "left", "10", ), "VLAN 20"},
	{"a VLAN with another link's name", LEFT() "," RIGHT() "," VLAN("right.10", "left", "10", ),
	 "another link"},
	{"a VLAN with its own name", LEFT() "," VLAN("left.10", "left", "10", ), NULL},

	/* what lies on what */
	{"VLAN -1", LEFT() "," VLAN("v", "left", "-1", ), "id"},
	{"VLAN 4094", LEFT() "," VLAN("v", "left", "4094", ), NULL},
	{"a VLAN's number in quotes", LEFT() "," VLAN("v", "left", "'10'", ), "id"},
	{"a VLAN on itself", VLAN("v", "v", "10", ), "'v'"},
	{"a VLAN on a VLAN", LEFT() "," VLAN("v", "left", "10", ) "," VLAN("w", "v", "11", ),
	 "'v'"},
	{"a VLAN on the only port of a bond", LEFT() "," ONE() "," VLAN("v", "left", "10", ),
	 "member of bond"},
	{"a bond with one port", LEFT() "," ONE(",'dhcp':true"), NULL},
	{"a bond of one port twice",
	 LEFT() ",{'name':'b','kind':'bond','mode':'802.3ad','links':['left','left']}", "twice"},
	{"a bond of itself", "{'name':'b','kind':'bond','mode':'802.3ad','links':['b']}", "'b'"},
	{"a port of a bond with DHCP", LEFT(",'dhcp':true") "," ONE(), "its own"},
	{"a port of a bond with DNS", LEFT(DNS("10.0.0.53")) "," ONE(), "neither addresses"},
	{"a bridge of a bridge",
	 LEFT() "," BRIDGE() ",{'name':'br1','kind':'bridge','links':['br0']}", "bridge 'br0'"},
	{"a bridge without ports", "{'name':'br0','kind':'bridge','links':[]}", NULL},
	{"two ports by one cable",
	 BY("a", "'switch':'s','switch_port':'1'") "," BY("b", "'switch':'s','switch_port':'1'"),
	 "same port"},
	{"two ports by one MAC in two spellings",
	 PORT("a", "02:00:00:00:00:0a") "}," PORT("b", "02:00:00:00:00:0A") "}", "same port"},
	{"a MAC with hyphens", PORT("a", "02-00-00-00-00-01") "}", "MAC"},
};

/* Rows are written with ' for ". */
static json_t *load(const char *links)
{
	autofree char *text = xasprintf("{'links':[%s]}", links);
	json_t *doc = NULL;
	struct err err = ERR_INIT;

	for (char *c = text; *c; c++)
		*c = *c == '\'' ? '"' : *c;
	if (json_load_strict(text, strlen(text), 65536, &doc, &err) < 0)
		fail_msg("%s: %s", links, err.msg);
	return doc;
}

static void test_rules(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		autojson json_t *doc = load(rows[i].links);
		struct err err = ERR_INIT;
		int r = network_check(doc, false, &err);

		if ((r < 0) != (rows[i].says != NULL) ||
		    (rows[i].says && !strstr(err.msg, rows[i].says)))
			fail_msg("row '%s': %d, no '%s' in: %s", rows[i].name, r,
				 rows[i].says ? rows[i].says : "", err.msg);
	}
}

/* Rows of hosts that fall on each other. */
static void test_hosts(void **state)
{
	static const struct {
		const char *name, *hosts, *says;
	} cases[] = {
		{"two rows with one address",
		 "{'serial':'A','links':[{'name':'left'" A(
			 "'10.0.0.5/24'") "}]},{'serial':'B','links':"
					  "[{'name':'left'" A("'10.0.0.5/25'") "}]}",
		 "rows 1 and 2"},
		{"one host by its MAC in two spellings",
		 "{'mac':'02:00:00:00:00:0a','links':[]},{'mac':'02:00:00:00:00:0A','links':[]}",
		 "rows 1 and 2"},
		{"one link twice in a row",
		 "{'serial':'A','links':[{'name':'left'" A("'10.0.0.5/24'") "},{'name':'left'" A(
			 "'10.0.0.6/24'") "}]}",
		 "'left' twice"},
		{"a row with an mtu above that of the port under it",
		 "{'serial':'A','links':[{'name':'v','mtu':9000}]}", "row 1"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		autofree char *text = xasprintf("%s," VLAN("v", "left", "4", ) "],'hosts':[%s",
						LEFT(), cases[i].hosts);
		autojson json_t *doc = load(text);
		struct err err = ERR_INIT;

		CHECK_ERR(cases[i].name, network_check(doc, true, &err), ERR_NETWORK);
		if (!strstr(err.msg, cases[i].says))
			fail_msg("row '%s': no '%s' in: %s", cases[i].name, cases[i].says, err.msg);
	}
}

/* A bond without an mtu gets that of its ports, which the kernel would else reset. */
static void test_bond_mtu(void **state)
{
	static struct network n;
	autojson json_t *doc = load(LEFT(",'mtu':9000") "," RIGHT() "," BOND());
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(network_parse(doc, &n, &err), 0);
	assert_int_equal(n.links[2].mtu, 9000);
	assert_int_equal(n.links[1].mtu, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rules),
		cmocka_unit_test(test_hosts),
		cmocka_unit_test(test_bond_mtu),
	};

	sandbox_root();
	return cmocka_run_group_tests_name("proto/network_rules", tests, NULL, NULL);
}
