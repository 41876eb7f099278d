/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Trust roots: which ones are refused for themselves, how versions follow each other (S-09, S-12),
 * and which manifests they accept (S-01 to S-06, S-10, S-11, S-13).
 */
#include "fixture.h"

#include <stdlib.h>

#include <base/file.h>
#include <base/str.h>
#include <tests/harness/changed_text.h>

/* ---- a root for itself ----------------------------------------------------------------------- */

static void edit_threshold_2(struct trust_root *r)
{
	r->threshold[TRUST_ROLE_ROOT] = 2;
}

static void edit_image_threshold_2(struct trust_root *r)
{
	r->threshold[TRUST_ROLE_IMAGE] = 2;
}

static void edit_seq_2(struct trust_root *r)
{
	r->seq = 2;
}

static void edit_seq_3(struct trust_root *r)
{
	r->seq = 3;
}

static void edit_hardened(struct trust_root *r)
{
	r->profile = TRUST_PROFILE_HARDENED;
	r->threshold[TRUST_ROLE_ROOT] = 2;
}

static void edit_hardened_2(struct trust_root *r)
{
	edit_hardened(r);
	r->seq = 2;
}

/* Root 2 in which key 1 alone makes roots. */
static void edit_seq_2_by_key_1(struct trust_root *r)
{
	r->seq = 2;
	for (size_t i = 0; i < r->n_keys; i++)
		r->keys[i].may[TRUST_ROLE_ROOT] = false;
	for (size_t i = 0; i < r->n_keys; i++)
		if (r->keys[i].key.algorithm == KEY_ECDSA_P256)
			r->keys[i].may[TRUST_ROLE_ROOT] = true;
}

static void test_own_threshold(void **state)
{
	static const struct {
		const char *name;
		void (*edit)(struct trust_root *r);
		unsigned signers;
		enum err_code code;
	} rows[] = {
		{"one of one", NULL, 1, ERR_OK},
		{"by the other root key", NULL, 2, ERR_OK},
		{"nobody", NULL, 0, ERR_IMAGE_ROOT_SIGNATURES},
		{"by an image key", NULL, 4, ERR_IMAGE_ROOT_SIGNATURES},
		{"by a stranger", NULL, 8, ERR_IMAGE_ROOT_SIGNATURES},
		{"one of two", edit_threshold_2, 1, ERR_IMAGE_ROOT_SIGNATURES},
		{"two of two", edit_threshold_2, 3, ERR_OK},
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(trust_root)
		struct trust_root *r = fixture_root(f, rows[i].edit, rows[i].signers);
		AUTO(trust_root) struct trust_root *again = NULL;
		autofree char *text = fixture_envelope(r);
		struct err err = ERR_INIT;

		CHECK_ERR(rows[i].name, trust_root_parse(text, strlen(text), &again, &err),
			  rows[i].code);
	}
}

/* A root whose document has `to` in place of its first `from`, signed by key 0. */
static int parse_changed(struct fixture *f, const char *row, const char *from, const char *to,
			 struct err *err)
{
	AUTO(trust_root) struct trust_root *r = fixture_root(f, NULL, 0), *again = NULL;
	autofree char *text = NULL;
	char *changed = changed_text(row, r->document.payload, from, to);

	free(r->document.payload);
	r->document.payload = changed;
	r->document.payload_bytes = strlen(changed);
	CHECK_ERR(row, trust_root_sign(r, f->signers[0], err), ERR_OK);
	text = fixture_envelope(r);
	return trust_root_parse(text, strlen(text), &again, err);
}

