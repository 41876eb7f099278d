/* SPDX-License-Identifier: Apache-2.0 */
/* Webhooks: what an administrator may say, the order of deliveries, retries, dead letters, claims.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include <base/json.h>
#include <base/str.h>
#include <inventory/event.h>
#include <inventory/webhook.h>

#include "store_fixture.h"

#define US    1000000LL
#define LEASE (20 * US)
#define GOOD  "0123456789abcdef"

static void must(int r, const struct err *err)
{
	if (r < 0)
		fail_msg("%s (%s)", err->msg, err_name(err->code));
}

static int64_t make(struct db *db, const char *name, const char *kinds, int64_t max_tries)
{
	struct err err = ERR_INIT;
	autojson json_t *doc = NULL, *list = kinds ? json_pack("[s]", kinds) : NULL;
	struct webhook_draft d = {name, "http://127.0.0.1:1/x", GOOD, list, max_tries, 0};

	must(webhook_create(db, &d, US, &doc, &err), &err);
	return json_integer_value(json_object_get(doc, "id"));
}

static int64_t happen(struct db *db, const char *kind, int64_t now_us)
{
	struct err err = ERR_INIT;
	int64_t id = 0;
	struct event_draft e = {.kind = kind, .summary = "it happened"};

	must(event_append(db, &e, now_us, &id, &err), &err);
	return id;
}

/* Take what is due and settle it; returns the event's id, 0: nothing was due. */
static int64_t turn(struct db *db, int64_t now_us, bool well)
{
	struct err err = ERR_INIT;
	struct webhook_job job;
	struct webhook_outcome o = {.well = well, .status = well ? 204 : 503, .result = "so"};
	int r = webhook_take(db, now_us, LEASE, &job, &err);

	must(r, &err);
	if (r == 0)
		return 0;
	int64_t id = job.event_id;
	assert_non_null(strstr(job.body, "it happened"));
	must(webhook_settle(db, &job, &o, now_us, &err), &err);
	must(webhook_settle(db, &job, &o, now_us, &err), &err); /* twice counts once */
	webhook_job_done(&job);
	return id;
}

static int64_t member(struct db *db, int64_t num, const char *key)
{
	struct err err = ERR_INIT;
	autojson json_t *doc = NULL;

	must(webhook_get(db, num, &doc, &err), &err);
	assert_null(json_object_get(doc, "secret"));
	return json_integer_value(json_object_get(doc, key));
}

static void test_drafts(void **state)
{
	static const struct {
		const char *name, *url, *secret, *kind;
		int64_t max_tries;
		int want;
		const char *pointer;
	} rows[] = {
		{"a", "http://127.0.0.1:9/x?y=1", GOOD, "host.*", 3, 0, ""},
		{"b", "https://example.org", GOOD, NULL, 100, 0, ""},
		{"a", "http://h/", GOOD, NULL, 3, -ERR_EXISTS, ""},
		{"", "http://h/", GOOD, NULL, 3, -ERR_INVALID, "/name"},
		{"a b", "http://h/", GOOD, NULL, 3, -ERR_INVALID, "/name"},
		{"c", "ftp://h/", GOOD, NULL, 3, -ERR_INVALID, "/url"},
		{"c", "file:///etc/passwd", GOOD, NULL, 3, -ERR_INVALID, "/url"},
		{"c", "http://", GOOD, NULL, 3, -ERR_INVALID, "/url"},
		{"c", "http:///x", GOOD, NULL, 3, -ERR_INVALID, "/url"},
		{"c", "http://me:pw@h/", GOOD, NULL, 3, -ERR_INVALID, "/url"},
		{"c", "http://h/\r\nX: y", GOOD, NULL, 3, -ERR_INVALID, "/url"},
		{"c", "http://h/", "short", NULL, 3, -ERR_INVALID, "/secret"},
		{"c", "http://h/", GOOD, "a b", 3, -ERR_INVALID, "/kinds"},
		{"c", "http://h/", GOOD, "", 3, -ERR_INVALID, "/kinds"},
		{"c", "http://h/", GOOD, NULL, 0, -ERR_INVALID, "/max_tries"},
		{"c", "http://h/", GOOD, NULL, 101, -ERR_INVALID, "/max_tries"},
	};
	struct db *db = ((struct store_fixture *)*state)->db;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct err err = ERR_INIT;
		autojson json_t *doc = NULL;
		autojson json_t *kinds = rows[i].kind ? json_pack("[s]", rows[i].kind) : NULL;
		struct webhook_draft d = {rows[i].name, rows[i].url,       rows[i].secret,
					  kinds,        rows[i].max_tries, -1};
		int r = webhook_create(db, &d, US, &doc, &err);
		if (r != rows[i].want || !str_eq(err.pointer, rows[i].pointer))
			fail_msg("row %zu: %d at '%s': %s", i, r, err.pointer, err.msg);
	}
}

