/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Odd questions with one right answer, the same on both stores: versions, unknown values, letters that
 * patterns use, commas, one part or several, times with offsets. Each answer is asked again page by
 * page, and as CSV.
 */
#include "tests/harness/check.h"

#include <stdio.h>
#include <string.h>

#include <base/json.h>
#include <base/limits.h>
#include <base/str.h>
#include <inventory/collection.h>
#include <inventory/expect.h>
#include <inventory/facts.h>
#include <inventory/identity.h>

#include "store_fixture.h"

#define US    1000000LL
#define BEGIN (1767225600 * US) /* 2026-01-01 */

static const struct {
	const char *serial, *bios, *name, *rack;
	int unit, memory_mib;
	const char *drives; /* facts */
} hosts[] = {
	{"SN-1", "2.9.0", "alpha", "r1", 1, 1024,
	 "[{\"Name\":\"sda\",\"SerialNumber\":\"D1\",\"Model\":\"X1\",\"Revision\":\"A07\"}]"},
	{"SN-2", "2.13.0", "Alpha", "r2", 2, 2048,
	 "[{\"Name\":\"sda\",\"SerialNumber\":\"D2\",\"Model\":\"X1\",\"Revision\":\"A10\"},"
	 "{\"Name\":\"sdb\",\"SerialNumber\":\"D3\",\"Model\":\"X2\",\"Revision\":\"A07\"}]"},
	{"sn-3", "1.10-rc1", NULL, "r1", 10, 0, "[]"},
	{"SN_4", "1.10", "a,b", NULL, 0, 4096, "[]"},
	{"SN%5", "U30 v2.68", "\xc3\xbcmlaut", NULL, 0, 0, "[]"},
	{"SN-6", NULL, NULL, NULL, 0, 512, "[]"},
};

static void must(int status, const struct err *err, const char *what)
{
	if (status < 0)
		fail_msg("%s: %s (%s) at '%s'", what, err->msg, err_name(err->code), err->pointer);
}

static void make_host(struct db *db, size_t i, int64_t now_us)
{
	static const struct host_birth birth = {.state = "ready"};
	struct host_evidence e = {.system_serial = hosts[i].serial};
	struct err err = ERR_INIT;
	struct identity who;
	bool changed = false;
	autojson json_t *facts = json_object();
	autojson json_t *set = json_object();

	must(identity_resolve(db, &e, &birth, now_us, &who, &err), &err, hosts[i].serial);
	json_object_set_new(facts, "system",
			    json_pack("{s:s, s:s*}", "Model", "R1", "BiosVersion", hosts[i].bios));
	json_object_set_new(facts, "drives", json_loads(hosts[i].drives, 0, NULL));
	if (hosts[i].memory_mib)
		json_object_set_new(facts, "memory",
				    json_pack("{s:[{s:s, s:s, s:i}]}", "modules", "DeviceLocator",
					      "A1", "SerialNumber", hosts[i].serial, "CapacityMiB",
					      hosts[i].memory_mib));
	must(facts_store(db, who.host_num, facts, now_us + US, NULL, &err), &err, "facts");
	if (hosts[i].name)
		json_object_set_new(set, "name", json_string(hosts[i].name));
	if (hosts[i].rack) {
		json_object_set_new(set, "site", json_string("fra"));
		json_object_set_new(set, "rack", json_string(hosts[i].rack));
		json_object_set_new(set, "unit", json_integer(hosts[i].unit));
	}
	must(host_edit(db, who.host_num, &(struct host_edit){set, -1, "t", now_us + 2 * US},
		       &changed, &err),
	     &err, "edit");
}

static int setup(void **state)
{
	int status = store_setup(state);
	struct store_fixture *f = *state;

	for (size_t i = 0; i < ARRAY_LEN(hosts); i++)
		make_host(f->db, i, BEGIN + (int64_t)i * 3600 * US);
	return status;
}

/* ---- asking ---------------------------------------------------------------------------------- */

/* "a=1&b>2&q=x&sort=-c": as in a URL, without its escapes. */
static int fill(struct query_request *q, char *words, struct err *err)
{
	for (char *p = words, *end; p && *p; p = end) {
		end = strchr(p, '&');
		if (end)
			*end++ = '\0';
		char *eq = strchr(p, '=');
		if (eq)
			*eq++ = '\0';
		if (str_eq(p, "q"))
			q->search = eq;
		else if (str_eq(p, "sort"))
			q->sort = eq;
		else
			TRY(query_add_filter(q, p, eq, err));
	}
	return 0;
}

