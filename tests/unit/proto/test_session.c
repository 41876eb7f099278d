/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The session's messages against the contract's own examples: a change of a field's name or need
 * shows here first.
 */
#include <tests/harness/check.h>

#include <base/limits.h>
#include <proto/session.h>

#define NONCE "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static const struct {
	const char *name;
	const struct field *fields;
	const char *body;
	enum err_code code;
} rows[] = {
	{"session", session_request_fields,
	 "{\"protocol\":1,\"nonce\":\"" NONCE
	 "\",\"boot_id\":\"\",\"evidence\":{\"smbios_uuid\":\"\","
	 "\"system_serial\":\"S\",\"board_serial\":\"\",\"chassis_serial\":\"\",\"manufacturer\":"
	 "\"\","
	 "\"product\":\"\",\"macs\":[\"52:54:00:00:00:01\"],\"disks\":[{\"wwn\":\"0x5\",\"serial\":"
	 "\"D\"}]},"
	 "\"agent\":{\"version\":\"1\",\"arch\":\"x86_64\",\"firmware\":\"bios\",\"kernel\":\"6\"}"
	 "}",
	 0},
	{"session without evidence", session_request_fields,
	 "{\"protocol\":1,\"nonce\":\"" NONCE
	 "\",\"agent\":{\"version\":\"1\",\"arch\":\"a\",\"firmware\":\"f\"}}",
	 ERR_FIELD_MISSING},
	{"short nonce", session_request_fields,
	 "{\"protocol\":1,\"nonce\":\"00\",\"evidence\":{\"macs\":[]},\"agent\":{\"version\":\"1\","
	 "\"arch\":\"a\",\"firmware\":\"f\"}}",
	 ERR_FIELD_RANGE},
	{"session reply", session_reply_fields,
	 "{\"session_id\":\"s\",\"host_id\":\"h\",\"short_code\":\"ABCD2345\",\"epoch\":3,"
	 "\"state\":\"testing\","
	 "\"heartbeat_s\":5,\"lease_s\":30,\"server_time\":\"2026-11-01T12:00:00Z\"}",
	 0},
	{"session reply with a place", session_reply_fields,
	 "{\"session_id\":\"s\",\"host_id\":\"h\",\"short_code\":\"A\",\"epoch\":3,\"state\":\"x\","
	 "\"heartbeat_s\":5,\"lease_s\":30,\"server_time\":\"t\",\"place\":\"ams1, rack R7\"}",
	 0},
	{"heartbeat never", session_reply_fields,
	 "{\"session_id\":\"s\",\"host_id\":\"h\",\"short_code\":\"A\",\"epoch\":3,\"state\":\"x\","
	 "\"heartbeat_s\":0,"
	 "\"lease_s\":30,\"server_time\":\"t\"}",
	 ERR_FIELD_RANGE},
	{"heartbeat", heartbeat_request_fields,
	 "{\"epoch\":1,\"stage\":\"image\",\"done\":5,\"total\":9,\"unit\":\"bytes\",\"eta_s\":"
	 "null,\"message\":\"\"}",
	 0},
	{"heartbeat reply", heartbeat_reply_fields,
	 "{\"epoch\":1,\"may_write\":true,\"stop\":false,\"lease_s\":30}", 0},
	{"may_write is a word", heartbeat_reply_fields,
	 "{\"epoch\":1,\"may_write\":\"true\",\"stop\":false,\"lease_s\":30}", ERR_FIELD_TYPE},
	{"may_write left out", heartbeat_reply_fields,
	 "{\"epoch\":1,\"stop\":false,\"lease_s\":30}", ERR_FIELD_MISSING},
	{"partners", partners_reply_fields,
	 "{\"far_end\":\"sw1 1\",\"partners\":[{\"name\":\"A\",\"address\":\"10.0.0.7\","
	 "\"ticket\":\"" NONCE "\",\"speed_mbps\":10000}]}",
	 0},
	{"a partner's ticket is not one", partners_reply_fields,
	 "{\"partners\":[{\"name\":\"A\",\"address\":\"10.0.0.7\",\"ticket\":\"x\"}]}",
	 ERR_FIELD_RANGE},
	{"a partner without an address", partners_reply_fields,
	 "{\"partners\":[{\"name\":\"A\",\"ticket\":\"" NONCE "\"}]}", ERR_FIELD_MISSING},
	{"permit", permit_request_fields,
	 "{\"epoch\":1,\"plan_id\":\"p\",\"arm_id\":\"a\",\"disk\":{\"wwn\":\"\",\"serial\":\"S\","
	 "\"size_bytes\":512},"
	 "\"data_found\":[\"ext4\"]}",
	 0},
	{"permit for a disk of no size", permit_request_fields,
	 "{\"epoch\":1,\"plan_id\":\"p\",\"arm_id\":\"a\",\"disk\":{\"serial\":\"S\",\"size_"
	 "bytes\":0},\"data_found\":[]}",
	 ERR_FIELD_RANGE},
	{"permit that hides what was found", permit_request_fields,
	 "{\"epoch\":1,\"plan_id\":\"p\",\"arm_id\":\"a\",\"disk\":{\"serial\":\"S\",\"size_"
	 "bytes\":512}}",
	 ERR_FIELD_MISSING},
	{"first boot", first_boot_request_fields,
	 "{\"token\":\"" NONCE
	 "\",\"boot_id\":\"b\",\"machine_id\":\"m\",\"kernel\":\"k\",\"hostname\":\"h\","
	 "\"image_digest\":\"" NONCE "\",\"root_disk_serial\":\"S\"}",
	 0},
	{"first boot with SSH host keys", first_boot_request_fields,
	 "{\"token\":\"" NONCE "\",\"image_digest\":\"" NONCE
	 "\",\"ssh_host_keys\":[{\"key\":\"ssh-ed25519 AAAA\"},{\"key\":\"x\"}]}",
	 0},
	{"first boot with too many SSH host keys", first_boot_request_fields,
	 "{\"token\":\"" NONCE "\",\"image_digest\":\"" NONCE
	 "\",\"ssh_host_keys\":[{\"key\":\"a\"},{\"key\":\"a\"},{\"key\":\"a\"},{\"key\":\"a\"},"
	 "{\"key\":\"a\"},{\"key\":\"a\"},{\"key\":\"a\"},{\"key\":\"a\"},{\"key\":\"a\"}]}",
	 ERR_TOO_BIG},
	{"first boot without its token", first_boot_request_fields,
	 "{\"image_digest\":\"" NONCE "\"}", ERR_FIELD_MISSING},
};

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		/* The largest of them. */
		autofree void *record = xcalloc(1, sizeof(struct session_request));
		int r = message_decode(rows[i].fields, rows[i].body, strlen(rows[i].body),
				       LIMIT_JSON_BODY_BYTES, record, NULL);

		CHECK_ERR(rows[i].name, r, rows[i].code);
		record_done(rows[i].fields, record);
	}
}

/* An unknown estimate is null on the wire, a known one a number, and both come back. */
static void test_estimate(void **state)
{
	struct heartbeat_request unknown = {.eta_s = -1}, known = {.eta_s = 0}, back = {0};

	(void)state;
	autofree char *a = message_encode(heartbeat_request_fields, &unknown);
	autofree char *b = message_encode(heartbeat_request_fields, &known);
	assert_non_null(strstr(a, "\"eta_s\":null"));
	assert_non_null(strstr(b, "\"eta_s\":0"));
	assert_int_equal(message_decode(heartbeat_request_fields, a, strlen(a), 4096, &back, NULL),
			 0);
	assert_int_equal(back.eta_s, -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_estimate),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
