/* SPDX-License-Identifier: Apache-2.0 */
/* Networks behind relays: what an operator may write, and each mistake with its reason. */
#include <tests/harness/check.h>

#include <base/str.h>
#include <pxe/relayed.h>

static void test_texts(void **state)
{
	static const struct {
		const char *name, *text;
		size_t n;
		const char *why; /* NULL: good */
	} rows[] = {
		{"none", "", 0, NULL},
		{"blanks", "  ", 0, NULL},
		{"one", "10.2.0.10-10.2.0.250/24@10.2.0.1", 1, NULL},
		{"without a router", "10.2.0.10-10.2.0.250/24", 1, NULL},
		{"two", " 10.2.0.10-10.2.0.250/24@10.2.0.1  10.3.0.1-10.3.15.254/20 ", 2, NULL},
		{"one address", "10.2.0.10-10.2.0.10/30@10.2.0.9", 1, NULL},
		{"two networks in one range", "10.2.0.10-10.2.1.250/24", 0, "not inside one"},
		{"backwards", "10.2.0.250-10.2.0.10/24", 0, "ends before"},
		{"the network's own address", "10.2.0.0-10.2.0.10/24", 0, "not inside one"},
		{"the broadcast address", "10.2.0.10-10.2.0.255/24", 0, "not inside one"},
		{"router elsewhere", "10.2.0.10-10.2.0.250/24@10.3.0.1", 0, "router is not in"},
		{"router in the range", "10.2.0.1-10.2.0.250/24@10.2.0.1", 0, "is in the range"},
		{"router of zeros", "10.2.0.10-10.2.0.250/24@0.0.0.0", 0, "router is not an"},
		{"an empty router", "10.2.0.10-10.2.0.250/24@", 0, "router is not an"},
		{"twice", "10.2.0.10-10.2.0.20/24 10.2.0.30-10.2.0.40/24", 1, "overlaps"},
		{"one inside the other", "10.2.0.10-10.2.0.20/24 10.2.9.1-10.2.9.40/16", 1,
		 "overlaps"},
		{"no bits", "10.2.0.10-10.2.0.250", 0, "START-END/BITS"},
		{"too many bits", "10.2.0.10-10.2.0.10/31", 0, "START-END/BITS"},
		{"bits with a sign", "10.2.0.10-10.2.0.250/+8", 0, "START-END/BITS"},
		{"no end", "10.2.0.10/24", 0, "START-END/BITS"},
		{"no address", "ten-10.2.0.250/24", 0, "START-END/BITS"},
		{"a line for dnsmasq", "10.2.0.10-10.2.0.250/24\ndhcp-script=/bin/sh", 0,
		 "START-END/BITS"},
		{"a comma", "10.2.0.10,10.2.0.250,set:x", 0, "START-END/BITS"},
		{"a long word",
		 "10.2.0.10-10.2.0.250/24@10.2.0.1aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 0,
		 "too long"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct err err = ERR_INIT;
		relayed_list list = {0};

		CHECK_INT(rows[i].name, relayed_parse(rows[i].text, &list, &err),
			  rows[i].why ? -ERR_CONFIG : 0);
		CHECK_INT(rows[i].name, list.n, rows[i].n);
		if (rows[i].why && !strstr(err.msg, rows[i].why))
			fail_msg("%s: '%s'", rows[i].name, err.msg);
		VEC_DONE(&list);
	}
}

static void test_values_and_cap(void **state)
{
	struct err err = ERR_INIT;
	relayed_list list = {0};
	struct str text;

	(void)state;
	assert_int_equal(relayed_parse("10.2.0.10-10.2.0.250/23@10.2.1.1", &list, &err), 0);
	assert_int_equal(list.items[0].start, 0x0a02000a);
	assert_int_equal(list.items[0].end, 0x0a0200fa);
	assert_int_equal(list.items[0].mask, 0xfffffe00);
	assert_int_equal(list.items[0].router, 0x0a020101);
	VEC_DONE(&list);
	list = (relayed_list){0};
	str_init(&text, 65536);
	for (int i = 0; i <= RELAYED_MAX; i++)
		str_addf(&text, "10.%d.0.2-10.%d.0.9/16 ", i, i);
	assert_int_equal(relayed_parse(text.p, &list, &err), -ERR_CONFIG);
	assert_int_equal(list.n, RELAYED_MAX);
	VEC_DONE(&list);
	str_done(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_texts),
					   cmocka_unit_test(test_values_and_cap)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
