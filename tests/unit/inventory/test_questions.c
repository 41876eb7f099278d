/* SPDX-License-Identifier: Apache-2.0 */
/* What capacity teams ask, each in one call, against a year that a generator made and whose truth it
 * counted by itself: deliveries, states, faults of a bad lot, a part that moved, firmware, ports. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include <base/json.h>
#include <base/limits.h>
#include <base/str.h>
#include <inventory/collection.h>
#include <inventory/difference.h>
#include <inventory/expect.h>
#include <inventory/facts.h>
#include <inventory/host_search.h>
#include <inventory/identity.h>
#include <inventory/run.h>

#include "store_fixture.h"

#define US      1000000LL
#define DAY_US  (86400 * US)
#define BEGIN   (1767225600 * US) /* 2026-01-01 */
#define N_HOSTS 60
#define SEED    20260101u

static void must(int r, const struct err *err)
{
	if (r < 0)
		fail_msg("%s (%s) at %s", err->msg, err_name(err->code), err->pointer);
}

/* ---- the year -------------------------------------------------------------------------------- */

struct truth_of_host {
	int failures;
	bool lacks_drive, old_firmware_on_a, wrong_port;
	int64_t testing_s, ready_us;
	int64_t longest_testing_s;
};

struct truth {
	struct truth_of_host hosts[N_HOSTS];
	unsigned random;
	int64_t now_us;
};

static unsigned roll(struct truth *t, unsigned n)
{
	t->random = t->random * 1664525u + 1013904223u;
	return (t->random >> 16) % n;
}

static int64_t later(struct truth *t, int64_t us)
{
	return t->now_us += us;
}

static void enter(struct db *db, struct truth *t, int i, const char *state, int64_t after_s)
{
	struct err err = ERR_INIT;
	const struct host_state_change c = {.state = state, .detail = "", .turn = "server"};

	must(host_set_state(db, i + 1, &c, later(t, after_s * US), NULL, &err), &err);
}

/* Firmware 9 is on one of the two drives of each host, on A or on B. */
static char *drive(const struct truth *t, int i, bool is_b)
{
	bool old = t->hosts[i].old_firmware_on_a != is_b;

	return xasprintf("{\"Slot\":\"bay%d\",\"SerialNumber\":\"D%c%03d\",\"Model\":\"M%c\","
			 "\"Revision\":\"%s\",\"Manufacturer\":\"%s\",\"PartNumber\":\"%s\","
			 "\"CapacityBytes\":1000000000}",
			 is_b, is_b ? 'B' : 'A', i, is_b ? 'B' : 'A', old ? "9" : "10",
			 is_b ? "Beta" : "Alpha",
			 !is_b        ? "PN-A"
			 : i % 20 < 3 ? "BADLOT"
				      : "PN-B");
}

static void report(struct db *db, struct truth *t, int i)
{
	struct err err = ERR_INIT;
	const struct truth_of_host *h = &t->hosts[i];
	autofree char *a = drive(t, i, false);
	autofree char *b = drive(t, i, true);
	autofree char *text = xasprintf(
		"{\"system\":{\"Manufacturer\":\"Acme\",\"Model\":\"R1\"},\"memory\":{\"modules\":["
		"{\"DeviceLocator\":\"A1\",\"CapacityMiB\":%d,\"Manufacturer\":\"Micron\","
		"\"SerialNumber\":\"M%03d\"}]},\"drives\":[%s%s%s],\"nics\":[{\"Name\":\"eth0\","
		"\"PermanentMACAddress\":\"52:54:00:00:02:%02x\",\"lldp\":{\"SysName\":\"sw1\","
		"\"PortId\":\"%s\"}}]}",
		1024 * (1 + i % 4), i, a, h->lacks_drive ? "" : ",", h->lacks_drive ? "" : b,
		(unsigned)i, h->wrong_port ? "Eth99" : "Eth1");
	autojson json_t *doc = json_loads(text, 0, NULL);

	assert_non_null(doc);
	must(facts_store(db, i + 1, doc, later(t, US), NULL, &err), &err);
}

