/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The digest of a run's records: the records that were signed fit, any others do not.
 */
#include <tests/harness/check.h>

#include <base/json.h>
#include <burnin/run_digest.h>

#define N 5

static json_t *records(int n)
{
	json_t *out = json_array();

	for (int i = 0; i < n; i++)
		json_array_append_new(out, json_pack("{s:i, s:f, s:s}", "sequenceNumber", i,
						     "value", i / 3.0, "b", "x\xc3\xa4"));
	return out;
}

/* Of the records from first to last. */
static json_t *signed_report(int first, int last)
{
	autojson json_t *all = records(N);
	struct run_digest d;

	run_digest_init(&d);
	for (int i = first; i <= last; i++)
		run_digest_add(&d, json_array_get(all, (size_t)i));
	json_t *report = run_digest_report(&d, "r1");
	run_digest_done(&d);
	return report;
}

static void as_they_are(json_t *all)
{
	(void)all;
}

static void read_again(json_t *all)
{
	for (size_t i = 0; i < json_array_size(all); i++) {
		autofree char *text = json_dumps(json_array_get(all, i), JSON_INDENT(3));

		json_array_set_new(all, i, json_loads(text, 0, NULL));
	}
}

static void change_one(json_t *all)
{
	json_object_set_new(json_array_get(all, 2), "b", json_string("y"));
}

static void lose_one(json_t *all)
{
	json_array_remove(all, 2);
}

static void lose_the_last(json_t *all)
{
	json_array_remove(all, N - 1);
}

static void swap_two(json_t *all)
{
	json_t *one = json_incref(json_array_get(all, 1));

	json_array_remove(all, 1);
	json_array_insert_new(all, 2, one);
}

static void add_one(json_t *all)
{
	json_array_insert_new(all, 2, json_pack("{s:i}", "sequenceNumber", 2));
}

static void test_records(void **state)
{
	static const struct {
		const char *name;
		int first, last;
		void (*harm)(json_t *all);
		enum err_code code;
	} rows[] = {
		{"all of them", 0, N - 1, as_they_are, 0},
		{"read from a file", 0, N - 1, read_again, 0},
		{"the second boot's", 3, N - 1, as_they_are, 0},
		{"another boot's record is changed", 3, N - 1, change_one, 0},
		{"one is changed", 0, N - 1, change_one, ERR_RECEIPT_BINDING},
		{"one is lost", 0, N - 1, lose_one, ERR_RECEIPT_BINDING},
		{"the last is lost", 0, N - 1, lose_the_last, ERR_RECEIPT_BINDING},
		{"two are swapped", 0, N - 1, swap_two, ERR_RECEIPT_BINDING},
		{"one is added", 0, N - 1, add_one, ERR_RECEIPT_BINDING},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		autojson json_t *report = signed_report(rows[i].first, rows[i].last);
		autojson json_t *all = records(N);

		rows[i].harm(all);
		CHECK_ERR(rows[i].name, run_digest_check(report, all, NULL), rows[i].code);
	}
}

static void test_bad_reports(void **state)
{
	static const struct {
		const char *text;
		enum err_code code;
	} rows[] = {
		{"{}", ERR_FIELD_MISSING},
		{"{\"run_id\":\"r\",\"first\":0,\"last\":0,\"records\":0,\"sha256\":\"\"}",
		 ERR_FIELD_RANGE},
		{"{\"run_id\":\"r\",\"first\":-1,\"last\":0,\"records\":1,\"sha256\":\"\"}",
		 ERR_FIELD_RANGE},
	};
	autojson json_t *all = records(N);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		autojson json_t *report = json_loads(rows[i].text, 0, NULL);

		CHECK_ERR(rows[i].text, run_digest_check(report, all, NULL), rows[i].code);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_records),
		cmocka_unit_test(test_bad_reports),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
