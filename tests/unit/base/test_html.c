/* SPDX-License-Identifier: Apache-2.0 */
/* Text in HTML cannot end the element or attribute that it stands in. */
#include <tests/harness/check.h>

#include <base/html.h>

static void test_html_add_text(void **state)
{
	static const struct {
		const char *text, *html;
	} rows[] = {
		{"", ""},
		{"plain", "plain"},
		{"<script>", "&lt;script&gt;"},
		{"a & b", "a &amp; b"},
		{"&lt;", "&amp;lt;"},
		{"\"'", "&quot;&#39;"},
		{"a\nb\x1b\x7f", "a?b??"},
		{"\xc3\xbc", "\xc3\xbc"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		autostr struct str out;
		str_init(&out, 100);
		html_add_text(&out, rows[i].text);
		CHECK_STR(rows[i].text, out.p, rows[i].html);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_html_add_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
