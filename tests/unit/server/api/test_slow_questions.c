/* SPDX-License-Identifier: Apache-2.0 */
/* Which questions count as of the same shape as one that was slow, and for how long. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <base/cleanup.h>

#include <server/api/slow_questions.h>

#define NOW 1000000000LL

static const struct read_job slow = {
	.kind = READ_PAGE,
	.of = &collection_hosts,
	.q = {.filters = {{"drives.Model!", "X"}, {"cores>32", NULL}},
	      .n_filters = 2,
	      .sort = "serial",
	      .limit = 10,
	      .total = true},
};

static struct read_job other(void (*change)(struct read_job *j))
{
	struct read_job j = slow;

	if (change)
		change(&j);
	return j;
}

static void other_value(struct read_job *j)
{
	j->q.filters[0].value = "Y";
}
static void other_bound(struct read_job *j)
{
	j->q.filters[1].key = "cores>64";
}
static void other_cursor(struct read_job *j)
{
	j->q.cursor = "00";
}
static void other_kind(struct read_job *j)
{
	j->kind = READ_SUMMARY;
}
static void other_collection(struct read_job *j)
{
	j->of = &collection_parts;
}
static void other_key(struct read_job *j)
{
	j->q.filters[0].key = "drives.Model";
}
static void fewer_filters(struct read_job *j)
{
	j->q.n_filters = 1;
}
static void other_sort(struct read_job *j)
{
	j->q.sort = "-serial";
}
static void of_the_past(struct read_job *j)
{
	j->q.at_us = 1;
}
static void without_total(struct read_job *j)
{
	j->q.total = false;
}
static void by_words(struct read_job *j)
{
	j->q.search = "x";
}
static void in_groups(struct read_job *j)
{
	j->group_by = "rack";
}
static void with_a_percentile(struct read_job *j)
{
	j->more.fields[MEASURE_P95] = "cores";
}

static void test_shapes(void **state)
{
	static const struct {
		const char *name;
		void (*change)(struct read_job *j);
		bool same;
	} rows[] = {
		{"itself", NULL, true},
		{"another value", other_value, true},
		{"another bound without '='", other_bound, true},
		{"another page", other_cursor, true},
		{"another kind", other_kind, false},
		{"another collection", other_collection, false},
		{"another key", other_key, false},
		{"a filter less", fewer_filters, false},
		{"another order", other_sort, false},
		{"a moment of the past", of_the_past, false},
		{"without a total", without_total, false},
		{"by a part of a word", by_words, false},
		{"by groups", in_groups, false},
		{"with a percentile", with_a_percentile, false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct slow_questions s = {0};
		struct read_job j = other(rows[i].change);
		slow_questions_note(&s, &slow, NOW);
		if (slow_questions_has(&s, &j, NOW) != rows[i].same)
			fail_msg("%s", rows[i].name);
	}
}

static void test_it_is_forgotten(void **state)
{
	struct slow_questions s = {0};

	(void)state;
	assert_false(slow_questions_has(&s, &slow, NOW));
	slow_questions_note(&s, &slow, NOW);
	assert_true(slow_questions_has(&s, &slow, NOW + SLOW_QUESTIONS_KEEP_US - 1));
	assert_false(slow_questions_has(&s, &slow, NOW + SLOW_QUESTIONS_KEEP_US));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shapes),
		cmocka_unit_test(test_it_is_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
