/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Text of a stranger in every member that is stored, cut, joined and handed out again: the server
 * answers each request, the next step is a plan that the agent can read, and a row that an older
 * version left cut inside a character stops nobody.
 */
#include "tests/harness/check.h"

#include <stdio.h>
#include <base/json.h>
#include <base/str.h>
#include "tests/harness/host_walk.h"

struct repeated {
	const char *name, *unit;
	size_t times;
};

/* Every length of a character, at every place where a cut may fall into it. */
static const struct repeated texts[] = {
	{"field-F1: 256 times an e with acute", "\xc3\xa9", 256},
	{"128 times a euro sign", "\xe2\x82\xac", 128},
	{"one byte, then characters of two", "\xc3\xa9", 255},
	{"characters of four", "\xf0\x9f\x92\xa9", 128},
	{"characters of three and one", "\xe2\x82\xac!", 128},
	{"lines", "\xc3\xa9\n", 170},
	{"quotes and backslashes", "\"\\'%s%n", 64},
	{"markup", "<img src=x onerror=alert(1)>", 18},
	{"one character", "\xf0\x9f\x92\xa9", 1},
};

static char *make(const struct repeated *r, size_t max_bytes, size_t shift)
{
	struct str s;

	str_init(&s, max_bytes);
	for (size_t i = 0; i < shift; i++)
		str_addc(&s, 'x');
	for (size_t i = 0; i < r->times && s.n_bytes + strlen(r->unit) <= max_bytes; i++)
		str_add(&s, r->unit);
	return str_take(&s);
}

static json_t *failed(const struct fake_agent *a, const char *code, const char *detail,
		      const char *action)
{
	return json_pack("{s:I, s:s, s:s, s:{s:s, s:s, s:s, s:s}}", "seq", (json_int_t)a->plan.seq,
			 "code", code, "detail", detail, "fault", "part", "disk", "slot", "bay 1",
			 "serial", "S\xc3\xa9", "action", action);
}

/* The server still answers, and the host's next step is a wait that the agent can read. */
static void check_waits(struct server_bench *b, struct fake_agent *a, const char *name)
{
	CHECK_INT(name, fake_agent_next(a, 1, b->plan_key), 200);
	CHECK_INT(name, a->plan.kind, PLAN_STEP_WAIT);
	CHECK(name, text_is_utf8(a->plan.wait.message));
	CHECK_INT(name, server_bench_admin(b, "GET", "/healthz", NULL), 200);
}

static void test_step_failed(void **state)
{
	struct server_bench *b = *state;

	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		for (size_t shift = 0; shift < 4; shift++) {
			struct fake_agent a;
			autofree char *serial = xasprintf("S%zu", i * 10 + shift);
			autofree char *mac = xasprintf("52:54:00:00:%02zx:%02zx", i, shift);
			autofree char *text = make(&texts[i], 512, shift);
			walk_to_image(b, &a, serial, mac);
			need(fake_agent_event(&a, "step_failed",
					      failed(&a, "guard.disk", text, text)),
			     200, &a, texts[i].name);
			need_state(b, &a, "failed");
			check_waits(b, &a, texts[i].name);
			fake_agent_done(&a);
		}
	}
}

static json_t *burn_in_text(const char *text)
{
	return json_pack("{s:{s:s, s:{s:s, s:s, s:s}}, s:i, s:s}", "testStepArtifact", "testStepId",
			 "cpu", "diagnosis", "verdict", text, "type", "FAIL", "message", text,
			 "sequenceNumber", 1, "timestamp", "2026-01-01T00:00:00Z");
}

static json_t *progress_text(const char *text)
{
	autofree char *cut = xstrdup(text);

	(void)text_cut(cut, 256);
	return json_pack("{s:s, s:i, s:i, s:s, s:n, s:s}", "stage", "burn_in", "done", 1, "total",
			 2, "unit", "s", "eta_s", "message", cut);
}

static json_t *log_text(const char *text)
{
	return json_pack("{s:s, s:s}", "level", "error", "text", text);
}

/* The other kinds of events with text in them, in one burn-in that fails. */
static void test_other_events(void **state)
{
	static const struct {
		const char *kind;
		json_t *(*make)(const char *text);
	} kinds[] = {
		{"log", log_text},
		{"progress", progress_text},
		{"burnin", burn_in_text},
	};
	struct server_bench *b = *state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct fake_agent a;
		autofree char *serial = xasprintf("S%zu", i);
		autofree char *mac = xasprintf("52:54:00:00:00:%02zx", i);
		autofree char *text = make(&texts[i], 2000, i % 4);
		walk_open(b, &a, serial, mac);
		walk_inspect(b, &a, NULL);
		need_step(b, &a, PLAN_STEP_BURN_IN);
		for (size_t k = 0; k < ARRAY_LEN(kinds); k++)
			need(fake_agent_event(&a, kinds[k].kind, kinds[k].make(text)), 200, &a,
			     kinds[k].kind);
		need(fake_agent_step_done(&a, "FAIL"), 200, &a, "burn-in");
		need_state(b, &a, "failed");
		check_waits(b, &a, texts[i].name);
		autofree char *path = xasprintf("/api/v1/hosts/%s", a.host_id);
		CHECK_INT(texts[i].name, server_bench_admin(b, "GET", path, NULL), 200);
		fake_agent_done(&a);
	}
}

/* What an older version stored, cut inside a character: that host is told something readable, and
 * the other host goes its way. */
static void test_poisoned_rows(void **state)
{
	static const char *const poison[] = {
		"UPDATE host SET state_detail = CAST(X'c3a9c3' AS TEXT)",
		"UPDATE host SET turn = CAST(X'ff' AS TEXT)",
		"UPDATE fault SET action = CAST(X'e282' AS TEXT)",
		"UPDATE fault SET detail = CAST(X'eda080' AS TEXT)",
		"UPDATE event SET summary = CAST(X'c0af' AS TEXT)",
	};
	struct server_bench *b = *state;

	for (size_t i = 0; i < ARRAY_LEN(poison); i++) {
		struct fake_agent a, other;
		walk_to_image(b, &a, "S1", MAC_A);
		need(fake_agent_step_failed(&a, "guard.disk"), 200, &a, "failed");
		server_bench_sql(b, poison[i]);
		check_waits(b, &a, poison[i]);
		walk_to_ready(b, &other, "S2", MAC_B);
		static const char *const reads[] = {"/api/v1/hosts", "/api/v1/events",
						    "/api/v1/faults"};
		for (size_t k = 0; k < ARRAY_LEN(reads); k++)
			CHECK_INT(poison[i], server_bench_admin(b, "GET", reads[k], NULL), 200);
		fake_agent_done(&a);
		fake_agent_done(&other);
		walk_renew(b, profile_auto);
	}
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, walk_setup_auto, walk_teardown)
	const struct CMUnitTest tests[] = {
		T(test_step_failed),
		T(test_other_events),
		T(test_poisoned_rows),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("hostile text", tests, NULL, NULL);
}
