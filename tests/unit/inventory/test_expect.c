/* SPDX-License-Identifier: Apache-2.0 */
/* Edits, SKUs, locations, the comparison of expected and found, the difference of two moments. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include <base/json.h>
#include <base/str.h>
#include <inventory/collection.h>
#include <inventory/difference.h>
#include <inventory/event.h>
#include <inventory/expect.h>
#include <inventory/facts.h>
#include <inventory/identity.h>

#include "store_fixture.h"

#define US 1000000LL

static void must(int r, const struct err *err)
{
	if (r < 0)
		fail_msg("%s (%s) at %s", err->msg, err_name(err->code), err->pointer);
}

static int64_t make_host(struct db *db, const char *serial, const char *mac)
{
	struct err err = ERR_INIT;
	const char *macs[] = {mac};
	struct host_evidence e = {.macs = macs, .n_macs = 1, .system_serial = serial};
	static const struct host_birth birth = {.state = "discovered"};
	struct identity who;

	must(identity_resolve(db, &e, &birth, US, &who, &err), &err);
	return who.host_num;
}

static json_t *parse(const char *text)
{
	json_t *j = json_loads(text, 0, NULL);

	assert_non_null(j);
	return j;
}

static int64_t count(struct db *db, const char *sql)
{
	struct err err = ERR_INIT;
	int64_t n = -1;

	must(db_query_int_n(db, &(struct db_call){.sql = sql}, -1, &n, &err), &err);
	return n;
}

/* ---- edits ----------------------------------------------------------------------------------- */

static void test_edits(void **state)
{
	struct db *db = ((struct store_fixture *)*state)->db;
	int64_t num = make_host(db, "SN-1", "52:54:00:00:00:01");

	static const struct {
		const char *set;
		int64_t revision;
		int expect;
		bool changed;
	} cases[] = {
		{"{\"name\":\"a\",\"unit\":7}", -1, 0, true},
		{"{\"name\":\"a\",\"unit\":7}", -1, 0, false},
		{"{\"name\":\"b\"}", 1, -ERR_EXPECT_REVISION, false},
		{"{\"name\":\"b\"}", 2, 0, true},
		{"{\"unit\":null}", -1, 0, true},
		{"{\"state\":\"ready\"}", -1, -ERR_FIELD_UNKNOWN, false},
		{"{\"id\":\"x\"}", -1, -ERR_FIELD_UNKNOWN, false},
		{"{\"delivery\":\"x\"}", -1, -ERR_FIELD_UNKNOWN, false},
		{"{\"unit\":\"7\"}", -1, -ERR_FIELD_TYPE, false},
		{"{\"unit\":-1}", -1, -ERR_FIELD_RANGE, false},
		{"{\"name\":7}", -1, -ERR_FIELD_TYPE, false},
		{"{\"sku\":\"none such\"}", -1, -ERR_NOT_FOUND, false},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct err err = ERR_INIT;
		bool changed = false;
		autojson json_t *set = parse(cases[i].set);
		int r = host_edit(
			db, num,
			&(struct host_edit){set, cases[i].revision, "test", (10 + (int64_t)i) * US},
			&changed, &err);
		if (r != cases[i].expect || changed != cases[i].changed)
			fail_msg("%s: %s", cases[i].set, err_name(-r));
	}
}

/* ---- SKUs ------------------------------------------------------------------------------------ */

static void report(struct db *db, int64_t num, const char *dimms, const char *switch_port,
		   int64_t now_us)
{
	struct err err = ERR_INIT;
	autofree char *text = xasprintf(
		"{\"memory\":{\"modules\":%s},\"nics\":[{\"Name\":\"eth0\",\"PermanentMACAddress\":"
		"\"52:54:00:00:00:01\",\"lldp\":{\"SysName\":\"sw1\",\"PortId\":\"%s\"}}]}",
		dimms, switch_port);
	autojson json_t *doc = parse(text);

	must(facts_store(db, num, doc, now_us, NULL, &err), &err);
}