static void add_serials(const struct query_page *page, struct str *out)
{
	autojson json_t *items = json_loads(page->items.p, 0, NULL);
	size_t i;
	json_t *one;

	json_array_foreach (items, i, one)
		str_addf(out, "%s%s", out->n_bytes ? " " : "",
			 json_string_value(json_object_get(one, "serial")));
}

/* All pages of so many rows. */
static int walk(struct db *db, const char *question, int64_t limit, struct str *out,
		struct err *err)
{
	autofree char *words = xstrdup(question);
	struct query_request q = {.limit = limit, .fields = "serial"};
	char cursor[QUERY_CURSOR_MAX_BYTES] = "";

	TRY(fill(&q, words, err));
	do {
		struct query_page page;
		q.cursor = cursor;
		TRY(query_run(db, &collection_hosts, &q, NULL, &page, err));
		add_serials(&page, out);
		(void)str_copy(cursor, sizeof(cursor), page.next);
		query_page_done(&page);
	} while (cursor[0]);
	return 0;
}

static size_t count_csv(const char *url, const char *question)
{
	autofree char *words = xstrdup(question);
	struct query_request q = {.fields = "serial"};
	struct err err = ERR_INIT;
	struct export_run *e = NULL;
	struct db *reader = NULL;
	struct str out;
	size_t lines = 0;

	str_init(&out, MIB);
	must(fill(&q, words, &err), &err, question);
	q.sort = NULL;
	must(db_open(url, DB_READONLY, &reader, &err), &err, "a reader");
	must(export_new(reader, &collection_hosts, &q, EXPORT_CSV, &e, &err), &err, question);
	while (export_next(e, &out, &err) == 1)
		;
	export_free(e);
	for (const char *p = out.p; (p = strchr(p, '\n')); p++)
		lines++;
	str_done(&out);
	return lines - 1; /* the header */
}

/* ---- answers --------------------------------------------------------------------------------- */

static const struct {
	const char *question, *serials;
} answers[] = {
	{"", "SN-1 SN-2 sn-3 SN_4 SN%5 SN-6"},
	/* versions: as people order them, within their kind, and never the unknown */
	{"BiosVersion<=2.9.0&sort=BiosVersion", "sn-3 SN_4 SN-1"},
	{"BiosVersion<2.13.0", "SN-1 sn-3 SN_4"},
	{"BiosVersion>=2.9.0", "SN-1 SN-2"},
	{"BiosVersion>2.9", "SN-2"},
	{"BiosVersion>1.10-rc1", "SN-1 SN-2 SN_4"},
	{"BiosVersion<1.10", "sn-3"},
	{"BiosVersion<=1.10", "sn-3 SN_4"},
	{"BiosVersion<U30 v2.70", "SN%5"},
	{"BiosVersion>U30 v2.68", ""},
	{"BiosVersion>=1.10&BiosVersion<2.10", "SN-1 SN_4"},
	{"BiosVersion=", "SN-6"},
	{"BiosVersion=*", "SN-1 SN-2 sn-3 SN_4 SN%5"},
	{"BiosVersion!=", "SN-1 SN-2 sn-3 SN_4 SN%5"},
	{"BiosVersion!=2.9.0", "SN-2 sn-3 SN_4 SN%5 SN-6"},
	{"BiosVersion=2.9.0,2.13.0", "SN-1 SN-2"},
	{"BiosVersion=2.9.0&BiosVersion=1.10", "SN-1 SN_4"},
	{"BiosVersion=2.*", "SN-1 SN-2"},
	{"sort=BiosVersion", "SN-6 SN%5 sn-3 SN_4 SN-1 SN-2"},
	{"sort=-BiosVersion", "SN-2 SN-1 SN_4 sn-3 SN%5 SN-6"},
	/* numbers: the unknown is neither more nor less */
	{"MemoryMiB>=2048", "SN-2 SN_4"},
	{"MemoryMiB<2048", "SN-1 SN-6"},
	{"MemoryMiB<=0", ""},
	{"MemoryMiB>-5", "SN-1 SN-2 SN_4 SN-6"},
	{"MemoryMiB<-1", ""},
	{"MemoryMiB=", "sn-3 SN%5"},
	{"MemoryMiB!=1024", "SN-2 sn-3 SN_4 SN%5 SN-6"},
	{"MemoryMiB=512,1024", "SN-1 SN-6"},
	{"unit>1&unit<10", "SN-2"},
	{"unit>=1&unit<=10&sort=-unit", "sn-3 SN-2 SN-1"},
	{"sort=MemoryMiB", "sn-3 SN%5 SN-6 SN-1 SN-2 SN_4"},
	/* texts: case counts, signs of patterns are signs */
	{"name=Alpha", "SN-2"},
	{"name=alp*", "SN-1"},
	{"name=a*", "SN-1 SN_4"},
	{"name=a,b", ""},
	{"name=", "sn-3 SN-6"},
	{"serial=SN_*", "SN_4"},
	{"serial=SN%*", "SN%5"},
	{"serial=SN-*", "SN-1 SN-2 SN-6"},
	{"serial=' OR 1=1 --", ""},
	{"sort=name,serial", "SN-6 sn-3 SN-2 SN_4 SN-1 SN%5"},
	{"q=n-3", "sn-3"},
	{"q=N-3", "sn-3"},
	{"q=%", "SN%5"},
	{"q=_4", "SN_4"},
	{"q=\xc3\xbcml", "SN%5"},
	{"q=\\", ""},
	/* a key twice is one of; != twice is none of, and lets the unknown through */
	{"rack=r1&rack=r2", "SN-1 SN-2 sn-3"},
	{"rack!=r1&rack!=r2", "SN_4 SN%5 SN-6"},
	{"rack=r1&rack!=r1", ""},
	{"rack=", "SN_4 SN%5 SN-6"},
	/* parts */
	{"drives.Model=X1&drives.Revision=A07", "SN-1 SN-2"},
	{"drives[a].Model=X1&drives[a].Revision=A07", "SN-1"},
	{"drives[a].Model=X1&drives[b].Revision=A07", "SN-1 SN-2"},
	{"drives.Model!=X1", "sn-3 SN_4 SN%5 SN-6"},
	{"drives.Model=X*", "SN-1 SN-2"},
	/* times, whatever the offset */
	{"created<2026-01-01T01:30:00Z", "SN-1 SN-2"},
	{"created<2026-01-01T02:30:00+01:00", "SN-1 SN-2"},
	{"created>=2026-01-01T05:00:00Z", "SN-6"},
};

