/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every word that an agent may send for a drive's transport, across the wire: encoded as facts,
 * read as the server reads them, and judged there. Both ends must judge alike.
 */
#include <tests/harness/check.h>

#include <base/json.h>
#include <base/limits.h>
#include <base/str.h>
#include <proto/session.h>
#include <proto/facts.h>
#include <proto/transport.h>
#include <server/flow/disk_choice.h>

static json_t *drives_with(const char *word)
{
	struct facts sent = {0}, got = {0};
	struct facts_drive drive = {.name = "sda", .serial = "S1", .capacity_bytes = 4096};
	struct err err = ERR_INIT;

	assert_true(str_copy(drive.protocol, sizeof(drive.protocol), word));
	VEC_PUSH(&sent.drives, drive);
	autofree char *text = message_encode(facts_fields, &sent);
	facts_done(&sent);
	assert_int_equal(
		message_decode(facts_fields, text, strlen(text), LIMIT_FACTS_BYTES, &got, &err), 0);
	autojson json_t *doc = record_encode(facts_fields, &got);
	facts_done(&got);
	return json_incref(json_object_get(doc, "drives"));
}

static void test_every_word_crosses(void **state)
{
	(void)state;
	for (unsigned i = 0; i < _TRANSPORT_MAX; i++) {
		const struct transport *row = transport_row((enum transport_id)i);
		autojson json_t *drives = drives_with(row->word);
		struct disk_rule rule = {.serial = "S1"};
		struct disk_choice choice = {.serial = ""};
		struct err err = ERR_INIT;
		bool local = row->reach == TRANSPORT_REACH_LOCAL;

		CHECK_ERR(row->word, disk_choose(drives, &rule, &choice, &err),
			  local ? ERR_OK : ERR_GUARD_DISK_NONE);
		CHECK_INT(row->word, disk_any_shared(drives), row->reach == TRANSPORT_REACH_SHARED);
		CHECK_INT(row->word, *row->why == '\0', local);
		CHECK(row->word, local || strstr(err.msg, row->why));
	}
}

static void test_words_differ(void **state)
{
	(void)state;
	for (unsigned i = 0; i < _TRANSPORT_MAX; i++) {
		const struct transport *row = transport_row((enum transport_id)i);
		char upper[32];

		for (size_t k = 0; k <= strlen(row->word); k++)
			upper[k] = row->word[k] >= 'a' && row->word[k] <= 'z'
					   ? (char)(row->word[k] - 32)
					   : row->word[k];
		CHECK(row->word, transport_find(row->word) == row);
		CHECK(row->word, transport_find(upper) == row);
	}
}

static void test_words_that_nobody_sends(void **state)
{
	static const char *const words[] = {"",      "NVM",  "NVMe ",  "local",
					    "RAID0", "\xff", "unknown"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		CHECK(words[i], transport_find(words[i]) == transport_row(TRANSPORT_UNKNOWN));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_word_crosses),
		cmocka_unit_test(test_words_differ),
		cmocka_unit_test(test_words_that_nobody_sends),
	};

	return cmocka_run_group_tests_name("transport field-3", tests, NULL, NULL);
}
