/* SPDX-License-Identifier: Apache-2.0 */
/* Tokens, the audit chain, idempotency keys. */
#include "tests/harness/check.h"

#include <base/json.h>
#include <base/str.h>
#include <inventory/token.h>

#include "store_fixture.h"

#define US 1000000LL

static void must(int r, const struct err *err)
{
	if (r < 0)
		fail_msg("%s (%s)", err->msg, err_name(err->code));
}

static void test_tokens(void **state)
{
	struct db *db = ((struct store_fixture *)*state)->db;
	struct err err = ERR_INIT;
	struct token t;
	char text[TOKEN_TEXT_BYTES], other[TOKEN_TEXT_BYTES];
	int64_t num = 0;

	struct token_draft draft = {"ci", "", "read arm", "admin", US, 100 * US};

	must(token_create(db, &draft, text, &num, &err), &err);
	draft.scopes = "read";
	assert_int_equal(token_create(db, &draft, other, &num, &err), -ERR_EXISTS);
	draft.name = "a b";
	assert_int_equal(token_create(db, &draft, other, &num, &err), -ERR_INVALID);
	must(token_find(db, text, 2 * US, &t, &err), &err);
	assert_string_equal(t.scopes, "read arm");
	assert_true(token_is_live(db, t.num, 2 * US));
	static const char *const bad[] = {"", "-1", "null", "slw_", "' OR 1=1 --", NULL};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_int_equal(token_find(db, bad[i], 2 * US, &t, &err), -ERR_NOT_FOUND);
	other[0] = '\0';
	(void)str_copy(other, sizeof(other), text);
	other[20] = other[20] == 'a' ? 'b' : 'a';
	assert_int_equal(token_find(db, other, 2 * US, &t, &err), -ERR_NOT_FOUND);
	assert_int_equal(token_find(db, text, 101 * US, &t, &err), -ERR_NOT_FOUND); /* expired */
	must(token_find(db, text, 2 * US, &t, &err), &err);
	must(token_revoke(db, t.num, 3 * US, &err), &err);
	assert_int_equal(token_revoke(db, t.num, 3 * US, &err), -ERR_NOT_FOUND);
	assert_int_equal(token_find(db, text, 4 * US, &t, &err), -ERR_NOT_FOUND);
	assert_false(token_is_live(db, t.num, 4 * US));
	/* the store does not hold the token */
	int64_t n = -1;
	must(db_query_int(db, &err, &n, -1,
			  "SELECT count(*) FROM token WHERE hash = $1 OR name = $1", p_text(text)),
	     &err);
	assert_int_equal(n, 0);
}

static void fill_audit(struct db *db)
{
	struct err err = ERR_INIT;

	for (int i = 0; i < 5; i++) {
		struct audit_entry e = {.who = "admin",
					.peer = "local",
					.method = "POST",
					.path = "/x",
					.status = 200,
					.reason = "because"};
		must(audit_append(db, &e, (10 + i) * US, &err), &err);
	}
}

/* D-12: a row that was edited or removed outside the server is named. */
static void test_audit_notices_every_change(void **state)
{
	static const struct {
		const char *change, *says;
	} rows[] = {
		{"UPDATE audit SET who = 'nobody' WHERE id = 3", "row 3 was changed"},
		{"UPDATE audit SET status = 201 WHERE id = 1", "row 1 was changed"},
		{"UPDATE audit SET at_us = at_us + 1 WHERE id = 5", "row 5 was changed"},
		{"UPDATE audit SET reason = '' WHERE id = 2", "row 2 was changed"},
		{"UPDATE audit SET hash = previous WHERE id = 4", "row 4 was changed"},
		{"DELETE FROM audit WHERE id = 3", "row 4 does not follow"},
		{"DELETE FROM audit WHERE id = 1", "row 2 does not follow"},
		{"DELETE FROM audit WHERE id = 5", "what followed row 4 is missing"},
		{"DELETE FROM audit WHERE id > 2", "what followed row 2 is missing"},
		{"DELETE FROM audit", "5 rows were written, 0 are there"},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct store_fixture f;
		struct err err = ERR_INIT;
		int64_t n = 0;
		store_open(&f);
		fill_audit(f.db);
		must(audit_check(f.db, NULL, 0, &n, &err), &err);
		assert_int_equal(n, 5);
		must(db_exec_n(f.db, rows[i].change, NULL, 0, NULL, &err), &err);
		CHECK_ERR(rows[i].change, audit_check(f.db, NULL, 0, &n, &err), ERR_AUDIT_BROKEN);
		CHECK(rows[i].change, strstr(err.msg, rows[i].says));
		/* and stays broken, whatever is written later */
		fill_audit(f.db);
		CHECK_ERR(rows[i].change, audit_check(f.db, NULL, 0, &n, &err), ERR_AUDIT_BROKEN);
		store_close(&f);
	}
}

static void test_idempotency(void **state)
{
	struct db *db = ((struct store_fixture *)*state)->db;
	struct err err = ERR_INIT;
	struct idempotent kept;

	assert_int_equal(
		idempotency_find(db, &(struct idempotent_request){"a", "k", "h1", US}, &kept, &err),
		0);
	must(idempotency_keep(db, &(struct idempotent_request){"a", "k", "h1", US}, 201, "\"r1\"",
			      "{\"x\":1}", &err),
	     &err);
	assert_int_equal(idempotency_find(db, &(struct idempotent_request){"a", "k", "h1", 2 * US},
					  &kept, &err),
			 1);
	assert_int_equal(kept.status, 201);
	assert_string_equal(kept.body, "{\"x\":1}");
	free(kept.body);
	assert_int_equal(idempotency_find(db, &(struct idempotent_request){"a", "k", "h2", 2 * US},
					  &kept, &err),
			 -ERR_KEY_CONFLICT);
	assert_int_equal(idempotency_find(db, &(struct idempotent_request){"b", "k", "h2", 2 * US},
					  &kept, &err),
			 0);
	assert_int_equal(idempotency_find(db,
					  &(struct idempotent_request){"a", "k", "h2", 100000 * US},
					  &kept, &err),
			 0);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, store_setup, store_teardown)
	static const struct CMUnitTest tests[] = {
		T(test_tokens),
		cmocka_unit_test(test_audit_notices_every_change),
		T(test_idempotency),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
