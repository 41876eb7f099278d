/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The second witness of each test: what counters and the kernel's log show of the time that it ran.
 * A machine check is seen when the kernel polls for it, which it does every five minutes unless it is
 * told to look more often.
 */
#include "burn.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <base/cleanup.h>
#include <base/clock.h>
#include <base/file.h>
#include <base/limits.h>
#include <base/str.h>
#include <burnin/kernel_log.h>

#include <agent/facts/sysfs.h>

#define POLL_FILE     "sys/devices/system/machinecheck/machinecheck0/check_interval"
#define LOG_MAX_BYTES MIB /* of the lines of one test */
#define RECORD_BYTES  8192

#define FOLLOW_EVERY_MS  5000
#define MEASURE_EVERY_MS 60000
#define FORWARDED_MAX    200 /* lines of a run: a fault that floods the log is one finding */
#define SENSORS_MAX      32  /* of one chip */
#define HOTTEST_C        127

/* ---- machine checks -------------------------------------------------------------------------- */

static void set_poll(const char *root, int64_t seconds)
{
	autofree char *path = xasprintf("%s/" POLL_FILE, root);
	autoclose int fd = open(path, O_WRONLY | O_CLOEXEC);
	char text[24];
	int n = snprintf(text, sizeof(text), "%lld\n", (long long)seconds);

	/* A kernel that does not take it polls as before: its errors are seen later. */
	if (fd >= 0)
		(void)!write(fd, text, (size_t)n);
}

int64_t burn_poll_faster(const char *root)
{
	int64_t before_s = sysfs_int(root, -1, POLL_FILE);

	if (before_s == 0 || before_s > BURN_POLL_S)
		set_poll(root, BURN_POLL_S);
	return before_s;
}

void burn_poll_as_before(const char *root, int64_t before_s)
{
	if (before_s >= 0)
		set_poll(root, before_s);
}

/* ---- the kernel's log ------------------------------------------------------------------------ */

int burn_log_open(const char *root)
{
	autofree char *path = xasprintf("%s/dev/kmsg", root);
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	if (fd >= 0)
		(void)lseek(fd, 0, SEEK_END);
	return fd;
}

#define PRIORITY_BITS 7
#define WARNING       4

/* One record a read: "6,1234,5678,-;message\n KEY=value\n". The number is facility and priority. */
static void add_record(struct str *text, struct str *urgent, char *record)
{
	char *message = strchr(record, ';');
	long priority = message ? strtol(record, NULL, 10) & PRIORITY_BITS : PRIORITY_BITS;

	message = message ? message + 1 : record;
	message[strcspn(message, "\n")] = '\0';
	str_addf(text, "%s\n", message);
	if (urgent && priority <= WARNING)
		str_addf(urgent, "%s\n", message);
}

void burn_log_read(int fd, struct str *text, struct str *urgent)
{
	char record[RECORD_BYTES];

	for (;;) {
		ssize_t n = read(fd, record, sizeof(record) - 1);

		/* Records that were overwritten before they were read are lost; go on behind them. */
		if (n < 0 && (errno == EPIPE || errno == EINTR))
			continue;
		if (n <= 0)
			return;
		record[n] = '\0';
		add_record(text, urgent, record);
	}
}

/* ---- both, around one test ------------------------------------------------------------------- */

struct judging {
	struct burn *burn;
	const char *step;
};

/* A line that comes a thousand times is one finding. */
static bool is_new(struct burn *b, const struct burnin_finding *f)
{
	for (size_t i = 0; i < b->n_logged; i++)
		if (b->logged[i].symptom == f->symptom && b->logged[i].component == f->component)
			return false;
	if (b->n_logged == ARRAY_LEN(b->logged))
		return false;
	b->logged[b->n_logged].symptom = f->symptom;
	b->logged[b->n_logged++].component = f->component;
	return true;
}

static void log_found(void *arg, const struct burnin_finding *f)
{
	const struct judging *j = arg;

	if (is_new(j->burn, f))
		burn_found(j->burn, j->step, f);
}