/* Rows that change the document's text, so also what the encoder would never write. */
static void test_bad_documents(void **state)
{
	static const struct {
		const char *name, *from, *to;
	} rows[] = {
		{"S-12 root threshold 0", "\"root_threshold\":1", "\"root_threshold\":0"},
		{"S-12 root threshold over the keys", "\"root_threshold\":1",
		 "\"root_threshold\":3"},
		{"S-12 image threshold 0", "\"image_threshold\":1", "\"image_threshold\":0"},
		{"S-12 image threshold over the keys", "\"image_threshold\":1",
		 "\"image_threshold\":4"},
		{"S-12 negative", "\"image_threshold\":1", "\"image_threshold\":-1"},
		{"channel threshold 0", "\"created\"", "\"channel_threshold\":0,\"created\""},
		{"channel threshold without keys", "\"created\"",
		 "\"channel_threshold\":1,\"created\""},
		{"channel key without a threshold", "\"roles\":[\"image\"]",
		 "\"roles\":[\"channel\",\"image\"]"},
		{"hardened with threshold 1", "\"profile\":\"lab\"", "\"profile\":\"hardened\""},
		{"profile unknown", "\"profile\":\"lab\"", "\"profile\":\"none\""},
		{"other type", "slipway-root/v1", "slipway-root/v2"},
		{"unknown key", "\"seq\":1", "\"seq\":1,\"sex\":1"},
		{"sequence 0", "\"seq\":1", "\"seq\":0"},
		{"expires before it begins", "\"expires\":2000000000", "\"expires\":1000"},
		{"algorithm is not the key's", "\"algorithm\":\"ecdsa-p256-sha256\"",
		 "\"algorithm\":\"ed25519\""},
		{"role unknown", "\"roles\":[\"image\"]", "\"roles\":[\"boss\"]"},
		{"role twice", "\"roles\":[\"image\"]", "\"roles\":[\"image\",\"image\"]"},
		{"root role twice", "\"roles\":[\"image\"]", "\"roles\":[\"root\",\"root\"]"},
		{"line pattern too long", "\"lines\":[\"*\"]",
		 "\"lines\":["
		 "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		 "\"]"},
		{"revoked key with bytes after it", "\"revoked_keys\":[]",
		 "\"revoked_keys\":["
		 "\"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeffz\"]"},
		{"keys of the document in another order", "\"root_threshold\":1,\"seq\":1",
		 "\"seq\":1,\"root_threshold\":1"},
		{"floor 0", "\"floors\":[]", "\"floors\":[{\"line\":\"a\",\"min_seq\":0}]"},
		{"floor without a line", "\"floors\":[]", "\"floors\":[{\"min_seq\":1}]"},
		{"revoked key too short", "\"revoked_keys\":[]", "\"revoked_keys\":[\"00\"]"},
		{"white space", "\"seq\":1", "\"seq\": 1"},
		{"key id of another key", "\"id\":\"", "\"id\":\"00"},
		{"key id in capitals", "\"keys\":[{", "\"keys\":[{\"id\":\"AB\","},
		{"public key is not base64", "\"public\":\"M", "\"public\":\"*"},
		{"public key is not a key", "\"public\":\"M", "\"public\":\"N"},
		{"public key is missing", "\"public\":", "\"private\":"},
		{"line pattern is a number", "\"lines\":[\"*\"]", "\"lines\":[1]"},
		{"line pattern is empty", "\"lines\":[\"*\"]", "\"lines\":[\"\"]"},
		{"line patterns are a text", "\"lines\":[\"*\"]", "\"lines\":\"*\""},
		{"seventeen line patterns", "\"lines\":[\"*\"]",
		 "\"lines\":[\"*\",\"*\",\"*\",\"*\",\"*\",\"*\",\"*\",\"*\",\"*\",\"*\",\"*\",\"*"
		 "\","
		 "\"*\",\"*\",\"*\",\"*\",\"*\"]"},
		{"roles are a text", "\"roles\":[\"image\"]", "\"roles\":\"image\""},
		{"role is a number", "\"roles\":[\"image\"]", "\"roles\":[1]"},
		{"a key is a text", "\"keys\":[", "\"keys\":[\"key\","},
		{"keys are missing", "\"keys\":", "\"kees\":"},
		{"revoked keys are missing", "\"revoked_keys\":[],", ""},
		{"revoked keys are a text", "\"revoked_keys\":[]", "\"revoked_keys\":\"\""},
		{"revoked key is a number", "\"revoked_keys\":[]", "\"revoked_keys\":[1]"},
		{"revoked image is not hexadecimal", "\"revoked_images\":[]",
		 "\"revoked_images\":["
		 "\"zz112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
		 "\"]"},
		{"floors are missing", "\"floors\":[],", ""},
		{"floor is a text", "\"floors\":[]", "\"floors\":[\"a\"]"},
		{"floor of no line", "\"floors\":[]",
		 "\"floors\":[{\"line\":\"A\",\"min_seq\":1}]"},
		{"profile is missing", "\"profile\":\"lab\",", ""},
		{"type is missing", ",\"type\":\"slipway-root/v1\"", ""},
		{"not JSON", "{", "<"},
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct err err = ERR_INIT;

		CHECK_ERR(rows[i].name,
			  parse_changed(f, rows[i].name, rows[i].from, rows[i].to, &err),
			  ERR_IMAGE_ROOT);
	}
}

