/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernel's records as log events: joined, with their level, within the limits, whatever a device says.
 */
#include <tests/harness/check.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <agent/kernel_feed.h>
#include <base/str.h>

static void test_records(void **state)
{
	static const struct {
		const char *name, *record, *text, *level;
	} rows[] = {
		{"a line", "6,339,5140900,-;eth0: link is up\n", "kernel: [5.140] eth0: link is up",
		 "info"},
		{"a warning", "4,1,1000,-;ice: firmware is missing\n",
		 "kernel: [0.001] ice: firmware is missing", "warning"},
		{"an error", "3,1,0,-;I/O error\n", "kernel: [0.000] I/O error", "warning"},
		{"of a daemon", "30,9,2000000,-;init: hello\n", "kernel: [2.000] init: hello",
		 "info"},
		{"with its device", "6,1,0,-;found\n SUBSYSTEM=pci\n DEVICE=+pci:0000:00:1f.2\n",
		 "kernel: [0.000] found", "info"},
		{"a part of one", "6,1,0,c;half\n", "kernel: [0.000] half", "info"},
		{"control characters", "6,1,0,-;a\\x1b[2J\033[2Jb\n",
		 "kernel: [0.000] a\\x1b[2J?[2Jb", "info"},
		{"no end of line", "6,1,0,-;cut", "kernel: [0.000] cut", "info"},
		{"nothing said", "6,1,0,-;\n", "", ""},
		{"not a record", "hello", "", ""},
		{"not a number", "x,1,0,-;hello\n", "", ""},
		{"a head without an end",
		 "6,1,0,-----------------------------------------------------------------;x\n", "",
		 ""},
		{"nothing", "", "", ""},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct kernel_feed f = {.fd = -1};
		struct event_log log = {.text = ""};

		CHECK(rows[i].name,
		      !kernel_feed_take(&f, rows[i].record, strlen(rows[i].record), &log));
		CHECK_INT(rows[i].name, kernel_feed_next(&f, &log), rows[i].text[0] != '\0');
		CHECK_STR(rows[i].name, log.text, rows[i].text);
		CHECK_STR(rows[i].name, log.level, rows[i].level);
	}
}

/* How many bytes of texts go out when the kernel repeats one line without end. */
static size_t flood(unsigned level, char *ret_last, size_t last_bytes)
{
	struct kernel_feed f = {.fd = -1};
	struct event_log log;
	char record[600];
	size_t n = 0;

	(void)snprintf(record, sizeof(record), "%u,1,7000000,-;%0400d\n", level, 7);
	for (int i = 0; i < 2000; i++)
		if (kernel_feed_take(&f, record, strlen(record), &log))
			n += strlen(log.text);
	while (kernel_feed_next(&f, &log))
		n += strlen(log.text);
	(void)str_copy(ret_last, last_bytes, log.text);
	return n;
}

static void test_limits(void **state)
{
	char last[sizeof(((struct event_log *)0)->text)];
	size_t n = flood(6, last, sizeof(last));

	(void)state;
	assert_in_range(n, KERNEL_FEED_ALL_BYTES, KERNEL_FEED_ALL_BYTES + 4096);
	assert_null(strstr(last, "the kernel says more"));
	n = flood(3, last, sizeof(last));
	assert_in_range(n, KERNEL_FEED_WORSE_BYTES, KERNEL_FEED_WORSE_BYTES + 4096);
	assert_non_null(strstr(last, "the kernel says more"));
}

static void test_joins(void **state)
{
	struct kernel_feed f = {.fd = -1};
	struct event_log log;
	static const char one[] = "6,1,1000000,-;one\n", two[] = "4,2,2000000,-;two\n";

	(void)state;
	assert_false(kernel_feed_take(&f, one, strlen(one), &log));
	assert_false(kernel_feed_take(&f, two, strlen(two), &log));
	assert_true(kernel_feed_next(&f, &log));
	assert_string_equal(log.text, "kernel: [1.000] one | [2.000] two");
	assert_string_equal(log.level, "warning");
	assert_false(kernel_feed_next(&f, &log));
}

/* A pipe gives what was written at once, like the kernel its record. */
static void test_reads(void **state)
{
	struct kernel_feed f;
	struct event_log log;
	char path[64];
	int pipe_fds[2];

	(void)state;
	assert_int_equal(pipe(pipe_fds), 0);
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", pipe_fds[0]);
	kernel_feed_open(&f, path);
	assert_true(f.fd >= 0);
	assert_false(kernel_feed_next(&f, &log));
	assert_int_equal(write(pipe_fds[1], "5,1,0,-;hello\n", 14), 14);
	assert_true(kernel_feed_next(&f, &log));
	assert_string_equal(log.text, "kernel: [0.000] hello");
	kernel_feed_close(&f);
	kernel_feed_open(&f, "/nonexistent/kmsg");
	assert_false(kernel_feed_next(&f, &log));
	kernel_feed_close(&f);
	close(pipe_fds[0]);
	close(pipe_fds[1]);
}

/* What the boot before left goes first, alone and as a warning. */
static void test_begins(void **state)
{
	struct kernel_feed f = {.fd = -1};
	struct event_log log = {.text = ""};
	char text[4096];

	(void)state;
	kernel_feed_begin(&f, "the boot before ended");
	assert_true(kernel_feed_take(&f, "6,1,0,-;eth0\n", 13, &log));
	assert_string_equal(log.text, "the boot before ended");
	assert_string_equal(log.level, "warning");
	assert_false(kernel_feed_take(&f, "6,1,0,-;eth1\n", 13, &log));
	assert_true(kernel_feed_next(&f, &log));
	assert_string_equal(log.text, "kernel: [0.000] eth0 | [0.000] eth1");
	assert_string_equal(log.level, "info");
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	kernel_feed_begin(&f, text);
	assert_true(kernel_feed_next(&f, &log));
	assert_int_equal(strlen(log.text), sizeof(log.text) - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_records), cmocka_unit_test(test_joins),
		cmocka_unit_test(test_limits),  cmocka_unit_test(test_reads),
		cmocka_unit_test(test_begins),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("agent kernel_feed", tests, NULL, NULL);
}