static int package_of(void *arg, int cpu)
{
	(void)arg;
	return (int)sysfs_int("", -1, "sys/devices/system/cpu/cpu%d/topology/physical_package_id",
			      cpu);
}

/* Warnings and worse leave the host while it lives: its last lines are what explains a reboot. The
 * word in front is what burnin/verdict.c knows them by. */
static void forward(struct burn *b, const char *step, const char *lines)
{
	struct sv rest = sv_of(lines);

	while (rest.n && b->n_forwarded < FORWARDED_MAX) {
		struct sv line = sv_split(&rest, '\n');
		char message[257];

		text_print(message, sizeof(message), "kernel: %.*s",
			   (int)(line.n < sizeof(message) ? line.n : sizeof(message)), line.p);
		ocp_log(&b->stream, step, "WARNING", message);
		b->n_forwarded++;
	}
}

void burn_tell_former_boot(struct burn *b, const char *step)
{
	char message[257];

	for (size_t i = 0; i < b->former.n; i++) {
		text_print(message, sizeof(message), "kernel: %s", b->former.lines[i]);
		ocp_log(&b->stream, step, "WARNING", message);
	}
	b->former.n = 0;
}

static void judge_log(struct burn *b, const char *step)
{
	struct judging judging = {.burn = b, .step = step};
	struct str text, urgent;

	if (b->log_fd < 0)
		return;
	str_init(&text, LOG_MAX_BYTES);
	str_init(&urgent, LOG_MAX_BYTES);
	burn_log_read(b->log_fd, &text, &urgent);
	forward(b, step, urgent.p);
	str_done(&urgent);
	(void)kernel_log_read(&(struct kernel_log_reader){.components = &b->components,
							  .package_of = package_of,
							  .found = log_found,
							  .arg = &judging},
			      text.p, text.n_bytes);
	str_done(&text);
}

static void counter_found(void *arg, const struct burnin_finding *finding, int64_t delta)
{
	const struct judging *j = arg;

	ocp_measure(&j->burn->stream, j->step,
		    &(struct ocp_measurement){.component = finding->component,
					      .name = "counter-growth",
					      .value = (double)delta,
					      .unit = "errors",
					      .validator = {"EQUAL", 0}});
	burn_found(j->burn, j->step, finding);
}

void burn_judge_evidence(struct burn *b, const char *step)
{
	struct judging judging = {.burn = b, .step = step};
	struct counters after = {0};

	burn_read_counters(b->root ? b->root : "", &b->components, &after);
	counters_judge(&b->before, &after, &b->components, counter_found, &judging);
	counters_done(&b->before);
	b->before = after;
	judge_log(b, step);
	burn_judge_events(b, step);
}

/* ---- while a test runs ----------------------------------------------------------------------- */

int64_t burn_temperature_c(const char *root)
{
	autonames struct sysfs_names chips = sysfs_list(root, "sys/class/hwmon");
	int64_t most = -1;

	for (size_t i = 0; i < chips.n; i++) {
		for (int k = 1; k <= SENSORS_MAX; k++) {
			int64_t v = sysfs_int(root, -1, "sys/class/hwmon/%s/temp%d_input",
					      chips.names[i], k) /
				    1000;

			/* HW: sensors that are not wired report 127 or 255. */
			if (v > most && v < HOTTEST_C)
				most = v;
		}
	}
	return most > 0 ? most : -1;
}

void burn_follow(struct burn *b)
{
	int64_t now_ms = time_boot_ms();

	if (!b->step || now_ms < b->follow_ms)
		return;
	judge_log(b, b->step);
	if (now_ms >= b->measure_ms) {
		int64_t hottest = burn_temperature_c("");

		if (hottest > 0)
			ocp_measure(&b->stream, b->step,
				    &(struct ocp_measurement){.name = "temperature-max",
							      .value = (double)hottest,
							      .unit = "C"});
		b->measure_ms = now_ms + MEASURE_EVERY_MS;
	}
	b->follow_ms = now_ms + FOLLOW_EVERY_MS;
}
