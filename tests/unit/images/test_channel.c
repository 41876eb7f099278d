/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Channels: which documents are refused for themselves, whose signatures count, that an older one
 * is never taken after a newer one, and when it is too old to be believed (M-09).
 */
#include "fixture.h"

#include <stdlib.h>

#include <base/str.h>
#include <images/channel_edit.h>
#include <tests/harness/changed_text.h>

#define NOW_S 1700000000
#define DAY_S 86400

/* ---- roots and channels ---------------------------------------------------------------------- */

static void let_sign(struct trust_root *r, const struct fixture *f, unsigned keys,
		     unsigned threshold, const char *line)
{
	for (unsigned i = 0; i < FIXTURE_KEYS - 1; i++) {
		struct trust_key *key;

		if (!(keys & 1u << i))
			continue;
		assert_int_equal(trust_root_key(r, signer_public_key(f->signers[i]), &key, NULL),
				 0);
		key->may[TRUST_ROLE_CHANNEL] = true;
		(void)str_copy(key->lines[0], sizeof(key->lines[0]), line);
	}
	r->threshold[TRUST_ROLE_CHANNEL] = threshold;
}

static const struct fixture *fixture; /* for the edits below, which get a root alone */

static void edit_key_1(struct trust_root *r)
{
	let_sign(r, fixture, 2, 1, "*");
}

static void edit_two_of_two(struct trust_root *r)
{
	let_sign(r, fixture, 6, 2, "*");
}

static void edit_other_lines(struct trust_root *r)
{
	let_sign(r, fixture, 2, 1, "lab-*");
}

static void edit_one_for_another_line(struct trust_root *r)
{
	let_sign(r, fixture, 6, 2, "*");
	let_sign(r, fixture, 4, 2, "lab-*");
}

static void edit_key_1_revoked(struct trust_root *r)
{
	let_sign(r, fixture, 6, 1, "*");
	assert_int_equal(trust_root_revoke_key(r, signer_public_key(fixture->signers[1])->id, NULL),
			 0);
}

static struct manifest *image(const char *line, enum image_arch arch, const char *version)
{
	struct manifest *m = xcalloc(1, sizeof(*m));

	(void)str_copy(m->line, sizeof(m->line), line);
	(void)str_copy(m->version, sizeof(m->version), version);
	m->arch = arch;
	sha256_of(version, strlen(version), m->digest);
	return m;
}

static void name(struct channel *c, const char *line, enum image_arch arch, const char *version)
{
	struct manifest *m = image(line, arch, version);

	assert_int_equal(channel_name(c, m, NULL), 0);
	free(m);
}

/* Number seq, for a week from NOW_S, signed by the keys of the bits. */
static struct channel *channel(uint64_t seq, unsigned signers)
{
	struct channel *c = channel_new();
	struct err err = ERR_INIT;

	c->seq = seq;
	c->issued_s = NOW_S;
	c->expires_s = NOW_S + 7 * (int64_t)DAY_S;
	name(c, "debian12", IMAGE_ARCH_X86_64, "2");
	name(c, "debian12", IMAGE_ARCH_AARCH64, "1");
	name(c, "alpine", IMAGE_ARCH_X86_64, "9");
	if (channel_seal(&c, &err))
		fail_msg("%s", err.msg);
	for (int i = 0; i < FIXTURE_KEYS; i++)
		if (signers & 1u << i)
			assert_int_equal(channel_sign(c, fixture->signers[i], &err), 0);
	return c;
}

static char *text_of(uint64_t seq, unsigned signers)
{
	AUTO(channel) struct channel *c = channel(seq, signers);

	return channel_envelope(c);
}

/* ---- the document ---------------------------------------------------------------------------- */