static void test_bad_envelopes(void **state)
{
	static const struct {
		const char *name, *from, *to;
	} rows[] = {
		{"other payload type", "slipway.root.v1", "slipway.image.v1"},
		{"payload is not base64", "\"payload\":\"", "\"payload\":\"*"},
		{"payload is missing", "\"payload\":", "\"peyload\":"},
		{"further key", "{\"payload\"", "{\"a\":1,\"payload\""},
		{"signatures are a text", "\"signatures\":[", "\"signatures\":\"\",\"s\":["},
		{"signature is not base64", "\"sig\":\"", "\"sig\":\"*"},
		{"not JSON", "{", "<"},
	};
	struct fixture *f = *state;
	autofree char *text = fixture_envelope(f->root);

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		autofree char *changed = changed_text(rows[i].name, text, rows[i].from, rows[i].to);
		AUTO(trust_root) struct trust_root *r = NULL;
		struct err err = ERR_INIT;

		CHECK_ERR(rows[i].name, trust_root_parse(changed, strlen(changed), &r, &err),
			  ERR_IMAGE_ROOT);
	}
}

static void test_files(void **state)
{
	static const char p384[] =
		"-----BEGIN PUBLIC KEY-----\n"
		"MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAEb7BG+5HWfiR8uCmP2sUoS5fRttBQJPDw\n"
		"PTPI2LANcXxbCCgW/AEPsrE2UJ9jaE0KBTQDKEV3immRDb4BlBpqw7H+mEMqd+iX\n"
		"V1y9TIURK3r9e2e541zcjhWKvfIBXJ3O\n"
		"-----END PUBLIC KEY-----\n";
	struct fixture *f = *state;
	autofree char *text = fixture_envelope(f->root), *line = xasprintf("%s\n", text);
	const char *path = fixture_path(f, "root.json");
	AUTO(trust_root) struct trust_root *r = NULL;
	struct public_key key;
	enum key_algorithm algorithm;
	struct err err = ERR_INIT;

	assert_int_equal(file_write_atomic(path, line, strlen(line), 0644, &err), 0);
	assert_int_equal(trust_root_load(path, &r, &err), 0);
	assert_memory_equal(r->digest, f->root->digest, SHA256_BYTES);
	assert_int_equal(trust_root_load("/nonexistent/root.json", &r, &err), -ERR_NOT_FOUND);
	assert_int_equal(public_key_load("/nonexistent/key.pub", &key, &err), -ERR_NOT_FOUND);
	assert_int_equal(public_key_load(path, &key, &err), -ERR_IMAGE_KEY);
	assert_int_equal(public_key_load(fixture_path(f, "key2.pub"), &key, &err), 0);
	assert_true(key_algorithm_parse("ed25519", &algorithm));
	assert_false(key_algorithm_parse("none", &algorithm));
	assert_int_equal(file_write_atomic(path, line, 100, 0644, &err), 0);
	assert_int_equal(trust_root_load(path, &r, &err), -ERR_IMAGE_ROOT);
	assert_int_equal(file_write_atomic(path, "\n\n", 2, 0644, &err), 0);
	assert_int_equal(trust_root_load(path, &r, &err), -ERR_IMAGE_ROOT);
	/* A file that says "public key" but holds one that we do not take. */
	assert_int_equal(file_write_atomic(path, p384, strlen(p384), 0644, &err), 0);
	assert_int_equal(public_key_load(path, &key, &err), -ERR_IMAGE_KEY);
	assert_non_null(strstr(err.msg, path));
	trust_root_free(NULL);
	/* Errors need not be taken. */
	assert_int_equal(trust_root_parse("{}", 2, &r, NULL), -ERR_IMAGE_ROOT);
}