static void arrive(struct db *db, struct truth *t, int i)
{
	char serial[16], mac[18];
	struct err err = ERR_INIT;
	struct identity who;
	static const struct host_birth birth = {.state = "discovered"};

	(void)snprintf(serial, sizeof(serial), "SN-%03d", i);
	(void)snprintf(mac, sizeof(mac), "52:54:00:00:02:%02x", (unsigned)i);
	const char *macs[] = {mac};
	struct host_evidence e = {.macs = macs, .n_macs = 1, .system_serial = serial};
	must(identity_resolve(db, &e, &birth, later(t, 600 * US), &who, &err), &err);
	assert_int_equal(who.host_num, i + 1);
	report(db, t, i);
}

static void put(struct db *db, struct truth *t, int i)
{
	struct err err = ERR_INIT;
	bool changed = false;
	char rack[8], tag[16];
	int64_t id = 0;

	(void)snprintf(rack, sizeof(rack), "r%02d", i / 10);
	(void)snprintf(tag, sizeof(tag), "AT-%03d", i);
	autojson json_t *set = json_pack("{s:s, s:s, s:s, s:i, s:s}", "sku", "k1", "site", "fra",
					 "rack", rack, "unit", 1 + i % 10, "asset_tag", tag);
	must(host_edit(db, i + 1, &(struct host_edit){set, -1, "t", later(t, US)}, &changed, &err),
	     &err);
	const struct location_draft l = {.site = "fra",
					 .rack = rack,
					 .unit = 1 + i % 10,
					 .switch_name = "sw1",
					 .port = "Eth1"};
	must(location_put(db, &l, "t", later(t, US), &id, &err), &err);
}

static void fail_once(struct db *db, struct truth *t, int i)
{
	struct err err = ERR_INIT;
	char id[37], serial[16];

	(void)snprintf(serial, sizeof(serial), "DB%03d", i);
	const struct fault_draft f = {.host_num = i + 1,
				      .code = "drive.failed",
				      .part_type = "drive",
				      .part_number = i % 20 < 3 ? "BADLOT" : "PN-B",
				      .part_serial = serial,
				      .slot = "bay1",
				      .action = "replace it"};
	must(fault_open(db, &f, "t", later(t, US), id, &err), &err);
	must(fault_close(db, id, "replaced", "t", later(t, 99 * US), &err), &err);
	enter(db, t, i, "testing", 100);
}

static void live(struct db *db, struct truth *t, int i)
{
	struct truth_of_host *h = &t->hosts[i];

	enter(db, t, i, "testing", 60);
	for (int k = 0; k <= h->failures; k++) {
		int64_t took_s = 1000 + roll(t, 5000);
		h->testing_s += took_s;
		if (took_s > h->longest_testing_s)
			h->longest_testing_s = took_s;
		enter(db, t, i, k == h->failures ? "ready" : "failed", took_s);
		if (k < h->failures)
			fail_once(db, t, i);
	}
	h->ready_us = t->now_us;
}

static void decide(struct truth *t, int i)
{
	t->hosts[i] = (struct truth_of_host){.failures = i % 20 < 3 ? 2 : roll(t, 8) == 0,
					     .lacks_drive = i > 0 && roll(t, 9) == 0,
					     .old_firmware_on_a = roll(t, 2) == 0,
					     .wrong_port = roll(t, 11) == 0};
	if (i == 0) /* the good host that the SKU is learned from */
		t->hosts[0].wrong_port = false;
}

static void make_year(struct db *db, struct truth *t)
{
	struct err err = ERR_INIT;
	autojson json_t *contents = NULL;
	int64_t version = 0;
	const char *const no_firmware[] = {"FirmwareVersion", "PartNumber", "CapacityMiB"};

	*t = (struct truth){.random = SEED, .now_us = BEGIN};
	for (int i = 0; i < N_HOSTS; i++) {
		decide(t, i);
		arrive(db, t, i);
	}
	must(sku_learn(db, 1, &contents, &err), &err);
	(void)json_object_del(contents, "MemoryMiB");
	size_t k;
	json_t *part;
	json_array_foreach (json_object_get(contents, "parts"), k, part)
		for (size_t i = 0; i < ARRAY_LEN(no_firmware); i++)
			(void)json_object_del(part, no_firmware[i]);
	const struct sku_draft sku = {.name = "k1",
				      .contents = contents,
				      .note = "",
				      .actor = "t",
				      .now_us = later(t, US)};
	must(sku_put(db, &sku, &version, &err), &err);
	for (int i = 0; i < N_HOSTS; i++)
		put(db, t, i);
	for (int i = 0; i < N_HOSTS; i++) {
		live(db, t, i);
		later(t, 5 * DAY_US);
	}
}

