/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a dying kernel wrote down: its last lines, of the newest record and the part that holds the end;
 * clean shutdowns, records that cannot be read and garbage tell nothing.
 */
#include <tests/harness/check.h>
#include <tests/harness/fake_sys.h>

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <base/cleanup.h>
#include <base/json.h>
#include <base/str.h>
#include <agent/burn/burn.h>
#include <agent/facts/former_boot.h>

struct record {
	const char *name, *text;
	int64_t at_s;
};
static const struct {
	const char *name;
	struct record records[4];
	size_t n;
	const char *first, *last;
} rows[] = {
	{"nothing", {{NULL, NULL, 0}}, 0, "", ""},
	{"a panic",
	 {{"dmesg-efi_pstore-1",
	   "Panic#1 Part1\n<4>[   61.2] Call Trace:\n<0>[   61.3] Kernel panic\n", 100}},
	 2,
	 "[   61.2] Call Trace:",
	 "[   61.3] Kernel panic"},
	{"an oops without parts",
	 {{"dmesg-erst-7", "Oops#3\n<1>[ 5.0] BUG: unable to handle page fault", 100}},
	 1,
	 "[ 5.0] BUG: unable to handle page fault",
	 "[ 5.0] BUG: unable to handle page fault"},
	{"the first part holds the end",
	 {{"dmesg-efi_pstore-3", "Panic#1 Part3\nold\n", 100},
	  {"dmesg-efi_pstore-1", "Panic#1 Part1\nend\n", 100},
	  {"dmesg-efi_pstore-2", "Panic#1 Part2\nmiddle\n", 100}},
	 1,
	 "end",
	 "end"},
	{"the newest",
	 {{"dmesg-ramoops-0", "Panic#1 Part1\nearlier\n", 100},
	  {"dmesg-ramoops-1", "Panic#2 Part2\nlater\n", 200}},
	 1,
	 "later",
	 "later"},
	{"a clean shutdown", {{"dmesg-efi_pstore-1", "Shutdown#1 Part1\nbye\n", 100}}, 0, "", ""},
	{"a console, which every boot leaves",
	 {{"console-ramoops-0", "Panic#1 Part1\nx\n", 100}},
	 0,
	 "",
	 ""},
	{"packed", {{"dmesg-efi_pstore-1.enc.z", "Panic#1 Part1\nx\n", 100}}, 0, "", ""},
	{"without a header", {{"dmesg-efi_pstore-1", "<4>[ 1.0] x\n", 100}}, 0, "", ""},
	{"empty", {{"dmesg-efi_pstore-1", "", 100}}, 0, "", ""},
	{"only a header", {{"dmesg-efi_pstore-1", "Panic#1 Part1\n\n", 100}}, 0, "", ""},
	{"control characters",
	 {{"dmesg-efi_pstore-1", "Panic#1 Part1\n<4>a\033[2Jb\n", 100}},
	 1,
	 "a?[2Jb",
	 "a?[2Jb"},
	{"more lines than are kept",
	 {{"dmesg-efi_pstore-1", "Panic#1 Part1\n1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n13\n14\n",
	   100}},
	 FORMER_BOOT_LINES,
	 "3",
	 "14"},
};

static void put(const struct fake_sys *t, const struct record *r)
{
	autofree char *path = xasprintf("%s/sys/fs/pstore/%s", t->root, r->name);
	const struct timespec times[2] = {{r->at_s, 0}, {r->at_s, 0}};

	fake_sys_putf(t, r->text, "sys/fs/pstore/%s", r->name);
	assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct former_boot f;
		struct fake_sys t;

		fake_sys_init(&t);
		for (size_t k = 0; k < ARRAY_LEN(rows[i].records) && rows[i].records[k].name; k++)
			put(&t, &rows[i].records[k]);
		CHECK_INT(rows[i].name, former_boot_read(t.root, &f), rows[i].n > 0);
		CHECK_INT(rows[i].name, f.n, rows[i].n);
		CHECK_STR(rows[i].name, f.lines[0], rows[i].first);
		CHECK_STR(rows[i].name, f.n ? f.lines[f.n - 1] : "", rows[i].last);
		fake_sys_done(&t);
	}
}

/* As much of the end as fits, whole lines. */
static void test_description(void **state)
{
	struct former_boot f = {.n = 3, .at_s = 1790000000};
	char text[2049];

	(void)state;
	for (size_t i = 0; i < f.n; i++)
		text_print(f.lines[i], sizeof(f.lines[i]), "line %zu", i);
	former_boot_describe(&f, text, sizeof(text));
	assert_string_equal(text, "the boot before ended at 2026-09-21T14:13:20Z by this host's "
				  "clock with: line 0 | line 1 | line 2");
	former_boot_describe(&f, text, 118);
	assert_non_null(strstr(text, "with: line 1 | line 2"));
}

static void emit(void *arg, json_t *record)
{
	json_array_append_new(arg, record);
}

static int64_t wall_us(void *arg)
{
	(void)arg;
	return 0;
}

/* In a run that goes on, its lines are the kernel's of the test that was interrupted, once. */
static void test_scene(void **state)
{
	struct burn b = {.former = {.n = 1}};
	autojson json_t *records = json_array();

	(void)state;
	(void)str_copy(b.former.lines[0], sizeof(b.former.lines[0]), "Kernel panic");
	b.stream = (struct ocp_stream){.emit = emit, .wall_us = wall_us, .arg = records};
	burn_tell_former_boot(&b, "cpu-verify");
	burn_tell_former_boot(&b, "disk-read");
	autofree char *text = json_text(records);
	assert_int_equal(json_array_size(records), 1);
	assert_non_null(strstr(text, "\"message\":\"kernel: Kernel panic\""));
	assert_non_null(strstr(text, "cpu-verify"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows),
					   cmocka_unit_test(test_description),
					   cmocka_unit_test(test_scene)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
