/* SPDX-License-Identifier: Apache-2.0 */
/* The restore drill: yesterday's backup comes back, and what was permitted since is not permitted
 * again. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <base/file.h>
#include <base/str.h>
#include <inventory/backup.h>
#include <inventory/flow.h>
#include <inventory/identity.h>

#include "store_fixture.h"

#define US 1000000LL

static void must(int r, const struct err *err)
{
	if (r < 0)
		fail_msg("%s (%s)", err->msg, err_name(err->code));
}

static int64_t make_host(struct db *db, const char *mac)
{
	struct err err = ERR_INIT;
	const char *macs[] = {mac};
	struct host_evidence e = {.macs = macs, .n_macs = 1};
	static const struct host_birth birth = {.state = "imaging"};
	struct identity who;

	must(identity_resolve(db, &e, &birth, US, &who, &err), &err);
	return who.host_num;
}

static void permit(struct db *db, int64_t num)
{
	struct err err = ERR_INIT;
	struct flow_host h = {.host_num = num, .epoch = 3};
	struct flow_session s = {.id = "s1", .host_num = num, .epoch = 3, .opened_us = US};
	struct flow_arm a = {
		.id = "a1", .host_num = num, .created_us = US, .expires_us = 9000 * US};

	must(flow_host_put(db, &h, &err), &err);
	must(flow_session_add(db, &s, &err), &err);
	must(flow_arm_add(db, &a, &err), &err);
}

static void test_restore_drill(void **state)
{
	struct store_fixture *f = *state;
	struct err err = ERR_INIT;

	if (!db_is_sqlite(f->db))
		skip();
	const char *store = f->url + strlen("sqlite:");
	autofree char *backup = xasprintf("%s/backup.db", f->dir);
	int64_t num = make_host(f->db, "52:54:00:00:00:01"), id = 0, at = 0, generation = 0;
	permit(f->db, num);
	must(db_backup(f->db, backup, &err), &err);
	(void)make_host(f->db, "52:54:00:00:00:02"); /* after the backup: lost, as it must be */
	must(db_last_tick(f->db, &id, &at, &err), &err);
	assert_int_equal(backup_restore(backup, store, 100 * US, &err), -ERR_DB_LOCKED);
	db_close(take_ptr(f->db));
	must(backup_restore(backup, store, 100 * US, &err), &err);
	store_reopen(f, 0);

	struct flow_arm arm;
	struct flow_session session;
	struct flow_host host;
	int64_t after = 0, hosts = 0;
	must(db_query_int(f->db, &err, &hosts, 0, "SELECT count(*) FROM host"), &err);
	assert_int_equal(hosts, 1);
	assert_int_equal(flow_arm_open(f->db, num, &arm, &err), -ERR_NOT_FOUND);
	assert_int_equal(flow_session_of_host(f->db, num, &session, &err), -ERR_NOT_FOUND);
	must(flow_host_get(f->db, num, &host, &err), &err);
	assert_true(host.epoch > 1000);
	must(db_last_tick(f->db, &after, &at, &err), &err);
	assert_true(after > id); /* no reader's cursor lies ahead of the log */
	must(db_query_int(f->db, &err, &generation, 0, "SELECT generation FROM fleet_clock"), &err);
	assert_int_equal(generation, 2);
	autofree char *aside = xasprintf("%s.replaced-100", store);
	assert_int_equal(access(aside, F_OK), 0);
}

static void test_damaged_backup_leaves_the_store_alone(void **state)
{
	struct store_fixture *f = *state;
	struct err err = ERR_INIT;

	if (!db_is_sqlite(f->db))
		skip();
	const char *store = f->url + strlen("sqlite:");
	autofree char *backup = xasprintf("%s/backup.db", f->dir);
	char junk[4096];
	memset(junk, 0x5a, sizeof(junk));
	(void)make_host(f->db, "52:54:00:00:00:01");
	must(db_backup(f->db, backup, &err), &err);
	db_close(take_ptr(f->db));
	FILE *file = fopen(backup, "r+");
	assert_non_null(file);
	assert_int_equal(fseek(file, 4096 * 4, SEEK_SET), 0);
	assert_int_equal(fwrite(junk, 1, sizeof(junk), file), sizeof(junk));
	assert_int_equal(fclose(file), 0);
	assert_true(backup_restore(backup, store, 100 * US, &err) < 0);
	assert_true(backup_restore("/nonexistent", store, 100 * US, &err) < 0);
	store_reopen(f, DB_CHECK);
	int64_t hosts = 0;
	must(db_query_int(f->db, &err, &hosts, 0, "SELECT count(*) FROM host"), &err);
	assert_int_equal(hosts, 1);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, store_setup, store_teardown)
	static const struct CMUnitTest tests[] = {
		T(test_restore_drill),
		T(test_damaged_backup_leaves_the_store_alone),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
