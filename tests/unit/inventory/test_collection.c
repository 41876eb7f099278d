/* SPDX-License-Identifier: Apache-2.0 */
/* Filters, sorting, stable paging, the past, sums, exports. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include <base/json.h>
#include <base/limits.h>
#include <inventory/collection.h>
#include <inventory/facts.h>
#include <inventory/identity.h>
#include <inventory/run.h>

#include "store_fixture.h"

#define US      1000000LL
#define N_HOSTS 20

static void must(int r, const struct err *err)
{
	if (r < 0)
		fail_msg("%s (%s)", err->msg, err_name(err->code));
}

/* Host i: serial SN-00i, i % 4 gives the state, i % 3 the memory, one drive of a model by i % 2. */
static void make_host(struct db *db, int i)
{
	static const char *const states[] = {"ready", "testing", "failed", "ready"};
	char mac[18], serial[16];
	struct err err = ERR_INIT;

	(void)snprintf(mac, sizeof(mac), "52:54:00:00:01:%02x", (unsigned)i);
	(void)snprintf(serial, sizeof(serial), "SN-%03d", i);
	const char *macs[] = {mac};
	struct host_evidence e = {.macs = macs, .n_macs = 1, .system_serial = serial};
	struct host_birth birth = {.state = states[i % 4]};
	struct identity who;
	must(identity_resolve(db, &e, &birth, (100 + i) * US, &who, &err), &err);
}

static void report(struct db *db, int i)
{
	char mac[18], serial[16];
	struct err err = ERR_INIT;

	(void)snprintf(mac, sizeof(mac), "52:54:00:00:01:%02x", (unsigned)i);
	(void)snprintf(serial, sizeof(serial), "SN-%03d", i);
	autojson json_t *doc = json_pack(
		"{s:{s:i,s:[{s:s,s:i,s:s,s:s,s:s}]}, s:[{s:s,s:s,s:s,s:I}], "
		"s:[{s:s,s:s,s:b,s:i}]}",
		"memory", "TotalMiB", 1024 << (i % 3), "modules", "DeviceLocator", "A1",
		"CapacityMiB", 1024 << (i % 3), "Manufacturer", "Micron", "PartNumber", "MTA",
		"SerialNumber", serial, "drives", "Name", "sda", "SerialNumber", serial, "Model",
		i % 2 ? "Odd" : "Even, \"x\"", "CapacityBytes", (json_int_t)1000000000, "nics",
		"Name", "eth0", "PermanentMACAddress", mac, "LinkUp", i % 2, "SpeedMbps",
		i % 2 ? 10000 : 1000);
	must(facts_store(db, i + 1, doc, (200 + i) * US, NULL, &err), &err);
}

static int fleet_setup(void **state)
{
	(void)store_setup(state);
	for (int i = 0; i < N_HOSTS; i++)
		make_host(((struct store_fixture *)*state)->db, i);
	for (int i = 0; i < N_HOSTS; i++)
		report(((struct store_fixture *)*state)->db, i);
	return 0;
}

static int64_t count_matches(struct db *db, const struct collection *c, const char *const *filters,
			     int *ret_error)
{
	struct query_request q = {.limit = 1, .total = true};
	struct query_page page;
	struct err err = ERR_INIT;
	char copies[8][128];

	for (size_t i = 0; filters[i]; i++) {
		(void)snprintf(copies[i], sizeof(copies[i]), "%s", filters[i]);
		char *eq = strchr(copies[i], '=');
		if (eq)
			*eq = '\0';
		must(query_add_filter(&q, copies[i], eq ? eq + 1 : NULL, &err), &err);
	}
	*ret_error = query_run(db, c, &q, NULL, &page, &err);
	if (*ret_error < 0)
		return -1;
	int64_t n = page.total;
	query_page_done(&page);
	return n;
}