#define DIMM(slot, serial, mib)                                                                    \
	"{\"DeviceLocator\":\"" slot "\",\"CapacityMiB\":" mib ",\"Manufacturer\":\"M\","          \
	"\"PartNumber\":\"P\",\"SerialNumber\":\"" serial "\"}"

#define EMPTY(slot) "{\"DeviceLocator\":\"" slot "\",\"CapacityMiB\":0}"

static void test_sku_finds_what_is_wrong(void **state)
{
	struct db *db = ((struct store_fixture *)*state)->db;
	struct err err = ERR_INIT;
	int64_t num = make_host(db, "SN-1", "52:54:00:00:00:01"), version = 0;
	bool changed = false;
	autojson json_t *contents = NULL;

	report(db, num, "[" DIMM("A1", "D1", "1024") "," DIMM("B1", "D2", "1024") "]", "1", 2 * US);
	must(sku_learn(db, num, &contents, &err), &err);
	must(sku_put(db, &(struct sku_draft){"good", contents, "", "test", 3 * US}, &version, &err),
	     &err);
	assert_int_equal(version, 1);
	must(sku_put(db, &(struct sku_draft){"good", contents, "", "test", 4 * US}, &version, &err),
	     &err);
	assert_int_equal(version, 1);
	autojson json_t *set = parse("{\"sku\":\"good\"}");
	must(host_edit(db, num, &(struct host_edit){set, -1, "test", 5 * US}, &changed, &err),
	     &err);
	assert_int_equal(count(db, "SELECT count(*) FROM host WHERE sku_status = 'match'"), 1);
	static const struct {
		const char *dimms, *what, *slot;
		size_t n;
	} cases[] = {
		{"[" DIMM("A1", "D1", "1024") "," EMPTY("B1") "]", "missing", "B1", 2},
		{"[" DIMM("A1", "D1", "1024") "," DIMM("C1", "D2", "1024") "]", "moved", "B1", 1},
		{"[" DIMM("A1", "D1", "1024") "," DIMM("B1", "D2", "2048") "]", "wrong", "B1", 2},
		{"[" DIMM("A1", "D1", "1024") "," DIMM("B1", "D2", "1024") "," DIMM("C1", "D3",
										    "1024") "]",
		 "extra", "C1", 2},
		{"[" DIMM("A1", "D1", "1024") "," DIMM("B1", "D9", "1024") "]", NULL, NULL, 0},
		{"[" DIMM("A1", "D1", "1024") "," DIMM("B1", "D2", "0") "]", "unknown", "B1", 2},
		{"[" DIMM("A1", "D1", "1024") "," DIMM("B1", "D9", "1024") "]", NULL, NULL, 0},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		autojson json_t *doc = NULL;
		report(db, num, cases[i].dimms, "1", (10 + (int64_t)i) * US);
		must(host_compare(db, num, &doc, &err), &err);
		json_t *list = json_object_get(doc, "differences");
		autofree char *text = json_text(list);
		json_t *last = json_array_get(list, json_array_size(list) - 1);
		if (json_array_size(list) != cases[i].n ||
		    (cases[i].what &&
		     (!str_eq(json_string_value(json_object_get(last, "what")), cases[i].what) ||
		      !str_eq(json_string_value(json_object_get(last, "slot")), cases[i].slot))))
			fail_msg("case %zu: %s", i, text);
	}
	assert_int_equal(count(db, "SELECT count(*) FROM host WHERE sku_status = 'match'"), 1);
	autojson json_t *odd = parse("{\"parts\":[{\"slot\":\"A1\"}]}");
	assert_int_equal(
		sku_put(db, &(struct sku_draft){"odd", odd, "", "test", US}, &version, &err),
		-ERR_FIELD_MISSING);
	autojson json_t *unknown = parse("{\"colour\":1}");
	assert_int_equal(
		sku_put(db, &(struct sku_draft){"odd", unknown, "", "test", US}, &version, &err),
		-ERR_FIELD_UNKNOWN);
}

