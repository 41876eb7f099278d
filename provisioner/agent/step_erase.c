/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The erase step: the rails of disk_work.h with an arm of its own, then the first of the plan's
 * methods that this disk can do: the drive's own command with samples read before and after, or zeros
 * over all of it, read back. A signed receipt says what was done and what was passed over. A plan to
 * image erases nothing, and the other way round.
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
#include <images/erase.h>

#include <agent/disk/erase_drive.h>
#include <agent/disk/thaw.h>
#include <agent/disk/work.h>

struct erasing {
	struct disk_work w;
	enum image_erase_stage stage;
	int64_t stage_started_ms;
	struct erase_choice choice;
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

/* ---- by zeros -------------------------------------------------------------------------------- */

static int erase_by_zeros(struct erasing *e, const struct image_erase_request *request,
			  json_t **ret, struct err *err)
{
	struct image_erase_receipt receipt;

	TRY(image_erase(request, &receipt, err));
	autofree char *text = image_erase_receipt_json(&receipt);
	(void)e;
	return json_load_strict(text, strlen(text), LIMIT_JSON_BODY_BYTES, ret, err);
}

/* ---- by the drive ---------------------------------------------------------------------------- */

static bool keep_going(void *arg)
{
	return !cancelled(arg);
}

static void drive_progress(void *arg, unsigned percent)
{
	struct erasing *e = arg;

	disk_work_progress(&e->w, erase_command_str(e->choice.command), e->stage_started_ms,
			   percent, 100);
}

static int command_drive(void *arg, struct err *err)
{
	struct erasing *e = arg;
	const struct erase_drive_run run = {.drive = &e->w.disk.drive,
					    .command = e->choice.command,
					    .keep_going = keep_going,
					    .progress = drive_progress,
					    .arg = e};

	e->stage_started_ms = time_boot_ms();
	disk_work_say(&e->w, erase_command_str(e->choice.command));
	return erase_drive_do(&run, err);
}

static int erase_by_drive(struct erasing *e, const struct image_erase_request *request,
			  json_t **ret, struct err *err)
{
	struct image_erase_samples samples;

	TRY(image_erase_by_drive(request, command_drive, &samples, err));
	enum erase_method method = erase_command_method(e->choice.command);
	*ret = json_pack("{s:s, s:I, s:i, s:I, s:i, s:f}", "method", erase_method_str(method),
			 "disk_bytes", (json_int_t)samples.disk_bytes, "samples", (int)samples.n,
			 "sample_bytes", (json_int_t)samples.n_bytes, "samples_blank_before",
			 (int)samples.n_blank, "seconds",
			 (double)(time_boot_ms() - e->stage_started_ms) / 1000.0);
	BUG_ON(!*ret);
	return 0;
}

/* ---- both ------------------------------------------------------------------------------------ */

/* No heartbeat goes out while the machine sleeps: afterwards the permission must come anew. A machine
 * that cannot sleep leaves the drive frozen, and the choice as it was. */
static int thaw(struct erasing *e, struct err *err)
{
	struct err why = ERR_INIT;

	disk_work_say(&e->w, "the firmware froze the drive: this host sleeps for 15 s to thaw it");
	if (thaw_drives("", &why) < 0) {
		report_log(e->w.out, "warning", "the frozen drive stays frozen: %s", why.msg);
		return 0;
	}
	return disk_work_wait_for_lease(&e->w, err);
}

static int choose(struct erasing *e, const struct erase_policy *policy, struct err *err)
{
	struct erase_capabilities capabilities;

	disk_work_say(&e->w, "asking the drive how it can be erased");
	erase_drive_ask(&e->w.disk.drive, &capabilities);
	int rc = erase_choose(&capabilities, policy, &e->choice, err);
	if (!erase_thaw_helps(&capabilities, policy, &e->choice))
		return rc;
	TRY(thaw(e, err));
	erase_drive_ask(&e->w.disk.drive, &capabilities);
	return erase_choose(&capabilities, policy, &e->choice, err);
}

static int erase(struct erasing *e, const char *policy, struct err *err)
{
	const struct image_erase_request request = {.target_fd = e->w.disk.fd,
						    .may_write = may_write,
						    .cancelled = cancelled,
						    .progress = progress,
						    .arg = e};
	json_t *report = NULL;
	int r = e->choice.command == ERASE_COMMAND_OVERWRITE
			? erase_by_zeros(e, &request, &report, err)
			: erase_by_drive(e, &request, &report, err);

	if (r < 0)
		return disk_work_failed(&e->w, "while it was erased", err);
	(void)json_object_set_new(report, "command",
				  json_string(erase_command_str(e->choice.command)));
	(void)json_object_set_new(report, "policy", json_string(policy));
	const char *left = erase_drive_not_reached(&e->w.disk.drive);
	if (left)
		(void)json_object_set_new(report, "not_erased", json_string(left));
	if (e->choice.passed_over[0])
		(void)json_object_set_new(report, "passed_over",
					  json_string(e->choice.passed_over));
	return disk_work_receipt(&e->w, report, err);
}

/* A word that this agent does not know comes from a newer server. */
static int read_policy(const char *methods, struct erase_policy *ret, struct err *err)
{
	struct err why = ERR_INIT;

	if (erase_policy_parse(methods, ret, &why) < 0)
		return err_set(err, ERR_UNSUPPORTED, "%s", why.msg);
	return 0;
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
	struct erase_policy policy;
	int r = read_policy(plan->erase_method, &policy, &err);

	/* A word of a newer server is not a mistake in a configuration of this host. */
	if (r < 0)
		r = err_set(&err, ERR_UNSUPPORTED, "this agent cannot erase by '%.40s'",
			    plan->erase_method);
	if (r == 0)
		r = disk_work_begin(&e.w, &err);
	if (r == 0)
		r = choose(&e, &policy, &err);
	if (r == 0)
		r = erase(&e, plan->erase_method, &err);
	disk_close(&e.w.disk);
	if (r == 0)
		report_done(out, "ok");
	else
		report_failed(out, &err, disk_work_order(&e.w, &err, &order));
}