/* ---- asking ---------------------------------------------------------------------------------- */

static void add_filters(struct query_request *q, const char *words, char *copy, size_t bytes)
{
	struct err err = ERR_INIT;

	assert_true(str_copy(copy, bytes, words));
	for (char *p = copy, *end; p && *p; p = end) {
		end = strchr(p, '&');
		if (end)
			*end++ = '\0';
		char *eq = strchr(p, '=');
		if (eq)
			*eq = '\0';
		must(query_add_filter(q, p, eq ? eq + 1 : NULL, &err), &err);
	}
}

/* filters: as in a URL. sort, at_us: NULL and 0 for none. */
static json_t *list(struct db *db, const struct collection *c, const char *filters,
		    const char *sort, int64_t at_us)
{
	struct query_request q = {.limit = 1000, .sort = sort, .at_us = at_us};
	struct query_page page;
	struct err err = ERR_INIT;
	char copy[512];

	add_filters(&q, filters, copy, sizeof(copy));
	must(query_run(db, c, &q, NULL, &page, &err), &err);
	json_t *items = json_loads(page.items.p, 0, NULL);
	query_page_done(&page);
	assert_non_null(items);
	return items;
}

static size_t count(struct db *db, const struct collection *c, const char *filters)
{
	autojson json_t *items = list(db, c, filters, NULL, 0);

	return json_array_size(items);
}

static json_t *sums(struct db *db, const struct collection *c, const char *filters,
		    const char *group_by, const char *sum, const struct summary_more *more)
{
	struct query_request q = {0};
	const struct summary_request what = {.group_by = group_by, .sum = sum, .more = more};
	struct err err = ERR_INIT;
	char copy[512];
	autofree char *text = NULL;

	add_filters(&q, filters, copy, sizeof(copy));
	must(query_summary(db, c, &q, &what, &text, &err), &err);
	return json_loads(text, 0, NULL);
}

static json_t *group(const json_t *doc, const char *field, const char *value)
{
	size_t i;
	json_t *one;

	json_array_foreach (json_object_get(doc, "items"), i, one)
		if (str_eq(json_string_value(json_object_get(one, field)), value))
			return one;
	return NULL;
}

static int64_t number(const json_t *j, const char *outer, const char *inner)
{
	const json_t *in = outer ? json_object_get(j, outer) : j;

	return json_integer_value(json_object_get(in, inner));
}

/* ---- the questions --------------------------------------------------------------------------- */

static void test_ready_by_rack_now_and_earlier(void **state)
{
	struct db *db = ((struct store_fixture *)*state)->db;
	struct truth t;

	make_year(db, &t);
	assert_int_equal(count(db, &collection_hosts, "state=ready&rack=r03&sku=k1"), 10);
	int64_t then_us = t.hosts[34].ready_us + DAY_US;
	autojson json_t *earlier = list(db, &collection_hosts, "state=ready&rack=r03", NULL,
					then_us);
	assert_int_equal(json_array_size(earlier), 5);
}