static void test_wrong_rack_unit_shows_by_its_switch_port(void **state)
{
	struct db *db = ((struct store_fixture *)*state)->db;
	struct err err = ERR_INIT;
	int64_t num = make_host(db, "SN-1", "52:54:00:00:00:01"), id = 0;
	bool changed = false;
	autojson json_t *at = parse("{\"rack\":\"r1\",\"unit\":3}");
	const struct location_draft right = {
		.rack = "r1", .unit = 3, .switch_name = "sw1", .port = "3"};
	const struct location_draft other = {
		.rack = "r1", .unit = 4, .switch_name = "sw1", .port = "4"};

	must(host_edit(db, num, &(struct host_edit){at, -1, "test", US}, &changed, &err), &err);
	must(location_put(db, &right, "test", US, &id, &err), &err);
	must(location_put(db, &other, "test", US, &id, &err), &err);
	report(db, num, "[]", "4", 2 * US);
	autojson json_t *doc = NULL;
	must(host_compare(db, num, &doc, &err), &err);
	autofree char *text = json_text(json_object_get(doc, "differences"));
	assert_non_null(strstr(text, "\"found\":{\"rack\":\"r1\",\"unit\":4}"));
	report(db, num, "[]", "3", 3 * US);
	autojson json_t *good = NULL;
	must(host_compare(db, num, &good, &err), &err);
	assert_int_equal(json_array_size(json_object_get(good, "differences")), 0);
}

static void say_relayed(struct db *db, int64_t num, const char *circuit, const char *remote,
			int64_t now_us)
{
	struct err err = ERR_INIT;
	autojson json_t *detail = json_pack("{s:s, s:s, s:s, s:s}", "mac", "52:54:00:00:00:01",
					    "relay", "10.2.0.1", "circuit_id", circuit, "remote_id",
					    remote);
	struct event_draft e = {
		.host_num = num, .kind = FACTS_RELAYED_EVENT, .summary = "seen", .detail = detail};

	must(db_begin(db, &err), &err);
	must(db_end(db, event_append(db, &e, now_us, NULL, &err), &err), &err);
}

/* Where no switch greets a card, what a DHCP relay said of its port tells where the host stands. */
static void test_a_relay_names_the_port(void **state)
{
	static const struct {
		const char *name, *lldp, *circuit, *remote, *differs;
	} rows[] = {
		{"nobody says anything", "", "", "", ""},
		{"the right one", "", "Et3", "sw1", ""},
		{"the right one with a domain and a VLAN", "", "Ethernet3:20", "sw1.example", ""},
		{"a port with a unit", "", "Ethernet3.0:v20", "sw1", ""},
		{"the port alone", "", "Et3", "", ""},
		{"another port", "", "Et4", "sw1", "switch.port"},
		{"another port, no switch", "", "Et4:20", "", "switch.port"},
		{"another switch", "", "Et3", "sw2", "switch.name"},
		{"numbers of the maker's", "", "0x000400140104", "sw1", ""},
		{"the switch's own address tells nothing", "", "Et3", "00:1c:73:aa:bb:cc", ""},
		{"LLDP goes before", ",\"lldp\":{\"SysName\":\"sw1\",\"PortId\":\"Et3\"}", "Et4",
		 "sw2", ""},
	};
	struct db *db = ((struct store_fixture *)*state)->db;
	struct err err = ERR_INIT;
	int64_t num = make_host(db, "SN-1", "52:54:00:00:00:01"), id = 0;
	bool changed = false;
	autojson json_t *at = parse("{\"rack\":\"r1\",\"unit\":3}");
	const struct location_draft plan = {
		.rack = "r1", .unit = 3, .switch_name = "sw1", .port = "Ethernet3"};

	must(host_edit(db, num, &(struct host_edit){at, -1, "test", US}, &changed, &err), &err);
	must(location_put(db, &plan, "test", US, &id, &err), &err);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		autofree char *text = xasprintf(
			"{\"nics\":[{\"Name\":\"eth0\",\"PermanentMACAddress\":"
			"\"52:54:00:00:00:01\"%s}]}",
			rows[i].lldp);
		autojson json_t *facts = parse(text);
		autojson json_t *doc = NULL;

		must(facts_store(db, num, facts, (10 + 2 * (int64_t)i) * US, NULL, &err), &err);
		say_relayed(db, num, rows[i].circuit, rows[i].remote, (11 + 2 * (int64_t)i) * US);
		must(host_compare(db, num, &doc, &err), &err);
		autofree char *found = json_text(json_object_get(doc, "differences"));
		if (rows[i].differs[0] ? !strstr(found, rows[i].differs) : !str_eq(found, "[]"))
			fail_msg("row '%s': %s", rows[i].name, found);
	}
}

