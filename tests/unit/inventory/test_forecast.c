/* SPDX-License-Identifier: Apache-2.0 */
/* The forecast by hand-made histories, how often its bands hold, and the pipeline from events. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include <base/json.h>
#include <base/str.h>
#include <inventory/event.h>
#include <inventory/forecast.h>
#include <inventory/host.h>

#include "store_fixture.h"

#define US 1000000LL

/* history: each pair is n past hosts of the stage that took so long */
struct row {
	const char *name;
	struct {
		unsigned n, stage;
		int64_t s;
	} past[3];
	struct {
		unsigned n, stage;
		int64_t age_s;
	} hosts[3];
	bool known;
	size_t covered, no_history, beyond;
	int64_t p5, p50, p95;
};

static const struct row rows[] = {
	{"all alike", {{20, 1, 100}}, {{3, 1, 40}}, true, 3, 0, 0, 60, 60, 60},
	{"nothing on its way", {{20, 1, 100}}, {{0, 0, 0}}, false, 0, 0, 0, 0, 0, 0},
	{"seven are too few", {{7, 1, 100}}, {{1, 1, 0}}, false, 0, 1, 0, 0, 0, 0},
	{"eight are enough", {{8, 1, 100}}, {{1, 1, 0}}, true, 1, 0, 0, 100, 100, 100},
	{"another stage's history", {{20, 2, 100}}, {{2, 1, 0}}, false, 0, 2, 0, 0, 0, 0},
	{"slower than all", {{20, 1, 100}}, {{1, 1, 100}}, false, 0, 0, 1, 0, 0, 0},
	{"one of two is stuck",
	 {{20, 1, 100}},
	 {{1, 1, 50}, {1, 1, 999}},
	 true,
	 1,
	 0,
	 1,
	 50,
	 50,
	 50},
	{"age rules out the fast",
	 {{90, 1, 100}, {10, 1, 300}},
	 {{1, 1, 150}},
	 true,
	 1,
	 0,
	 0,
	 150,
	 150,
	 150},
	{"one of two kinds",
	 {{50, 1, 100}, {50, 1, 200}},
	 {{1, 1, 0}},
	 true,
	 1,
	 0,
	 0,
	 100,
	 -1,
	 200},
	{"the slowest of many counts",
	 {{50, 1, 100}, {50, 1, 200}},
	 {{40, 1, 0}},
	 true,
	 40,
	 0,
	 0,
	 200,
	 200,
	 200},
	{"two stages",
	 {{20, 1, 500}, {20, 4, 90}},
	 {{1, 4, 0}, {1, 1, 10}},
	 true,
	 2,
	 0,
	 0,
	 490,
	 490,
	 490},
	{"a stage that does not exist",
	 {{20, 1, 5}},
	 {{1, 99, 0}, {1, 1, 0}},
	 true,
	 1,
	 1,
	 0,
	 5,
	 5,
	 5},
};

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct row *w = &rows[i];
		struct forecast_past past[256];
		struct forecast_host hosts[64];
		struct forecast_request q = {.past = past, .hosts = hosts, .seed = 1};
		struct forecast_answer a, again;
		for (size_t k = 0; k < 3; k++) {
			for (unsigned j = 0; j < w->past[k].n; j++)
				past[q.n_past++] = (struct forecast_past){w->past[k].stage,
									  w->past[k].s * US};
			for (unsigned j = 0; j < w->hosts[k].n; j++)
				hosts[q.n_hosts++] = (struct forecast_host){w->hosts[k].stage,
									    w->hosts[k].age_s * US};
		}
		forecast_of(&q, &a);
		forecast_of(&q, &again);
		assert_memory_equal(&a, &again, sizeof(a));
		if (a.known != w->known || a.n_covered != w->covered ||
		    a.n_no_history != w->no_history || a.n_beyond_history != w->beyond ||
		    a.p5_us != w->p5 * US || (w->p50 >= 0 && a.p50_us != w->p50 * US) ||
		    a.p95_us != w->p95 * US)
			fail_msg("%s: known %d, %zu %zu %zu, %lld %lld %lld s", w->name, a.known,
				 a.n_covered, a.n_no_history, a.n_beyond_history,
				 (long long)(a.p5_us / US), (long long)(a.p50_us / US),
				 (long long)(a.p95_us / US));
		assert_true(a.known == !a.why);
		assert_true(a.p5_us <= a.p25_us && a.p25_us <= a.p50_us && a.p50_us <= a.p75_us &&
			    a.p75_us <= a.p95_us);
	}
}

