/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is believed after the last byte: receipts signed by the agent that wrote, and the first boot
 * of the installed system; and what a receipt's words may do to the next boot.
 */
#include "tests/harness/check.h"

#include <base/json.h>
#include <base/str.h>
#include <proto/receipt.h>
#include "tests/harness/host_walk.h"

/* A step that says it is done without a receipt is not believed. */
static void test_no_receipt(void **state)
{
	struct fake_agent a;
	struct server_bench *b = *state;

	walk_to_writing(b, &a, "S1", MAC_A);
	need(fake_agent_step_done(&a, "ok"), 200, &a, "done");
	need_state(b, &a, "failed");
	fake_agent_done(&a);
}

static json_t *report_of(struct fake_agent *a)
{
	return json_pack("{s:s}", "manifest_sha256", a->plan.image.image_digest);
}

static json_t *by_another_key(struct fake_agent *a)
{
	struct fake_agent other;

	fake_agent_boot(&other, a->socket, "S2", MAC_B);
	struct fake_agent mixed = *a;
	memcpy(mixed.key_path, other.key_path, sizeof(mixed.key_path));
	json_t *envelope = fake_agent_seal(&mixed, report_of(a));
	fake_agent_done(&other);
	return envelope;
}

static json_t *with_another_payload(struct fake_agent *a)
{
	json_t *envelope = fake_agent_seal(a, report_of(a));
	autojson json_t *other = fake_agent_seal(a, json_object());

	json_object_set(envelope, "payload", json_object_get(other, "payload"));
	return envelope;
}

static json_t *with_another_type(struct fake_agent *a)
{
	json_t *envelope = fake_agent_seal(a, report_of(a));

	json_object_set_new(envelope, "payload_type", json_string(PLAN_PAYLOAD_TYPE));
	return envelope;
}

static json_t *of_another_host(struct fake_agent *a)
{
	struct fake_agent mixed = *a;

	(void)str_copy(mixed.host_id, sizeof(mixed.host_id), mixed.link.session.session_id);
	return fake_agent_seal(&mixed, report_of(a));
}

static json_t *of_another_arm(struct fake_agent *a)
{
	struct fake_agent mixed = *a;

	(void)str_copy(mixed.plan.image.arm_id, sizeof(mixed.plan.image.arm_id), "none");
	return fake_agent_seal(&mixed, report_of(a));
}

static json_t *of_another_image(struct fake_agent *a)
{
	return fake_agent_seal(a, json_pack("{s:s}", "manifest_sha256", a->key_id));
}

/* Not believed, although the session's own connection brought it: written down, and the host fails.
 */
static void test_bad_receipts(void **state)
{
	static const struct {
		const char *name;
		json_t *(*make)(struct fake_agent *a);
		const char *code;
	} rows[] = {
		{"not signed", report_of, "input.field.missing"},
		{"signed by another key", by_another_key, "receipt.key"},
		{"another payload", with_another_payload, "receipt.signature"},
		{"another type", with_another_type, "receipt.type"},
		{"of another host", of_another_host, "receipt.binding"},
		{"of another arm", of_another_arm, "receipt.binding"},
		{"of another image", of_another_image, "image.other"},
	};
	struct server_bench *b = *state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct fake_agent a;
		walk_to_writing(b, &a, "S1", MAC_A);
		need(fake_agent_event(&a, "receipt", rows[i].make(&a)), 200, &a, rows[i].name);
		CHECK_STR(rows[i].name, server_bench_state(b, a.host_id), "failed");
		CHECK_INT(rows[i].name, server_bench_number(b, "SELECT count(*) FROM receipt"), 0);
		autofree char *sql = xasprintf("SELECT count(*) FROM event WHERE kind = "
					       "'agent.refused' AND detail LIKE '%%\"%s\"%%'",
					       rows[i].code);
		CHECK_INT(rows[i].name, server_bench_number(b, sql), 1);
		need(fake_agent_step_done(&a, "ok"), 200, &a, "done");
		CHECK_STR(rows[i].name, server_bench_state(b, a.host_id), "failed");
		fake_agent_done(&a);
		walk_renew(b, profile_auto);
	}
}

