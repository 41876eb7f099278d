/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table-driven codec: what is encoded can be decoded, what no table names is refused, and each
 * refusal names its field. Text from hardware is cleaned on the way out and refused on the way in.
 */
#include <tests/harness/check.h>

#include <base/limits.h>
#include <proto/facts.h>
#include <proto/record.h>
#include <proto/session.h>

struct sample_item {
	char name[9];
	int64_t n;
};
struct sample {
	char text[9];
	char hex[5];
	int64_t number, maybe;
	bool flag;
	enum tri tri;
	VEC(struct sample_item) items;
	text64_list words;
	json_t *free_form;
	struct sample_item inner;
};

static const struct field item_fields[] = {
	F_STR(struct sample_item, "name", name, FIELD_NEEDED),
	F_INT(struct sample_item, "n", n, 0, 0, 9),
	F_END,
};
/* Optional members have optional fields only, or an empty one would be half encoded. */
static const struct field inner_fields[] = {
	F_STR(struct sample_item, "name", name, 0),
	F_INT(struct sample_item, "n", n, 0, 0, 9),
	F_END,
};
static const struct field sample_fields[] = {
	F_STR(struct sample, "text", text, FIELD_NEEDED),
	F_HEX(struct sample, "hex", hex, 0),
	F_INT(struct sample, "number", number, 0, -5, 5),
	F_INT(struct sample, "maybe", maybe, FIELD_NULLABLE, 0, 100),
	F_BOOL(struct sample, "flag", flag, 0),
	F_TRI(struct sample, "tri", tri, 0),
	F_LIST(struct sample, "items", items, 0, 2, item_fields),
	F_STRINGS(struct sample, "words", words, 0, 2),
	F_JSON(struct sample, "free", free_form, 0),
	F_OBJ(struct sample, "inner", inner, 0, inner_fields),
	F_END,
};

static const struct {
	const char *name, *json;
	enum err_code code;
	const char *pointer;
} rows[] = {
	{"least", "{\"text\":\"a\"}", 0, NULL},
	{"everything",
	 "{\"text\":\"a\",\"hex\":\"00ff\",\"number\":-5,\"maybe\":null,\"flag\":true,\"tri\":"
	 "false,"
	 "\"items\":[{\"name\":\"x\"},{\"name\":\"y\",\"n\":9}],\"words\":[\"v\",\"w\"],"
	 "\"free\":{\"any\":[1]},\"inner\":{\"name\":\"z\"}}",
	 0, NULL},
	{"missing", "{}", ERR_FIELD_MISSING, "/text"},
	{"empty where needed", "{\"text\":\"\"}", ERR_FIELD_RANGE, "/text"},
	{"longest", "{\"text\":\"12345678\"}", 0, NULL},
	{"one too long", "{\"text\":\"123456789\"}", ERR_FIELD_RANGE, "/text"},
	{"unknown member", "{\"text\":\"a\",\"txet\":1}", ERR_FIELD_UNKNOWN, "/txet"},
	{"wrong type", "{\"text\":7}", ERR_FIELD_TYPE, "/text"},
	{"hex too short", "{\"text\":\"a\",\"hex\":\"00f\"}", ERR_FIELD_RANGE, "/hex"},
	{"hex upper case", "{\"text\":\"a\",\"hex\":\"00FF\"}", ERR_INVALID, "/hex"},
	{"number too small", "{\"text\":\"a\",\"number\":-6}", ERR_FIELD_RANGE, "/number"},
	{"number as text", "{\"text\":\"a\",\"number\":\"1\"}", ERR_FIELD_TYPE, "/number"},
	{"null where none is allowed", "{\"text\":\"a\",\"number\":null}", ERR_FIELD_TYPE,
	 "/number"},
	{"too many items",
	 "{\"text\":\"a\",\"items\":[{\"name\":\"x\"},{\"name\":\"x\"},{\"name\":\"x\"}]}",
	 ERR_TOO_BIG, "/items"},
	{"bad item", "{\"text\":\"a\",\"items\":[{\"name\":\"x\"},{\"name\":\"y\",\"n\":10}]}",
	 ERR_FIELD_RANGE, "/items/1/n"},
	{"item is not an object", "{\"text\":\"a\",\"items\":[3]}", ERR_FIELD_TYPE, "/items/0"},
	{"word is not text", "{\"text\":\"a\",\"words\":[\"v\",1]}", ERR_INVALID, "/words"},
	{"inner unknown", "{\"text\":\"a\",\"inner\":{\"name\":\"z\",\"q\":1}}", ERR_FIELD_UNKNOWN,
	 "/inner/q"},
	{"control character", "{\"text\":\"a\\u0007\"}", ERR_INVALID, "/text"},
	{"delete character", "{\"text\":\"a\\u007f\"}", ERR_INVALID, "/text"},
	{"new line is allowed", "{\"text\":\"a\\nb\"}", 0, NULL},
	{"C1 control", "{\"text\":\"a\\u0085\"}", ERR_INVALID, "/text"},
	{"other alphabets", "{\"text\":\"\\u00e9\\u20ac\"}", 0, NULL},
	{"not an object", "[]", ERR_FIELD_TYPE, NULL},
};

