/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The outbox: numbers without gaps whatever is dropped, resent as they were, dropped only what may
 * be. Every batch must be one that the receiver's own decoder takes.
 */
#include <tests/harness/check.h>

#include <base/str.h>
#include <session/outbox.h>

static const char now[] = "2026-11-01T12:00:00Z";

static void add(struct outbox *o, enum event_kind kind, int n)
{
	json_t *data = kind == EVENT_LOG ? json_pack("{s:s, s:s}", "level", "info", "text", "t")
					 : json_pack("{s:i, s:s}", "seq", n, "result", "ok");

	outbox_add(o, kind, "plan", now, data);
}

/* Decode a batch as the server does: first and last number, count. */
static size_t open_batch(char *body, int64_t *ret_first, int64_t *ret_last)
{
	struct events_batch batch = {0};
	struct err err = ERR_INIT;

	if (events_decode(body, strlen(body), &batch, &err) < 0)
		fail_msg("%s", err.msg);
	size_t n = batch.events.n;
	*ret_first = n ? batch.events.items[0].seq : 0;
	*ret_last = n ? batch.events.items[n - 1].seq : 0;
	events_batch_done(&batch);
	return n;
}

static void test_numbers(void **state)
{
	struct outbox o = {0};
	int64_t first, last;

	(void)state;
	assert_null(outbox_batch(&o, 1, 1 << 20));
	for (int i = 0; i < 300; i++)
		add(&o, EVENT_STEP_DONE, i + 1);
	autofree char *a = outbox_batch(&o, 1, 1 << 20);
	assert_int_equal(open_batch(a, &first, &last), EVENTS_MAX_BATCH);
	assert_int_equal(first, 1);
	/* Lost on the way: the same again. */
	autofree char *again = outbox_batch(&o, 1, 1 << 20);
	assert_string_equal(a, again);
	outbox_acked(&o, 100);
	autofree char *b = outbox_batch(&o, 1, 1 << 20);
	assert_int_equal(open_batch(b, &first, &last), 200);
	assert_int_equal(first, 101);
	assert_int_equal(last, 300);
	outbox_acked(&o, 9999);
	assert_true(outbox_is_empty(&o));
	outbox_done(&o);
}

static void test_large_ones_go_alone(void **state)
{
	struct outbox o = {0};
	autofree char *blob = xmalloc(60001);
	int64_t first, last;

	(void)state;
	memset(blob, 'x', 60000);
	blob[60000] = '\0';
	for (int i = 0; i < 3; i++)
		outbox_add(&o, EVENT_FACTS, "p", now, json_pack("{s:s}", "blob", blob));
	autofree char *two = outbox_batch(&o, 1, 130000);
	assert_int_equal(open_batch(two, &first, &last), 2);
	autofree char *one = outbox_batch(&o, 1, 1000);
	assert_int_equal(open_batch(one, &first, &last), 1);
	outbox_done(&o);
}

static void test_full(void **state)
{
	struct outbox o = {0};
	int64_t first, last;

	(void)state;
	add(&o, EVENT_STEP_DONE, 1);
	autofree char *sent = outbox_batch(&o, 1, 1 << 20);
	for (int i = 0; i < OUTBOX_MAX_EVENTS + 50; i++)
		add(&o, EVENT_LOG, 0);
	add(&o, EVENT_STEP_DONE, 2);
	assert_int_equal(o.events.n, OUTBOX_MAX_EVENTS);
	assert_int_equal(o.n_dropped, 52);
	/* What was sent is still first, what matters is still last, and no number is missing. */
	assert_int_equal(o.events.items[0].seq, 1);
	assert_int_equal(o.events.items[o.events.n - 1].kind, EVENT_STEP_DONE);
	autofree char *body = outbox_batch(&o, 1, 1 << 20);
	assert_int_equal(open_batch(body, &first, &last), EVENTS_MAX_BATCH);
	assert_int_equal(first, 1);
	assert_int_equal(last, EVENTS_MAX_BATCH);
	outbox_done(&o);
}

static void test_new_session(void **state)
{
	struct outbox o = {0};
	int64_t first, last;

	(void)state;
	add(&o, EVENT_LOG, 0);
	add(&o, EVENT_STEP_DONE, 1);
	add(&o, EVENT_LOG, 0);
	autofree char *old = outbox_batch(&o, 1, 1 << 20);
	outbox_renumber(&o);
	autofree char *body = outbox_batch(&o, 2, 1 << 20);
	assert_int_equal(open_batch(body, &first, &last), 2);
	assert_int_equal(first, 1);
	outbox_done(&o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_large_ones_go_alone),
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_new_session),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