static void test_keys_twice_or_wrongly_named(void **state)
{
	struct fixture *f = *state;
	autofree char *first = NULL, *twice = NULL;
	AUTO(trust_root) struct trust_root *r = fixture_root(f, NULL, 0);
	struct trust_root *copy = trust_root_copy(r);
	struct err err = ERR_INIT;

	copy->keys[copy->n_keys++] = copy->keys[0]; /* S-06: the same key again */
	assert_int_equal(trust_root_seal(&copy, &err), -ERR_IMAGE_ROOT);
	trust_root_free(copy);
	copy = trust_root_copy(r);
	copy->keys[0].key.id[0] ^= 1; /* S-06: under another id */
	assert_int_equal(trust_root_seal(&copy, &err), -ERR_IMAGE_ROOT);
	trust_root_free(copy);

	const char *from = strstr(r->document.payload, "\"keys\":[{"), *to = strstr(from, "},{");
	first = xasprintf("%.*s", (int)(to - from), from);
	twice = xasprintf("%s},%s", first, first + strlen("\"keys\":["));
	CHECK_ERR("S-06 a key twice in the file",
		  parse_changed(f, "S-06 a key twice in the file", first, twice, &err),
		  ERR_IMAGE_ROOT);
}

/* ---- succession ------------------------------------------------------------------------------ */

static void test_succession(void **state)
{
	static const struct {
		const char *name;
		void (*old)(struct trust_root *r);
		unsigned old_signers;
		void (*next)(struct trust_root *r);
		unsigned next_signers;
		enum err_code code;
	} rows[] = {
		{"the next", NULL, 1, edit_seq_2, 1, ERR_OK},
		{"S-09 skips one", NULL, 1, edit_seq_3, 1, ERR_IMAGE_ROOT_SEQUENCE},
		{"S-09 the same again", NULL, 1, NULL, 1, ERR_IMAGE_ROOT_SEQUENCE},
		{"S-09 backwards", edit_seq_2, 1, NULL, 1, ERR_IMAGE_ROOT_SEQUENCE},
		{"S-09 only by new keys", NULL, 1, edit_seq_2_by_key_1, 4,
		 ERR_IMAGE_ROOT_SIGNATURES},
		{"S-09 only by old keys", NULL, 1, edit_seq_2_by_key_1, 1,
		 ERR_IMAGE_ROOT_SIGNATURES},
		{"by both", NULL, 1, edit_seq_2_by_key_1, 5, ERR_OK},
		{"old threshold not met", edit_threshold_2, 3, edit_seq_2, 1,
		 ERR_IMAGE_ROOT_SIGNATURES},
		{"a hardened root after a hardened one", edit_hardened, 3, edit_hardened_2, 3,
		 ERR_OK},
		{"a hardened root after a lab one", NULL, 1, edit_hardened_2, 3, ERR_OK},
		{"a lab root after a hardened one", edit_hardened, 3, edit_seq_2, 3,
		 ERR_IMAGE_ROOT},
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(trust_root)
		struct trust_root *old = fixture_root(f, rows[i].old, rows[i].old_signers);
		AUTO(trust_root)
		struct trust_root *next = fixture_root(f, rows[i].next, rows[i].next_signers);
		AUTO(trust_root) struct trust_root *accepted = NULL;
		autofree char *text = fixture_envelope(next);
		uint64_t seq = old->seq;
		struct err err = ERR_INIT;

		CHECK_ERR(rows[i].name, trust_root_update(old, text, strlen(text), &accepted, &err),
			  rows[i].code);
		CHECK(rows[i].name, !accepted == !!rows[i].code);
		CHECK_INT(rows[i].name, old->seq, seq);
	}
}