static void test_pauses(void **state)
{
	static const struct {
		int64_t tries;
		int64_t longest_s;
	} rows[] = {{0, 1}, {1, 1}, {2, 2}, {3, 4}, {11, 1024}, {12, 2048}, {13, 3600}, {99, 3600}};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		for (uint32_t random = 0; random < 5000; random += 37) {
			int64_t us = webhook_pause_us(rows[i].tries, random);
			assert_true(us <= rows[i].longest_s * US);
			assert_true(us >= rows[i].longest_s * US / 4 * 3);
		}
	assert_int_not_equal(webhook_pause_us(5, 1), webhook_pause_us(5, 600));
}

static void test_order_filter_and_claim(void **state)
{
	struct db *db = ((struct store_fixture *)*state)->db;
	struct err err = ERR_INIT;
	struct webhook_job job, other;
	int64_t num = make(db, "h", "host.*", 3);
	int64_t first = happen(db, "host.state", 2 * US);

	(void)happen(db, "part.moved", 2 * US);
	int64_t second = happen(db, "host.edited", 3 * US);
	assert_int_equal(webhook_take(db, 4 * US, LEASE, &job, &err), 1);
	assert_int_equal(job.event_id, first);
	assert_string_equal(job.secret, GOOD);
	assert_int_equal(webhook_take(db, 5 * US, LEASE, &other, &err), 0);  /* claimed */
	assert_int_equal(webhook_take(db, 25 * US, LEASE, &other, &err), 1); /* that one died */
	assert_int_equal(other.event_id, first);
	webhook_job_done(&other);
	webhook_job_done(&job);
	must(webhook_forget_claims(db, &err), &err);
	assert_int_equal(turn(db, 26 * US, true), first);
	assert_int_equal(turn(db, 26 * US, true), second);
	assert_int_equal(turn(db, 26 * US, true), 0);
	assert_int_equal(member(db, num, "delivered"), 2);
	assert_int_equal(member(db, num, "last_event"), second);
}

static void test_retries_then_a_dead_letter(void **state)
{
	struct store_fixture *f = *state;
	struct err err = ERR_INIT;
	autojson json_t *doc = NULL;
	int64_t num = make(f->db, "h", NULL, 3), n = 0;
	int64_t bad = happen(f->db, "a", 2 * US), next = happen(f->db, "b", 2 * US);

	assert_int_equal(turn(f->db, 10 * US, false), bad);
	assert_int_equal(turn(f->db, 10 * US + 1000, false), 0); /* a pause */
	store_reopen(f, 0);
	assert_int_equal(member(f->db, num, "tries"), 1); /* kept over a restart */
	assert_int_equal(turn(f->db, 11 * US, false), bad);
	assert_int_equal(turn(f->db, 20 * US, false), bad);
	assert_int_equal(member(f->db, num, "dead"), 1);
	assert_int_equal(turn(f->db, 20 * US, true), next); /* the others go on */
	assert_int_equal(turn(f->db, 99 * US, true), 0);
	must(webhook_deliveries(f->db, num, &doc, &err), &err);
	assert_int_equal(json_array_size(json_object_get(doc, "items")), 4);
	assert_int_equal(webhook_redeliver(f->db, num, next, 100 * US, &n, &err), -ERR_NOT_FOUND);
	assert_int_equal(webhook_redeliver(f->db, num + 1, 0, 100 * US, &n, &err), -ERR_NOT_FOUND);
	must(webhook_redeliver(f->db, num, 0, 100 * US, &n, &err), &err);
	assert_int_equal(n, 1);
	assert_int_equal(turn(f->db, 100 * US, false), bad);
	assert_int_equal(turn(f->db, 110 * US, true), bad);
	assert_int_equal(member(f->db, num, "dead"), 0);
	assert_int_equal(member(f->db, num, "delivered"), 2);
	assert_int_equal(member(f->db, num, "last_event"), next); /* the cursor never goes back */
	must(webhook_remove(f->db, num, &err), &err);
	assert_int_equal(webhook_remove(f->db, num, &err), -ERR_NOT_FOUND);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_drafts, store_setup, store_teardown),
		cmocka_unit_test(test_pauses),
		cmocka_unit_test_setup_teardown(test_order_filter_and_claim, store_setup,
						store_teardown),
		cmocka_unit_test_setup_teardown(test_retries_then_a_dead_letter, store_setup,
						store_teardown),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
