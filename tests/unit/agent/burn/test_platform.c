/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The hardware clock and the TPM of made trees: good ones pass, faulty ones are findings, and what is
 * not there is skipped with a reason.
 */
#include <tests/harness/check.h>
#include <tests/harness/fake_sys.h>

#include <fcntl.h>
#include <unistd.h>

#include <base/clock.h>
#include <base/json.h>
#include <agent/burn/burn.h>
#include <session/lease.h>

#define DIGEST "0000000000000000000000000000000000000000"

static void emit(void *arg, json_t *record)
{
	json_array_append_new(arg, record);
}

static int64_t wall_us(void *arg)
{
	(void)arg;
	return 0;
}

/* What the test recorded, as one text. The caller frees. */
static char *run(const char *id, struct burn *b, enum burn_end *ret)
{
	static const struct plan_burn_in plan;
	struct report report = {.fd = open("/dev/null", O_WRONLY | O_CLOEXEC),
				.lease = lease_new()};
	autojson json_t *records = json_array();

	b->out = &report;
	b->plan = &plan;
	b->log_fd = -1;
	b->stream = (struct ocp_stream){.emit = emit, .wall_us = wall_us, .arg = records};
	assert_true(burn_test_run(id, b, ret));
	close(report.fd);
	return json_text(records);
}

static void test_clock(void **state)
{
	static const struct {
		const char *name, *now; /* NULL: there is none */
		int64_t before_s;
		int64_t server_s; /* 0: not known */
		enum burn_end end;
		unsigned n_failures;
		const char *word;
	} rows[] = {
		{"good", "1790000020\n", 1790000000, 1790000020, BURN_JUDGED, 0, "clock-pass"},
		{"it stands", "1790000000\n", 1790000000, 0, BURN_JUDGED, 1, "clock-stopped"},
		{"it drifts", "1790000050\n", 1790000000, 0, BURN_JUDGED, 0, "went 50 s in 20 s"},
		{"its battery", "1000000020\n", 1000000000, 1790000020, BURN_JUDGED, 0,
		 "\"clock-battery\""},
		{"there is none", NULL, -1, 1790000020, BURN_SKIPPED, 0, "no hardware clock"},
		{"it is gone", NULL, 1790000000, 0, BURN_SKIPPED, 0, "does not tell a time"},
		{"garbage", "soon\n", 1790000000, 0, BURN_SKIPPED, 0, "does not tell a time"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct fake_sys t;
		enum burn_end end;
		int64_t now_ms = time_boot_ms();
		struct burn b = {.clock = {rows[i].before_s, now_ms - 20000}};

		fake_sys_init(&t);
		b.root = t.root;
		if (rows[i].server_s)
			b.server_us_at_boot = rows[i].server_s * 1000000 - now_ms * 1000;
		if (rows[i].now)
			fake_sys_put(&t, "sys/class/rtc/rtc0/since_epoch", rows[i].now);
		autofree char *text = run("clock", &b, &end);
		CHECK_INT(rows[i].name, end, rows[i].end);
		CHECK_INT(rows[i].name, b.n_failures, rows[i].n_failures);
		CHECK_INT(rows[i].name, strstr(text, rows[i].word) != NULL, true);
		fake_sys_done(&t);
	}
}

static void test_tpm(void **state)
{
	static const struct {
		const char *name, *table, *bank, *value;
		bool there;
		enum burn_end end;
		const char *word;
	} rows[] = {
		{"it answers", "TPM2", "pcr-sha256", DIGEST "AbCdEf0123456789AbCdEf01\n", true,
		 BURN_JUDGED, "tpm-pass"},
		{"SHA-1 alone", NULL, "pcr-sha1", DIGEST "\n", true, BURN_JUDGED, "tpm-pass"},
		{"silent", "TPM2", "pcr-sha256", "", true, BURN_JUDGED, "did not tell"},
		{"garbage", "TPM2", "pcr-sha256", DIGEST "?\n", true, BURN_JUDGED, "tpm-silent"},
		{"cut off", "TPM2", "pcr-sha256", "00\n", true, BURN_JUDGED, "tpm-silent"},
		{"only in the firmware's table", "TPM2", NULL, NULL, false, BURN_JUDGED,
		 "the kernel found none"},
		{"an old table", "TCPA", NULL, NULL, false, BURN_JUDGED, "tpm-silent"},
		{"none", NULL, NULL, NULL, false, BURN_SKIPPED, "neither firmware nor kernel"},
		{"it cannot be asked", "TPM2", NULL, NULL, true, BURN_SKIPPED, "does not tell"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct fake_sys t;
		enum burn_end end;
		struct burn b = {.clock = {-1, 0}};

		fake_sys_init(&t);
		b.root = t.root;
		if (rows[i].table)
			fake_sys_putf(&t, "x", "sys/firmware/acpi/tables/%s", rows[i].table);
		if (rows[i].there)
			fake_sys_put(&t, "sys/class/tpm/tpm0/tpm_version_major", "2\n");
		if (rows[i].bank)
			fake_sys_putf(&t, rows[i].value, "sys/class/tpm/tpm0/%s/0", rows[i].bank);
		autofree char *text = run("tpm", &b, &end);
		CHECK_INT(rows[i].name, end, rows[i].end);
		CHECK_INT(rows[i].name, b.n_failures, 0);
		CHECK_INT(rows[i].name, strstr(text, rows[i].word) != NULL, true);
		fake_sys_done(&t);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_clock),
					   cmocka_unit_test(test_tpm)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