static void test_filters(void **state)
{
	struct db *db = ((struct store_fixture *)*state)->db;

	static const struct {
		const char *filters[4];
		int64_t expect;
		int error;
	} cases[] = {
		{{NULL}, 20, 0},
		{{"state=ready"}, 10, 0},
		{{"state=ready,failed"}, 15, 0},
		{{"state=ready", "state=failed"}, 15, 0},
		{{"state!=ready"}, 10, 0},
		{{"state!=ready,failed"}, 5, 0},
		{{"serial=SN-00*"}, 10, 0},
		{{"serial!=SN-00*"}, 10, 0},
		{{"serial=SN-007"}, 1, 0},
		{{"MemoryMiB>=2048"}, 13, 0},
		{{"MemoryMiB>2048"}, 6, 0},
		{{"MemoryMiB<2048"}, 7, 0},
		{{"memory.CapacityMiB>=2048", "memory.CapacityMiB<=2048"}, 7, 0},
		{{"state=ready", "MemoryMiB>=2048", "serial=SN-0*"}, 6, 0},
		{{"cores="}, 20, 0},
		{{"delivery="}, 20, 0},
		{{"delivery!="}, 0, 0},
		{{"delivery=*"}, 0, 0},
		{{"serial=*"}, 20, 0},
		{{"serial!=*"}, 0, 0},
		{{"drives.Model=*"}, 20, 0},
		{{"drives.Model=Odd"}, 10, 0},
		{{"drives.Model!=Odd"}, 10, 0},
		{{"drives.CapacityBytes>=1000000000"}, 20, 0},
		{{"memory.Manufacturer=Micron"}, 20, 0},
		{{"memory.modules.CapacityMiB>=4096"}, 6, 0},
		{{"nics.LinkUp=true"}, 10, 0},
		{{"nics.SpeedMbps>=10000"}, 10, 0},
		{{"nics.SpeedMbps=1000"}, 10, 0},
		{{"nics.Name=eth0", "state=ready"}, 10, 0},
		{{"macs=52:54:00:00:01:0A"}, 1, 0},
		{{"macs=52-54-00-00-01-0A"}, 1, 0},
		{{"macs=5254.0000.010A,52540000010b"}, 2, 0},
		{{"macs=52:54:00:00:01:0A,"}, 1, 0},
		{{"created>=1970-01-01T00:01:50Z"}, 10, 0},
		{{"weak=false"}, 20, 0},
		{{"serial=' OR ''='"}, 0, 0},
		{{"serial=%"}, 0, 0},
		{{"nonsense=1"}, 0, -ERR_FIELD_UNKNOWN},
		{{"t.serial=1"}, 0, -ERR_FIELD_UNKNOWN},
		{{"drives.x');--=1"}, 0, -ERR_FIELD_UNKNOWN},
		{{"=1"}, 0, -ERR_FIELD_UNKNOWN},
		{{"MemoryMiB=lots"}, 0, -ERR_INVALID},
		{{"MemoryMiB>="}, 0, -ERR_INVALID},
		{{"MemoryMiB=99999999999999999999"}, 0, -ERR_INVALID},
		{{"created>=yesterday"}, 0, -ERR_INVALID},
		{{"weak=maybe"}, 0, -ERR_INVALID},
		{{"state"}, 0, -ERR_INVALID},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		int error = 0;
		int64_t n = count_matches(db, &collection_hosts, cases[i].filters, &error);
		if (error != cases[i].error || (error == 0 && n != cases[i].expect))
			fail_msg("%s: %lld, error %s",
				 cases[i].filters[0] ? cases[i].filters[0] : "(none)", (long long)n,
				 err_name(-error));
	}
}

/* q= is blind to case and takes no wildcards; the rows of a host are found by its short code, now
 * and in the past. */
static void test_search(void **state)
{
	struct db *db = ((struct store_fixture *)*state)->db;
	struct err err = ERR_INIT;
	struct host h;

	must(host_get(db, 1, &h, &err), &err);
	const struct {
		const struct collection *of;
		const char *word;
		int64_t at_us;
		size_t expect;
	} cases[] = {
		{&collection_hosts, "sn-01", 0, 10},
		{&collection_hosts, "READY", 0, 10},
		{&collection_hosts, "SN-0__", 0, 0},
		{&collection_hosts, "%", 0, 0},
		{&collection_parts, "odd", 0, 10},
		{&collection_parts, h.short_code, 0, 3},
		{&collection_parts, h.short_code, 150 * US, 0},
		{&collection_parts, h.short_code, 200 * US, 3},
		{&collection_placements, h.short_code, 0, 3},
		{&collection_events, h.short_code, 0, 2},
		{&collection_receipts, h.short_code, 0, 0},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct query_request q = {
			.limit = 100, .search = cases[i].word, .at_us = cases[i].at_us};
		struct query_page page;
		must(query_run(db, cases[i].of, &q, NULL, &page, &err), &err);
		if (page.n != cases[i].expect)
			fail_msg("%s?q=%s: %zu, not %zu", cases[i].of->name, cases[i].word, page.n,
				 cases[i].expect);
		query_page_done(&page);
	}
}