static void test_what_lacks_and_what_is_plugged_wrong(void **state)
{
	struct db *db = ((struct store_fixture *)*state)->db;
	struct truth t;
	size_t lacking = 0, wrong = 0;

	make_year(db, &t);
	for (int i = 0; i < N_HOSTS; i++) {
		lacking += t.hosts[i].lacks_drive;
		wrong += t.hosts[i].wrong_port;
	}
	assert_true(lacking > 2 && wrong > 2);
	assert_int_equal(count(db, &collection_differences, "what=missing&type=drive&sku=k1"),
			 lacking);
	assert_int_equal(count(db, &collection_differences, "type=location&field=switch.port"),
			 wrong);
	autojson json_t *by = sums(db, &collection_differences, "", "what,field", NULL, NULL);
	assert_int_equal(number(by, "total", "count"), lacking + wrong);
	/* the disk is put in: its difference goes, the others stay as they are */
	for (int i = 0; i < N_HOSTS; i++) {
		if (!t.hosts[i].lacks_drive)
			continue;
		t.hosts[i].lacks_drive = false;
		report(db, &t, i);
		break;
	}
	assert_int_equal(count(db, &collection_differences, "what=missing&type=drive"),
			 lacking - 1);
}

/* The plan is mended: the hosts at that unit are right without a new report. */
static void test_a_written_location_refreshes_its_hosts(void **state)
{
	struct db *db = ((struct store_fixture *)*state)->db;
	struct err err = ERR_INIT;
	struct truth t;
	int i = 0;
	int64_t id = 0;

	make_year(db, &t);
	while (!t.hosts[i].wrong_port)
		i++;
	size_t before = count(db, &collection_differences, "field=switch.port");
	autofree char *rack = xasprintf("r%02d", i / 10);
	const struct location_draft l = {.site = "fra",
					 .rack = rack,
					 .unit = 1 + i % 10,
					 .switch_name = "sw1",
					 .port = "Eth99"};
	must(location_put(db, &l, "t", later(&t, US), &id, &err), &err);
	assert_int_equal(count(db, &collection_differences, "field=switch.port"), before - 1);
}

static void test_failed_twice_and_time_in_states(void **state)
{
	struct db *db = ((struct store_fixture *)*state)->db;
	struct truth t;
	size_t twice = 0, stays = 0;
	int64_t testing_s = 0, longest_s = 0;
	const struct summary_more often = {.min_count = 2};
	const struct summary_more extremes = {.fields = {[MEASURE_AVG] = "seconds",
							 [MEASURE_MIN] = "seconds",
							 [MEASURE_MAX] = "seconds",
							 [MEASURE_P50] = "seconds"}};

	make_year(db, &t);
	for (int i = 0; i < N_HOSTS; i++) {
		twice += t.hosts[i].failures >= 2;
		stays += 1 + (size_t)t.hosts[i].failures;
		testing_s += t.hosts[i].testing_s;
		if (t.hosts[i].longest_testing_s > longest_s)
			longest_s = t.hosts[i].longest_testing_s;
	}
	autojson json_t *failed = sums(db, &collection_events, "to=failed", "host", NULL, &often);
	assert_int_equal(json_array_size(json_object_get(failed, "items")), twice);

	autojson json_t *states = sums(db, &collection_events, "kind=host.state", "from", "seconds",
				       &extremes);
	const json_t *testing = group(states, "from", "testing");
	assert_int_equal(number(testing, NULL, "count"), stays);
	assert_int_equal(number(testing, "sum", "seconds"), testing_s);
	assert_int_equal(number(testing, "max", "seconds"), longest_s);
	assert_true(number(testing, "min", "seconds") >= 1000);
	assert_true(number(testing, "p50", "seconds") <= longest_s);
	double average = json_real_value(
		json_object_get(json_object_get(testing, "avg"), "seconds"));
	assert_true(average > (double)testing_s / (double)stays - 0.001 &&
		    average < (double)testing_s / (double)stays + 0.001);

	autojson json_t *longest = list(db, &collection_events, "from=testing", "-seconds", 0);
	assert_int_equal(number(json_array_get(longest, 0), NULL, "seconds"), longest_s);
}

