/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The image step: choose the disk, pass every rail, get the permit, write and verify the image,
 * give the system its own name and keys, report the receipt. It runs in a worker of its own; the
 * lease page says before each write whether it still may.
 *
 * Input: a plan whose signature, binding and expiry were checked, and checked again here before the
 * first write; image bytes, which images/core trusts only after their hashes.
 */
#include "steps.h"

#include <fcntl.h>
#include <linux/rtc.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>
#include <base/cleanup.h>
#include <base/clock.h>
#include <base/json.h>
#include <base/limits.h>
#include <images/install.h>

#include "disk_guard.h"
#include "lease.h"
#include "machine_facts.h"
#include "own_files.h"

#define TRUST_ROOT_PATH   "/etc/slipway/root.json"
#define FIRST_BOOT_SOURCE "/usr/lib/slipway/first-boot"
#define TARGET_DIR        "/run/slipway/target"
#define IDENTITY_EVERY_MS 1000

struct imaging {
	const struct step_context *context;
	struct report *out;
	struct disk_handle disk;
	int64_t identity_checked_ms;
	bool swapped;
	int64_t stage_started_ms;
	enum image_stage stage;
	struct image_receipt receipt;
};

/* ---- callbacks of the writer (from one of its threads at a time) -------------------------------
 */

static bool may_write(void *arg)
{
	struct imaging *im = arg;
	int64_t now_ms = time_boot_ms();

	if (now_ms - im->identity_checked_ms >= IDENTITY_EVERY_MS) {
		im->identity_checked_ms = now_ms;
		im->swapped |= !disk_is_same(&im->disk);
	}
	return !im->swapped && lease_may_write(im->out->lease, now_ms);
}

static bool cancelled(void *arg)
{
	struct imaging *im = arg;

	return report_must_stop(im->out);
}

static void progress(void *arg, enum image_stage stage, uint64_t done_bytes, uint64_t total_bytes)
{
	struct imaging *im = arg;
	int64_t now_ms = time_boot_ms();
	struct event_progress p = {.stage = "image",
				   .done = (int64_t)done_bytes,
				   .total = (int64_t)total_bytes,
				   .unit = "bytes",
				   .eta_s = -1};

	if (stage != im->stage || im->stage_started_ms == 0) {
		im->stage = stage;
		im->stage_started_ms = now_ms;
	}
	int64_t took_ms = now_ms - im->stage_started_ms;
	if (done_bytes > 0 && total_bytes >= done_bytes && took_ms > 1000)
		p.eta_s = (int64_t)((double)took_ms * (double)(total_bytes - done_bytes) /
				    (double)done_bytes / 1000.0);
	(void)str_copy(p.message, sizeof(p.message), image_stage_str(stage));
	report_progress(im->out, &p);
}

static void say(struct imaging *im, const char *message)
{
	struct event_progress p = {.stage = "image", .unit = "bytes", .eta_s = -1};

	(void)str_copy(p.message, sizeof(p.message), message);
	report_progress(im->out, &p);
}

/* ---- before the first write --------------------------------------------------------------------
 */

static int choose_disk(struct imaging *im, struct err *err)
{
	const struct plan_image *plan = &im->context->plan->image;
	const struct drive *chosen = NULL;
	drive_list drives = {0};
	int r;

	drives_read("", &drives);
	r = disk_choose(&drives, &plan->disk, &chosen, err);
	if (r == 0)
		r = disk_check_unused("", chosen->facts.name, err);
	if (r == 0)
		r = disk_open("", chosen, &im->disk, err);
	drives_done(&drives);
	return r;
}

static int ask_permit(struct imaging *im, const text64_list *found, struct err *err)
{
	const struct step_context *c = im->context;
	struct permit_request request = {.epoch = c->link->session.epoch};
	struct permit_reply reply = {0};
	struct link link = *c->link;
	int r;

	(void)str_copy(request.plan_id, sizeof(request.plan_id), c->plan->plan_id);
	(void)str_copy(request.arm_id, sizeof(request.arm_id), c->plan->image.arm_id);
	(void)str_copy(request.disk.wwn, sizeof(request.disk.wwn), im->disk.drive.facts.wwn);
	(void)str_copy(request.disk.serial, sizeof(request.disk.serial),
		       im->disk.drive.facts.serial);
	request.disk.size_bytes = im->disk.drive.facts.capacity_bytes;
	for (size_t i = 0; i < found->n && i < PERMIT_MAX_FOUND; i++)
		VEC_PUSH(&request.data_found, found->items[i]);
	TRY(link_open(&link, c->options, c->identity, err));
	r = link_permit(&link, &request, &reply, err);
	link_close(&link);
	VEC_DONE(&request.data_found);
	return r;
}

/* The permit makes the server say may_write at the next heartbeat, which comes within seconds. */
static int wait_for_lease(struct imaging *im, struct err *err)
{
	int64_t deadline_ms = time_boot_ms() + 60000;

	while (!lease_may_write(im->out->lease, time_boot_ms())) {
		if (report_must_stop(im->out))
			return err_set(err, ERR_AGENT_STOPPED, "stopped before the first write");
		if (time_boot_ms() >= deadline_ms)
			return err_set(err, ERR_IMAGE_LEASE,
				       "no permission to write came with a heartbeat");
		(void)usleep(50000);
	}
	return 0;
}