static void test_every_collection_answers(void **state)
{
	struct db *db = ((struct store_fixture *)*state)->db;

	for (size_t i = 0; i < n_collections; i++) {
		struct query_request q = {
			.limit = 5, .total = true, .search = "a_%", .at_us = 150 * US};
		struct query_page page;
		struct err err = ERR_INIT;
		must(query_run(db, collections[i], &q, NULL, &page, &err), &err);
		autojson json_t *doc = json_loads(page.items.p, 0, NULL);
		if (!json_is_array(doc))
			fail_msg("%s: %s", collections[i]->name, page.items.p);
		query_page_done(&page);
		q.at_us = 0;
		q.search = NULL;
		q.total = false;
		must(query_run(db, collections[i], &q, NULL, &page, &err), &err);
		query_page_done(&page);
		for (size_t f = 0; f < collections[i]->n_fields; f++) {
			const struct collection_field *field = &collections[i]->fields[f];
			q.sort = field->flags & FIELD_IS_SORT ? field->name : NULL;
			q.fields = field->name;
			must(query_run(db, collections[i], &q, NULL, &page, &err), &err);
			query_page_done(&page);
		}
	}
}

static void set_state(struct db *db, int64_t num, const char *name)
{
	struct err err = ERR_INIT;
	struct host_state_change c = {.state = name};

	must(host_set_state(db, num, &c, 1000 * US, NULL, &err), &err);
}

/* Walk all pages; between pages every host changes its state and its place in the order. */
static void walk(struct db *db, const char *sort)
{
	char cursor[QUERY_CURSOR_MAX_BYTES] = "";
	bool seen[N_HOSTS] = {false};
	size_t total = 0;
	int round = 0;

	do {
		struct query_request q = {
			.limit = 3, .sort = sort, .cursor = cursor, .fields = "serial,state"};
		struct query_page page;
		struct err err = ERR_INIT;
		must(query_add_filter(&q, "state!", "nothing", &err), &err);
		must(query_run(db, &collection_hosts, &q, NULL, &page, &err), &err);
		autojson json_t *doc = json_loads(page.items.p, 0, NULL);
		size_t i;
		json_t *h;
		json_array_foreach (doc, i, h) {
			uint64_t n = 0;
			const char *serial = json_string_value(json_object_get(h, "serial"));
			n = (uint64_t)(serial[4] - '0') * 10 + (uint64_t)(serial[5] - '0');
			if (seen[n])
				fail_msg("%s: %s came twice", sort, serial);
			seen[n] = true;
			total++;
		}
		(void)str_copy(cursor, sizeof(cursor), page.next);
		query_page_done(&page);
		for (int64_t num = 1; num <= N_HOSTS; num++)
			set_state(db, num, (num + round) % 2 ? "aaa" : "zzz");
		round++;
	} while (cursor[0]);
	if (total != N_HOSTS)
		fail_msg("%s: %zu of %d", sort ? sort : "(none)", total, N_HOSTS);
}

static void test_pages_neither_skip_nor_repeat(void **state)
{
	struct db *db = ((struct store_fixture *)*state)->db;
	static const char *const sorts[] = {
		NULL,    "state",       "-state", "state,-serial", "-MemoryMiB,state",
		"cores", "state_since", "-serial"};

	for (size_t i = 0; i < ARRAY_LEN(sorts); i++)
		walk(db, sorts[i]);
}

