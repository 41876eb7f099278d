/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checkpoints: sealed and opened, and refused when another key signed, a byte was changed, or the
 * same key signed something else.
 */
#include "tests/harness/check.h"

#include <stdio.h>
#include <base/file.h>
#include <base/json.h>
#include <base/str.h>
#include <proto/checkpoint.h>

static char dir[] = "/tmp/slipway-checkpoint-XXXXXX";
static struct plan_key *own, *other, *reader;

static void make(const char *name, struct plan_key **ret, struct plan_key **ret_public)
{
	struct err err = ERR_INIT;
	autofree char *priv = xasprintf("%s/%s.pem", dir, name);
	autofree char *pub = xasprintf("%s/%s.pub", dir, name);

	assert_int_equal(plan_key_generate(priv, pub, &err), 0);
	assert_int_equal(plan_key_load_private(priv, ret, &err), 0);
	if (ret_public)
		assert_int_equal(plan_key_load_public(pub, ret_public, &err), 0);
}

static int setup(void **state)
{
	(void)state;
	assert_non_null(mkdtemp(dir));
	make("own", &own, &reader);
	make("other", &other, NULL);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	plan_key_free(own);
	plan_key_free(other);
	plan_key_free(reader);
	return file_remove_tree(dir, NULL);
}

static const struct checkpoint good = {
	.rows = 7,
	.last_id = 42,
	.hash = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff",
	.at = "2026-11-01T00:00:00Z",
};

static json_t *sealed(const struct plan_key *key)
{
	struct err err = ERR_INIT;
	json_t *envelope = NULL;

	assert_int_equal(checkpoint_seal(key, &good, &envelope, &err), 0);
	return envelope;
}

static void test_there_and_back(void **state)
{
	struct err err = ERR_INIT;
	struct checkpoint c;
	autojson json_t *envelope = sealed(own);

	(void)state;
	assert_int_equal(checkpoint_open(reader, envelope, &c, &err), 0);
	assert_int_equal(c.rows, good.rows);
	assert_int_equal(c.last_id, good.last_id);
	assert_string_equal(c.hash, good.hash);
	assert_string_equal(c.at, good.at);
	autofree char *text = json_text(envelope);
	assert_true(strlen(text) < CHECKPOINT_MAX_BYTES);
}

static json_t *by_another(void)
{
	return sealed(other);
}

/* Another key under our key's name. */
static json_t *by_another_named_ours(void)
{
	json_t *envelope = sealed(other);
	autojson json_t *ours = sealed(own);
	json_t *to = json_array_get(json_object_get(envelope, "signatures"), 0);
	const json_t *from = json_array_get(json_object_get(ours, "signatures"), 0);

	(void)json_object_set(to, "keyid", json_object_get(from, "keyid"));
	return envelope;
}

static json_t *with_other_payload(void)
{
	json_t *envelope = sealed(own);
	autofree char *payload = base64_encode("{}", 2);

	(void)json_object_set_new(envelope, "payload", json_string(payload));
	return envelope;
}

static json_t *a_plan(void)
{
	struct err err = ERR_INIT;
	json_t *envelope = NULL;
	autojson json_t *payload = json_object();

	assert_int_equal(plan_seal(own, payload, &envelope, &err), 0);
	return envelope;
}

/* The type is part of what is signed. */
static json_t *a_plan_called_a_checkpoint(void)
{
	json_t *envelope = a_plan();

	(void)json_object_set_new(envelope, "payload_type", json_string(CHECKPOINT_PAYLOAD_TYPE));
	return envelope;
}

static json_t *unsigned_one(void)
{
	json_t *envelope = sealed(own);

	(void)json_array_clear(json_object_get(envelope, "signatures"));
	return envelope;
}

static json_t *a_list(void)
{
	return json_array();
}

static void test_what_is_refused(void **state)
{
	static const struct {
		const char *name;
		json_t *(*make)(void);
	} rows[] = {
		{"another key", by_another},
		{"another key under our name", by_another_named_ours},
		{"another payload", with_other_payload},
		{"a plan", a_plan},
		{"a plan called a checkpoint", a_plan_called_a_checkpoint},
		{"no signature", unsigned_one},
		{"no object", a_list},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct err err = ERR_INIT;
		struct checkpoint c;
		autojson json_t *envelope = rows[i].make();
		CHECK_ERR(rows[i].name, checkpoint_open(reader, envelope, &c, &err),
			  ERR_CHECKPOINT);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_there_and_back),
		cmocka_unit_test(test_what_is_refused),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("checkpoint", tests, setup, teardown);
}
