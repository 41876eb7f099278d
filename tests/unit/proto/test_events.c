/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Event batches: numbers without gaps, known kinds, data that fits its kind.
 */
#include <tests/harness/check.h>

#include <base/limits.h>
#include <proto/events.h>
#include <proto/session.h>

#define EV(seq, kind, data)                                                                        \
	"{\"seq\":" seq ",\"ts\":\"2026-11-01T12:00:00Z\",\"kind\":\"" kind                        \
	"\",\"plan_id\":\"p\",\"data\":" data "}"
#define BATCH(events) "{\"epoch\":1,\"events\":[" events "]}"
#define LOG(seq)      EV(seq, "log", "{\"level\":\"info\",\"text\":\"t\"}")

static const struct {
	const char *name, *body;
	enum err_code code;
	const char *pointer;
} rows[] = {
	{"empty", BATCH(""), 0, NULL},
	{"one", BATCH(LOG("1")), 0, NULL},
	{"resent from the middle", BATCH(LOG("7") "," LOG("8")), 0, NULL},
	{"gap", BATCH(LOG("1") "," LOG("3")), ERR_INVALID, "/events/1/seq"},
	{"the same number twice", BATCH(LOG("1") "," LOG("1")), ERR_INVALID, "/events/1/seq"},
	{"falling", BATCH(LOG("2") "," LOG("1")), ERR_INVALID, "/events/1/seq"},
	{"number zero", BATCH(LOG("0")), ERR_FIELD_RANGE, "/events/0/seq"},
	{"unknown kind", BATCH(EV("1", "rumour", "{}")), ERR_INVALID, "/events/0/kind"},
	{"data is a list", BATCH(EV("1", "facts", "[]")), ERR_FIELD_TYPE, "/events/0/data"},
	{"facts are judged elsewhere", BATCH(EV("1", "facts", "{\"x\":1}")), 0, NULL},
	{"log without text", BATCH(EV("1", "log", "{\"level\":\"info\"}")), ERR_FIELD_MISSING,
	 "/events/0/data/text"},
	{"step done", BATCH(EV("1", "step_done", "{\"seq\":1,\"result\":\"PASS\"}")), 0, NULL},
	{"step done without seq", BATCH(EV("1", "step_done", "{\"result\":\"PASS\"}")),
	 ERR_FIELD_MISSING, "/events/0/data/seq"},
	{"step failed with a fault",
	 BATCH(EV("1", "step_failed",
		  "{\"seq\":1,\"code\":\"system.io\",\"detail\":\"d\",\"fault\":{\"part\":\"disk\"}"
		  "}")),
	 0, NULL},
	{"fault with more",
	 BATCH(EV("1", "step_failed", "{\"seq\":1,\"code\":\"c\",\"fault\":{\"price\":\"1\"}}")),
	 ERR_FIELD_UNKNOWN, "/events/0/data/fault/price"},
	{"progress without an estimate",
	 BATCH(EV("1", "progress",
		  "{\"stage\":\"s\",\"done\":1,\"total\":2,\"unit\":\"s\",\"eta_s\":null,"
		  "\"message\":\"\"}")),
	 0, NULL},
	{"no epoch", "{\"events\":[]}", ERR_FIELD_MISSING, "/epoch"},
	{"bad time",
	 BATCH("{\"seq\":1,\"ts\":\"yesterday\",\"kind\":\"log\",\"plan_id\":\"\",\"data\":{}}"),
	 ERR_INVALID, "/events/0/ts"},
};

static void test_batches(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct events_batch batch = {0};
		struct err err = ERR_INIT;
		int r = events_decode(rows[i].body, strlen(rows[i].body), &batch, &err);

		CHECK_ERR(rows[i].name, r, rows[i].code);
		if (rows[i].pointer)
			CHECK_STR(rows[i].name, err.pointer, rows[i].pointer);
		events_batch_done(&batch);
	}
}

static void test_too_many(void **state)
{
	struct events_batch in = {.epoch = 1}, out = {0};

	(void)state;
	for (int i = 0; i <= EVENTS_MAX_BATCH; i++)
		VEC_PUSH(&in.events, ((struct event){.seq = i + 1,
						     .ts = "2026-11-01T12:00:00Z",
						     .kind_name = "facts",
						     .data = json_object()}));
	autofree char *text = message_encode(events_batch_fields, &in);
	/* Encoding stops at the limit, so that a sender cannot break the contract either. */
	assert_int_equal(events_decode(text, strlen(text), &out, NULL), 0);
	assert_int_equal(out.events.n, EVENTS_MAX_BATCH);
	events_batch_done(&in);
	events_batch_done(&out);
}

static void test_kind_names(void **state)
{
	enum event_kind kind;

	(void)state;
	for (int i = 0; i < _EVENT_KIND_MAX; i++) {
		assert_true(event_kind_parse(event_kind_str((enum event_kind)i), &kind));
		assert_int_equal(kind, i);
	}
	assert_false(event_kind_parse("", &kind));
	assert_false(event_kind_parse(NULL, &kind));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_batches),
		cmocka_unit_test(test_too_many),
		cmocka_unit_test(test_kind_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
