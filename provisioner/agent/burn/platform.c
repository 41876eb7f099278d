/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What no load moves: the hardware clock, which is looked at over the whole run and so costs no time of
 * its own, and the TPM, where the firmware says that there is one. Input: files of the kernel.
 */
#include "burn.h"

#include <ctype.h>
#include <string.h>
#include <unistd.h>
#include <base/cleanup.h>
#include <base/clock.h>

#include <agent/facts/sysfs.h>

#define CLOCK_FILE   "sys/class/rtc/rtc0/since_epoch"
#define TPM          "sys/class/tpm/tpm0"
#define ASK_EVERY_US 100000
#define DIGEST_LEAST 40 /* hexadecimal digits of the shortest: SHA-1 */

static const char *root_of(const struct burn *b)
{
	return b->root ? b->root : "";
}

static enum burn_end skipped(struct burn *b, const char *step, const char *why)
{
	ocp_log(&b->stream, step, "INFO", why);
	return BURN_SKIPPED;
}

/* ---- clock ----------------------------------------------------------------------------------- */

void burn_read_clock(const char *root, struct hardware_clock *ret)
{
	ret->rtc_s = sysfs_int(root, -1, CLOCK_FILE);
	ret->boot_ms = time_boot_ms();
}

/* A run of quick tests may be shorter than the clock can be judged in. */
static bool wait_for_clock(struct burn *b)
{
	while (time_boot_ms() - b->clock.boot_ms < HARDWARE_CLOCK_LEAST_MS) {
		if (!burn_tick(b))
			return false;
		usleep(ASK_EVERY_US);
	}
	return true;
}

enum burn_end burn_test_clock(struct burn *b, const char *step)
{
	struct hardware_clock_answer answer;
	struct hardware_clock now;

	if (b->clock.rtc_s < 0)
		return skipped(b, step, "this host has no hardware clock that the kernel knows");
	if (!wait_for_clock(b))
		return BURN_STOPPED;
	burn_read_clock(root_of(b), &now);
	hardware_clock_judge(&b->clock, &now, b->server_us_at_boot, &answer);
	if (!answer.judged)
		return skipped(b, step, "the hardware clock does not tell a time");
	ocp_measure(&b->stream, step,
		    &(struct ocp_measurement){
			    .name = "clock-drift", .value = (double)answer.drift_s, .unit = "s"});
	struct burnin_finding f = {.symptom = answer.symptom};
	(void)text_fit(f.message, sizeof(f.message), answer.message);
	if (f.symptom)
		burn_found(b, step, &f);
	else
		burn_passed(b, step, NULL, "clock-pass", answer.message);
	return BURN_JUDGED;
}

/* ---- TPM ------------------------------------------------------------------------------------- */

/* The kernel asks the chip each time that one of these is read. 1: it answered, 0: it did not, -1: this
 * kernel has no such file. */
static int ask_register(const char *root)
{
	static const char *const banks[] = {"pcr-sha256", "pcr-sha384", "pcr-sha1"};
	char text[256];

	for (size_t i = 0; i < ARRAY_LEN(banks); i++) {
		size_t n = 0;

		if (!sysfs_exists(root, TPM "/%s/0", banks[i]))
			continue;
		(void)sysfs_text(root, text, sizeof(text), TPM "/%s/0", banks[i]);
		while (isxdigit((unsigned char)text[n]))
			n++;
		return n >= DIGEST_LEAST && !text[n];
	}
	return -1;
}

static void silent(struct burn *b, const char *step, const char *why)
{
	struct burnin_finding f = {.symptom = SYMPTOM_TPM_SILENT};

	(void)text_fit(f.message, sizeof(f.message), why);
	burn_found(b, step, &f);
}

enum burn_end burn_test_tpm(struct burn *b, const char *step)
{
	const char *root = root_of(b);
	bool promised = sysfs_exists(root, "sys/firmware/acpi/tables/TPM2") ||
			sysfs_exists(root, "sys/firmware/acpi/tables/TCPA");
	bool there = sysfs_exists(root, TPM);
	int answer = there ? ask_register(root) : 0;

	if (!promised && !there)
		return skipped(b, step, "neither firmware nor kernel know a TPM");
	if (answer < 0)
		return skipped(b, step, "the kernel does not tell the registers of this TPM");
	if (!there)
		silent(b, step, "the firmware has a table for a TPM, and the kernel found none");
	else if (answer == 0)
		silent(b, step, "the TPM did not tell its first register");
	else
		burn_passed(b, step, NULL, "tpm-pass", "the TPM answers");
	return BURN_JUDGED;
}
