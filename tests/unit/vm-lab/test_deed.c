/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When a deed's moment has come, and which deed's never came.
 */
#include <tests/harness/check.h>

#include <base/limits.h>
#include <base/str.h>
#include <vm-lab/deed.h>

static const struct {
	const char *name;
	unsigned written_mib, times;
	bool begun;
	unsigned done;
	int64_t next_ms;
	const char *state;
	uint64_t written_bytes;
	int64_t now_ms;
	bool due;
} rows[] = {
	{"state reached", 0, 1, false, 0, 0, "imaging", 0, 10, true},
	{"another state", 0, 1, false, 0, 0, "testing", 0, 10, false},
	{"far enough", 40, 1, false, 0, 0, "imaging", 40 * MIB, 10, true},
	{"not far enough", 40, 1, false, 0, 0, "imaging", 40 * MIB - 1, 10, false},
	{"far enough, another state", 40, 1, false, 0, 0, "testing", 40 * MIB, 10, false},
	{"done", 0, 1, true, 1, 0, "imaging", 0, 10, false},
	{"could not be done, tried again", 40, 1, true, 0, 0, "ready", 0, 10, true},
	{"again, in any state", 0, 3, true, 1, 5, "verifying", 0, 10, true},
	{"again, too early", 0, 3, true, 1, 15, "imaging", 0, 10, false},
};

static void is_due(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct lab_action a = {.state = "imaging",
				       .written_mib = rows[i].written_mib,
				       .times = rows[i].times};
		struct action_state s = {rows[i].begun, rows[i].done, rows[i].next_ms};
		struct host_view v = {.known = true};

		(void)snprintf(v.state, sizeof(v.state), "%s", rows[i].state);
		CHECK_INT(rows[i].name,
			  deed_is_due(&a, &s, &v, rows[i].written_bytes, rows[i].now_ms),
			  rows[i].due);
	}
}

static void waits_for_words(void **state)
{
	static const struct {
		const char *name, *detail, *during;
		bool due;
	} cases[] = {
		{"no words", "", "", true},
		{"said", "not swapped*", "", true},
		{"something else is said", "swapped*", "", false},
		{"at it", "", "memory*", true},
		{"at something else", "", "disk*", false},
		{"said, at something else", "not swapped*", "disk*", false},
	};
	static const struct host_view v = {.known = true,
					   .state = "failed",
					   .detail = "not swapped: it is still there",
					   .message = "memory patterns"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct lab_action a = {.state = "failed", .times = 1};
		struct action_state s = {0};

		(void)snprintf(a.detail, sizeof(a.detail), "%s", cases[i].detail);
		(void)snprintf(a.during, sizeof(a.during), "%s", cases[i].during);
		CHECK_INT(cases[i].name, deed_is_due(&a, &s, &v, 0, 10), cases[i].due);
	}
}

/* A scenario with two actions on "a" and one on "b", of which some have begun. */
static void says_which_was_missed(void **state)
{
	static const struct {
		const char *name;
		bool begun[3];
		const char *host, *missed;
	} cases[] = {
		{"none begun", {false, false, false}, "a", "one"},
		{"first begun", {true, false, false}, "a", "two"},
		{"all of a begun", {true, true, false}, "a", ""},
		{"another host's", {true, true, false}, "b", "three"},
		{"all begun", {true, true, true}, "b", ""},
	};
	static const struct lab_action later = {.name = "late", .host = "a", .state = "failed"};
	static const struct scenario s = {.actions = {{.name = "one", .host = "a", .state = "x"},
						      {.name = "two", .host = "a", .state = "x"},
						      {.name = "three", .host = "b", .state = "x"}},
					  .n_actions = 3};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		static struct bench b;
		struct lab_host spec = {0};
		struct bench_host h = {.spec = &spec};

		(void)snprintf(spec.name, sizeof(spec.name), "%s", cases[i].host);
		b.s = &s;
		for (size_t k = 0; k < s.n_actions; k++)
			b.actions[k].begun = cases[i].begun[k];
		CHECK_STR(cases[i].name, deeds_missed(&b, &h), cases[i].missed);
	}
	/* one that waits for words in the state that it is in can still come */
	static struct scenario waits = {.n_actions = 1};
	static struct bench b = {.s = &waits};
	struct lab_host spec = {.name = "a"};
	struct bench_host h = {.spec = &spec, .view.state = "failed"};

	waits.actions[0] = later;
	assert_string_equal(deeds_missed(&b, &h), "");
	(void)snprintf(h.view.state, sizeof(h.view.state), "ready");
	assert_string_equal(deeds_missed(&b, &h), "late");
}

/* Two actions on "a", one on "b"; a host in trouble holds nobody up. */
static void waits_for_hosts_without_trouble(void **state)
{
	static const struct {
		const char *name;
		unsigned done[3];
		const char *trouble_a, *trouble_b;
		bool all_done;
	} cases[] = {
		{"nothing done", {0, 0, 0}, "", "", false},
		{"one of two times", {1, 1, 1}, "", "", false},
		{"all done", {1, 2, 1}, "", "", true},
		{"a in trouble, b done", {0, 0, 1}, "went off", "", true},
		{"a in trouble, b not done", {0, 0, 0}, "went off", "", false},
		{"a done, b in trouble", {1, 2, 0}, "", "went off", true},
		{"a not done, b in trouble", {1, 1, 0}, "", "went off", false},
	};
	static const struct scenario s = {.actions = {{.host = "a", .times = 1},
						      {.host = "a", .times = 2},
						      {.host = "b", .times = 1}},
					  .n_actions = 3};
	static const struct lab_host a = {.name = "a"}, c = {.name = "b"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		static struct bench b;

		b = (struct bench){.s = &s, .n_hosts = 2};
		b.hosts[0].spec = &a;
		b.hosts[1].spec = &c;
		(void)str_copy(b.hosts[0].trouble, ERR_MSG_MAX_BYTES, cases[i].trouble_a);
		(void)str_copy(b.hosts[1].trouble, ERR_MSG_MAX_BYTES, cases[i].trouble_b);
		for (size_t k = 0; k < s.n_actions; k++)
			b.actions[k].done = cases[i].done[k];
		CHECK_INT(cases[i].name, deeds_all_done(&b), cases[i].all_done);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_due),
		cmocka_unit_test(waits_for_words),
		cmocka_unit_test(says_which_was_missed),
		cmocka_unit_test(waits_for_hosts_without_trouble),
	};

	return cmocka_run_group_tests_name("lab deed", tests, NULL, NULL);
}