static void test_sums_of_events_by_day_and_month(void **state)
{
	struct db *db = ((struct store_fixture *)*state)->db;
	struct truth t;
	size_t i;
	json_t *one;
	int64_t ready = 0;

	make_year(db, &t);
	autojson json_t *months = sums(db, &collection_events, "to=ready", "month", NULL, NULL);
	json_array_foreach (json_object_get(months, "items"), i, one)
		ready += number(one, NULL, "count");
	assert_int_equal(ready, N_HOSTS);
	assert_true(json_array_size(json_object_get(months, "items")) >= 10);
	assert_non_null(group(months, "month", "2026-03"));
	autojson json_t *day = list(db, &collection_events, "to=ready&day=2026-01-01", NULL, 0);
	assert_int_equal(json_array_size(day), 1);
}

/* Half of the fleet has old firmware on MA, the other half on MB; all have both models and both
 * firmwares. */
static void test_conditions_on_one_part(void **state)
{
	struct db *db = ((struct store_fixture *)*state)->db;
	struct truth t;
	size_t on_a = 0, on_both_kinds = 0;

	make_year(db, &t);
	for (int i = 0; i < N_HOSTS; i++) {
		on_a += t.hosts[i].old_firmware_on_a;
		on_both_kinds += !t.hosts[i].lacks_drive || t.hosts[i].old_firmware_on_a;
	}
	assert_true(on_a > 5 && on_a < N_HOSTS - 5);
	assert_int_equal(count(db, &collection_hosts, "drives.Model=MA&drives.Revision=9"),
			 on_both_kinds);
	assert_int_equal(count(db, &collection_hosts, "drives[a].Model=MA&drives[a].Revision=9"),
			 on_a);
	assert_int_equal(
		count(db, &collection_hosts, "drives[1].Revision<10&sku=k1&drives[1].Model=MA"),
		on_a);
	assert_int_equal(count(db, &collection_hosts,
			       "drives[a].Model=MA&drives[a].Revision=10&drives[b].Model=MB&"
			       "drives[b].Revision=10"),
			 0);
}

static void test_a_wrong_label_is_refused(void **state)
{
	struct db *db = ((struct store_fixture *)*state)->db;
	static const char *const wrong[] = {"drives[].Model", "drives[a]Model",    "drives[a].none",
					    "disks[a].Model", "drives[a;b].Model", "drives[a"};

	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		struct query_request q = {.limit = 1};
		struct query_page page;
		struct err err = ERR_INIT;
		must(query_add_filter(&q, wrong[i], "x", &err), &err);
		assert_int_equal(query_run(db, &collection_hosts, &q, NULL, &page, &err),
				 -ERR_FIELD_UNKNOWN);
	}
}

static void test_faults_by_vendor_part_number_and_delivery(void **state)
{
	struct db *db = ((struct store_fixture *)*state)->db;
	struct truth t;
	int64_t all = 0, bad = 0;

	make_year(db, &t);
	for (int i = 0; i < N_HOSTS; i++) {
		all += t.hosts[i].failures;
		bad += i % 20 < 3 ? t.hosts[i].failures : 0;
	}
	autojson json_t *by = sums(db, &collection_faults, "", "PartNumber", NULL, NULL);
	assert_int_equal(number(group(by, "PartNumber", "BADLOT"), NULL, "count"), bad);
	assert_int_equal(number(by, "total", "count"), all);
	autojson json_t *racks = sums(db, &collection_faults, "sku=k1", "rack", NULL, NULL);
	assert_int_equal(number(racks, "total", "count"), all);
}

static void test_where_is_a_serial_now_and_then(void **state)
{
	struct db *db = ((struct store_fixture *)*state)->db;
	struct err err = ERR_INIT;
	struct truth t;

	make_year(db, &t);
	int64_t march_us = t.now_us;
	later(&t, DAY_US);
	autojson json_t *doc = json_loads(
		"{\"drives\":[{\"Slot\":\"bay7\",\"SerialNumber\":\"DA005\","
		"\"Model\":\"MA\",\"Manufacturer\":\"Alpha\",\"PartNumber\":"
		"\"PN-A\"}]}",
		0, NULL);
	assert_non_null(doc);
	must(facts_store(db, 8, doc, later(&t, US), NULL, &err), &err);
	autojson json_t *now = list(db, &collection_placements, "SerialNumber=DA005", NULL, 0);
	autojson json_t *then = list(db, &collection_placements, "SerialNumber=DA005", NULL,
				     march_us);
	assert_int_equal(json_array_size(now), 1);
	assert_string_equal(json_string_value(json_object_get(json_array_get(now, 0), "slot")),
			    "bay7");
	assert_string_equal(json_string_value(json_object_get(json_array_get(then, 0), "slot")),
			    "bay0");
}