static void test_there_and_back(void **state)
{
	autofree char *text = text_of(7, 2);
	AUTO(channel) struct channel *c = NULL;
	const struct channel_image *latest;

	(void)state;
	assert_int_equal(channel_parse_unsigned(text, strlen(text), &c, NULL), 0);
	assert_int_equal(c->seq, 7);
	assert_int_equal(c->n_images, 3);
	assert_string_equal(c->images[0].line, "alpine");
	assert_int_equal(c->images[1].arch, IMAGE_ARCH_AARCH64);
	latest = channel_find(c, "debian12", IMAGE_ARCH_X86_64);
	assert_string_equal(latest->version, "2");
	assert_null(channel_find(c, "alpine", IMAGE_ARCH_AARCH64));
	assert_null(channel_find(c, "debian", IMAGE_ARCH_X86_64));
	name(c, "debian12", IMAGE_ARCH_X86_64, "3"); /* in place of 2 */
	assert_int_equal(c->n_images, 3);
	assert_string_equal(channel_find(c, "debian12", IMAGE_ARCH_X86_64)->version, "3");
}

static void test_a_full_channel(void **state)
{
	AUTO(channel) struct channel *c = channel_new();
	struct manifest *one_more = image("z", IMAGE_ARCH_X86_64, "1");
	struct err err = ERR_INIT;

	(void)state;
	c->expires_s = 1;
	for (int i = 0; i < CHANNEL_MAX_IMAGES; i++) {
		char line[MANIFEST_NAME_BYTES];

		snprintf(line, sizeof(line), "line-%03d", i);
		name(c, line, IMAGE_ARCH_X86_64, "1");
	}
	assert_int_equal(channel_name(c, one_more, &err), -ERR_TOO_BIG);
	assert_int_equal(channel_seal(&c, &err), 0);
	free(one_more);
}

#define HEX_2 "d4735e3a265e16eee03f59718b9b5d03019c07d8b6c51f90da3a666eec13ab35" /* of "2" */
static const struct {
	const char *name, *from, *to;
} bad_documents[] = {
	{"other type", "slipway-channel/v1", "slipway-root/v1"},
	{"unknown key", "\"seq\":7", "\"seq\":7,\"sex\":1"},
	{"no sequence", "\"seq\":7,", ""},
	{"sequence 0", "\"seq\":7", "\"seq\":0"},
	{"sequence 2^53", "\"seq\":7", "\"seq\":9007199254740992"},
	{"sequence as a text", "\"seq\":7", "\"seq\":\"7\""},
	{"key twice", "\"seq\":7", "\"seq\":7,\"seq\":8"},
	{"white space", "\"seq\":7", "\"seq\": 7"},
	{"keys in another order", "\"seq\":7,\"type\":\"slipway-channel/v1\"",
	 "\"type\":\"slipway-channel/v1\",\"seq\":7"},
	{"expires when it is issued", "\"expires\":1700604800", "\"expires\":1700000000"},
	{"lives for 90 days and 1 s", "\"expires\":1700604800", "\"expires\":1707776001"},
	{"never expires", "\"expires\":1700604800,", ""},
	{"images are missing", "\"images\":[", "\"imagos\":["},
	{"an image is a text", "\"images\":[", "\"images\":[\"debian12\","},
	{"an image twice", "{\"arch\":\"aarch64\"", "{\"arch\":\"x86_64\""},
	{"images in another order", "\"line\":\"alpine\"", "\"line\":\"zalpine\""},
	{"a line that is none", "\"line\":\"alpine\"", "\"line\":\"../alpine\""},
	{"a version that is none", "\"version\":\"2\"", "\"version\":\"\""},
	{"an architecture that is none", "\"arch\":\"aarch64\"", "\"arch\":\"aarch63\""},
	{"a digest that is too short", HEX_2, "d473"},
	{"a digest in capitals", "d4735e3a", "D4735E3A"},
	{"a further key of an image", "\"arch\":\"aarch64\"", "\"a\":1,\"arch\":\"aarch64\""},
};