/* Whoever holds the fingerprint checks the envelope that the API gives out, without the server. */
static void test_receipts_can_be_checked_by_others(void **state)
{
	struct fake_agent a;
	autoreceipt struct receipt r = {0};
	struct err err = ERR_INIT;
	char key[SHA256_HEX_BYTES];
	struct server_bench *b = *state;

	walk_to_writing(b, &a, "S1", MAC_A);
	walk_finish_image(b, &a);
	autofree char *path = xasprintf("/api/v1/hosts/%s/receipts", a.host_id);
	assert_int_equal(server_bench_admin(b, "GET", path, NULL), 200);
	json_t *row = json_array_get(json_object_get(b->reply, "items"), 0);
	json_t *signature = json_object_get(row, "signature");
	assert_string_equal(json_string_value(json_object_get(row, "work")), "image");
	assert_string_equal(json_string_value(json_object_get(signature, "key_sha256")), a.key_id);
	if (receipt_open(json_object_get(signature, "envelope"), a.key_id, &r, key, &err) < 0)
		fail_msg("%s", err.msg);
	assert_true(json_equal(r.report, json_object_get(row, "receipt")));
	assert_int_equal(receipt_check(&r, a.host_id, a.link.session.session_id,
				       a.plan.image.arm_id, "image", &err),
			 0);
	fake_agent_done(&a);
}

/* Words about a plan or an arm that another session holds change nothing. */
static void test_words_of_another_session(void **state)
{
	static const struct {
		const char *name, *stored;
		int receipts;
		const char *state;
	} rows[] = {
		{"its own", "UPDATE flow_plan SET kind = kind", 1, "verifying"},
		{"another's plan", "UPDATE flow_plan SET session_id = 'other'", 1, "imaging"},
		{"another's arm", "UPDATE flow_arm SET session_id = 'other'", 0, "failed"},
	};
	struct server_bench *b = *state;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct fake_agent a;
		walk_to_writing(b, &a, "S1", MAC_A);
		server_bench_sql(b, rows[i].stored);
		need(fake_agent_receipt(&a), 200, &a, rows[i].name);
		CHECK_INT(rows[i].name, server_bench_number(b, "SELECT count(*) FROM receipt"),
			  rows[i].receipts);
		need(fake_agent_step_done(&a, "ok"), 200, &a, rows[i].name);
		CHECK_STR(rows[i].name, server_bench_state(b, a.host_id), rows[i].state);
		fake_agent_done(&a);
		walk_renew(b, profile_auto);
	}
}

/* The token is right, the system is another one, or runs from elsewhere. */
static void test_first_boot_of_another_system(void **state)
{
	struct fake_agent a;
	char token[SHA256_HEX_BYTES], digest[SHA256_HEX_BYTES], serial[64];
	struct server_bench *b = *state;

	walk_to_image(b, &a, "S1", MAC_A);
	(void)str_copy(token, sizeof(token), a.plan.image.first_boot_token);
	(void)str_copy(digest, sizeof(digest), a.plan.image.image_digest);
	(void)str_copy(serial, sizeof(serial), a.disk_serial);
	need(fake_agent_permit(&a, NULL), 200, &a, "permit");
	walk_finish_image(b, &a);
	need(fake_agent_first_boot(&a, token, a.key_id), 422, &a, "another image");
	assert_string_equal(a.code, "image.other");
	need_state(b, &a, "verifying");
	(void)str_copy(a.disk_serial, sizeof(a.disk_serial), "OTHER");
	need(fake_agent_first_boot(&a, token, digest), 403, &a, "another disk");
	assert_string_equal(a.code, "guard.disk.other");
	need_state(b, &a, "verifying");
	(void)str_copy(a.disk_serial, sizeof(a.disk_serial), serial);
	need(fake_agent_first_boot(&a, token, digest), 200, &a, "first boot");
	need_state(b, &a, "ready");
	fake_agent_done(&a);
}

