/* SPDX-License-Identifier: Apache-2.0 */
/*
 * NAME=VALUE words as a query and as a body; options and words as rows read them.
 */
#include <tests/harness/check.h>

#include <string.h>

#include <base/json.h>

#include <provisioner/cli/command.h>
#include <provisioner/cli/name_value.h>

#define WORDS_MAX 6

static struct words words_of(const char *const *list, char **items)
{
	int n = 0;

	for (; list[n]; n++)
		items[n] = (char *)(uintptr_t)list[n];
	return (struct words){items, n};
}

static void test_queries(void **state)
{
	static const struct {
		const char *words[WORDS_MAX];
		const char *url;
	} rows[] = {
		{{"state=ready"}, "/x?state=ready"},
		{{"state=ready", "cores>32"}, "/x?state=ready&cores%3E32="},
		{{"cores>=32"}, "/x?cores%3E=32"},
		{{"name=a=b&c"}, "/x?name=a%3Db%26c"},
		{{"note="}, "/x?note="},
		{{"=a"}, "/x?%3Da="},
		{{NULL}, "/x"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char *items[WORDS_MAX];
		struct words words = words_of(rows[i].words, items);
		autostr struct str url;

		str_init(&url, 1000);
		str_add(&url, "/x");
		name_value_add_query(&url, &words);
		CHECK_STR(rows[i].url, url.p, rows[i].url);
	}
}

static void test_bodies(void **state)
{
	static const struct value_row kinds[] = {
		{"unit", VALUE_NUMBER}, {"dry_run", VALUE_FLAG}, {"kinds", VALUE_LIST}, {NULL, 0}};

	static const struct {
		const char *words[WORDS_MAX];
		int status;
		const char *body;
	} rows[] = {
		{{"name=web", "unit=7"}, 0, "{\"name\": \"web\", \"unit\": 7}"},
		{{"unit=x"}, 0, "{\"unit\": \"x\"}"},
		{{"name=7"}, 0, "{\"name\": \"7\"}"},
		{{"dry_run=true"}, 0, "{\"dry_run\": true}"},
		{{"dry_run=maybe"}, 0, "{\"dry_run\": \"maybe\"}"},
		{{"kinds=a,b"}, 0, "{\"kinds\": [\"a\", \"b\"]}"},
		{{"disk.serial=S1", "disk.wwn=W"},
		 0,
		 "{\"disk\": {\"serial\": \"S1\", \"wwn\": \"W\"}}"},
		{{"note=a=b"}, 0, "{\"note\": \"a=b\"}"},
		{{"name="}, 0, "{\"name\": null}"},
		{{NULL}, 0, "{}"},
		{{"unit"}, EXIT_USAGE, NULL},
		{{"=7"}, EXIT_USAGE, NULL},
		{{"name=\xff"}, EXIT_USAGE, NULL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char *items[WORDS_MAX];
		struct words words = words_of(rows[i].words, items);
		autojson json_t *body = json_object();

		CHECK_INT(rows[i].words[0], name_value_json(&words, kinds, body), rows[i].status);
		if (!rows[i].body)
			continue;
		autofree char *text = json_dumps(body, JSON_SORT_KEYS);
		CHECK_STR(rows[i].words[0], text, rows[i].body);
	}
}

/* ---- options --------------------------------------------------------------------------------- */

struct read_options {
	bool json;
	const char *sort;
	uint64_t limit;
	struct option_list keys;
	int even;
};

static bool read_even(const char *text, void *member)
{
	uint64_t n = 1;

	if (!parse_u64(text, &n) || n % 2)
		return false;
	*(int *)member = (int)n;
	return true;
}

static void test_options(void **state)
{
#define MEMBER(name) offsetof(struct read_options, name)
	static const struct option_row options[] = {
		{"json", OPTION_FLAG, MEMBER(json), NULL, NULL},
		{"sort", OPTION_TEXT, MEMBER(sort), NULL, NULL},
		{"limit", OPTION_NUMBER, MEMBER(limit), NULL, NULL},
		{"key", OPTION_LIST, MEMBER(keys), NULL, NULL},
		{"even", OPTION_READ, MEMBER(even), read_even, "an even number"},
	};
	static const struct {
		const char *name, *words[WORDS_MAX];
		int status;
		struct read_options wanted;
		const char *first_word;
	} rows[] = {
		{"nothing but the word", {"S1"}, 0, {.even = 0}, "S1"},
		{"before and behind",
		 {"--json", "S1", "--sort", "a"},
		 0,
		 {.json = true, .sort = "a"},
		 "S1"},
		{"with =", {"--limit=5", "S1"}, 0, {.limit = 5}, "S1"},
		{"its own reader", {"--even", "4", "S1"}, 0, {.even = 4}, "S1"},
		{"after --", {"--", "--json"}, 0, {.even = 0}, "--json"},
		{"a lone hyphen", {"-"}, 0, {.even = 0}, "-"},
		{"twice", {"--key", "a", "--key", "b", "S1"}, 0, {.keys = {{"a", "b"}, 2}}, "S1"},
		{"unknown", {"--colour", "S1"}, EXIT_USAGE, {.even = 0}, NULL},
		{"no value", {"S1", "--sort"}, EXIT_USAGE, {.even = 0}, NULL},
		{"not a number", {"--limit", "x", "S1"}, EXIT_USAGE, {.even = 0}, NULL},
		{"zero", {"--limit", "0", "S1"}, EXIT_USAGE, {.even = 0}, NULL},
		{"too large", {"--limit", "100000", "S1"}, EXIT_USAGE, {.even = 0}, NULL},
		{"refused by its reader", {"--even", "3", "S1"}, EXIT_USAGE, {.even = 0}, NULL},
		{"no word", {"--json"}, EXIT_USAGE, {.even = 0}, NULL},
		{"too many words", {"S1", "S2", "S3"}, EXIT_USAGE, {.even = 0}, NULL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char *argv[WORDS_MAX + 2] = {(char *)(uintptr_t) "list"};
		struct words given = words_of(rows[i].words, argv + 1), words = {NULL, 0};
		struct read_options got = {0};

		CHECK_INT(rows[i].name,
			  option_table_read(given.n + 1, argv, OPTION_TABLE(options, 1, 2), &got,
					    &words),
			  rows[i].status);
		if (rows[i].status)
			continue;
		CHECK_STR(rows[i].name, words.items[0], rows[i].first_word);
		CHECK_INT(rows[i].name, got.json, rows[i].wanted.json);
		CHECK_STR(rows[i].name, got.sort ? got.sort : "",
			  rows[i].wanted.sort ? rows[i].wanted.sort : "");
		CHECK_INT(rows[i].name, got.limit, rows[i].wanted.limit);
		CHECK_INT(rows[i].name, got.keys.n, rows[i].wanted.keys.n);
		CHECK_INT(rows[i].name, got.even, rows[i].wanted.even);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_queries),
					   cmocka_unit_test(test_bodies),
					   cmocka_unit_test(test_options)};

	return cmocka_run_group_tests_name("cli/name_value", tests, NULL, NULL);
}