static void test_cursors_are_checked(void **state)
{
	struct db *db = ((struct store_fixture *)*state)->db;
	struct query_request q = {.limit = 3, .sort = "serial"};
	struct query_page page, other;
	struct err err = ERR_INIT;

	must(query_run(db, &collection_hosts, &q, NULL, &page, &err), &err);
	assert_string_not_equal(page.next, "");
	char tampered[QUERY_CURSOR_MAX_BYTES];
	(void)str_copy(tampered, sizeof(tampered), page.next);
	const char *bad[] = {"x", "00", "7b7d", page.next + 2, tampered};
	tampered[10] = tampered[10] == '0' ? '1' : '0';
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		q.cursor = bad[i];
		int r = query_run(db, &collection_hosts, &q, NULL, &other, &err);
		if (r == 0)
			query_page_done(&other);
		else
			assert_int_equal(r, -ERR_INVALID);
		if (i < 4)
			assert_int_equal(r, -ERR_INVALID);
	}
	char *at = strstr(page.next, "2261223a"); /* hex of "a": */
	assert_non_null(at);
	autofree char *future = xasprintf(
		"%.*s39393939393939393939393939393939%s", (int)(at - page.next) + 8, page.next,
		strstr(at, "2c")); /* 9,999,999,999,999,999 us: the year 2286 */
	q.cursor = future;
	assert_int_equal(query_run(db, &collection_hosts, &q, NULL, &other, &err), -ERR_INVALID);
	assert_non_null(strstr(err.msg, "newer than this store"));
	q.cursor = page.next;
	q.sort = "-serial"; /* of another question */
	assert_int_equal(query_run(db, &collection_hosts, &q, NULL, &other, &err), -ERR_INVALID);
	q.sort = "serial";
	must(query_run(db, &collection_hosts, &q, NULL, &other, &err), &err);
	query_page_done(&other);
	query_page_done(&page);
	q.cursor = NULL;
	q.limit = 1001;
	assert_int_equal(query_run(db, &collection_hosts, &q, NULL, &page, &err), -ERR_FIELD_RANGE);
	q.limit = 1;
	q.sort = "serial,drop";
	assert_int_equal(query_run(db, &collection_hosts, &q, NULL, &page, &err),
			 -ERR_FIELD_UNKNOWN);
	q.sort = NULL;
	q.fields = "serial,nope";
	assert_int_equal(query_run(db, &collection_hosts, &q, NULL, &page, &err),
			 -ERR_FIELD_UNKNOWN);
}

static void test_the_past(void **state)
{
	struct db *db = ((struct store_fixture *)*state)->db;
	int error = 0;
	static const char *const ready[] = {"state=ready", NULL};

	assert_int_equal(count_matches(db, &collection_hosts, ready, &error), 10);
	for (int64_t num = 1; num <= N_HOSTS; num++)
		set_state(db, num, "retired");
	assert_int_equal(count_matches(db, &collection_hosts, ready, &error), 0);
	static const struct {
		int64_t at_us;
		int64_t hosts, ready, parts;
	} cases[] = {
		{50 * US, 0, 0, 0},
		{104 * US + 10, 5, 3, 0},
		{999 * US, 20, 10, 60},
		{2000 * US, 20, 0, 60},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct query_request q = {.limit = 1, .total = true, .at_us = cases[i].at_us};
		struct query_page page;
		struct err err = ERR_INIT;
		must(query_run(db, &collection_hosts, &q, NULL, &page, &err), &err);
		assert_int_equal(page.total, cases[i].hosts);
		query_page_done(&page);
		must(query_run(db, &collection_placements, &q, NULL, &page, &err), &err);
		assert_int_equal(page.total, cases[i].parts);
		query_page_done(&page);
		must(query_add_filter(&q, "state", "ready", &err), &err);
		must(query_run(db, &collection_hosts, &q, NULL, &page, &err), &err);
		assert_int_equal(page.total, cases[i].ready);
		query_page_done(&page);
	}
}

