/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The erase step: the rails of disk_work.h with an arm of its own, zeros over exactly that disk,
 * read back, a signed receipt. A plan to image erases nothing, and the other way round.
 *
 * Input: a signed plan.
 */
#include "steps.h"

#include <stdlib.h>
#include <string.h>
#include <base/cleanup.h>
#include <base/clock.h>
#include <base/json.h>
#include <base/limits.h>
#include <base/str.h>
#include <images/erase.h>

#include <agent/disk/work.h>

struct erasing {
	struct disk_work w;
	enum image_erase_stage stage;
	int64_t stage_started_ms;
};

static bool may_write(void *arg)
{
	struct erasing *e = arg;

	return disk_work_may_write(&e->w);
}

static bool cancelled(void *arg)
{
	struct erasing *e = arg;

	return report_must_stop(e->w.out);
}

static void progress(void *arg, enum image_erase_stage stage, uint64_t done_bytes,
		     uint64_t total_bytes)
{
	struct erasing *e = arg;

	if (stage != e->stage || e->stage_started_ms == 0) {
		e->stage = stage;
		e->stage_started_ms = time_boot_ms();
	}
	disk_work_progress(&e->w, image_erase_stage_str(stage), e->stage_started_ms, done_bytes,
			   total_bytes);
}

static int erase(struct erasing *e, struct err *err)
{
	const struct image_erase_request request = {.target_fd = e->w.disk.fd,
						    .may_write = may_write,
						    .cancelled = cancelled,
						    .progress = progress,
						    .arg = e};
	struct image_erase_receipt receipt;
	json_t *report = NULL;
	int r = image_erase(&request, &receipt, err);

	if (r < 0 && e->w.swapped)
		return err_set(err, ERR_AGENT_DISK_SWAPPED, "while it was erased");
	if (r < 0)
		return r;
	autofree char *text = image_erase_receipt_json(&receipt);
	TRY(json_load_strict(text, strlen(text), LIMIT_JSON_BODY_BYTES, &report, err));
	return disk_work_receipt(&e->w, report, err);
}

void step_erase(void *step_context, struct report *out)
{
	const struct step_context *context = step_context;
	const struct plan *plan = context->plan;
	const char *name = plan->erase_disk.serial[0] ? plan->erase_disk.serial
						      : plan->erase_disk.wwn;
	struct erasing e = {.w = {.context = context,
				  .out = out,
				  .work = "erase",
				  .want = &plan->erase_disk,
				  .arm_id = plan->erase_arm_id,
				  .wipe_consent = name,
				  .disk.fd = -1}};
	struct repair_order order = {0};
	struct err err = ERR_INIT;
	int r = str_eq(plan->erase_method, "overwrite")
			? disk_work_begin(&e.w, &err)
			: err_set(&err, ERR_UNSUPPORTED, "no method '%s' to erase a disk",
				  plan->erase_method);

	if (r == 0)
		r = erase(&e, &err);
	disk_close(&e.w.disk);
	if (r == 0)
		report_done(out, "ok");
	else
		report_failed(out, &err, disk_work_order(&e.w, &err, &order));
}
