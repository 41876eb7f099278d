/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the lab finds its things: in a checkout's build folder, or below its own prefix.
 */
#include <tests/harness/check.h>

#include <stdlib.h>
#include <base/file.h>
#include <base/json.h>
#include <base/str.h>
#include <vm-lab/places.h>

/* A prefix with an installed lab, an empty build folder, and a folder to stand in. */
struct tree {
	char root[40];
	char *old;
};

static void make(const struct tree *t, const char *path)
{
	autofree char *whole = xasprintf("%s/%s", t->root, path);

	assert_int_equal(0, file_make_dirs(whole, 0755, NULL));
}

static void tree_make(struct tree *t)
{
	autofree char *program = NULL;

	(void)str_copy(t->root, sizeof(t->root), "/tmp/slipway-test-places-XXXXXX");
	assert_non_null(mkdtemp(t->root));
	t->old = getcwd(NULL, 0);
	make(t, "usr/bin");
	make(t, "usr/share/slipway/scenarios");
	make(t, "work/own");
	make(t, "out");
	program = xasprintf("%s/usr/bin/slipway-lab", t->root);
	assert_int_equal(0, file_write_atomic(program, "x", 1, 0755, NULL));
	assert_int_equal(0, chdir(t->root));
	assert_int_equal(0, chdir("work"));
}

static void tree_done(struct tree *t)
{
	assert_int_equal(0, chdir(t->old));
	assert_int_equal(0, file_remove_tree(t->root, NULL));
	free(t->old);
}

static const struct {
	const char *name;
	struct lab_places_asked asked;
	const char *slipwayd, *images, *scenarios, *results; /* below the tree's root */
} rows[] = {
	{"installed",
	 {0},
	 "usr/sbin/slipwayd",
	 "usr/share/slipway/images",
	 "usr/share/slipway/scenarios",
	 "work/slipway-lab"},
	{"installed, with folders of somebody's own",
	 {.scenarios_dir = "own", .results_dir = "../res"},
	 "usr/sbin/slipwayd",
	 "usr/share/slipway/images",
	 "work/own",
	 "work/../res"},
	{"a build folder",
	 {.build_dir = "../out", .scenarios_dir = "own"},
	 "out/bin/slipwayd",
	 "out/images",
	 "work/own",
	 "out/lab"},
};

static void check_below(const struct tree *t, const char *row, const char *got, const char *wanted)
{
	autofree char *whole = xasprintf("%s/%s", t->root, wanted);

	CHECK_STR(row, got, whole);
}

static void finds_installed_and_built_things(void **state)
{
	struct tree t;

	(void)state;
	tree_make(&t);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct lab_places p;

		CHECK_ERR(rows[i].name,
			  lab_places_find(&rows[i].asked, "../usr/bin/slipway-lab", &p, NULL), 0);
		check_below(&t, rows[i].name, p.slipwayd, rows[i].slipwayd);
		check_below(&t, rows[i].name, p.images_dir, rows[i].images);
		check_below(&t, rows[i].name, p.scenarios_dir, rows[i].scenarios);
		check_below(&t, rows[i].name, p.results_dir, rows[i].results);
		lab_places_done(&p);
	}
	tree_done(&t);
}

static void says_which_folder_is_missing(void **state)
{
	static const struct lab_places_asked wrong[] = {
		{.build_dir = "nowhere"},
		{.build_dir = "../out"}, /* no vm-lab/scenarios here */
		{.scenarios_dir = "nowhere"},
	};
	struct tree t;

	(void)state;
	tree_make(&t);
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		struct lab_places p;
		struct err err = ERR_INIT;

		assert_int_equal(-ERR_LAB_MISSING,
				 lab_places_find(&wrong[i], "../usr/bin/slipway-lab", &p, &err));
		assert_null(p.slipwayd);
		assert_non_null(strstr(err.msg, i == 1 ? "vm-lab/scenarios" : "nowhere"));
	}
	tree_done(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_installed_and_built_things),
		cmocka_unit_test(says_which_folder_is_missing),
	};

	return cmocka_run_group_tests_name("lab places", tests, NULL, NULL);
}
