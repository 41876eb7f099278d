/* SPDX-License-Identifier: Apache-2.0 */
/*
 * G12 without a server: which orders need a second person, who that may be, and which storage
 * counts as shared.
 */
#include "tests/harness/check.h"

#include <base/json.h>
#include <server/flow/disk_choice.h>
#include <server/flow/order_rules.h>

static void test_when(void **state)
{
	static const struct {
		const char *name;
		struct order_reach reach;
		const char *rules;
	} rows[] = {
		{"one host", {1, 1, 5, false, false}, ""},
		{"as many as one person may", {5, 5, 5, false, false}, ""},
		{"one more", {6, 6, 5, false, false}, "hosts"},
		{"none alone", {1, 1, 0, false, false}, "hosts"},
		{"one after four within an hour", {1, 5, 5, false, false}, ""},
		{"one after five within an hour", {1, 6, 5, false, false}, "hosts-within-an-hour"},
		{"in service", {1, 1, 5, true, false}, "in-service"},
		{"shared storage", {1, 1, 5, false, true}, "shared-storage"},
		{"all of it", {6, 9, 5, true, true}, "hosts,in-service,shared-storage"},
		{"all of it, one by one",
		 {1, 9, 5, true, true},
		 "hosts-within-an-hour,in-service,shared-storage"},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char got[ORDER_RULES_TEXT_BYTES];
		order_second_person(&rows[i].reach, got);
		CHECK_STR(rows[i].name, got, rows[i].rules);
	}
}

static void test_who(void **state)
{
	static const struct {
		const char *name;
		struct order_people people;
		enum err_code code;
	} rows[] = {
		{"another person", {"ann", "bob", true, true}, ERR_OK},
		{"X-06 the same person", {"ann", "ann", true, true}, ERR_GUARD_SECOND_PERSON},
		{"nobody approves", {"ann", "", true, true}, ERR_GUARD_PERSON},
		{"nobody ordered", {"", "bob", true, true}, ERR_GUARD_PERSON},
		{"two callers without a name do not count as two people",
		 {"", "", true, true},
		 ERR_GUARD_PERSON},
		{"it is over", {"ann", "bob", false, true}, ERR_ORDER_OVER},
		{"who ordered has left", {"ann", "bob", true, false}, ERR_ORDER_OVER},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct err err = ERR_INIT;
		CHECK_ERR(rows[i].name, order_may_approve(&rows[i].people, &err), rows[i].code);
	}
	struct err err = ERR_INIT;
	CHECK_ERR("a name", order_needs_name("ann", &err), ERR_OK);
	CHECK_ERR("no name", order_needs_name("", &err), ERR_GUARD_PERSON);
}

static void test_shared_storage(void **state)
{
	static const struct {
		const char *name, *drives;
		bool shared;
	} rows[] = {
		{"none", "[]", false},
		{"a local disk with data", "[{\"Protocol\":\"SATA\",\"signatures\":[\"ext4\"]}]",
		 false},
		{"a USB stick", "[{\"Protocol\":\"USB\"}]", false},
		{"a LUN beside it", "[{\"Protocol\":\"NVMe\"},{\"Protocol\":\"FC\"}]", true},
		{"NVMe over fabrics", "[{\"Protocol\":\"NVMe-oF\"}]", true},
		{"a local disk of a cluster",
		 "[{\"Protocol\":\"SAS\",\"signatures\":[\"ext4\",\"VMFS_volume_member\"]}]", true},
		{"a type in capitals",
		 "[{\"Protocol\":\"SAS\",\"signatures\":[\"AA31E02A-400F-11DB-9590-"
		 "000C2911D1B8\"]}]",
		 true},
		{"not what an agent sends", "[{\"Protocol\":7,\"signatures\":[null,5]}]", false},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		autojson json_t *drives = json_loads(rows[i].drives, 0, NULL);
		CHECK(rows[i].name, drives);
		CHECK_INT(rows[i].name, disk_any_shared(drives), rows[i].shared);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_when),
		cmocka_unit_test(test_who),
		cmocka_unit_test(test_shared_storage),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("order rules", tests, NULL, NULL);
}
