/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading the server's answers: the host with our MAC, fields of wrong types, hostile text, events.
 */
#include <tests/harness/check.h>

#include <base/clock.h>
#include <base/json.h>
#include <base/str.h>
#include <vm-lab/view.h>

#define HOST(fields) "{\"id\":\"H1\"," fields "}"

static const struct {
	const char *name, *answer;
	bool found;
	const char *state;
	int percent;
	bool final_state;
} rows[] = {
	{"ready", HOST("\"state\":\"ready\""), true, "ready", -1, true},
	{"imaging, half", HOST("\"state\":\"imaging\",\"progress\":{\"done\":5,\"total\":10}"),
	 true, "imaging", 50, false},
	{"more than all", HOST("\"state\":\"imaging\",\"progress\":{\"done\":11,\"total\":10}"),
	 true, "imaging", 100, false},
	{"no total", HOST("\"state\":\"imaging\",\"progress\":{\"done\":11,\"total\":0}"), true,
	 "imaging", -1, false},
	{"failed", HOST("\"state\":\"failed\""), true, "failed", -1, true},
	{"state is a number", HOST("\"state\":7"), true, "", -1, false},
	{"escape sequence", HOST("\"state\":\"\\u001b[2Jready\""), true, "\\x1b[2Jready", -1,
	 false},
	{"no id", "{\"state\":\"ready\"}", false, "", -1, false},
	{"not an object", "[1]", false, "", -1, false},
};

static void reads(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		autojson json_t *answer = json_loads(rows[i].answer, 0, NULL);
		struct host_view v = {0};
		struct view_stages stages;
		bool found = view_read(answer, &v, &stages);

		CHECK_INT(rows[i].name, found, rows[i].found);
		CHECK_STR(rows[i].name, v.state, rows[i].state);
		CHECK_INT(rows[i].name, view_percent(&v), rows[i].percent);
		CHECK_INT(rows[i].name, view_is_final(&v), rows[i].final_state);
	}
}

static void counts_events(void **state)
{
	autojson json_t *answer = json_loads(
		"{\"items\":[{\"kind\":\"receipt\",\"at\":\"2026-01-01T00:00:02Z\"},"
		"{\"kind\":\"session.opened\",\"at\":\"2026-01-01T00:00:01Z\"},"
		"{\"kind\":\"session.opened\",\"at\":\"2026-01-01T00:00:09Z\"},"
		"{\"kind\":9},{\"kind\":\"receipt\",\"at\":\"nonsense\"}]}",
		0, NULL);
	int64_t first_us, wanted_us;

	(void)state;
	assert_int_equal(5, view_page_count(answer));
	assert_int_equal(2, view_events_count(answer, "receipt", &first_us));
	assert_int_equal(2, view_events_count(answer, "session*", &first_us));
	assert_true(time_parse_rfc3339("2026-01-01T00:00:01Z", &wanted_us));
	assert_int_equal(first_us, wanted_us);
	assert_int_equal(0, view_events_count(answer, "arm", &first_us));
	assert_int_equal(0, first_us);
}

static void reads_repair_orders(void **state)
{
	autojson json_t *page = json_loads(
		"{\"items\":[{\"code\":\"disk-read-error\",\"part_type\":\"disk\",\"slot\":\"Bay 3\","
		"\"SerialNumber\":\"S1\",\"state\":\"closed\"},{\"code\":7,\"state\":\"open\"}]}",
		0, NULL);
	struct view_order o[VIEW_ORDERS_MAX];

	(void)state;
	assert_int_equal(view_orders(page, o), 2);
	assert_string_equal(o[0].code, "disk-read-error");
	assert_string_equal(o[0].part, "disk");
	assert_string_equal(o[0].slot, "Bay 3");
	assert_string_equal(o[0].serial, "S1");
	assert_true(o[0].closed);
	assert_string_equal(o[1].code, "");
	assert_false(o[1].closed);
	assert_int_equal(view_orders(NULL, o), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads),
		cmocka_unit_test(reads_repair_orders),
		cmocka_unit_test(counts_events),
	};

	return cmocka_run_group_tests_name("lab view", tests, NULL, NULL);
}
