/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Guards before the arm: an order is refused whole, by its own name, and nothing of it stays.
 */
#include "tests/harness/check.h"

#include <base/json.h>
#include <base/str.h>
#include "tests/harness/host_walk.h"

static void test_arming(void **state)
{
	static const struct {
		const char *name, *body, *code;
		int status;
	} rows[] = {
		{"empty", "{}", "input.field.missing", 400},
		{"no disk named", "{\"image\":\"debian12@1\",\"disk\":{}}", "guard.selector", 400},
		{"a pattern", "{\"image\":\"debian12@1\",\"disk\":{\"serial\":\"*\"}}",
		 "guard.selector", 400},
		{"another disk", "{\"image\":\"debian12@1\",\"disk\":{\"serial\":\"NOPE\"}}",
		 "guard.disk.none", 403},
		{"unknown image", "{\"image\":\"debian13@1\",\"disk\":{\"serial\":\"DISK-00:0a\"}}",
		 "guard.image", 403},
		{"M-08 an older image, and no reason",
		 "{\"image\":\"odd@old\",\"disk\":{\"serial\":\"DISK-00:0a\"}}", "image.rollback",
		 409},
		{"M-08 an older image, with a reason: the next guard speaks",
		 "{\"image\":\"odd@old\",\"disk\":{\"serial\":\"DISK-00:0a\"},\"reason\":\"2 is "
		 "slow\"}",
		 "guard.data", 403},
		{"M-06 another architecture",
		 "{\"image\":\"odd@arch\",\"disk\":{\"serial\":\"DISK-00:0a\"}}", "guard.arch",
		 403},
		{"M-06 no such firmware",
		 "{\"image\":\"odd@firmware\",\"disk\":{\"serial\":\"DISK-00:0a\"}}", "guard.arch",
		 403},
		{"M-07 the smallest disk is larger than this",
		 "{\"image\":\"odd@disk\",\"disk\":{\"serial\":\"DISK-00:0a\"}}",
		 "guard.disk.small", 403},
		{"data", "{\"image\":\"debian12@1\",\"disk\":{\"serial\":\"DISK-00:0a\"}}",
		 "guard.data", 403},
		{"consent for another disk",
		 "{\"image\":\"debian12@1\",\"disk\":{\"serial\":\"DISK-00:0a\"},\"wipe_consent\":"
		 "\"X\"}",
		 "guard.data", 403},
		{"too long",
		 "{\"image\":\"debian12@1\",\"disk\":{\"serial\":\"D\"},\"ttl_s\":3601}",
		 "input.field.range", 400},
		{"unknown field",
		 "{\"image\":\"debian12@1\",\"disk\":{\"serial\":\"D\"},\"all\":true}",
		 "input.field.unknown", 400},
		{"consent",
		 "{\"image\":\"debian12@1\",\"disk\":{\"serial\":\"DISK-00:0a\"},\"wipe_consent\":"
		 "\"DISK-00:0a\"}",
		 "", 201},
	};
	struct fake_agent a;
	struct server_bench *b = *state;
	walk_open(b, &a, "S1", MAC_A);
	walk_inspect(b, &a, "ext4");
	need_step(b, &a, PLAN_STEP_WAIT);
	autofree char *path = xasprintf("/api/v1/hosts/%s/arm", a.host_id);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CHECK_INT(rows[i].name, server_bench_admin(b, "POST", path, rows[i].body),
			  rows[i].status);
		CHECK_STR(rows[i].name, b->code, rows[i].code);
		CHECK_INT(rows[i].name, server_bench_number(b, "SELECT count(*) FROM flow_arm"),
			  rows[i].code[0] ? 0 : 1);
	}
	need_step(b, &a, PLAN_STEP_IMAGE);
	assert_string_equal(a.plan.image.wipe_consent, "DISK-00:0a");
	need(fake_agent_permit(&a, "ext4"), 200, &a, "permit with consent");
	fake_agent_done(&a);
}