static int update(const struct trust_root *old, const struct trust_root *next, struct err *err)
{
	AUTO(trust_root) struct trust_root *accepted = NULL;
	autofree char *text = fixture_envelope(next);

	return trust_root_update(old, text, strlen(text), &accepted, err);
}

static void test_who_may_sign_the_next(void **state)
{
	struct fixture *f = *state;
	AUTO(trust_root) struct trust_root *two = fixture_root(f, edit_threshold_2, 3);
	AUTO(trust_root) struct trust_root *next = fixture_root(f, edit_seq_2, 1);
	struct trust_root *old = trust_root_copy(f->root);
	struct err err = ERR_INIT;

	/* S-06: nine copies of one signature are one. */
	CHECK_ERR("S-06 one", update(f->root, next, &err), ERR_OK);
	for (int i = 0; i < 8; i++)
		next->document.signatures.items[next->document.signatures.n++] =
			next->document.signatures.items[0];
	CHECK_ERR("S-06 nine times for one", update(f->root, next, &err), ERR_OK);
	CHECK_ERR("S-06 nine times for two", update(two, next, &err), ERR_IMAGE_ROOT_SIGNATURES);

	/* S-10: a root key that the old root has revoked. */
	CHECK_ERR("S-10", trust_root_revoke_key(old, signer_public_key(f->signers[0])->id, &err),
		  ERR_OK);
	assert_int_equal(trust_root_seal(&old, &err), 0);
	CHECK_ERR("S-10 signed by a revoked root key", update(old, next, &err),
		  ERR_IMAGE_ROOT_SIGNATURES);
	trust_root_free(old);
	AUTO(trust_root) struct trust_root *accepted = NULL;
	CHECK_ERR("no root at all", trust_root_update(f->root, "{}", 2, &accepted, &err),
		  ERR_IMAGE_ROOT);
}

static void test_expiry_and_floors(void **state)
{
	struct fixture *f = *state;
	struct trust_root *r = trust_root_copy(f->root);
	struct err err = ERR_INIT;

	assert_int_equal(trust_root_set_floor(r, "debian12", 9, &err), 0);
	assert_int_equal(trust_root_set_floor(r, "debian12", 8, &err), 0);
	assert_int_equal(trust_root_seal(&r, &err), 0);
	assert_int_equal(trust_root_floor(r, "debian12"), 8);
	assert_int_equal(trust_root_floor(r, "debian13"), 0);
	/* A line that stands twice has the higher floor. */
	r->n_floors = 0;
	assert_int_equal(trust_root_set_floor(r, "a", 9, &err), 0);
	assert_int_equal(trust_root_set_floor(r, "b", 3, &err), 0);
	(void)str_copy(r->floors[1].line, sizeof(r->floors[1].line), "a");
	assert_int_equal(trust_root_seal(&r, &err), 0);
	assert_int_equal(trust_root_floor(r, "a"), 9);
	assert_int_equal(trust_root_check_time(r, 1999999999, &err), 0);
	assert_int_equal(trust_root_check_time(r, 2000000000, &err), -ERR_IMAGE_ROOT_EXPIRED);
	trust_root_free(r);
}