static void test_bad_documents(void **state)
{
	(void)state;
	AUTO(trust_root) struct trust_root *root = fixture_root(fixture, edit_key_1, 1);
	for (size_t i = 0; i < ARRAY_LEN(bad_documents); i++) {
		const char *row = bad_documents[i].name;
		AUTO(channel) struct channel *c = channel(7, 0), *again = NULL;
		char *changed = changed_text(row, c->document.payload, bad_documents[i].from,
					     bad_documents[i].to);
		autofree char *text = NULL;
		struct err err = ERR_INIT;

		envelope_done(&c->document);
		c->document.payload = changed;
		c->document.payload_bytes = strlen(changed);
		CHECK_ERR(row, channel_sign(c, fixture->signers[1], &err), ERR_OK);
		text = channel_envelope(c);
		CHECK_ERR(row, channel_parse_unsigned(text, strlen(text), &again, &err),
			  ERR_IMAGE_CHANNEL);
		CHECK_ERR(row, channel_open(root, text, strlen(text), &again, &err),
			  ERR_IMAGE_CHANNEL);
	}
}

static void test_bad_envelopes(void **state)
{
	static const struct {
		const char *name, *from, *to;
	} rows[] = {
		{"a root's type", "slipway.channel.v1", "slipway.root.v1"},
		{"payload is missing", "\"payload\":", "\"peyload\":"},
		{"payload is not base64", "\"payload\":\"", "\"payload\":\"*"},
		{"signatures are a text", "\"signatures\":[", "\"signatures\":\"["},
		{"further key", "{\"payload\"", "{\"a\":1,\"payload\""},
		{"not JSON", "{", "["},
	};
	AUTO(trust_root) struct trust_root *root = fixture_root(fixture, edit_key_1, 1);
	autofree char *text = text_of(7, 2), *big = xcalloc(1, CHANNEL_MAX_BYTES + 1);
	AUTO(channel) struct channel *c = NULL;
	struct err err = ERR_INIT;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		autofree char *changed = changed_text(rows[i].name, text, rows[i].from, rows[i].to);

		CHECK_ERR(rows[i].name, channel_open(root, changed, strlen(changed), &c, &err),
			  ERR_IMAGE_CHANNEL);
	}
	memset(big, ' ', CHANNEL_MAX_BYTES);
	memcpy(big, text, strlen(text));
	assert_int_equal(channel_open(root, big, CHANNEL_MAX_BYTES + 1, &c, &err),
			 -ERR_IMAGE_CHANNEL);
}

/* ---- who may speak --------------------------------------------------------------------------- */

static void test_signers(void **state)
{
	static const struct {
		const char *name;
		void (*edit)(struct trust_root *r);
		unsigned signers;
		enum err_code code;
	} rows[] = {
		{"by the channel key", edit_key_1, 2, ERR_OK},
		{"by it and others", edit_key_1, 15, ERR_OK},
		{"by nobody", edit_key_1, 0, ERR_IMAGE_CHANNEL_SIGNATURES},
		{"by an image and root key", edit_key_1, 1, ERR_IMAGE_CHANNEL_SIGNATURES},
		{"by a stranger", edit_key_1, 8, ERR_IMAGE_CHANNEL_SIGNATURES},
		{"the root has no channel keys", NULL, 2, ERR_IMAGE_CHANNEL_SIGNATURES},
		{"one of two", edit_two_of_two, 2, ERR_IMAGE_CHANNEL_SIGNATURES},
		{"two of two", edit_two_of_two, 6, ERR_OK},
		{"by a key that was revoked", edit_key_1_revoked, 2, ERR_IMAGE_CHANNEL_SIGNATURES},
		{"and by one that was not", edit_key_1_revoked, 6, ERR_OK},
		{"by a key for other lines", edit_other_lines, 2, ERR_IMAGE_LINE},
		{"one of two for the line", edit_one_for_another_line, 6, ERR_IMAGE_LINE},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(trust_root)
		struct trust_root *root = fixture_root(fixture, rows[i].edit, 1);
		autofree char *text = text_of(7, rows[i].signers);
		AUTO(channel) struct channel *c = NULL;
		struct err err = ERR_INIT;

		CHECK_INT(rows[i].name, trust_root_demands_channel(root), rows[i].edit != NULL);
		CHECK_ERR(rows[i].name, channel_open(root, text, strlen(text), &c, &err),
			  rows[i].code);
	}
}