static void test_one_hosts_diff(void **state)
{
	struct db *db = ((struct store_fixture *)*state)->db;
	struct err err = ERR_INIT;
	struct truth t;
	autojson json_t *one = NULL;
	autojson json_t *rack = NULL;
	struct query_request of = {.limit = 1000}, of_rack = {.limit = 1000};

	make_year(db, &t);
	must(query_add_filter(&of, "serial", "SN-007", &err), &err);
	must(query_add_filter(&of_rack, "rack", "r01", &err), &err);
	const struct difference_span span = {BEGIN + DAY_US, t.now_us, 0};
	must(difference_of_hosts(db, &of, &span, &one, &err), &err);
	must(difference_of_hosts(db, &of_rack, &span, &rack, &err), &err);
	assert_int_equal(json_array_size(json_object_get(one, "items")), 1);
	const json_t *fields = json_object_get(json_array_get(json_object_get(one, "items"), 0),
					       "fields");
	assert_non_null(json_object_get(fields, "state"));
	assert_int_equal(json_array_size(json_object_get(rack, "items")), 10);
}

static void test_a_ticket_list(void **state)
{
	struct db *db = ((struct store_fixture *)*state)->db;
	struct err err = ERR_INIT;
	struct truth t;
	autojson json_t *answer = NULL;
	autojson json_t *serials = json_array();

	make_year(db, &t);
	for (int i = 0; i < 200; i++) { /* of which the fleet has 60 */
		autofree char *serial = xasprintf(" SN-%03d ", i);
		(void)json_array_append_new(serials, json_string(serial));
	}
	autojson json_t *ask = json_pack("{s:O, s:[s,s], s:[s], s:[s,s]}", "serials", serials,
					 "macs", "5254.0000.0204", "52-54-00-00-FF-FF", "tags",
					 "AT-009", "values", "AT-010", "525400000205");
	must(host_search(db, ask, NULL, &answer, &err), &err);
	assert_int_equal(json_array_size(json_object_get(answer, "items")), N_HOSTS + 4);
	assert_int_equal(json_array_size(json_object_get(answer, "unmatched")), 140 + 1);
	const json_t *by_mac = json_array_get(json_object_get(answer, "items"), N_HOSTS);
	assert_string_equal(json_string_value(json_object_get(by_mac, "serial")), "SN-004");
	assert_string_equal(json_string_value(json_object_get(by_mac, "rack")), "r00");
}

static void test_a_wrong_list_is_refused(void **state)
{
	struct db *db = ((struct store_fixture *)*state)->db;

	static const struct {
		const char *ask, *fields;
		int error;
	} rows[] = {
		{"{}", NULL, ERR_GUARD_SELECTOR},
		{"{\"serials\":[]}", NULL, ERR_GUARD_SELECTOR},
		{"{\"serials\":[7]}", NULL, ERR_FIELD_TYPE},
		{"{\"serials\":\"SN-1\"}", NULL, ERR_FIELD_TYPE},
		{"{\"values\":[\"x\"]}", "none", 0},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct err err = ERR_INIT;
		autojson json_t *answer = NULL;
		autojson json_t *ask = json_loads(rows[i].ask, 0, NULL);
		assert_int_equal(host_search(db, ask, rows[i].fields, &answer, &err),
				 -rows[i].error);
	}
	struct err err = ERR_INIT;
	autojson json_t *answer = NULL;
	autojson json_t *many = json_array();
	for (int i = 0; i <= HOST_SEARCH_MAX; i++)
		(void)json_array_append_new(many, json_string("x"));
	autojson json_t *ask = json_pack("{s:O}", "macs", many);
	assert_int_equal(host_search(db, ask, NULL, &answer, &err), -ERR_TOO_BIG);
}