static void test_tampered_first_boot(void **state)
{
	struct fake_agent a;
	char token[SHA256_HEX_BYTES];
	struct server_bench *b = *state;

	walk_to_image(b, &a, "S1", MAC_A);
	(void)str_copy(token, sizeof(token), a.plan.image.first_boot_token);
	need(fake_agent_permit(&a, NULL), 200, &a, "permit");
	walk_finish_image(b, &a);
	token[0] = token[0] == '0' ? '1' : '0';
	need(fake_agent_first_boot(&a, token, a.plan.image.image_digest), 403, &a, "wrong token");
	assert_string_equal(a.code, "first_boot.token");
	need_state(b, &a, "verifying");
	fake_agent_done(&a);
}

/* A host is sent to the loader that was written for it; a receipt's words never get into a script.
 */
static void test_boots_what_was_written(void **state)
{
	static const struct {
		const char *name, *role, *uuid;
		bool named;
	} rows[] = {
		{"the EFI system partition", "esp", "5d0f7a10-3c1e-4b57-9a41-51a7b1050101", true},
		{"another partition", "root", "5d0f7a10-3c1e-4b57-9a41-51a7b1050101", false},
		{"no UUID", "esp", "", false},
		{"a script", "esp", "x\nchain http://evil/", false},
	};
	struct server_bench *b = *state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct fake_agent a;
		walk_to_writing(b, &a, "S1", MAC_A);
		json_t *receipt = json_pack("{s:s, s:[{s:s, s:s}]}", "manifest_sha256",
					    a.plan.image.image_digest, "partitions", "role",
					    rows[i].role, "part_uuid", rows[i].uuid);
		need(fake_agent_receipt_of(&a, receipt), 200, &a, "receipt");
		need(fake_agent_step_done(&a, "ok"), 200, &a, "imaged");
		autofree char *script = walk_boot_script(b, a.mac);
		CHECK(rows[i].name, strstr(script, "sanboot --no-describe --drive 0 --filename"));
		CHECK_INT(rows[i].name,
			  strstr(script, "--uuid 5d0f7a10-3c1e-4b57-9a41-51a7b1050101 ") != NULL,
			  rows[i].named);
		CHECK(rows[i].name, !strstr(script, "evil"));
		fake_agent_done(&a);
		walk_renew(b, profile_auto);
	}
}

/* From ready to the plan of the same image again. */
static void image_again(struct server_bench *b, struct fake_agent *first, struct fake_agent *again)
{
	assert_int_equal(walk_arm(b, first, ",\"reason\":\"again\""), 201);
	walk_reboot(b, again, "S1", MAC_A);
	walk_inspect(b, again, NULL);
	need_step(b, again, PLAN_STEP_IMAGE);
}

/* The same image was written in the host's former life: that receipt proves nothing now. */
static void test_receipt_of_a_former_life(void **state)
{
	struct fake_agent a, again;
	struct server_bench *b = *state;

	walk_to_ready(b, &a, "S1", MAC_A);
	image_again(b, &a, &again);
	need(fake_agent_permit(&again, "ext4"), 403, &again, "data without consent");
	need(fake_agent_permit(&again, NULL), 200, &again, "permit");
	need(fake_agent_step_done(&again, "ok"), 200, &again, "done");
	need_state(b, &again, "failed");
	fake_agent_done(&a);
	fake_agent_done(&again);
}