/* Columns that a later version added come before until_us in the table and after it in the history. */
static void test_the_past_has_each_value_in_its_column(void **state)
{
	static const struct {
		int64_t at_us;
		const char *rma;
	} rows[] = {{15000 * US, ""}, {25000 * US, "RMA-2"}, {0, "RMA-2"}};
	struct db *db = ((struct store_fixture *)*state)->db;
	const struct fault_draft draft = {.host_num = 1,
					  .code = "disk-read-error",
					  .part_serial = "S1",
					  .slot = "Bay 1",
					  .certainty = "certain"};
	static const struct fault_edit edit = {.rma = "RMA-2", .revision = -1};
	struct err err = ERR_INIT;
	char id[37];

	must(fault_open(db, &draft, "test", 10000 * US, id, &err), &err);
	must(fault_edit(db, id, &edit, "test", 20000 * US, &err), &err);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct query_request q = {.limit = 9, .at_us = rows[i].at_us};
		struct query_page page;
		must(query_add_filter(&q, "id", id, &err), &err);
		must(query_run(db, &collection_faults, &q, NULL, &page, &err), &err);
		autojson json_t *list = json_loads(page.items.p, 0, NULL);
		const json_t *fault = json_array_get(list, 0);
		const char *rma = json_string_value(json_object_get(fault, "rma"));
		assert_string_equal(rma ? rma : "", rows[i].rma); /* what is empty is left out */
		assert_string_equal(json_string_value(json_object_get(fault, "certainty")),
				    "certain");
		query_page_done(&page);
	}
}

static void test_host_object(void **state)
{
	struct db *db = ((struct store_fixture *)*state)->db;
	struct query_request q = {.limit = 1};
	struct query_page page;
	struct err err = ERR_INIT;

	must(query_add_filter(&q, "serial", "SN-003", &err), &err);
	must(query_run(db, &collection_hosts, &q, NULL, &page, &err), &err);
	autojson json_t *doc = json_loads(page.items.p, JSON_REJECT_DUPLICATES, NULL);
	const json_t *h = json_array_get(doc, 0);
	assert_non_null(h);
	assert_string_equal(json_string_value(json_object_get(h, "state")), "ready");
	assert_int_equal(json_integer_value(json_object_get(h, "MemoryMiB")), 1024);
	assert_int_equal(json_array_size(json_object_get(h, "macs")), 1);
	assert_int_equal(json_array_size(json_object_get(h, "drives")), 1);
	assert_null(json_object_get(h, "asset_tag")); /* unknown is left out */
	assert_string_equal(json_string_value(json_object_get(h, "created")),
			    "1970-01-01T00:01:43.000001Z");
	query_page_done(&page);
	q.fields = "macs";
	must(query_run(db, &collection_hosts, &q, NULL, &page, &err), &err);
	assert_string_equal(page.items.p, "[{ \"macs\":[\"52:54:00:00:01:03\"]}]");
	query_page_done(&page);
}

static void test_summary(void **state)
{
	struct db *db = ((struct store_fixture *)*state)->db;
	struct query_request q = {0};
	struct err err = ERR_INIT;
	autofree char *text = NULL;
	struct summary_request what = {.group_by = "state", .sum = "MemoryMiB,StorageBytes"};

	must(query_summary(db, &collection_hosts, &q, &what, &text, &err), &err);
	autojson json_t *doc = json_loads(text, 0, NULL);
	json_t *items = json_object_get(doc, "items");
	assert_int_equal(json_array_size(items), 3);
	assert_string_equal(json_string_value(json_object_get(json_array_get(items, 0), "state")),
			    "failed");
	json_t *total = json_object_get(doc, "total");
	assert_int_equal(json_integer_value(json_object_get(total, "count")), N_HOSTS);
	assert_true(json_integer_value(json_object_get(json_object_get(total, "sum"),
						       "StorageBytes")) == N_HOSTS * 1000000000LL);
	char *none = NULL;
	what = (struct summary_request){.group_by = "serial"};
	assert_int_equal(query_summary(db, &collection_hosts, &q, &what, &none, &err),
			 -ERR_FIELD_UNKNOWN);
	what = (struct summary_request){.group_by = "state", .sum = "name"};
	assert_int_equal(query_summary(db, &collection_hosts, &q, &what, &none, &err),
			 -ERR_FIELD_UNKNOWN);
}