/* field-32: the unit is found by the switch's words, too, and a second card elsewhere moves no host. */
/* It is kept beside the card that it spoke of, and says nothing of which machine that is: the address of a packet
 * can be anybody's. */
static void test_a_relay_says_nothing_of_identity(void **state)
{
	struct db *db = ((struct store_fixture *)*state)->db;
	struct err err = ERR_INIT;
	int64_t num = make_host(db, "SN-1", "52:54:00:00:00:01");
	int64_t before = count(db, "SELECT count(*) FROM evidence");
	autojson json_t *facts = parse("{\"nics\":[{\"PermanentMACAddress\":\"52:54:00:00:00:01\"},"
				       "{\"PermanentMACAddress\":\"52:54:00:00:00:02\"},{}]}");
	json_t *nics = json_object_get(facts, "nics");

	say_relayed(db, num, "Et3", "sw1", 2 * US);
	must(facts_add_relayed(db, num, facts, &err), &err);
	assert_non_null(json_object_get(json_array_get(nics, 0), FACTS_RELAYED));
	assert_null(json_object_get(json_array_get(nics, 1), FACTS_RELAYED));
	assert_null(json_object_get(json_array_get(nics, 2), FACTS_RELAYED));
	assert_int_equal(count(db, "SELECT count(*) FROM evidence"), before);
	assert_int_not_equal(make_host(db, "SN-2", "52:54:00:00:00:02"), num);
	assert_int_equal(make_host(db, "SN-1", "52:54:00:00:00:01"), num);
}

static void test_the_unit_by_a_port_in_other_words(void **state)
{
	static const struct {
		const char *name, *nics;
		size_t differences;
	} rows[] = {
		{"other words", "{\"SysName\":\"sw1.example.net\",\"PortId\":\"Gi1/0/4\"}", 2},
		{"a chassis",
		 "{\"SysName\":\"core\",\"ChassisId\":\"52:54:00:12:34:56\","
		 "\"PortId\":\"Gi1/0/5\"}",
		 3},
		{"the place of two cards",
		 "{\"SysName\":\"SW1\",\"PortId\":\"Gi1/0/4\"}},{\"Name\":\"eth1\",\"lldp\":"
		 "{\"SysName\":\"sw1\",\"PortId\":\"536\",\"PortDescription\":\"Gi1/0/3\"}",
		 0},
	};
	struct db *db = ((struct store_fixture *)*state)->db;
	struct err err = ERR_INIT;
	int64_t num = make_host(db, "SN-1", "52:54:00:00:00:01"), id = 0;
	bool changed = false;
	autojson json_t *at = parse("{\"rack\":\"r1\",\"unit\":3}");
	static const struct location_draft plan[] = {
		{.rack = "r1", .unit = 3, .switch_name = "sw1", .port = "GigabitEthernet1/0/3"},
		{.rack = "r1", .unit = 4, .switch_name = "SW1", .port = "GigabitEthernet1/0/4"},
		{.rack = "r1", .unit = 5, .switch_name = "5254.0012.3456", .port = "gi1/0/5"}};

	must(host_edit(db, num, &(struct host_edit){at, -1, "test", US}, &changed, &err), &err);
	for (size_t i = 0; i < ARRAY_LEN(plan); i++)
		must(location_put(db, &plan[i], "test", US, &id, &err), &err);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		autofree char *text = xasprintf("{\"nics\":[{\"Name\":\"eth0\",\"lldp\":%s}]}",
						rows[i].nics);
		autojson json_t *facts = parse(text);
		autojson json_t *doc = NULL;

		must(facts_store(db, num, facts, (10 + (int64_t)i) * US, NULL, &err), &err);
		must(host_compare(db, num, &doc, &err), &err);
		autofree char *found = json_text(json_object_get(doc, "differences"));
		if (json_array_size(json_object_get(doc, "differences")) != rows[i].differences ||
		    (rows[i].differences && !strstr(found, "\"what\":\"moved\"")))
			fail_msg("%s: %s", rows[i].name, found);
	}
}

