/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Disk health through smartctl, and what it means by burnin/smart.h.
 */
#include "burn.h"

#include <base/cleanup.h>
#include <base/process.h>
#include <base/str.h>
#include <burnin/smart.h>

struct disk_judging {
	struct burn *burn;
	const char *step;
};

static void disk_found(void *arg, const struct burnin_finding *finding)
{
	const struct disk_judging *j = arg;

	burn_found(j->burn, j->step, finding);
}

static void measure_smart(struct burn *b, const char *step, const struct component *c,
			  const struct smart_health *h)
{
	struct smart_value v;

	for (size_t i = 0; smart_value_at(h, i, &v); i++) {
		struct ocp_measurement m = {c, v.name, (double)v.value, NULL, {0}};
		if (v.value < 0)
			continue;
		if (v.symptom)
			m.validator = (struct ocp_validator){"LESS_THAN_OR_EQUAL", (double)v.limit};
		ocp_measure(&b->stream, step, &m);
	}
}

/* A link's errors are counted for life: what grew since the first look belongs to this run. */
static unsigned judge_link(struct burn *b, const char *step, const struct component *c,
			   int64_t crc_errors)
{
	struct burnin_finding f = {.symptom = SYMPTOM_DISK_LINK_ERRORS, .component = c};
	size_t i = 0;

	while (i < b->n_first_crc && b->first_crc[i].disk != c)
		i++;
	if (!c || crc_errors < 0 || i == ARRAY_LEN(b->first_crc))
		return 0;
	if (i == b->n_first_crc) {
		b->first_crc[i].disk = c;
		b->first_crc[i].crc_errors = crc_errors;
		b->n_first_crc++;
		return 0;
	}
	if (crc_errors <= b->first_crc[i].crc_errors)
		return 0;
	text_print(f.message, sizeof(f.message), "crc-errors grew by %lld",
		   (long long)(crc_errors - b->first_crc[i].crc_errors));
	burn_found(b, step, &f);
	return 1;
}

/* Values that fail the disk count also where others are missing; a pass needs all. */
static void judge_smart(struct burn *b, const char *step, const struct component *c,
			const struct smart_health *h)
{
	struct disk_judging judging = {.burn = b, .step = step};

	measure_smart(b, step, c, h);
	unsigned n_failures = smart_judge(h, c, disk_found, &judging);
	n_failures += judge_link(b, step, c, h->crc_errors);
	if (*h->note)
		ocp_log(&b->stream, step, "INFO", h->note);
	if (!h->covered)
		burn_unjudged(b, step, c, h->reason);
	else if (!n_failures)
		burn_passed(b, step, c, "smart-pass", "the disk reports good health");
}

/* One document of smartctl; returns whether the drive is covered. */
static bool judge_drive(struct burn *b, const char *step, const struct facts_drive *f,
			const char *device)
{
	const struct component *c = component_find(&b->components, COMPONENT_DISK, f->name);
	const char *argv[] = {b->smart_tool ? b->smart_tool : "smartctl",
			      "--json=c",
			      "-a",
			      device,
			      f->access[0] ? "-d" : NULL,
			      f->access,
			      NULL};
	struct process_options options = {.argv = argv, .timeout_ms = 60000};
	struct process_result result = {0};
	struct smart_health health = {0};
	struct err err = ERR_INIT;

	if (process_run(&options, &result, &err) < 0 ||
	    tool_read_smart((struct tool_end){result.exit_code, result.signal}, result.out,
			    result.out_bytes, &health, &err) < 0)
		burn_unjudged(b, step, c, err.msg);
	else
		judge_smart(b, step, c, &health);
	process_result_done(&result);
	return health.covered;
}

/* A volume is made of drives that are judged each by itself; it has no health of its own. */
static bool is_judged_by_its_drives(const struct burn *b, const struct drive *d)
{
	return d->transport == TRANSPORT_RAID && d->facts.volume[0] &&
	       raid_drives_are_behind(b->raid_drives.items, b->raid_drives.n, d);
}

enum burn_end burn_test_smart(struct burn *b, const char *step)
{
	unsigned n_covered = 0;

	for (size_t i = 0; i < b->drives.n; i++) {
		const struct drive *d = &b->drives.items[i];

		if (!burn_tick(b))
			return BURN_STOPPED;
		if (!is_judged_by_its_drives(b, d))
			n_covered += judge_drive(b, step, &d->facts, d->dev_path);
	}
	for (size_t i = 0; i < b->raid_drives.n; i++) {
		const struct facts_drive *f = &b->raid_drives.items[i];

		if (!burn_tick(b))
			return BURN_STOPPED;
		n_covered += judge_drive(b, step, f, f->device);
	}
	return n_covered ? BURN_JUDGED : BURN_SKIPPED;
}
