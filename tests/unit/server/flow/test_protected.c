/* SPDX-License-Identifier: Apache-2.0 */
/*
 * G13: which machines are never a target, by what this machine's kernel says of it, by the store's
 * URL and by the words of an operator. The fault list's X-08.
 */
#include "tests/harness/check.h"

#include <base/file.h>
#include <base/str.h>
#include <inventory/db.h>
#include <server/flow/protected.h>

static char dir[] = "/tmp/slipway-protected-XXXXXX";

#define UUID         "4c4c4544-0051-3010-8052-b4c04f4d3132"
#define UUID_SWAPPED "44454c4c-5100-1030-8052-b4c04f4d3132"

static void put(const char *name, const char *text)
{
	struct err err = ERR_INIT;
	autofree char *path = xasprintf("%s/%s", dir, name);
	autofree char *folder = xstrdup(path);

	*strrchr(folder, '/') = '\0';
	assert_int_equal(file_make_dirs(folder, 0755, &err), 0);
	assert_int_equal(file_write_atomic(path, text, strlen(text), 0644, &err), 0);
}

static int setup(void **state)
{
	(void)state;
	assert_non_null(mkdtemp(dir));
	put("class/net/eno1/address", "3c:ec:ef:00:00:01\n");
	put("class/net/lo/address", "00:00:00:00:00:00\n");
	put("class/dmi/id/product_uuid", "4C4C4544-0051-3010-8052-B4C04F4D3132\n");
	put("class/dmi/id/product_serial", "SN 42\n");
	put("class/dmi/id/board_serial", "To Be Filled By O.E.M.\n");
	put("class/dmi/id/chassis_serial", "CH-1\n");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	return file_remove_tree(dir, NULL);
}

static void test_find(void **state)
{
	static const struct {
		const char *name;
		struct protected_subject subject;
		const char *whose;
	} rows[] = {
		{"its MAC", {.macs = "52:54:00:00:00:01 3C:EC:EF:00:00:01"}, "this server's"},
		{"its UUID", {.uuid = UUID}, "this server's"},
		{"its UUID in the other byte order", {.uuid = UUID_SWAPPED}, "this server's"},
		{"its serial", {.serials = {"sn 42"}}, "this server's"},
		{"its serial on the board", {.serials = {"x", "SN 42"}}, "this server's"},
		{"a neighbour in its chassis", {.serials = {"CH-1"}}, NULL},
		{"a board that says nothing", {.serials = {"To Be Filled By O.E.M."}}, NULL},
		{"a card that says nothing", {.macs = "00:00:00:00:00:00"}, NULL},
		{"the hypervisor by serial", {.serials = {"HV-7"}}, "protected"},
		{"by MAC", {.macs = "52:54:00:aa:bb:cc"}, "protected"},
		{"by address", {.address = "10.20.0.2"}, "protected"},
		{"by address, IPv6", {.address = "fd00::2"}, "protected"},
		{"another address", {.address = "10.20.0.20"}, NULL},
		{"another machine",
		 {.uuid = "4c4c4544-0051-3010-8052-b4c04f4d3133",
		  .macs = "52:54:00:00:00:01",
		  .serials = {"SN-43"},
		  .address = "10.20.0.3"},
		 NULL},
		{"nothing is known of it", {.uuid = ""}, NULL},
	};
	struct protected p = {0};
	(void)state;
	protected_add_machine(&p, dir);
	protected_add(&p, "HV-7, 52:54:00:AA:BB:CC\t10.20.0.2 fd00::2 , unknown", "protected");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct err err = ERR_INIT;
		const struct protected_name *n = protected_find(&p, &rows[i].subject);
		CHECK_STR(rows[i].name, n ? n->whose : "", rows[i].whose ? rows[i].whose : "");
		CHECK_ERR(rows[i].name, protected_check(&p, &rows[i].subject, &err),
			  rows[i].whose ? ERR_GUARD_SELF : ERR_OK);
	}
	protected_done(&p);
}

static void test_store(void **state)
{
	static const struct {
		const char *url, *server;
		size_t which;
	} rows[] = {
		{"sqlite", "", 0},
		{"sqlite:/var/lib/slipway/slipway.db", "", 0},
		{"postgresql:///fleet?host=/run/pg", "", 0},
		{"postgresql:///fleet", "", 0},
		{"postgresql://slipway@10.20.0.9/fleet", "10.20.0.9", 0},
		{"postgresql://slipway@db.example:5433/fleet", "db.example", 0},
		{"postgresql://[fd00::9]/fleet", "fd00::9", 0},
		{"postgresql:///fleet?host=db.example&hostaddr=10.20.0.9", "10.20.0.9", 0},
		{"postgresql://db1:5432,db2,db3/fleet", "db1", 0},
		{"postgresql://db1:5432,db2,db3/fleet", "db3", 2},
		{"postgresql://db1:5432,db2,db3/fleet", "", 3},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char server[128] = "";
		CHECK_INT(rows[i].url,
			  db_server_of(rows[i].url, rows[i].which, server, sizeof(server)),
			  rows[i].server[0] != '\0');
		CHECK_STR(rows[i].url, server, rows[i].server);
	}
}

/* All of it together: the configuration's words and the store's host, which is given as a number.
 */
static void test_load(void **state)
{
	struct protected p = {0};

	(void)state;
	protected_load(&p, "postgresql://slipway@192.0.2.9/fleet", "HV-7");
	const struct protected_subject store = {.address = "192.0.2.9"},
				       hypervisor = {.serials = {"hv-7"}};
	assert_string_equal(protected_find(&p, &store)->whose, "the store's");
	assert_string_equal(protected_find(&p, &hypervisor)->whose, "protected");
	protected_done(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_store),
		cmocka_unit_test(test_load),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("protected", tests, setup, teardown);
}