/* field-32: what LLDP says in its own words is the port that the plan names. */
static void test_ports_in_their_own_words(void **state)
{
	static const struct {
		const char *name, *plan_switch, *plan_port, *nics;
		size_t differences;
	} rows[] = {
		{"field-32 a number, and the name beside it", "sw01", "ge-0/0/3",
		 "{\"SysName\":\"sw01\",\"PortId\":\"536\",\"PortDescription\":\"ge-0/0/3\"}", 0},
		{"field-32 a MAC, and the name beside it", "sw01", "Ethernet12",
		 "{\"SysName\":\"sw01\",\"PortId\":\"52:54:00:00:00:0c\","
		 "\"PortDescription\":\"Ethernet12\"}",
		 0},
		{"field-32 a full name", "sw01", "3",
		 "{\"SysName\":\"sw01.example.net\",\"PortId\":\"3\"}", 0},
		{"field-32 a short port", "sw01", "GigabitEthernet1/0/3",
		 "{\"SysName\":\"sw01\",\"PortId\":\"Gi1/0/3\"}", 0},
		{"field-32 the second card", "sw01", "3",
		 "{\"SysName\":\"mgmt1\",\"PortId\":\"17\"}},{\"Name\":\"eth1\",\"lldp\":"
		 "{\"SysName\":\"sw01\",\"PortId\":\"3\"}",
		 0},
		{"a chassis, and another port", "5254.0012.3456", "3",
		 "{\"ChassisId\":\"52:54:00:12:34:56\",\"SysName\":\"sw01\",\"PortId\":\"4\"}", 1},
		{"the switch of one card, the port of another", "sw01", "3",
		 "{\"SysName\":\"sw01\",\"PortId\":\"4\"}},{\"Name\":\"eth1\",\"lldp\":"
		 "{\"SysName\":\"sw02\",\"PortId\":\"3\"}",
		 1},
		{"a trunk for a port", "sw01", "Ethernet1",
		 "{\"SysName\":\"sw01\",\"PortId\":\"ethtrunk1\"}", 1},
		{"another port", "sw01", "ge-0/0/4",
		 "{\"SysName\":\"sw01\",\"PortId\":\"536\",\"PortDescription\":\"ge-0/0/3\"}", 1},
		{"a switch that does not tell its name", "sw01", "3",
		 "{\"ChassisId\":\"52:54:00:12:34:56\",\"PortId\":\"3\"}", 0},
		{"the same, and another port", "sw01", "4",
		 "{\"ChassisId\":\"52:54:00:12:34:56\",\"PortId\":\"3\"}", 1},
		{"a plan of addresses", "10.0.0.5", "3", "{\"SysName\":\"sw01\",\"PortId\":\"3\"}",
		 0},
		{"two addresses", "10.0.0.5", "3", "{\"SysName\":\"10.0.0.6\",\"PortId\":\"3\"}",
		 1},
		{"a port that tells its MAC alone", "sw01", "Ethernet12",
		 "{\"SysName\":\"sw01\",\"PortId\":\"52:54:00:00:00:0c\"}", 0},
		{"a port that tells its count alone", "sw01", "ge-0/0/3",
		 "{\"SysName\":\"sw01\",\"PortId\":\"536\"}", 0},
		{"a plan without the kind of port", "sw01", "1/0/3",
		 "{\"SysName\":\"sw01\",\"PortId\":\"Gi1/0/3\"}", 0},
		{"the same, and another number", "sw01", "1/0/4",
		 "{\"SysName\":\"sw01\",\"PortId\":\"Gi1/0/3\"}", 1},
		{"a switch without the kind of port", "sw01", "swp3",
		 "{\"SysName\":\"sw01\",\"PortId\":\"x\",\"PortDescription\":\"swp13\"}", 1},
		{"another switch and port", "sw02", "4", "{\"SysName\":\"sw01\",\"PortId\":\"3\"}",
		 2},
	};
	struct db *db = ((struct store_fixture *)*state)->db;
	struct err err = ERR_INIT;
	int64_t num = make_host(db, "SN-1", "52:54:00:00:00:01"), id = 0;
	bool changed = false;
	autojson json_t *at = parse("{\"rack\":\"r1\",\"unit\":3}");

	must(host_edit(db, num, &(struct host_edit){at, -1, "test", US}, &changed, &err), &err);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct location_draft plan = {.rack = "r1",
						    .unit = 3,
						    .switch_name = rows[i].plan_switch,
						    .port = rows[i].plan_port};
		autofree char *text = xasprintf("{\"nics\":[{\"Name\":\"eth0\",\"lldp\":%s}]}",
						rows[i].nics);
		autojson json_t *facts = parse(text);
		autojson json_t *doc = NULL;
		int64_t now_us = (int64_t)(10 + i) * US;

		must(location_put(db, &plan, "test", now_us, &id, &err), &err);
		must(facts_store(db, num, facts, now_us, NULL, &err), &err);
		must(host_compare(db, num, &doc, &err), &err);
		if (json_array_size(json_object_get(doc, "differences")) != rows[i].differences)
			fail_msg("%s", rows[i].name);
	}
}