/* ---- manifests ------------------------------------------------------------------------------- */

static void edit_lines(struct trust_root *r)
{
	for (size_t i = 0; i < r->n_keys; i++)
		(void)str_copy(r->keys[i].lines[0], sizeof(r->keys[i].lines[0]), "lab-*");
}

static void edit_no_lines(struct trust_root *r)
{
	for (size_t i = 0; i < r->n_keys; i++)
		r->keys[i].n_lines = 0;
}

static void edit_no_images(struct trust_root *r)
{
	for (size_t i = 0; i < r->n_keys; i++)
		r->keys[i].may[TRUST_ROLE_IMAGE] = r->keys[i].key.algorithm == KEY_ECDSA_P256;
}

enum twist { STRAIGHT, OTHER_TYPE, NINE_TIMES, GARBAGE_100, OTHER_BODY };

static void sign_with(struct fixture *f, struct signatures *sigs, int key, enum twist twist,
		      const char *doc)
{
	const char *type = twist == OTHER_TYPE ? "application/vnd.slipway.plan.v1+json"
					       : MANIFEST_PAYLOAD_TYPE;
	struct signature sig;
	struct err err = ERR_INIT;

	assert_int_equal(signer_sign(f->signers[key], type, twist == OTHER_BODY ? "other" : doc,
				     twist == OTHER_BODY ? 5 : strlen(doc), &sig, &err),
			 0);
	for (int i = 0; i < (twist == NINE_TIMES ? 9 : 1); i++)
		sigs->items[sigs->n++] = sig;
}

static void test_who_may_sign(void **state)
{
	static const struct {
		const char *name;
		void (*edit)(struct trust_root *r);
		unsigned keys;
		enum twist twist;
		enum err_code code;
	} rows[] = {
		{"S-01 nobody", NULL, 0, STRAIGHT, ERR_IMAGE_UNSIGNED},
		{"one of one", NULL, 1, STRAIGHT, ERR_OK},
		{"by the key of hardware", NULL, 4, STRAIGHT, ERR_OK},
		{"S-03 a stranger", NULL, 8, STRAIGHT, ERR_IMAGE_UNTRUSTED},
		{"S-04 one good among strangers", NULL, 9, GARBAGE_100, ERR_OK},
		{"S-05 right key, a plan's type", NULL, 1, OTHER_TYPE, ERR_IMAGE_UNTRUSTED},
		{"a key that may sign roots alone", edit_no_images, 3, STRAIGHT,
		 ERR_IMAGE_UNTRUSTED},
		{"S-13 a plan's key and type", NULL, 8, OTHER_TYPE, ERR_IMAGE_UNTRUSTED},
		{"M-12 signature of another manifest", NULL, 1, OTHER_BODY, ERR_IMAGE_UNTRUSTED},
		{"S-06 nine times for two", edit_image_threshold_2, 1, NINE_TIMES,
		 ERR_IMAGE_THRESHOLD},
		{"two of two", edit_image_threshold_2, 3, STRAIGHT, ERR_OK},
		{"two of two of both kinds", edit_image_threshold_2, 5, STRAIGHT, ERR_OK},
		{"one and a stranger for two", edit_image_threshold_2, 9, STRAIGHT,
		 ERR_IMAGE_THRESHOLD},
		{"S-11 another line", edit_lines, 1, STRAIGHT, ERR_IMAGE_LINE},
		{"no lines at all", edit_no_lines, 1, STRAIGHT, ERR_IMAGE_LINE},
	};
	struct fixture *f = *state;
	struct archive_head head;
	struct err err = ERR_INIT;
	FILE *file = fopen(f->archive_path, "re");

	assert_non_null(file);
	assert_int_equal(archive_read_head(fileno(file), &head, &err), 0);
	(void)fclose(file);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(trust_root) struct trust_root *r = fixture_root(f, rows[i].edit, 1);
		autofree struct signatures *sigs = xcalloc(1, sizeof(*sigs));
		AUTO(manifest) struct manifest *m = NULL;

		for (int junk = 0; rows[i].twist == GARBAGE_100 && junk < 50; junk++) {
			sigs->items[sigs->n].n_bytes = 64;
			sigs->items[sigs->n++].key_id[0] = (uint8_t)junk;
		}
		for (int key = 0; key < FIXTURE_KEYS; key++)
			if (rows[i].keys & 1u << key)
				sign_with(f, sigs, key, rows[i].twist, head.manifest_text);
		CHECK_ERR(rows[i].name,
			  trust_root_open_manifest(r, sigs, head.manifest_text, head.manifest_bytes,
						   &m, &err),
			  rows[i].code);
		CHECK(rows[i].name, !m == !!rows[i].code);
	}
	archive_head_done(&head);
}