/* Hosts 1 to 20 are ready, testing, failed, ready, and so on (make_host()). */
static void test_capacity(void **state)
{
	struct db *db = ((struct store_fixture *)*state)->db;
	static const struct capacity_words words = {"expected,retired", "ready,in-service",
						    "in-service"};

	static const struct {
		const char *what, *sql;
		const char *filter, *value;
		int64_t counts[4];
	} cases[] = {
		{"as made", NULL, NULL, NULL, {20, 10, 0, 0}},
		{"two are gone",
		 "UPDATE host SET state = 'retired' WHERE num IN (1, 2)",
		 NULL,
		 NULL,
		 {18, 9, 0, 0}},
		{"a fault", "UPDATE host SET faults = 1 WHERE num = 4", NULL, NULL, {18, 8, 0, 0}},
		{"a doubt",
		 "UPDATE host SET review = 'twin' WHERE num = 5",
		 NULL,
		 NULL,
		 {18, 7, 0, 0}},
		{"reserved, one of them failed, one gone",
		 "UPDATE host SET reserved_for = 'ml' WHERE num IN (2, 3, 8)",
		 NULL,
		 NULL,
		 {18, 7, 2, 0}},
		{"at work, reserved or not",
		 "UPDATE host SET state = 'in-service' WHERE num IN (8, 9)",
		 NULL,
		 NULL,
		 {18, 7, 2, 2}},
		{"a filter of the asker's narrows all", NULL, "state", "failed", {5, 0, 1, 0}},
		{"and cannot widen one", NULL, "state", "retired", {0, 0, 0, 0}},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct query_request q = {0};
		struct summary_request what = {.group_by = "state", .capacity = &words};
		struct err err = ERR_INIT;
		autofree char *text = NULL;
		if (cases[i].sql)
			must(db_exec_n(db, cases[i].sql, NULL, 0, NULL, &err), &err);
		if (cases[i].filter)
			must(query_add_filter(&q, cases[i].filter, cases[i].value, &err), &err);
		must(query_summary(db, &collection_hosts, &q, &what, &text, &err), &err);
		autojson json_t *doc = json_loads(text, 0, NULL);
		autofree char *got = json_text(json_object_get(doc, "capacity"));
		autofree char *want = xasprintf(
			"{\"active\":%lld,\"delivered\":%lld,\"healthy\":%lld,\"reserved\":%lld}",
			(long long)cases[i].counts[3], (long long)cases[i].counts[0],
			(long long)cases[i].counts[1], (long long)cases[i].counts[2]);
		if (!str_eq(got, want))
			fail_msg("%s: %s, not %s", cases[i].what, got, want);
		assert_non_null(json_object_get(json_array_get(json_object_get(doc, "items"), 0),
						"capacity"));
	}
}

static size_t count_lines(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += *text == '\n';
	return n;
}

static void test_exports(void **state)
{
	struct store_fixture *f = *state;

	static const struct {
		enum export_format format;
		size_t lines;
		const char *begin;
	} cases[] = {
		{EXPORT_NDJSON, N_HOSTS, "{\"id\":"},
		{EXPORT_CSV, N_HOSTS + 1, "id,name,short_code,state,"},
		{EXPORT_NETBOX, N_HOSTS + 1, "name,role,manufacturer,device_type,serial,"},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct db *reader = NULL;
		struct export_run *e = NULL;
		struct query_request q = {0};
		struct err err = ERR_INIT;
		autostr struct str out;
		str_init(&out, 16 * MIB);
		must(db_open(f->url, DB_READONLY, &reader, &err), &err);
		must(export_new(reader, &collection_hosts, &q, cases[i].format, &e, &err), &err);
		set_state(f->db, 1, i % 2 ? "p" : "q"); /* a snapshot does not see this */
		int r;
		while ((r = export_next(e, &out, &err)) == 1)
			;
		must(r, &err);
		export_free(e);
		assert_int_equal(count_lines(out.p), cases[i].lines);
		assert_true(str_starts(out.p, cases[i].begin));
	}
}

static char *export_text(struct store_fixture *f, const struct collection *c,
			 const struct query_request *q, enum export_format format)
{
	struct db *reader = NULL;
	struct export_run *e = NULL;
	struct err err = ERR_INIT;
	struct str out;
	int r;

	str_init(&out, 16 * MIB);
	must(db_open(f->url, DB_READONLY, &reader, &err), &err);
	must(export_new(reader, c, q, format, &e, &err), &err);
	while ((r = export_next(e, &out, &err)) == 1)
		;
	must(r, &err);
	export_free(e);
	return str_take(&out);
}