static void test_difference_of_two_moments(void **state)
{
	struct db *db = ((struct store_fixture *)*state)->db;
	struct err err = ERR_INIT;
	bool changed = false;
	int64_t num = make_host(db, "SN-1", "52:54:00:00:00:01");

	report(db, num, "[" DIMM("A1", "D1", "1024") "]", "1", 10 * US);
	autojson json_t *set = parse("{\"name\":\"web\"}");
	must(host_edit(db, num, &(struct host_edit){set, -1, "test", 20 * US}, &changed, &err),
	     &err);
	report(db, num, "[" DIMM("A1", "D2", "1024") "]", "1", 30 * US);
	const struct query_request all = {.limit = 100};
	static const struct {
		int64_t from_us, to_us;
		size_t hosts, fields, added, removed;
	} cases[] = {
		{15 * US, 40 * US, 1, 1, 1, 1},
		{15 * US, 25 * US, 1, 1, 0, 0},
		{25 * US, 40 * US, 1, 0, 1, 1},
		{35 * US, 40 * US, 0, 0, 0, 0},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		autojson json_t *doc = NULL;
		const struct difference_span span = {cases[i].from_us, cases[i].to_us, 0};
		must(difference_of_hosts(db, &all, &span, &doc, &err), &err);
		json_t *items = json_object_get(doc, "items"), *one = json_array_get(items, 0);
		autofree char *text = json_text(items);
		if (json_array_size(items) != cases[i].hosts ||
		    json_object_size(json_object_get(one, "fields")) != cases[i].fields ||
		    json_array_size(json_object_get(one, "parts_added")) != cases[i].added ||
		    json_array_size(json_object_get(one, "parts_removed")) != cases[i].removed)
			fail_msg("case %zu: %s", i, text);
	}
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, store_setup, store_teardown)
	static const struct CMUnitTest tests[] = {
		T(test_edits),
		T(test_sku_finds_what_is_wrong),
		T(test_wrong_rack_unit_shows_by_its_switch_port),
		T(test_a_relay_names_the_port),
		T(test_a_relay_says_nothing_of_identity),
		T(test_the_unit_by_a_port_in_other_words),
		T(test_ports_in_their_own_words),
		T(test_difference_of_two_moments),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
