/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The boot decision over every combination of facts, and what is taken from a query of a hostile
 * host.
 */
#include "tests/harness/check.h"

#include <base/str.h>
#include <pxe/boot.h>

static void test_query(void **state)
{
	static const struct {
		const char *name, *parameter, *value, *mac, *uuid, *serial;
	} rows[] = {
		{"mac with dashes", "mac", "52-54-00-AA-bb-01", "52:54:00:aa:bb:01", "", ""},
		{"mac with colons", "mac", "52:54:00:aa:bb:01", "52:54:00:aa:bb:01", "", ""},
		{"mac too short", "mac", "52:54:00:aa:bb", "", "", ""},
		{"mac too long", "mac", "52:54:00:aa:bb:01:02", "", "", ""},
		{"mac with a command", "mac", "52:54:00:aa:b\n:01", "", "", ""},
		{"mac of other letters", "mac", "52:54:00:aa:bb:0g", "", "", ""},
		{"uuid", "uuid", "5D0F7A10-3c1e-4b57-9a41-51a7b105c001", "",
		 "5d0f7a10-3c1e-4b57-9a41-51a7b105c001", ""},
		{"uuid without dashes", "uuid", "5d0f7a103c1e4b579a4151a7b105c001", "", "", ""},
		{"serial", "serial", " SN 1 ", "", "", "SN 1"},
		{"serial with a newline", "serial", "a\nboot x", "", "", "a?boot x"},
		{"serial of bytes", "serial", "\xff\x01", "", "", "??"},
		{"unknown", "nonsense", "x", "", "", ""},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct boot_query q = {.cpu_64bit = false};
		boot_query_set(&q, rows[i].parameter, rows[i].value);
		CHECK_STR(rows[i].name, q.mac, rows[i].mac);
		CHECK_STR(rows[i].name, q.uuid, rows[i].uuid);
		CHECK_STR(rows[i].name, q.serial, rows[i].serial);
	}
	struct boot_query q = {.cpu_64bit = false};
	char longtext[1000];
	memset(longtext, 'x', sizeof(longtext) - 1);
	longtext[sizeof(longtext) - 1] = '\0';
	boot_query_set(&q, "serial", longtext);
	assert_int_equal(strlen(q.serial), sizeof(q.serial) - 1);
}

static void test_arch(void **state)
{
	static const struct {
		const char *buildarch, *cpu;
		enum boot_arch wanted;
	} rows[] = {
		{"x86_64", "", BOOT_ARCH_X86_64},     {"arm64", "i386", BOOT_ARCH_AARCH64},
		{"i386", "lm", BOOT_ARCH_X86_64},     {"i386", "i386", BOOT_ARCH_UNKNOWN},
		{"arm32", "", BOOT_ARCH_UNKNOWN},     {"", "lm", BOOT_ARCH_UNKNOWN},
		{"riscv64", "lm", BOOT_ARCH_UNKNOWN},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct boot_query q = {.cpu_64bit = false};
		boot_query_set(&q, "arch", rows[i].buildarch);
		boot_query_set(&q, "cpu", rows[i].cpu);
		CHECK_INT(rows[i].buildarch, boot_query_arch(&q), rows[i].wanted);
	}
}

/* 2^6 combinations: an agent only when everything speaks for it. */
static void test_decision(void **state)
{
	(void)state;
	for (unsigned bits = 0; bits < 64; bits++) {
		struct boot_query q = {.cpu_64bit = false};
		struct boot_facts f = {
			.store_up = bits & 1,
			.known = bits & 2,
			.wants_agent = bits & 4,
			.may_enrol = bits & 8,
			.files_ready = bits & 16,
		};
		boot_query_set(&q, "arch", bits & 32 ? "x86_64" : "");
		bool wanted = f.store_up && f.files_ready && (bits & 32) &&
			      (f.known ? f.wants_agent : f.may_enrol);
		struct boot_answer a = boot_decide(&q, &f);
		if ((a.action == BOOT_AGENT) != wanted || !a.why[0])
			fail_msg("facts %#x: action %d (%s)", bits, a.action, a.why);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_query),
		cmocka_unit_test(test_arch),
		cmocka_unit_test(test_decision),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("boot decision", tests, NULL, NULL);
}