/* G11, X-07: what was rehearsed is done, or nothing is. */
static void test_plan_hash(void **state)
{
	struct fake_agent a;
	struct server_bench *b = *state;

	walk_to_discovered(b, &a, "S1", MAC_A);
	assert_int_equal(walk_arm(b, &a, ",\"dry_run\":true"), 200);
	const char *hash = json_string_value(json_object_get(b->reply, "plan_hash"));
	assert_non_null(hash);
	autofree char *same = xasprintf(",\"plan_hash\":\"%s\"", hash);
	autofree char *other = xasprintf(",\"plan_hash\":\"%.63s%c\"", hash,
					 hash[63] == '0' ? '1' : '0');
	assert_int_equal(walk_arm(b, &a, other), 409);
	assert_string_equal(b->code, "guard.plan");
	/* somebody approved the host meanwhile: its state is another */
	autofree char *path = xasprintf("/api/v1/hosts/%s/approve", a.host_id);
	assert_int_equal(server_bench_admin(b, "POST", path, "{}"), 200);
	assert_int_equal(walk_arm(b, &a, same), 409);
	assert_string_equal(b->code, "guard.plan");
	assert_int_equal(server_bench_number(b, "SELECT count(*) FROM flow_arm"), 0);
	assert_int_equal(walk_arm(b, &a, ",\"dry_run\":true"), 200);
	hash = json_string_value(json_object_get(b->reply, "plan_hash"));
	autofree char *anew = xasprintf(",\"plan_hash\":\"%s\"", hash);
	assert_int_equal(walk_arm(b, &a, anew), 201);
	fake_agent_done(&a);
}

/* G17: the disk that was written first, unless another one is meant. */
static void test_same_disk(void **state)
{
	static const struct {
		const char *name, *serial, *wwn, *more;
		int status;
	} rows[] = {
		{"another serial", "OLD", "", "", 403},
		{"another WWN", "", "naa.5000c500a0b1c2d3", "", 403},
		{"another, and it is meant", "OLD", "", ",\"new_disk\":true", 201},
		{"never written", "", "", "", 201},
	};
	struct fake_agent a;
	struct server_bench *b = *state;
	walk_to_discovered(b, &a, "S1", MAC_A);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		autofree char *sql = xasprintf(
			"UPDATE flow_host SET disk_serial = '%s', disk_wwn = "
			"'%s'",
			rows[i].serial, rows[i].wwn);
		server_bench_sql(b, sql);
		CHECK_INT(rows[i].name, walk_arm(b, &a, rows[i].more), rows[i].status);
		if (rows[i].status != 201)
			CHECK_STR(rows[i].name, b->code, "guard.disk.changed");
	}
	fake_agent_done(&a);
}

/* G15: a disk on which the image has no room. */
static void test_small_disk(void **state)
{
	struct fake_agent a;
	struct server_bench *b = *state;

	fake_agent_boot(&a, b->front, "S1", MAC_A);
	a.disk_bytes = 1 << 30;
	need(fake_agent_open(&a), 201, &a, "session");
	walk_inspect(b, &a, NULL);
	assert_int_equal(walk_arm(b, &a, ""), 403);
	assert_string_equal(b->code, "guard.disk.small");
	assert_int_equal(server_bench_number(b, "SELECT count(*) FROM flow_arm"), 0);
	fake_agent_done(&a);
}

/* G3: a host in service is armed only by a request that holds its name. */
static void test_in_service(void **state)
{
	struct fake_agent a;
	struct server_bench *b = *state;

	walk_to_discovered(b, &a, "S1", MAC_A);
	server_bench_sql(b, "UPDATE host SET state = 'in-service'");
	assert_int_equal(walk_arm(b, &a, ""), 403);
	assert_string_equal(b->code, "guard.in_service");
	assert_int_equal(walk_arm(b, &a, ",\"reimage_in_service\":\"another\""), 403);
	assert_string_equal(b->code, "guard.in_service");
	assert_int_equal(server_bench_number(b, "SELECT count(*) FROM flow_arm"), 0);
	/* and not by one person: test_second_person.c */
	autofree char *named = xasprintf(",\"reimage_in_service\":\"%s\"", a.short_code);
	assert_int_equal(walk_arm(b, &a, named), 403);
	assert_string_equal(b->code, "guard.person");
	fake_agent_done(&a);
}

/* ---- several hosts in one order -------------------------------------------------------------- */

#define ORDERED 10

/* An order of the first n hosts; the last may be the first again, names may stand beside ids. */
static char *order_text(struct fake_agent *agents, size_t n, const char *more, bool twice,
			bool serving)
{
	autostr struct str s;

	str_init(&s, 8192);
	str_addf(&s, "{\"image\":\"debian12@1\"%s,\"hosts\":[", more);
	for (size_t i = 0; i < n; i++) {
		const struct fake_agent *a = &agents[twice && i + 1 == n ? 0 : i];
		str_addf(&s, "%s{\"id\":\"%s\",\"disk\":{\"serial\":\"%s\"}", i ? "," : "",
			 a->host_id, a->disk_serial);
		if (serving)
			str_addf(&s, ",\"reimage_in_service\":\"%s\"", a->short_code);
		str_add(&s, "}");
	}
	str_add(&s, "]}");
	return str_take(&s);
}