static void test_answers(void **state)
{
	struct store_fixture *f = *state;

	for (size_t i = 0; i < ARRAY_LEN(answers); i++)
		for (int64_t limit = 1; limit <= 1000; limit = limit == 2 ? 1000 : limit + 1) {
			struct err err = ERR_INIT;
			autostr struct str got;
			str_init(&got, MIB);
			must(walk(f->db, answers[i].question, limit, &got, &err), &err,
			     answers[i].question);
			if (!str_eq(got.p ? got.p : "", answers[i].serials))
				fail_msg("%s, pages of %lld: got '%s', expected '%s'",
					 answers[i].question, (long long)limit, got.p,
					 answers[i].serials);
		}
}

static void test_the_same_as_csv(void **state)
{
	struct store_fixture *f = *state;

	for (size_t i = 0; i < ARRAY_LEN(answers); i++) {
		size_t expected = answers[i].serials[0] != '\0';
		for (const char *p = answers[i].serials; (p = strchr(p, ' ')); p++)
			expected++;
		CHECK_INT(answers[i].question, (int)count_csv(f->url, answers[i].question),
			  (int)expected);
	}
}

static void test_refusals(void **state)
{
	static const struct {
		const char *question, *pointer;
	} refused[] = {
		{"colour=red", "/colour"},
		{"MemoryMiB=many", "/MemoryMiB"},
		{"MemoryMiB=1.5", "/MemoryMiB"},
		{"MemoryMiB=99999999999999999999", "/MemoryMiB"},
		{"MemoryMiB>", "/MemoryMiB"},
		{"MemoryMiB", "/MemoryMiB"},
		{"BiosVersion<--", "/BiosVersion"},
		{"BiosVersion<", "/BiosVersion"},
		{"name<", "/name"},
		{"created=yesterday", "/created"},
		{"created>2026-02-30T00:00:00Z", "/created"},
		{"weak=maybe", "/weak"},
		{"custom=1", "/custom"},
		{"drives.Colour=red", "/drives.Colour"},
		{"drives[a].Colour=red", "/drives[a].Colour"},
		{"=x", "/"},
		{"sort=custom", "/sort"},
		{"sort=serial,serial2", "/sort"},
	};
	struct store_fixture *f = *state;

	for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
		struct err err = ERR_INIT;
		autostr struct str got;
		str_init(&got, MIB);
		if (walk(f->db, refused[i].question, 10, &got, &err) >= 0)
			fail_msg("%s: answered with '%s'", refused[i].question, got.p);
		CHECK_STR(refused[i].question, err.pointer, refused[i].pointer);
	}
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, store_teardown)
	static const struct CMUnitTest tests[] = {
		T(test_answers),
		T(test_the_same_as_csv),
		T(test_refusals),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("odd questions", tests, NULL, NULL);
}
