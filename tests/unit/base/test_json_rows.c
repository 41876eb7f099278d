/* SPDX-License-Identifier: Apache-2.0 */
/* A list inside a document, row by row: the same rows and the same strictness as of the whole. */
#include <tests/harness/check.h>

#include <string.h>

#include <base/json.h>
#include <base/json_rows.h>
#include <base/str.h>

static const struct cut_row {
	const char *name, *text;
	int cut; /* of json_rows_cut(): negative: an error */
	const char *rows, *rest;
	enum err_code code; /* of a row, or of the cut */
} cuts[] = {
	{"first", "{\"rows\":[{\"a\":1},{\"b\":2}],\"name\":\"x\"}", 1, "[{\"a\":1},{\"b\":2}]",
	 "{\"name\":\"x\",\"rows\":[]}", 0},
	{"last, with blanks", " {\"name\" : 1.5 ,\n\"rows\" : [ { } , {\"a\": [] } ] } ", 1,
	 "[{},{\"a\":[]}]", "{\"name\":1.5,\"rows\":[]}", 0},
	{"none", "{\"rows\":[]}", 1, "[]", "{\"rows\":[]}", 0},
	{"brackets and quotes in strings", "{\"a\":\"\\\"]}\",\"rows\":[{\"b\":\"]},{\\\\\"}]}", 1,
	 "[{\"b\":\"]},{\\\\\"}]", "{\"a\":\"\\\"]}\",\"rows\":[]}", 0},
	{"the member of another object", "{\"o\":{\"rows\":[{}]},\"rows\":[{}]}", 1, "[{}]",
	 "{\"o\":{\"rows\":[{}]},\"rows\":[]}", 0},
	{"no such member", "{\"row\":[{}]}", 0, NULL, NULL, 0},
	{"not a list", "{\"rows\":{}}", 0, NULL, NULL, 0},
	{"not of objects", "{\"rows\":[1,{}]}", 0, NULL, NULL, 0},
	{"a comma too many", "{\"rows\":[{},]}", 0, NULL, NULL, 0},
	{"not an object", "[{\"rows\":[{}]}]", 0, NULL, NULL, 0},
	{"cut off", "{\"rows\":[{\"a\":\"", 0, NULL, NULL, 0},
	{"cut off behind the list", "{\"rows\":[{}]", -ERR_JSON, NULL, NULL, ERR_JSON},
	{"the member twice", "{\"rows\":[{}],\"rows\":[]}", -ERR_JSON, NULL, NULL, ERR_JSON},
	{"the member twice, once escaped", "{\"rows\":[{}],\"r\\u006fws\":[]}", -ERR_JSON, NULL,
	 NULL, ERR_JSON},
	{"text behind the document", "{\"rows\":[{}]} x", -ERR_JSON, NULL, NULL, ERR_JSON},
	{"a row that is not JSON", "{\"rows\":[{},{\"a\":tru}]}", 1, NULL, "{\"rows\":[]}",
	 ERR_JSON},
	{"a row with other brackets", "{\"rows\":[{\"a\":[}]}]}", 0, NULL, NULL, 0},
	{"a row with a member twice", "{\"rows\":[{\"a\":1,\"a\":1}]}", 1, NULL, "{\"rows\":[]}",
	 ERR_JSON},
};

static void check_cut(const struct cut_row *c)
{
	struct err err = ERR_INIT;
	struct json_rows rows;
	autojson json_t *list = json_array();
	json_t *row;
	int cut = json_rows_cut(c->text, strlen(c->text), "rows", &rows, &err), more = 0;

	if (cut != c->cut)
		fail_msg("%s: %d %s", c->name, cut, err.msg);
	while (cut == 1 && (more = json_rows_next(&rows, &row, &err)) == 1)
		(void)json_array_append_new(list, row);
	if (cut == 1 && more == 0 && rows.n != json_array_size(list))
		fail_msg("%s: %zu rows were announced", c->name, rows.n);
	autofree char *text = more < 0 || cut != 1 ? NULL : json_text(list);
	autofree char *rest = cut == 1 ? json_text(rows.rest) : NULL;
	if (!str_eq(text, c->rows) || !str_eq(rest, c->rest) || err.code != (int)c->code)
		fail_msg("%s: %s, %s, %s", c->name, text ? text : "-", rest ? rest : "-", err.msg);
	json_rows_done(&rows);
}

static void test_rows_one_by_one(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cuts); i++)
		check_cut(&cuts[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows_one_by_one),
	};

	return cmocka_run_group_tests_name("base/json_rows", tests, NULL, NULL);
}