/* Each is one list: how many rows it has, in numbers that the truth gives. */
static void test_one_list_each(void **state)
{
	struct db *db = ((struct store_fixture *)*state)->db;
	struct truth t;
	size_t wrong = 0, old_on_a = 0;

	make_year(db, &t);
	for (int i = 0; i < N_HOSTS; i++) {
		wrong += t.hosts[i].wrong_port;
		old_on_a += t.hosts[i].old_firmware_on_a;
	}
	const struct {
		const struct collection *c;
		const char *filters;
		size_t expected;
	} rows[] = {
		{&collection_hosts, "switch.name=sw1", N_HOSTS},
		{&collection_hosts, "switch.name=sw1&switch.port=Eth99", wrong},
		{&collection_hosts, "switch.name=sw2", 0},
		{&collection_hosts, "mac=52-54-00-00-02-04,5254.0000.0205", 2},
		{&collection_parts, "Model=MA&FirmwareVersion<10", old_on_a},
		{&collection_parts, "SerialNumber=DA005", 1},
		{&collection_faults, "SerialNumber=DB000", 2},
		{&collection_events, "to=failed&day>=2026-01-01&day<2026-01-06", 2},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (count(db, rows[i].c, rows[i].filters) != rows[i].expected)
			fail_msg("%s: %zu rows, expected %zu", rows[i].filters,
				 count(db, rows[i].c, rows[i].filters), rows[i].expected);
	/* the one that has waited longest, and the ports of a switch with what is behind them */
	autojson json_t *ready = list(db, &collection_hosts, "state=ready", "state_since", 0);
	assert_string_equal(json_string_value(json_object_get(json_array_get(ready, 0), "serial")),
			    "SN-000");
	autojson json_t *ports = list(db, &collection_hosts, "switch.name=sw1", "serial", 0);
	const json_t *macs = json_object_get(json_array_get(ports, 4), "macs");
	assert_string_equal(json_string_value(json_array_get(macs, 0)), "52:54:00:00:02:04");
}

static void test_counts_by_rack_and_sku_a_week_ago(void **state)
{
	struct db *db = ((struct store_fixture *)*state)->db;
	struct err err = ERR_INIT;
	struct truth t;
	autofree char *text = NULL;

	make_year(db, &t);
	struct query_request q = {.at_us = t.hosts[34].ready_us + DAY_US};
	const struct summary_request what = {.group_by = "rack,sku"};
	must(query_add_filter(&q, "state", "ready", &err), &err);
	must(query_summary(db, &collection_hosts, &q, &what, &text, &err), &err);
	autojson json_t *doc = json_loads(text, 0, NULL);
	assert_int_equal(number(group(doc, "rack", "r02"), NULL, "count"), 10);
	assert_int_equal(number(group(doc, "rack", "r03"), NULL, "count"), 5);
	assert_null(group(doc, "rack", "r04"));
	assert_int_equal(number(doc, "total", "count"), 35);
}

static void test_faults_by_vendor(void **state)
{
	struct db *db = ((struct store_fixture *)*state)->db;
	struct truth t;
	int64_t of_beta = 0, all = 0;

	make_year(db, &t);
	for (int i = 0; i < N_HOSTS; i++) {
		all += t.hosts[i].failures;
		of_beta += t.hosts[i].lacks_drive ? 0 : t.hosts[i].failures;
	}
	autojson json_t *by = sums(db, &collection_faults, "", "Manufacturer", NULL, NULL);
	assert_int_equal(number(group(by, "Manufacturer", "Beta"), NULL, "count"), of_beta);
	assert_int_equal(number(by, "total", "count"), all);
}

/* Two hosts that run report one drive; then all that one of them ever held, and all that changed. */
static void test_a_part_in_two_hosts(void **state)
{
	struct db *db = ((struct store_fixture *)*state)->db;
	struct err err = ERR_INIT;
	struct truth t;
	int64_t cursor = 0, last_us = 0, id = 0;
	const struct summary_more twice = {.min_count = 2};
	size_t i;
	json_t *one;

	make_year(db, &t);
	must(db_last_tick(db, &cursor, &last_us, &err), &err);
	size_t before = count(db, &collection_events, "host_id=*");
	report(db, &t, 0);
	autojson json_t *doc = json_loads(
		"{\"drives\":[{\"Slot\":\"bay0\",\"SerialNumber\":\"DA000\",\"Model\":\"MA\","
		"\"Manufacturer\":\"Alpha\",\"PartNumber\":\"PN-A\",\"Revision\":\"10\"}]}",
		0, NULL);
	must(facts_store(db, 2, doc, later(&t, US), NULL, &err), &err);
	autojson json_t *both = sums(db, &collection_parts, "type=drive&SerialNumber=*",
				     "SerialNumber", NULL, &twice);
	assert_int_equal(json_array_size(json_object_get(both, "items")), 1);
	assert_int_equal(number(group(both, "SerialNumber", "DA000"), NULL, "count"), 2);

	struct query_request ever = {.limit = 1000, .all_times = true};
	struct query_page page;
	autojson json_t *host = list(db, &collection_hosts, "serial=SN-001", NULL, 0);
	const char *code = json_string_value(
		json_object_get(json_array_get(host, 0), "short_code"));
	must(query_add_filter(&ever, "host", code, &err), &err);
	must(query_add_filter(&ever, "type", "drive", &err), &err);
	must(query_run(db, &collection_placements, &ever, NULL, &page, &err), &err);
	assert_int_equal(page.n, t.hosts[1].lacks_drive ? 2 : 3); /* DA001, DB001, DA000 */
	query_page_done(&page);

	autofree char *since = xasprintf("id>%lld", (long long)cursor);
	autojson json_t *changes = list(db, &collection_events, since, NULL, 0);
	assert_true(json_array_size(changes) > 0);
	assert_int_equal(json_array_size(changes),
			 count(db, &collection_events, "host_id=*") - before);
	json_array_foreach (changes, i, one) {
		assert_true(number(one, NULL, "id") > (i ? id : cursor));
		id = number(one, NULL, "id");
	}
}

static void test_percentiles_are_of_nearest_rank(void **state)
{
	struct db *db = ((struct store_fixture *)*state)->db;
	struct truth t;
	const struct summary_more more = {.fields = {[MEASURE_P50] = "MemoryMiB",
						     [MEASURE_P90] = "MemoryMiB",
						     [MEASURE_P99] = "MemoryMiB",
						     [MEASURE_MIN] = "MemoryMiB"}};

	make_year(db, &t);
	/* 15 hosts each of 1, 2, 3 and 4 GiB */
	autojson json_t *all = sums(db, &collection_hosts, "", NULL, NULL, &more);
	assert_int_equal(number(json_object_get(all, "total"), "p50", "MemoryMiB"), 2048);
	assert_int_equal(number(json_object_get(all, "total"), "p90", "MemoryMiB"), 4096);
	assert_int_equal(number(json_object_get(all, "total"), "min", "MemoryMiB"), 1024);
	autojson json_t *racks = sums(db, &collection_hosts, "", "rack", NULL, &more);
	assert_int_equal(number(group(racks, "rack", "r00"), "p99", "MemoryMiB"), 4096);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, store_setup, store_teardown)
	static const struct CMUnitTest tests[] = {
		T(test_ready_by_rack_now_and_earlier),
		T(test_what_lacks_and_what_is_plugged_wrong),
		T(test_a_written_location_refreshes_its_hosts),
		T(test_failed_twice_and_time_in_states),
		T(test_sums_of_events_by_day_and_month),
		T(test_conditions_on_one_part),
		T(test_a_wrong_label_is_refused),
		T(test_faults_by_vendor_part_number_and_delivery),
		T(test_where_is_a_serial_now_and_then),
		T(test_one_hosts_diff),
		T(test_a_ticket_list),
		T(test_a_wrong_list_is_refused),
		T(test_one_list_each),
		T(test_counts_by_rack_and_sku_a_week_ago),
		T(test_faults_by_vendor),
		T(test_a_part_in_two_hosts),
		T(test_percentiles_are_of_nearest_rank),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