static uint64_t lcg = 7;

static int64_t some_time(void)
{
	int64_t sum = 0;

	for (int i = 0; i < 4; i++) {
		lcg = lcg * 6364136223846793005U + 1442695040888963407U;
		sum += (int64_t)((lcg >> 33) % 1000);
	}
	return (sum + 100) * US;
}

/* Hosts of the same kind as history: the truth must lie in the bands about as often as they say. */
static void test_bands_hold(void **state)
{
	int in_50 = 0, in_90 = 0;

	(void)state;
	for (int trial = 0; trial < 400; trial++) {
		struct forecast_past past[100];
		struct forecast_host hosts[5];
		struct forecast_request q = {past, 100, hosts, 5, (uint64_t)trial};
		struct forecast_answer a;
		int64_t truth = 0;
		for (size_t i = 0; i < 100; i++)
			past[i] = (struct forecast_past){1, some_time()};
		for (size_t i = 0; i < 5; i++) {
			int64_t t = some_time();
			truth = t > truth ? t : truth;
			hosts[i] = (struct forecast_host){1, 0};
		}
		forecast_of(&q, &a);
		in_50 += truth >= a.p25_us && truth <= a.p75_us;
		in_90 += truth >= a.p5_us && truth <= a.p95_us;
	}
	if (in_50 < 160 || in_50 > 240 || in_90 < 336 || in_90 > 384)
		fail_msg("of 400, %d in the 50 %% band and %d in the 90 %% band", in_50, in_90);
}

static void must(int r, const struct err *err)
{
	if (r < 0)
		fail_msg("%s (%s)", err->msg, err_name(err->code));
}

static void change(struct db *db, int64_t host, const char *from, const char *to, int64_t took_s,
		   int64_t at_s)
{
	struct err err = ERR_INIT;
	autojson json_t *detail = json_pack("{s:s, s:s, s:I}", "from", from, "to", to, "seconds",
					    (json_int_t)took_s);
	struct event_draft e = {.host_num = host, .kind = "host.state", .detail = detail};

	must(event_append(db, &e, at_s * US, NULL, &err), &err);
}

static void test_pipeline(void **state)
{
	struct db *db = ((struct store_fixture *)*state)->db;
	struct err err = ERR_INIT;
	autojson json_t *empty = NULL, *doc = NULL;

	assert_int_equal(pipeline_of(db, "none", US, &doc, &err), -ERR_NOT_FOUND);
	must(pipeline_of(db, NULL, US, &empty, &err), &err);
	const json_t *f = json_object_get(empty, "forecast");
	assert_true(json_is_false(json_object_get(f, "known")));
	assert_null(json_object_get(f, "ready_at"));
	assert_null(json_object_get(empty, "time_to_ready_s"));
	/* ten hosts: 10 s discovered, 20 s imaging, a failure of 5 s, 30 s imaging, then ready */
	for (int64_t h = 1; h <= 10; h++) {
		change(db, h, "expected", "discovered", 9999, 100 * h);
		change(db, h, "discovered", "imaging", 10, 100 * h + 10);
		change(db, h, "imaging", "failed", 20, 100 * h + 30);
		change(db, h, "failed", "imaging", 5, 100 * h + 35);
		change(db, h, "imaging", "ready", 30, 100 * h + 65);
		change(db, h, "ready", "in-service", 1, 100 * h + 66);
	}
	must(pipeline_of(db, NULL, 2000 * US, &doc, &err), &err);
	const json_t *whole = json_object_get(doc, "time_to_ready_s");
	assert_int_equal(json_integer_value(json_object_get(whole, "n")), 10);
	assert_int_equal((int)json_number_value(json_object_get(whole, "p50")), 65);
	assert_int_equal(
		json_integer_value(json_object_get(json_object_get(doc, "forecast"), "history")),
		30); /* discovered, imaging, imaging: what waits or failed is not a stage */
	const json_t *imaging = json_array_get(json_object_get(doc, "stages"), 4);
	const json_t *took = json_object_get(imaging, "took_s");
	assert_int_equal(json_integer_value(json_object_get(took, "n")), 20);
	assert_int_equal((int)json_number_value(json_object_get(took, "p10")), 20);
	assert_int_equal((int)json_number_value(json_object_get(took, "p90")), 30);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_bands_hold),
		cmocka_unit_test_setup_teardown(test_pipeline, store_setup, store_teardown),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
