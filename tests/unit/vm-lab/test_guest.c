/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Commands in guests: whose address is asked, when a guest counts as busy, and the key. The
 * connection itself is made in the lab (three-hosts).
 */
#include <tests/harness/check.h>

#include <base/file.h>
#include <base/json.h>
#include <base/str.h>
#include <vm-lab/guest.h>

/* /proc/net/arp as Linux 6.1 prints it */
#define HEAD              "IP address       HW type     Flags       HW address            Mask     Device\n"
#define ROW(address, mac) address "      0x1         0x2         " mac "     *        slipway0\n"
#define A                 "52:54:00:5a:00:01"
#define B                 "52:54:00:5a:00:02"

static const struct {
	const char *name, *table;
	size_t want, n;
	const char *address;
} rows[] = {
	{"its own row", HEAD ROW("10.83.0.100", B) ROW("10.83.0.101", A), 0, 1, "10.83.0.101"},
	{"nobody knows it", HEAD ROW("10.83.0.100", B), 0, 0, ""},
	{"an empty table", HEAD, 0, 0, ""},
	{"no table", "", 0, 0, ""},
	{"two addresses, the first", HEAD ROW("10.83.0.7", A) ROW("10.83.0.101", A), 0, 2,
	 "10.83.0.7"},
	{"two addresses, the next", HEAD ROW("10.83.0.7", A) ROW("10.83.0.101", A), 1, 2,
	 "10.83.0.101"},
	{"and the first again", HEAD ROW("10.83.0.7", A) ROW("10.83.0.101", A), 2, 2, "10.83.0.7"},
	{"a row that is cut off", HEAD "10.83.0.101 0x1 0x2 52:54", 0, 0, ""},
	{"an address too long to be one", HEAD ROW("1234567890123456", A), 0, 0, ""},
};

static void finds_the_address_of_a_mac(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char address[16] = "";

		CHECK_INT(rows[i].name, guest_address(rows[i].table, A, rows[i].want, address),
			  rows[i].n);
		CHECK_STR(rows[i].name, address, rows[i].address);
	}
}

static void is_busy_until_all_passed_or_one_failed(void **state)
{
	struct lab_host none = {0};
	struct lab_host two = {.expect = {.n_commands = 2}};
	struct guest_run run = {0};

	(void)state;
	assert_false(guest_is_busy(&none, &run));
	assert_true(guest_is_busy(&two, &run));
	run.n_passed = 1;
	assert_true(guest_is_busy(&two, &run));
	(void)str_copy(run.failure, sizeof(run.failure), "'x' ended with 1");
	assert_false(guest_is_busy(&two, &run));
	run = (struct guest_run){.n_passed = 2};
	assert_false(guest_is_busy(&two, &run));
}

/* Programs in ssh's place; what each command becomes when the connection gives this. */
static const struct {
	const char *name, *script;
	size_t n_passed;
	const char *failure; /* NULL: it is still tried */
} ends[] = {
	{"all pass", "#!/bin/sh\nexit 0\n", 2, ""},
	{"the first fails", "#!/bin/sh\necho first\necho 'no such host'\nexit 3\n", 0,
	 "'one' ended with 3: no such host"},
	{"the last line is made printable", "#!/bin/sh\nprintf 'a\\033[2Jb\\n\\n'\nexit 1\n", 0,
	 "'one' ended with 1: a\\x1b[2Jb"},
	{"the second is killed", "#!/bin/sh\ncase $* in *two) kill -9 $$ ;; esac\n", 1,
	 "'two' ended with 137: "},
	{"no connection", "#!/bin/sh\nexit 255\n", 0, NULL},
};

static void file_make(const char *folder, const char *name, const char *text, char ret[static 64])
{
	(void)snprintf(ret, 64, "%s/%s", folder, name);
	assert_int_equal(0, file_write_atomic(ret, text, strlen(text), 0755, NULL));
}

static void says_how_a_command_ended(void **state)
{
	struct lab_host host = {
		.name = "a", .mac = A, .expect = {.commands = {"one", "two"}, .n_commands = 2}};
	char folder[] = "/tmp/slipway-test-guest-XXXXXX";
	char ssh[64], table[64];

	(void)state;
	assert_non_null(mkdtemp(folder));
	file_make(folder, "arp", HEAD ROW("10.83.0.101", A), table);
	for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
		struct guest_way way = {.folder = folder,
					.key_path = "key",
					.user = "root",
					.ssh = ssh,
					.neighbours = table};
		struct guest_run run = {0};

		file_make(folder, "ssh", ends[i].script, ssh);
		while (guest_is_busy(&host, &run) && run.n_tries == 0) {
			guest_step(&way, &host, &run);
			(void)child_wait(&run.child, 10000);
		}
		CHECK_INT(ends[i].name, run.n_passed, ends[i].n_passed);
		CHECK_STR(ends[i].name, run.failure, ends[i].failure ? ends[i].failure : "");
		CHECK_INT(ends[i].name, run.n_tries, ends[i].failure ? 0 : 1);
		guest_stop(&run);
	}
	assert_int_equal(0, file_remove_tree(folder, NULL));
}

static void makes_a_key_of_one_line(void **state)
{
	char folder[] = "/tmp/slipway-test-guest-XXXXXX";
	autofree char *line = NULL;
	autofree char *path = NULL;

	(void)state;
	assert_non_null(mkdtemp(folder));
	assert_int_equal(0, guest_key_make(folder, &line, NULL));
	path = xasprintf("%s/guest_key", folder);
	assert_true(str_starts(line, "ssh-ed25519 "));
	assert_null(strchr(line, '\n'));
	assert_int_equal(0, access(path, R_OK));
	assert_int_equal(0, file_remove_tree(folder, NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_the_address_of_a_mac),
		cmocka_unit_test(is_busy_until_all_passed_or_one_failed),
		cmocka_unit_test(says_how_a_command_ended),
		cmocka_unit_test(makes_a_key_of_one_line),
	};

	return cmocka_run_group_tests_name("lab guest", tests, NULL, NULL);
}