static void wait_for_arms(struct server_bench *b, struct fake_agent *agents)
{
	for (unsigned i = 0; i < ORDERED; i++) {
		char serial[16], mac[20];
		snprintf(serial, sizeof(serial), "ORDER-%u", i);
		snprintf(mac, sizeof(mac), "52:54:00:00:03:%02x", i);
		walk_open(b, &agents[i], serial, mac);
		walk_inspect(b, &agents[i], NULL);
		need_step(b, &agents[i], PLAN_STEP_WAIT);
	}
}

static void serve(struct server_bench *b, const struct fake_agent *a)
{
	autofree char *sql = xasprintf("UPDATE host SET state = 'in-service' WHERE id = '%s'",
				       a->host_id);

	server_bench_sql(b, sql);
}

/* Rehearsed first when that goes well: then its plan_hash stands behind more. The caller frees. */
static char *rehearsed(struct server_bench *b, struct fake_agent *agents, size_t n,
		       const char *more, bool serving)
{
	autofree char *rehearsal = xasprintf("%s,\"dry_run\":true", more);
	autofree char *text = order_text(agents, n, rehearsal, false, serving);

	(void)server_bench_admin(b, "POST", "/api/v1/hosts/arm", text);
	const char *hash = json_string_value(json_object_get(b->reply, "plan_hash"));
	return hash ? xasprintf("%s,\"plan_hash\":\"%s\"", more, hash) : xstrdup(more);
}

static void test_orders(void **state)
{
	static const struct {
		const char *name, *more;
		size_t n;
		bool twice, serving;
		const char *code;
		int status;
		long arms;
		size_t in_service; /* so many are, before */
	} rows[] = {
		{"nobody", "", 0, false, false, "guard.selector", 400, 0, 0},
		{"one twice", "", 3, true, false, "guard.selector", 400, 0, 0},
		{"many, not confirmed", "", 6, false, false, "guard.cap", 403, 0, 0},
		{"another number", ",\"confirm_count\":5", 6, false, false, "guard.cap", 403, 0, 0},
		{"few, another number", ",\"confirm_count\":3", 2, false, false, "guard.cap", 403,
		 0, 0},
		{"all hosts", ",\"all\":true", 2, false, false, "input.field.unknown", 400, 0, 0},
		{"two images", ",\"confirm_count\":6,\"image\":\"x\"", 6, false, false,
		 "input.json", 400, 0, 0},
		{"rehearsal", ",\"dry_run\":true", 5, false, false, "", 200, 0, 0},
		{"few", "", 5, false, false, "", 201, 5, 0},
		{"many, confirmed: not by one", ",\"confirm_count\":6", 6, false, false,
		 "guard.person", 403, 5, 0},
		{"in service, not named", "", 2, false, false, "guard.in_service", 403, 5, 1},
		{"one of one in service", "", 2, false, true, "guard.cap", 403, 5, 1},
		{"two of ten in service", "", 2, false, true, "guard.cap", 403, 5, 10},
		{"one of ten in service: not by one", "", 1, false, true, "guard.person", 403, 5,
		 10},
	};
	struct fake_agent agents[ORDERED];
	size_t serving = 0;
	struct server_bench *b = *state;
	wait_for_arms(b, agents);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		for (; serving < rows[i].in_service; serving++)
			serve(b, &agents[serving]);
		autofree char *more = rehearsed(b, agents, rows[i].n, rows[i].more,
						rows[i].serving);
		autofree char *text = order_text(agents, rows[i].n, more, rows[i].twice,
						 rows[i].serving);
		int status = server_bench_admin(b, "POST", "/api/v1/hosts/arm", text);
		CHECK_STR(rows[i].name, b->code, rows[i].code);
		CHECK_INT(rows[i].name, status, rows[i].status);
		CHECK_INT(rows[i].name, server_bench_number(b, "SELECT count(*) FROM flow_arm"),
			  rows[i].arms);
	}
	for (unsigned i = 0; i < ORDERED; i++)
		fake_agent_done(&agents[i]);
}

