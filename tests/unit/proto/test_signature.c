/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every word that an agent may send for what lies on a disk, across the wire: encoded as facts, read
 * as the server reads them, and judged there as the agent judges it.
 */
#include <tests/harness/check.h>

#include <base/json.h>
#include <base/limits.h>
#include <base/str.h>
#include <proto/facts.h>
#include <proto/session.h>
#include <proto/signature.h>
#include <server/flow/disk_choice.h>

static const char *const shared[] = {
#define X(word) word,
	SHARED_SIGNATURES(X)
#undef X
};

static const struct {
	const char *type, *word;
} types[] = {
#define X(type, word) {type, word},
	PARTITION_SIGNATURES(X)
#undef X
};

static json_t *drives_with(const char *word)
{
	struct facts sent = {0}, got = {0};
	struct facts_drive drive = {
		.name = "sda", .serial = "S1", .capacity_bytes = 4096, .protocol = "SATA"};
	struct text64 signature = {0};
	struct err err = ERR_INIT;

	assert_true(str_copy(signature.s, sizeof(signature.s), word));
	VEC_PUSH(&drive.signatures, signature);
	VEC_PUSH(&sent.drives, drive);
	autofree char *text = message_encode(facts_fields, &sent);
	facts_done(&sent);
	assert_int_equal(
		message_decode(facts_fields, text, strlen(text), LIMIT_FACTS_BYTES, &got, &err), 0);
	autojson json_t *doc = record_encode(facts_fields, &got);
	facts_done(&got);
	return json_incref(json_object_get(doc, "drives"));
}

static void upper(const char *word, char ret[64])
{
	size_t i = 0;

	for (; word[i]; i++)
		ret[i] = word[i] >= 'a' && word[i] <= 'z' ? (char)(word[i] - 32) : word[i];
	ret[i] = '\0';
}

/* As the server sees it: consent to lose this disk's data does not reach what is shared. */
static void check_word(const char *word, bool is_shared)
{
	autojson json_t *drives = drives_with(word);
	struct disk_rule rule = {.serial = "S1"};
	struct disk_choice choice = {.serial = ""};
	struct err err = ERR_INIT;
	char loud[64];

	upper(word, loud);
	CHECK_INT(word, signature_is_shared(word), is_shared);
	CHECK_INT(word, signature_is_shared(loud), is_shared);
	CHECK_INT(word, disk_any_shared(drives), is_shared);
	CHECK_ERR(word, disk_choose(drives, &rule, &choice, &err), ERR_OK);
	CHECK_ERR(word, disk_check_data(&choice, "S1", false, &err),
		  is_shared ? ERR_GUARD_SHARED_FS : ERR_OK);
}

static void test_every_word_crosses(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(shared); i++)
		check_word(shared[i], true);
}

/* A type stands for its word, whether the agent sends the one or the other. */
static void test_every_partition_type_crosses(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		bool is_shared = signature_is_shared(types[i].word);

		CHECK_STR(types[i].type, signature_of_partition_type(types[i].type), types[i].word);
		check_word(types[i].type, is_shared);
		check_word(types[i].word, is_shared);
	}
}

static void test_words_of_one_host(void **state)
{
	static const char *const words[] = {"ext4",    "xfs",    "lvm2_member", "gpt",
					    "nonzero", "0x83",   "gfs2 ",       "vmf",
					    "ntfs",    "bcache", "swap",        "crypto_luks"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		CHECK_INT(words[i], signature_is_shared(words[i]), false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_word_crosses),
		cmocka_unit_test(test_every_partition_type_crosses),
		cmocka_unit_test(test_words_of_one_host),
	};

	return cmocka_run_group_tests_name("signatures", tests, NULL, NULL);
}
