/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The lease to the millisecond, and the backoff's bounds.
 */
#include <tests/harness/check.h>

#include <session/backoff.h>
#include <session/lease.h>

/* C-03, C-08. */
static void test_lease(void **state)
{
	static const struct {
		const char *name;
		int64_t sent_ms, lease_s;
		bool may_write, stop;
		int64_t now_ms;
		bool allowed;
	} rows[] = {
		{"fresh", 1000, 30, true, false, 1000, true},
		{"at the end of lease and grace", 1000, 30, true, false, 1000 + 150000 - 1, true},
		{"one later", 1000, 30, true, false, 1000 + 150000, false},
		{"server says no", 1000, 30, false, false, 1000, false},
		{"stop beats may_write", 1000, 30, true, true, 1000, false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct lease *l = lease_new();

		CHECK(rows[i].name, !lease_may_write(l, 0));
		lease_renew(l, rows[i].sent_ms, rows[i].lease_s, rows[i].may_write, rows[i].stop);
		CHECK_INT(rows[i].name, lease_may_write(l, rows[i].now_ms), rows[i].allowed);
	}
}

/* A stop stays: a later heartbeat that says nothing of it does not lift it. */
static void test_stop_stays(void **state)
{
	struct lease *l = lease_new();

	(void)state;
	lease_renew(l, 0, 30, true, true);
	lease_renew(l, 5000, 30, true, false);
	assert_false(lease_may_write(l, 5000));
}

static void test_backoff(void **state)
{
	struct backoff b = {0};

	(void)state;
	for (int i = 0; i < 200; i++) {
		int64_t cap_ms = i < 6 ? 500LL << i : 30000;

		backoff_failed(&b, 1000, 0);
		assert_true(b.next_boot_ms >= 1000 &&
			    b.next_boot_ms < 1000 + (cap_ms < 30000 ? cap_ms : 30000));
	}
	backoff_failed(&b, 1000, 45000);
	assert_int_equal(b.next_boot_ms, 46000);
	backoff_worked(&b);
	assert_int_equal(b.n_failures, 0);
	assert_int_equal(b.next_boot_ms, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lease),
		cmocka_unit_test(test_stop_stays),
		cmocka_unit_test(test_backoff),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