/* A token is for one arm: not before the permit, not after the next arm, not after a release. */
static void test_tokens_end(void **state)
{
	struct fake_agent a, again;
	struct server_bench *b = *state;
	char token[SHA256_HEX_BYTES], digest[SHA256_HEX_BYTES];

	walk_to_image(b, &a, "S1", MAC_A);
	(void)str_copy(token, sizeof(token), a.plan.image.first_boot_token);
	(void)str_copy(digest, sizeof(digest), a.plan.image.image_digest);
	need(fake_agent_first_boot(&a, token, digest), 403, &a, "before the permit");
	need(fake_agent_permit(&a, NULL), 200, &a, "permit");
	walk_finish_image(b, &a);
	need(fake_agent_first_boot(&a, token, digest), 200, &a, "first boot");
	image_again(b, &a, &again);
	need(fake_agent_first_boot(&a, token, digest), 403, &a, "after the next arm");
	assert_string_equal(a.code, "first_boot.token");
	need_state(b, &again, "imaging");
	fake_agent_done(&a);
	fake_agent_done(&again);
	walk_renew(b, profile_auto);
	walk_to_ready(b, &a, "S1", MAC_A);
	autofree char *release = xasprintf("/api/v1/hosts/%s/release", a.host_id);
	assert_int_equal(server_bench_admin(b, "POST", release, NULL), 200);
	assert_int_equal(server_bench_number(b, "SELECT count(*) FROM flow_arm WHERE "
						"first_boot_hash <> ''"),
			 0);
	fake_agent_done(&a);
}

/* Neither the token nor the user's data can be read from the store, and a repeated question gets
 * the same plan all the same, also of a server that was started again. */
static void test_plans_are_sealed(void **state)
{
	struct fake_agent a;
	struct server_bench *b = *state;
	char token[SHA256_HEX_BYTES];

	walk_to_image(b, &a, "S1", MAC_A);
	(void)str_copy(token, sizeof(token), a.plan.image.first_boot_token);
	assert_int_equal(server_bench_number(b, "SELECT count(*) FROM flow_plan WHERE kind = "
						"'image' AND envelope LIKE 'sealed:%'"),
			 1);
	server_bench_crash(b);
	need_step(b, &a, PLAN_STEP_IMAGE);
	assert_string_equal(token, a.plan.image.first_boot_token);
	need(fake_agent_permit(&a, NULL), 200, &a, "permit");
	walk_finish_image(b, &a);
	assert_int_equal(server_bench_number(b, "SELECT count(*) FROM flow_plan WHERE ended_us > "
						"0 AND envelope <> ''"),
			 0);
	fake_agent_done(&a);
}

/* The bench has a lab root: what it vouches for says so, in the inventory and to people. */
static void test_lab_keys_are_named(void **state)
{
	struct fake_agent a;
	struct server_bench *b = *state;

	walk_to_ready(b, &a, "S1", MAC_A);
	autofree char *path = xasprintf("/api/v1/hosts/%s", a.host_id);
	assert_int_equal(server_bench_admin(b, "GET", path, NULL), 200);
	json_t *image = json_object_get(b->reply, "image");
	assert_string_equal(json_string_value(json_object_get(image, "trust")), "lab");
	assert_int_equal(server_bench_admin(b, "GET", "/api/v1/hosts?image.trust=lab", NULL), 200);
	assert_int_equal(json_array_size(json_object_get(b->reply, "items")), 1);
	assert_int_equal(server_bench_admin(b, "GET", "/api/v1/hosts?image.trust=hardened", NULL),
			 200);
	assert_int_equal(json_array_size(json_object_get(b->reply, "items")), 0);
	assert_int_equal(server_bench_admin(b, "GET", "/api/v1/summary?group_by=image.trust", NULL),
			 200);
	assert_int_equal(server_bench_admin(b, "GET", "/api/v1/receipts?image.trust=lab", NULL),
			 200);
	assert_int_equal(json_array_size(json_object_get(b->reply, "items")), 1);
	fake_agent_done(&a);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, walk_setup_auto, walk_teardown)
	const struct CMUnitTest tests[] = {
		T(test_no_receipt),
		T(test_bad_receipts),
		T(test_receipts_can_be_checked_by_others),
		T(test_words_of_another_session),
		T(test_first_boot_of_another_system),
		T(test_tampered_first_boot),
		T(test_boots_what_was_written),
		T(test_receipt_of_a_former_life),
		T(test_tokens_end),
		T(test_plans_are_sealed),
		T(test_lab_keys_are_named),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("receipts", tests, NULL, NULL);
}
