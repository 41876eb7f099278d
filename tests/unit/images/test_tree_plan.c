/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Plans of trees: how many entries they take, and how many symbolic links a path may lead through.
 * What layers make of each other is in tests/flow/images_layers.py and images_trees.py.
 */
#include <tests/harness/check.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <base/str.h>
#include <images/core/entry_rules.h>
#include <images/tool/tree_plan.h>

static int add(struct plan *p, const char *path, mode_t type, const char *link, struct err *err)
{
	struct archive_entry *entry = archive_entry_new();
	int status;

	archive_entry_set_pathname(entry, path);
	archive_entry_set_filetype(entry, type);
	if (link && type == AE_IFLNK)
		archive_entry_set_symlink(entry, link);
	else if (link)
		archive_entry_set_hardlink(entry, link);
	status = plan_add(p, path, entry, NULL, err);
	archive_entry_free(entry);
	return status;
}

/* T-02: a stream of ten million entries: some are new, most come again. It is refused at the first one
 * above the limit, so that memory and time are those of the limit. */
static void test_ten_million_entries(void **state)
{
	static const uint64_t n_stream = 10000000;
	AUTO(plan) struct plan *p = plan_new(PARTITION_FS_EXT4);
	struct archive_entry *again = archive_entry_new();
	struct err err = ERR_INIT;
	uint64_t n = 0;
	int status = 0;

	(void)state;
	archive_entry_set_filetype(again, AE_IFDIR);
	for (; !status && n < n_stream; n++) {
		char name[32];

		snprintf(name, sizeof(name), "many/%" PRIu64, n);
		status = n % 1000 ? plan_add(p, "many", again, NULL, &err)
				  : add(p, name, AE_IFREG, NULL, &err);
	}
	archive_entry_free(again);
	CHECK_INT("refused", status, -ERR_IMAGE_MEMBER);
	CHECK_INT("by the entry above the limit", n, ENTRY_TREE_ENTRIES + 1);
	CHECK("named", strstr(err.msg, "more than 5000000 entries"));
}

/* "l0" leads to "l1" and so on; the last one leads to a folder, or to the first. */
static int through(struct plan *p, int n_links, bool loop, struct err *err)
{
	assert_int_equal(add(p, "end", AE_IFDIR, NULL, err), 0);
	for (int i = 0; i < n_links; i++) {
		char name[32], to[32];

		snprintf(name, sizeof(name), "l%d", i);
		snprintf(to, sizeof(to), i + 1 < n_links ? "/l%d" : loop ? "l0" : "end", i + 1);
		plan_next_layer(p);
		assert_int_equal(add(p, name, AE_IFLNK, to, err), 0);
	}
	return add(p, "l0/x", AE_IFREG, NULL, err);
}

static void test_mazes(void **state)
{
	static const struct {
		const char *name;
		int n_links;
		bool loop;
		int code;
	} rows[] = {
		{"one link", 1, false, 0},
		{"as many as the kernel follows", 40, false, 0},
		{"one more", 41, false, ERR_IMAGE_MEMBER},
		{"a thousand", 1000, false, ERR_IMAGE_MEMBER},
		{"a link to itself", 1, true, ERR_IMAGE_MEMBER},
		{"a loop", 7, true, ERR_IMAGE_MEMBER},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(plan) struct plan *p = plan_new(PARTITION_FS_EXT4);
		struct err err = ERR_INIT;

		CHECK_INT(rows[i].name, through(p, rows[i].n_links, rows[i].loop, &err),
			  -rows[i].code);
		CHECK(rows[i].name, !rows[i].code || strstr(err.msg, "'l0/x'"));
		CHECK_INT(rows[i].name, plan_find(p, "end/x", false) != NULL, !rows[i].code);
		CHECK_INT(rows[i].name, plan_find(p, "l0/x", true) != NULL, !rows[i].code);
		CHECK_INT(rows[i].name, add(p, "second", AE_IFREG, "l0/x", &err), -rows[i].code);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ten_million_entries),
		cmocka_unit_test(test_mazes),
	};

	return cmocka_run_group_tests_name("images/tree_plan", tests, NULL, NULL);
}