/* A byte of the payload, then one of the signature: neither is what was signed. */
static void test_other_bytes(void **state)
{
	AUTO(trust_root) struct trust_root *root = fixture_root(fixture, edit_key_1, 1);
	struct err err = ERR_INIT;

	(void)state;
	for (int of_signature = 0; of_signature < 2; of_signature++) {
		AUTO(channel) struct channel *c = channel(7, 2), *again = NULL;
		autofree char *text = NULL;

		if (of_signature)
			c->document.signatures.items[0].bytes[5] ^= 1;
		else
			*strstr(c->document.payload, "7") = '9';
		text = channel_envelope(c);
		assert_int_equal(channel_open(root, text, strlen(text), &again, &err),
				 -ERR_IMAGE_CHANNEL_SIGNATURES);
	}
}

/* A channel's signature does not count as an image's or a root's, whoever made it. */
static void test_kinds_do_not_mix(void **state)
{
	AUTO(trust_root) struct trust_root *root = fixture_root(fixture, edit_key_1, 1);
	autofree char *as_root = trust_root_envelope(root);
	AUTO(channel) struct channel *c = channel(7, 0), *again = NULL;
	autofree char *text = NULL;
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(signer_sign_envelope(fixture->signers[1], MANIFEST_PAYLOAD_TYPE,
					      &c->document, &err),
			 0);
	text = channel_envelope(c);
	assert_int_equal(channel_open(root, text, strlen(text), &again, &err),
			 -ERR_IMAGE_CHANNEL_SIGNATURES);
	assert_int_equal(channel_open(root, as_root, strlen(as_root), &again, &err),
			 -ERR_IMAGE_CHANNEL);
}

/* ---- freshness ------------------------------------------------------------------------------- */

static void test_replay_and_expiry(void **state)
{
	static const struct {
		const char *name;
		uint64_t held, seq; /* held 0: none */
		int64_t after_s;    /* of the day on which it was issued */
		enum err_code code;
	} rows[] = {
		{"the first", 0, 7, 0, ERR_OK},
		{"the next", 7, 8, 0, ERR_OK},
		{"one of many later", 7, 900, 0, ERR_OK},
		{"the same again", 7, 7, 0, ERR_OK},
		{"M-09 the one before", 7, 6, 0, ERR_IMAGE_CHANNEL_SEQUENCE},
		{"M-09 an old one, also when it has expired", 7, 6, 8 * DAY_S,
		 ERR_IMAGE_CHANNEL_SEQUENCE},
		{"in its last second", 7, 8, 7 * DAY_S - 1, ERR_OK},
		{"M-09 expired this second", 7, 8, 7 * DAY_S, ERR_IMAGE_CHANNEL_EXPIRED},
		{"M-09 expired 1 s ago", 7, 8, 7 * DAY_S + 1, ERR_IMAGE_CHANNEL_EXPIRED},
		{"the same again, expired", 7, 7, 8 * DAY_S, ERR_IMAGE_CHANNEL_EXPIRED},
	};
	AUTO(trust_root) struct trust_root *root = fixture_root(fixture, edit_key_1, 1);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(channel) struct channel *held = NULL, *c = NULL;
		autofree char *text = text_of(rows[i].seq, 2);
		struct err err = ERR_INIT;

		if (rows[i].held)
			held = channel(rows[i].held, 2);
		const struct channel_demands demands = {
			.root = root, .held = held, .now_s = NOW_S + rows[i].after_s};
		CHECK_ERR(rows[i].name, channel_accept(&demands, text, strlen(text), &c, &err),
			  rows[i].code);
		CHECK_INT(rows[i].name, c != NULL, rows[i].code == ERR_OK);
	}
}