/* CSV has the columns that were asked for, in that order, lists among them. */
static void test_csv_has_the_columns_asked_for(void **state)
{
	static const struct {
		const char *fields, *begin;
	} cases[] = {
		{"serial,macs,state", "serial,macs,state\r\nSN-000,52:54:00:00:01:00,"},
		{"macs,serial", "macs,serial\r\n52:54:00:00:01:00,SN-000\r\n"},
		{"image.version,serial,image.line",
		 "image.version,serial,image.line\r\n,SN-000,\r\n"},
		{"serial,serial", "serial\r\nSN-000\r\n"},
		{"drives,serial", "drives,serial\r\n\"[{\"\""},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct query_request q = {.fields = cases[i].fields};
		autofree char *text = export_text(*state, &collection_hosts, &q, EXPORT_CSV);
		if (!str_starts(text, cases[i].begin))
			fail_msg("%s: %.120s", cases[i].fields, text);
	}
}

/* More rows than a piece, of filters, of joined hosts and of the past. */
static void test_filtered_exports_are_whole(void **state)
{
	struct store_fixture *f = *state;
	struct err err = ERR_INIT;

	static const struct {
		const char *key, *value;
		size_t lines;
	} cases[] = {{"type", "memory", 600},
		     {"type", "nic", 0},
		     {"PartNumber", "P1", 300},
		     {"host", "", 600}};

	must(db_exec(f->db, &err, "DELETE FROM placement"), &err);
	must(db_exec(f->db, &err, "DELETE FROM part"), &err);
	for (int i = 0; i < 600; i++) {
		autofree char *key = xasprintf("k%d", i);
		must(db_exec(f->db, &err,
			     "INSERT INTO part (num, fru_key, type, manufacturer, part_number, "
			     "model, serial, wwn, firmware, protocol, media, health, first_us, "
			     "changed_us, revision) VALUES ($1, $2, 'memory', 'M', $3, '', $2, '', "
			     "'', '', '', 'ok', 1, 1, 1)",
			     p_int(i + 1), p_text(key), p_text(i % 2 ? "P1" : "P2")),
		     &err);
	}
	for (size_t i = 0; i < 2 * ARRAY_LEN(cases); i++) {
		struct query_request q = {.at_us = i % 2 ? 2 : 0};
		must(query_add_filter(&q, cases[i / 2].key, cases[i / 2].value, &err), &err);
		autofree char *text = export_text(f, &collection_parts, &q, EXPORT_NDJSON);
		if (count_lines(text) != cases[i / 2].lines)
			fail_msg("%s=%s: %zu lines", cases[i / 2].key, cases[i / 2].value,
				 count_lines(text));
	}
}

/* As many values as the page of filters promises, and one more. */
static void test_filters_hold_many_values(void **state)
{
	struct db *db = ((struct store_fixture *)*state)->db;

	static const struct {
		size_t keys, values;
		int error;
	} cases[] = {{1, 64, 0}, {1, 65, -ERR_TOO_BIG}, {8, 64, 0}, {9, 64, -ERR_TOO_BIG}};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct query_request q = {.limit = 10};
		struct query_page p;
		struct err err = ERR_INIT;
		autostr struct str list;
		str_init(&list, 4096);
		for (size_t k = 0; k < cases[i].values; k++)
			str_addf(&list, "%sSN-%03zu", k ? "," : "", k);
		for (size_t k = 0; k < cases[i].keys; k++)
			must(query_add_filter(&q, "serial", list.p, &err), &err);
		int r = query_run(db, &collection_hosts, &q, NULL, &p, &err);
		if (r != cases[i].error)
			fail_msg("%zu lists of %zu: %s", cases[i].keys, cases[i].values, err.msg);
		if (r >= 0)
			query_page_done(&p);
	}
}

int main(void)
{
#define F(name) cmocka_unit_test_setup_teardown(name, fleet_setup, store_teardown)
	static const struct CMUnitTest tests[] = {
		F(test_filters),
		F(test_search),
		F(test_every_collection_answers),
		F(test_pages_neither_skip_nor_repeat),
		F(test_cursors_are_checked),
		F(test_the_past),
		F(test_the_past_has_each_value_in_its_column),
		F(test_host_object),
		F(test_summary),
		F(test_capacity),
		F(test_exports),
		F(test_csv_has_the_columns_asked_for),
		F(test_filtered_exports_are_whole),
		F(test_filters_hold_many_values),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