static void test_decoding(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct sample s = {0};
		struct err err = ERR_INIT;
		int r = message_decode(sample_fields, rows[i].json, strlen(rows[i].json),
				       LIMIT_JSON_BODY_BYTES, &s, &err);

		CHECK_ERR(rows[i].name, r, rows[i].code);
		if (rows[i].pointer)
			CHECK_STR(rows[i].name, err.pointer, rows[i].pointer);
		record_done(sample_fields, &s);
	}
}

static void test_round_trip(void **state)
{
	struct sample s = {0}, again = {0};

	(void)state;
	assert_int_equal(message_decode(sample_fields, rows[1].json, strlen(rows[1].json),
					LIMIT_JSON_BODY_BYTES, &s, NULL),
			 0);
	assert_int_equal(s.maybe, -1);
	assert_int_equal(s.tri, TRI_NO);
	assert_int_equal(s.items.n, 2);
	assert_int_equal(s.items.items[1].n, 9);
	assert_string_equal(s.words.items[1].s, "w");
	autofree char *text = message_encode(sample_fields, &s);
	assert_int_equal(message_decode(sample_fields, text, strlen(text), LIMIT_JSON_BODY_BYTES,
					&again, NULL),
			 0);
	autofree char *same = message_encode(sample_fields, &again);
	assert_string_equal(text, same);
	record_done(sample_fields, &s);
	record_done(sample_fields, &again);
}

/* Whatever hardware says, the document that leaves the agent is one that the server takes. */
static void test_dirty_text_leaves_clean(void **state)
{
	static const struct {
		const char *name, *in, *out;
	} dirty[] = {
		{"control",
		 "A\x01"
		 "B",
		 "A?B"},
		{"white space", "  AB \n", "AB"},
		{"broken UTF-8",
		 "A\xff"
		 "B",
		 "A?B"},
		{"overlong", "\xc0\xaf", "??"},
		{"cut sequence", "AB\xe2\x82", "AB??"},
		{"surrogate", "\xed\xa0\x80", "???"},
		{"euro", "\xe2\x82\xac", "\xe2\x82\xac"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(dirty); i++) {
		struct sample s = {0}, back = {0};
		char cleaned[9];

		text_clean(cleaned, sizeof(cleaned), dirty[i].in, strlen(dirty[i].in));
		CHECK_STR(dirty[i].name, cleaned, dirty[i].out);
		memcpy(s.text, dirty[i].in, strlen(dirty[i].in) + 1);
		autofree char *text = message_encode(sample_fields, &s);
		CHECK_ERR(dirty[i].name,
			  message_decode(sample_fields, text, strlen(text), LIMIT_JSON_BODY_BYTES,
					 &back, NULL),
			  0);
		record_done(sample_fields, &back);
	}
}

static void test_cut_at_a_character(void **state)
{
	char four[4];

	(void)state;
	text_clean(four, sizeof(four), "a\xe2\x82\xac", 4);
	assert_string_equal(four, "a");
	text_clean(four, sizeof(four), "abcdef", 6);
	assert_string_equal(four, "abc");
}

/* The largest document that the limits allow fits its own size limit. */
static void test_full_facts_fit(void **state)
{
	static struct facts f;
	struct facts back = {0};

	(void)state;
	for (int i = 0; i < 128; i++)
		VEC_PUSH(&f.memory.modules,
			 ((struct facts_dimm){.device_locator = "P0_A1", .capacity_mib = 65536}));
	for (int i = 0; i < 64; i++)
		VEC_PUSH(&f.drives,
			 ((struct facts_drive){.name = "sda", .serial = "S", .removable = TRI_NO}));
	autofree char *text = message_encode(facts_fields, &f);
	assert_int_equal(
		message_decode(facts_fields, text, strlen(text), LIMIT_FACTS_BYTES, &back, NULL),
		0);
	assert_int_equal(back.memory.modules.n, 128);
	assert_int_equal(back.drives.items[63].removable, TRI_NO);
	facts_done(&f);
	facts_done(&back);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_decoding),
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_dirty_text_leaves_clean),
		cmocka_unit_test(test_cut_at_a_character),
		cmocka_unit_test(test_full_facts_fit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