/* Two documents with one number: whichever came first stays. */
static void test_same_number_other_content(void **state)
{
	AUTO(trust_root) struct trust_root *root = fixture_root(fixture, edit_key_1, 1);
	AUTO(channel) struct channel *held = channel(7, 2), *other = channel(7, 0), *c = NULL;
	const struct channel_demands demands = {.root = root, .held = held, .now_s = NOW_S};
	autofree char *text = NULL;
	struct err err = ERR_INIT;

	(void)state;
	name(other, "debian12", IMAGE_ARCH_X86_64, "1");
	assert_int_equal(channel_seal(&other, &err), 0);
	assert_int_equal(channel_sign(other, fixture->signers[1], &err), 0);
	text = channel_envelope(other);
	assert_int_equal(channel_accept(&demands, text, strlen(text), &c, &err),
			 -ERR_IMAGE_CHANNEL_SEQUENCE);
}

/* ---- what is the latest ---------------------------------------------------------------------- */

static void test_latest(void **state)
{
	static const struct {
		const char *name, *line, *version;
		enum image_arch arch;
		enum err_code code;
	} rows[] = {
		{"the one it names", "debian12", "2", IMAGE_ARCH_X86_64, ERR_OK},
		{"an older one", "debian12", "1", IMAGE_ARCH_X86_64, ERR_IMAGE_NOT_LATEST},
		{"a newer one", "debian12", "3", IMAGE_ARCH_X86_64, ERR_IMAGE_NOT_LATEST},
		{"the other architecture's", "debian12", "2", IMAGE_ARCH_AARCH64,
		 ERR_IMAGE_NOT_LATEST},
		{"a line for another architecture", "alpine", "9", IMAGE_ARCH_AARCH64,
		 ERR_IMAGE_CHANNEL_MISSING},
		{"a line that it does not name", "debian13", "2", IMAGE_ARCH_X86_64,
		 ERR_IMAGE_CHANNEL_MISSING},
	};
	AUTO(channel) struct channel *c = channel(7, 2);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct manifest *m = image(rows[i].line, rows[i].arch, rows[i].version);
		struct err err = ERR_INIT;

		CHECK_ERR(rows[i].name, channel_check_latest(c, m, &err), rows[i].code);
		free(m);
	}
}

/* The verifier asks it, too, as part of its policy. */
static void test_policy(void **state)
{
	AUTO(channel) struct channel *c = channel(7, 2);
	const struct image_policy policy = {.latest_of = c};
	struct err err = ERR_INIT;
	AUTO(manifest) struct manifest *m = NULL;

	(void)state;
	assert_int_equal(
		fixture_verify(fixture->archive, fixture->n_archive, fixture->root, &policy, &err),
		-ERR_IMAGE_NOT_LATEST);
	assert_int_equal(
		manifest_parse(fixture->archive + 512, strlen(fixture->archive + 512), &m, &err),
		0);
	assert_int_equal(channel_name(c, m, &err), 0);
	assert_int_equal(
		fixture_verify(fixture->archive, fixture->n_archive, fixture->root, &policy, &err),
		0);
}

static int setup(void **state)
{
	int status = fixture_setup(state);

	fixture = *state;
	return status;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_there_and_back),
		cmocka_unit_test(test_a_full_channel),
		cmocka_unit_test(test_bad_documents),
		cmocka_unit_test(test_bad_envelopes),
		cmocka_unit_test(test_signers),
		cmocka_unit_test(test_other_bytes),
		cmocka_unit_test(test_kinds_do_not_mix),
		cmocka_unit_test(test_replay_and_expiry),
		cmocka_unit_test(test_same_number_other_content),
		cmocka_unit_test(test_latest),
		cmocka_unit_test(test_policy),
	};

	return cmocka_run_group_tests_name("images/channel", tests, setup, fixture_teardown);
}
