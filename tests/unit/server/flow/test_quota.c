/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The buckets of strangers: what is in one, how it fills, that names and kinds do not share, and
 * that ten thousand names do not empty another's.
 */
#include "tests/harness/check.h"

#include <stdio.h>
#include <server/flow/quota.h>

#define MINUTE_US 60000000LL

static void test_a_bucket_empties_and_fills(void **state)
{
	struct quota *q = quota_new();
	int64_t now_us = 1000;

	(void)state;
	for (int i = 0; i < 8; i++)
		assert_true(quota_take(q, QUOTA_ADDRESS_BIRTHS, "10.0.0.1", 1, now_us));
	assert_false(quota_take(q, QUOTA_ADDRESS_BIRTHS, "10.0.0.1", 1, now_us));
	assert_true(quota_take(q, QUOTA_ADDRESS_BIRTHS, "10.0.0.2", 1, now_us));
	assert_true(quota_take(q, QUOTA_ADDRESS_BYTES, "10.0.0.1", 1, now_us));
	now_us += MINUTE_US / 2 + 1;
	assert_true(quota_take(q, QUOTA_ADDRESS_BIRTHS, "10.0.0.1", 1, now_us));
	assert_false(quota_take(q, QUOTA_ADDRESS_BIRTHS, "10.0.0.1", 1, now_us));
	now_us += 1000 * MINUTE_US;
	assert_false(quota_take(q, QUOTA_ADDRESS_BIRTHS, "10.0.0.1", 9, now_us));
	assert_true(quota_take(q, QUOTA_ADDRESS_BIRTHS, "10.0.0.1", 8, now_us));
	quota_free(q);
}

/* No two kinds share a bucket, whatever the name: taking all of one leaves the others whole. */
static void test_kinds_are_apart(void **state)
{
	static const char *const names[] = {"", "1", "10.0.0.1"};
	static const int64_t whole[_QUOTA_KIND_MAX] = {
		8 << 20, 5 << 20, 10 << 20, 64 << 20, 8, 300, 4, 2, 8, 8, 300, 10, 20, 300};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		struct quota *q = quota_new();
		for (int kind = 0; kind < _QUOTA_KIND_MAX; kind++)
			assert_true(quota_take(q, (enum quota_kind)kind, names[i], 1, 0));
		for (int kind = 0; kind < _QUOTA_KIND_MAX; kind++) {
			enum quota_kind k = (enum quota_kind)kind;
			assert_true(quota_take(q, k, names[i], whole[kind] - 1, 0));
			assert_false(quota_take(q, k, names[i], 1, 0));
		}
		quota_free(q);
	}
}

/* Who is on the machine itself is not counted; everybody else is, whatever the address says. */
static void test_addresses_are_counted(void **state)
{
	static const char *const counted[] = {"10.0.0.1", "::1",   "127.0.0.1",
					      "local.",   "LOCAL", ""};
	struct quota *q = quota_new();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(counted); i++) {
		CHECK(counted[i], quota_take_address(q, QUOTA_ADDRESS_BIRTHS, counted[i], 8, 0));
		CHECK(counted[i], !quota_take_address(q, QUOTA_ADDRESS_BIRTHS, counted[i], 1, 0));
	}
	for (int i = 0; i < 100; i++)
		assert_true(quota_take_address(q, QUOTA_ADDRESS_BIRTHS, "local", 8, 0));
	quota_free(q);
}

static void test_a_clock_that_goes_back_gives_nothing(void **state)
{
	struct quota *q = quota_new();

	(void)state;
	assert_true(quota_take(q, QUOTA_ADDRESS_BIRTHS, "a", 8, 10 * MINUTE_US));
	assert_false(quota_take(q, QUOTA_ADDRESS_BIRTHS, "a", 1, 5 * MINUTE_US));
	quota_free(q);
}

/* A host's own bucket is at work while strangers come and go. */
static void test_many_names(void **state)
{
	struct quota *q = quota_new();
	char name[32];

	(void)state;
	assert_true(quota_take(q, QUOTA_HOST_BYTES, "7", 8 << 20, 0));
	for (int i = 0; i < 20000; i++) {
		snprintf(name, sizeof(name), "10.%d.%d.%d", i / 65536, i / 256 % 256, i % 256);
		(void)quota_take(q, QUOTA_ADDRESS_BYTES, name, 1, i);
		if (i % 100 == 0)
			assert_false(quota_take(q, QUOTA_HOST_BYTES, "7", 65536, i));
	}
	quota_free(q);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_bucket_empties_and_fills),
		cmocka_unit_test(test_addresses_are_counted),
		cmocka_unit_test(test_a_clock_that_goes_back_gives_nothing),
		cmocka_unit_test(test_kinds_are_apart),
		cmocka_unit_test(test_many_names),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("quota", tests, NULL, NULL);
}