/* One host of the order cannot be armed: none is. */
static void test_order_is_all_or_none(void **state)
{
	struct fake_agent agents[ORDERED];
	struct server_bench *b = *state;

	wait_for_arms(b, agents);
	(void)str_copy(agents[2].disk_serial, sizeof(agents[2].disk_serial), "NOPE");
	autofree char *text = order_text(agents, 4, "", false, false);
	assert_int_equal(server_bench_admin(b, "POST", "/api/v1/hosts/arm", text), 403);
	assert_string_equal(b->code, "guard.disk.none");
	assert_int_equal(server_bench_number(b, "SELECT count(*) FROM flow_arm"), 0);
	need(fake_agent_next(&agents[0], 0, b->plan_key), 204, &agents[0], "still waiting");
	for (unsigned i = 0; i < ORDERED; i++)
		fake_agent_done(&agents[i]);
}

/* field-56: told when the order is written, not when the disk is. An agent that does not tell the size of
 * sectors is asked again on the disk itself. */
static void test_field_56_sectors_of_another_size(void **state)
{
	static const struct {
		const char *row, *more, *code;
		int status;
	} rows[] = {
		{"4Kn", ",\"BlockSizeBytes\":4096", "image.disk.sector", 422},
		{"512", ",\"BlockSizeBytes\":512", "", 201},
		{"not told", "", "", 201},
	};
	struct fake_agent a;
	struct server_bench *b = *state;

	walk_open(b, &a, "S1", MAC_A);
	walk_inspect(b, &a, NULL);
	need_step(b, &a, PLAN_STEP_WAIT);
	autofree char *path = xasprintf("/api/v1/hosts/%s/arm", a.host_id);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		autofree char *sql = xasprintf(
			"UPDATE flow_drives SET drives = '[{\"Name\":\"sda\",\"SerialNumber\":"
			"\"DISK-00:0a\",\"CapacityBytes\":8589934592,\"Protocol\":\"SATA\"%s}]'",
			rows[i].more);

		server_bench_sql(b, sql);
		CHECK_INT(rows[i].row,
			  server_bench_admin(b, "POST", path,
					     "{\"image\":\"odd@sector\",\"disk\":{\"serial\":"
					     "\"DISK-00:0a\"}}"),
			  rows[i].status);
		CHECK_STR(rows[i].row, b->code, rows[i].code);
	}
	fake_agent_done(&a);
}

#define LAID_OUT                                                                                   \
	"{\"name\":\"p\",\"priority\":10,\"match\":{\"serial\":\"*\"},\"enrol\":true,"             \
	"\"auto_approve\":false,\"image\":{\"line\":\"debian12\"},\"layout\":{\"partitions\":["    \
	"{\"role\":\"root\",\"size\":\"2G\"},{\"role\":\"data\",\"mount\":\"/srv\",\"size\":\"%s\"}]}}"

/* Held against the image and the disk of the order: both must take the profile's layout. */
static void test_layout(void **state)
{
	static const struct {
		const char *row, *image, *data, *code;
		int status;
	} rows[] = {
		{"an image of blocks", "debian12@1", "1G", "image.layout.unfit", 422},
		{"more than the disk has", "odd@unpacked", "9T", "guard.disk.small", 403},
		{"an image and a disk that fit", "odd@unpacked", "1G", "", 201},
	};
	struct server_bench *b = *state;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		autofree char *profile = xasprintf(LAID_OUT, rows[i].data);
		struct fake_agent a;

		walk_renew(b, profile);
		walk_to_discovered(b, &a, "S1", MAC_A);
		autofree char *path = xasprintf("/api/v1/hosts/%s/arm", a.host_id);
		autofree char *body = xasprintf("{\"image\":\"%s\",\"disk\":{\"serial\":\"%s\"}}",
						rows[i].image, a.disk_serial);
		CHECK_INT(rows[i].row, server_bench_admin(b, "POST", path, body), rows[i].status);
		CHECK_STR(rows[i].row, b->code, rows[i].code);
		if (rows[i].status == 201) {
			need_step(b, &a, PLAN_STEP_IMAGE);
			const json_t *first = json_array_get(
				json_object_get(a.plan.image.layout, "partitions"), 0);
			CHECK_STR(rows[i].row, json_string_value(json_object_get(first, "role")),
				  "root");
		}
		fake_agent_done(&a);
	}
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, walk_setup_by_hand, walk_teardown)
	const struct CMUnitTest tests[] = {
		T(test_arming),
		T(test_field_56_sectors_of_another_size),
		T(test_plan_hash),
		T(test_same_disk),
		T(test_layout),
		T(test_small_disk),
		T(test_in_service),
		T(test_orders),
		T(test_order_is_all_or_none),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("arming", tests, NULL, NULL);
}
