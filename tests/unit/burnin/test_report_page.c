/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The report as a page: every cell is there, and what machines wrote stays text.
 */
#include <tests/harness/check.h>

#include <base/json.h>
#include <base/str.h>
#include <burnin/report_page.h>

#define EVIL "<script>alert(1)</script>\\\"'&\\u0007"

static const char report[] =
	"{\"delivery\":\"d1" EVIL "\",\"at\":\"2026-11-30T12:00:00Z\",\"counts\":{\"hosts\":96,"
	"\"failed\":11},\"failures\":{\"codes\":[{\"name\":\"pcie-narrow-link\",\"hosts\":11,"
	"\"faults\":12}],\"part_numbers\":[{\"name\":\"RISER" EVIL "\",\"hosts\":11,\"faults\":12,"
	"\"parts\":96}],\"lots\":[],\"firmware\":[]},\"hosts\":[{\"short_code\":\"AAAA-BBBB\","
	"\"result\":\"" EVIL "\",\"serial\":\"" EVIL "\"}],\"faults\":[{\"host\":\"AAAA-BBBB\","
	"\"detail\":\"" EVIL "\",\"action\":7}]}";

static void page_of(const char *text, struct str *out)
{
	autojson json_t *doc = json_loads(text, 0, NULL);

	assert_non_null(doc);
	str_init(out, 65536);
	report_page(doc, out);
	assert_true(str_ok(out));
}

static void test_hostile_text(void **state)
{
	static const char *const never[] = {"<script", "alert(1)</", "\x07", "src=", "http:"};
	static const char *const there[] = {
		"&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&amp;?",
		"<td class=\"n\">96</td>",
		"pcie-narrow-link",
		"Failures by part number",
		"AAAA-BBBB",
		"@page",
		"as of 2026-11-30T12:00:00Z",
	};
	autostr struct str page = {0};

	(void)state;
	page_of(report, &page);
	for (size_t i = 0; i < ARRAY_LEN(never); i++)
		if (strstr(page.p, never[i]))
			fail_msg("the page holds '%s'", never[i]);
	for (size_t i = 0; i < ARRAY_LEN(there); i++)
		if (!strstr(page.p, there[i]))
			fail_msg("the page lacks '%s'", there[i]);
	/* An empty ranking has no heading. */
	assert_null(strstr(page.p, "Failures by lot"));
}

static void test_odd_documents(void **state)
{
	static const char *const docs[] = {"{}", "{\"hosts\":7,\"counts\":[],\"failures\":\"x\"}",
					   "{\"hosts\":[1,null,\"x\"],\"truncated\":true}"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(docs); i++) {
		autostr struct str page = {0};

		page_of(docs[i], &page);
		CHECK(docs[i], str_ends(page.p, "</body></html>\n"));
		CHECK_INT(docs[i], strstr(page.p, "Not complete") != NULL, i == 2);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hostile_text),
		cmocka_unit_test(test_odd_documents),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