static int prepare(struct imaging *im, struct err *err)
{
	const struct plan *plan = im->context->plan;
	text64_list found = {0};
	int r;

	/* Minutes may have passed since the plan was opened: it must still be good. */
	struct plan_expect expect = *im->context->expect;
	expect.now_unix_s = link_wall_us(im->context->link) / 1000000;
	TRY(plan_check(plan, &expect, err));
	say(im, "choosing the disk");
	TRY(choose_disk(im, err));
	r = disk_check_data(im->disk.fd, &im->disk.drive, plan->image.wipe_consent, &found, err);
	if (r == 0)
		r = ask_permit(im, &found, err);
	VEC_DONE(&found);
	if (r == 0)
		r = wait_for_lease(im, err);
	return r;
}

/* ---- the new system's own files ----------------------------------------------------------------
 */

static int write_own_files(void *arg, const struct image_part *parts, size_t n, struct err *err)
{
	struct imaging *im = arg;
	const struct own_files own = {
		.image = &im->context->plan->image,
		.host_id = im->context->plan->host_id,
		.first_boot_program = FIRST_BOOT_SOURCE,
		.folder = TARGET_DIR,
	};

	say(im, "writing name, keys and first-boot report");
	if (!disk_is_same(&im->disk))
		return err_set(err, ERR_AGENT_DISK_SWAPPED, "after it was written");
	return own_files_write(&own, parts, n, err);
}

/* ---- writing -----------------------------------------------------------------------------------
 */

static int install(struct imaging *im, struct err *err)
{
	const struct plan_image *plan = &im->context->plan->image;
	AUTO(trust_root) struct trust_root *root = NULL;
	uint8_t digest[SHA256_BYTES];
	struct agent_about about;

	if (!hex_decode(plan->image_digest, digest, sizeof(digest)))
		return err_set(err, ERR_INVALID, "the plan's image digest is malformed");
	TRY(trust_root_load(TRUST_ROOT_PATH, &root, err));
	machine_about("", &about);
	struct image_install_request request = {
		.root = root,
		.policy = {.arch = about.arch,
			   .firmware = str_eq(about.firmware, "uefi") ? IMAGE_FIRMWARE_UEFI
								      : IMAGE_FIRMWARE_BIOS,
			   .disk_bytes = (uint64_t)im->disk.drive.facts.capacity_bytes,
			   .digest = digest,
			   .line = plan->line},
		.objects_url = plan->objects_url,
		.target_fd = im->disk.fd,
		.read_back = true,
		.may_write = may_write,
		.progress = progress,
		.cancelled = cancelled,
		.own_files = write_own_files,
		.arg = im,
	};
	int r = image_install(&request, &im->receipt, err);
	if (r < 0 && im->swapped)
		return err_set(err, ERR_AGENT_DISK_SWAPPED, "while it was written");
	return r;
}

/* The new system starts with the server's time, not with what the clock chip made up. */
static void set_rtc(void)
{
	autoclose int fd = open("/dev/rtc0", O_WRONLY | O_CLOEXEC);
	time_t now = time(NULL);
	struct tm tm;

	if (fd < 0 || !gmtime_r(&now, &tm))
		return;
	struct rtc_time rtc = {.tm_sec = tm.tm_sec,
			       .tm_min = tm.tm_min,
			       .tm_hour = tm.tm_hour,
			       .tm_mday = tm.tm_mday,
			       .tm_mon = tm.tm_mon,
			       .tm_year = tm.tm_year};
	(void)ioctl(fd, RTC_SET_TIME, &rtc);
}

/* ---- the step ----------------------------------------------------------------------------------
 */

static int report_receipt(struct imaging *im, struct err *err)
{
	autofree char *text = image_receipt_json(&im->receipt);
	json_t *doc = NULL;

	TRY(json_load_strict(text, strlen(text), LIMIT_JSON_BODY_BYTES, &doc, err));
	report_event(im->out, EVENT_RECEIPT, doc);
	return 0;
}

/* What is written has a valid partition table by now: what no receipt can be made of must not
 * start. */
static int hand_over(struct imaging *im, struct err *err)
{
	struct err second = ERR_INIT;
	int r = report_receipt(im, err);

	if (r < 0 && disk_make_unbootable(&im->disk, &second) < 0)
		report_log(im->out, "error", "disk '%s' may still start: %s",
			   im->disk.drive.facts.name, second.msg);
	return r;
}

/* Errors that speak about the disk itself name it as the part to look at. */
static const struct repair_order *order_for(const struct imaging *im, const struct err *err,
					    struct repair_order *order)
{
	const struct facts_drive *f = &im->disk.drive.facts;

	if (err->code != ERR_IMAGE_READ_BACK && err->code != ERR_IMAGE_TARGET &&
	    err->code != ERR_AGENT_DISK_SWAPPED && err->code != ERR_IO)
		return NULL;
	if (!f->name[0])
		return NULL;
	(void)str_copy(order->part, sizeof(order->part), "disk");
	(void)str_copy(order->slot, sizeof(order->slot), f->slot[0] ? f->slot : f->name);
	(void)str_copy(order->serial, sizeof(order->serial), f->serial[0] ? f->serial : f->wwn);
	snprintf(order->action, sizeof(order->action),
		 "Check the cable and bay of disk %s (%s, serial %s), then replace it.",
		 order->slot, f->model, order->serial);
	return order;
}

void step_image(void *step_context, struct report *out)
{
	struct imaging im = {.context = step_context, .out = out, .disk.fd = -1};
	struct repair_order order = {0};
	struct err err = ERR_INIT;
	int r;

	r = own_files_mount_apart(&err);
	if (r == 0)
		r = prepare(&im, &err);
	if (r == 0)
		r = install(&im, &err);
	if (r == 0)
		r = hand_over(&im, &err);
	disk_close(&im.disk);
	if (r == 0) {
		set_rtc();
		report_done(out, "ok");
	} else {
		report_failed(out, &err, order_for(&im, &err, &order));
	}
}