/* S-10: what was signed before the revocation counts no more; nor does a revoked image. */
static void test_revocation(void **state)
{
	struct fixture *f = *state;
	struct trust_root *r = trust_root_copy(f->root);
	struct err err = ERR_INIT;

	assert_int_equal(trust_root_revoke_key(r, signer_public_key(f->signers[0])->id, &err), 0);
	assert_int_equal(trust_root_seal(&r, &err), 0);
	assert_int_equal(fixture_verify(f->archive, f->n_archive, r, NULL, &err),
			 -ERR_IMAGE_KEY_REVOKED);
	trust_root_free(r);

	struct archive_head head;
	FILE *file = fopen(f->archive_path, "re");
	assert_non_null(file);
	assert_int_equal(archive_read_head(fileno(file), &head, &err), 0);
	(void)fclose(file);
	r = trust_root_copy(f->root);
	assert_int_equal(trust_root_revoke_image(r, signer_public_key(f->signers[0])->id, &err), 0);
	assert_int_equal(trust_root_seal(&r, &err), 0);
	assert_int_equal(fixture_verify(f->archive, f->n_archive, r, NULL, &err), 0);
	assert_int_equal(trust_root_revoke_image(r, head.manifest->digest, &err), 0);
	assert_int_equal(trust_root_seal(&r, &err), 0);
	assert_int_equal(fixture_verify(f->archive, f->n_archive, r, NULL, &err),
			 -ERR_IMAGE_REVOKED);
	trust_root_free(r);
	archive_head_done(&head);
}

/* A good signature over what is not a manifest: the bytes are judged all the same. */
static void test_signed_nonsense(void **state)
{
	static const char *const texts[] = {"", "{}", "nonsense",
					    "{\"type\":\"slipway-image/v1\"}"};
	struct fixture *f = *state;
	autofree struct signatures *sigs = xcalloc(1, sizeof(*sigs));
	AUTO(manifest) struct manifest *m = NULL;

	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct err err = ERR_INIT;

		sigs->n = 0;
		sign_with(f, sigs, 0, STRAIGHT, texts[i]);
		CHECK(texts[i], trust_root_open_manifest(f->root, sigs, texts[i], strlen(texts[i]),
							 &m, &err) < 0);
		CHECK(texts[i], err.code == ERR_IMAGE_MANIFEST || err.code == ERR_IMAGE_FORMAT);
		CHECK(texts[i], !m);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_own_threshold),
		cmocka_unit_test(test_bad_documents),
		cmocka_unit_test(test_bad_envelopes),
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_keys_twice_or_wrongly_named),
		cmocka_unit_test(test_succession),
		cmocka_unit_test(test_who_may_sign_the_next),
		cmocka_unit_test(test_expiry_and_floors),
		cmocka_unit_test(test_who_may_sign),
		cmocka_unit_test(test_revocation),
		cmocka_unit_test(test_signed_nonsense),
	};

	return cmocka_run_group_tests_name("images/trust_root", tests, fixture_setup,
					   fixture_teardown);
}
