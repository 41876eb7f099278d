/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rails that image and erase share; see disk_work.h. Input: a plan whose signature, binding and
 * expiry were checked, and checked again here before the first write.
 */
#include "work.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <base/clock.h>
#include <base/json.h>
#include <base/str.h>
#include <proto/receipt.h>

#include "devices_ready.h"
#include <session/lease.h>
#include <agent/server_link.h>

#define IDENTITY_EVERY_MS 1000
#define LEASE_WAIT_MS     60000
#define GONE_WAIT_MS      2000
#define PERMIT_WAIT_MS    120000 /* a restart of the server takes seconds */

/* ---- before the first write ------------------------------------------------------------------ */

static int choose_disk(struct disk_work *w, struct err *err)
{
	const struct drive *chosen = NULL;
	drive_list drives = {0};
	int r;

	drives_read("", &drives);
	r = disk_choose(&drives, w->want, &chosen, err);
	if (r == 0)
		r = disk_check_unused("", chosen->facts.name, err);
	if (r == 0)
		r = disk_open("", chosen, &w->disk, err);
	drives_done(&drives);
	return r;
}

static bool goes_on(void *arg)
{
	return !report_must_stop(arg);
}

static int ask_permit(struct disk_work *w, const text64_list *found, struct err *err)
{
	const struct step_context *c = w->context;
	struct permit_request request = {.epoch = c->link->session.epoch};
	struct permit_reply reply = {0};
	const struct link_patience patience = {PERMIT_WAIT_MS, goes_on, w->out};
	struct link link = *c->link;
	int r;

	(void)str_copy(request.plan_id, sizeof(request.plan_id), c->plan->plan_id);
	(void)str_copy(request.arm_id, sizeof(request.arm_id), w->arm_id);
	(void)str_copy(request.disk.wwn, sizeof(request.disk.wwn), w->disk.drive.facts.wwn);
	(void)str_copy(request.disk.serial, sizeof(request.disk.serial),
		       w->disk.drive.facts.serial);
	request.disk.size_bytes = w->disk.drive.facts.capacity_bytes;
	for (size_t i = 0; i < found->n && i < PERMIT_MAX_FOUND; i++)
		VEC_PUSH(&request.data_found, found->items[i]);
	TRY(server_link_open(&link, c->options, c->identity, err));
	r = link_permit(&link, &request, &patience, &reply, err);
	link_close(&link);
	VEC_DONE(&request.data_found);
	return r;
}

/* The permit makes the server say may_write at the next heartbeat, which comes within seconds. */
int disk_work_wait_for_lease(struct disk_work *w, struct err *err)
{
	int64_t deadline_ms = time_boot_ms() + LEASE_WAIT_MS;

	while (!lease_may_write(w->out->lease, time_boot_ms())) {
		if (report_must_stop(w->out))
			return err_set(err, ERR_AGENT_STOPPED, "stopped before the first write");
		if (time_boot_ms() >= deadline_ms)
			return err_set(err, ERR_IMAGE_LEASE,
				       "no permission to write came with a heartbeat");
		(void)usleep(50000);
	}
	return 0;
}

int disk_work_begin(struct disk_work *w, struct err *err)
{
	const struct plan *plan = w->context->plan;
	text64_list found = {0};
	int r;

	/* Minutes may have passed since the plan was opened: it must still be good. */
	struct plan_expect expect = *w->context->expect;
	expect.now_unix_s = link_wall_us(w->context->link) / 1000000;
	TRY(plan_check(plan, &expect, err));
	disk_work_say(w, "choosing the disk");
	devices_wait(w->out);
	TRY(choose_disk(w, err));
	r = disk_check_data(w->disk.fd, &w->disk.drive, w->wipe_consent, &found, err);
	if (r == 0)
		r = ask_permit(w, &found, err);
	VEC_DONE(&found);
	if (r == 0)
		r = disk_work_wait_for_lease(w, err);
	return r;
}

/* ---- while writing --------------------------------------------------------------------------- */

bool disk_work_may_write(struct disk_work *w)
{
	int64_t now_ms = time_boot_ms();

	if (now_ms - w->identity_checked_ms >= IDENTITY_EVERY_MS) {
		w->identity_checked_ms = now_ms;
		w->swapped |= !disk_is_same(&w->disk);
	}
	return !w->swapped && lease_may_write(w->out->lease, now_ms);
}

void disk_work_say(struct disk_work *w, const char *message)
{
	struct event_progress p = {.unit = "bytes", .eta_s = -1};

	(void)str_copy(p.stage, sizeof(p.stage), w->work);
	(void)text_fit(p.message, sizeof(p.message), message);
	report_progress(w->out, &p);
}

void disk_work_progress(struct disk_work *w, const char *message, int64_t started_ms,
			uint64_t done_bytes, uint64_t total_bytes)
{
	int64_t took_ms = time_boot_ms() - started_ms;
	struct event_progress p = {.done = (int64_t)done_bytes,
				   .total = (int64_t)total_bytes,
				   .unit = "bytes",
				   .eta_s = -1};

	if (done_bytes > 0 && total_bytes >= done_bytes && took_ms > 1000)
		p.eta_s = (int64_t)((double)took_ms * (double)(total_bytes - done_bytes) /
				    (double)done_bytes / 1000.0);
	(void)str_copy(p.stage, sizeof(p.stage), w->work);
	(void)text_fit(p.message, sizeof(p.message), message);
	report_progress(w->out, &p);
}

/* ---- after the last write -------------------------------------------------------------------- */

int disk_work_receipt(struct disk_work *w, json_t *report, struct err *err)
{
	const struct plan *plan = w->context->plan;
	struct receipt receipt = {.type = RECEIPT_TYPE,
				  .disk.size_bytes = w->disk.drive.facts.capacity_bytes,
				  .report = report};
	json_t *envelope = NULL;

	memcpy(receipt.host_id, plan->host_id, sizeof(receipt.host_id));
	memcpy(receipt.session_id, plan->session_id, sizeof(receipt.session_id));
	memcpy(receipt.plan_id, plan->plan_id, sizeof(receipt.plan_id));
	memcpy(receipt.disk.wwn, w->disk.drive.facts.wwn, sizeof(receipt.disk.wwn));
	memcpy(receipt.disk.serial, w->disk.drive.facts.serial, sizeof(receipt.disk.serial));
	(void)str_copy(receipt.arm_id, sizeof(receipt.arm_id), w->arm_id);
	(void)str_copy(receipt.work, sizeof(receipt.work), w->work);
	int r = receipt_seal(w->context->identity->key_path, &receipt, &envelope, err);
	receipt_done(&receipt);
	if (r == 0)
		report_event(w->out, EVENT_RECEIPT, envelope);
	return r;
}

/* ---- when it fails --------------------------------------------------------------------------- */

static bool speaks_of_the_disk(int code)
{
	return code == ERR_IO || code == ERR_SYS || code == ERR_IMAGE_TARGET ||
	       code == ERR_IMAGE_READ_BACK;
}

static bool is_same_for_a_while(struct disk_work *w, const struct err *err)
{
	int64_t deadline_ms = time_boot_ms() + GONE_WAIT_MS;

	while (!w->swapped && disk_is_same(&w->disk)) {
		if (!speaks_of_the_disk(err->code) || time_boot_ms() >= deadline_ms)
			return true;
		(void)usleep(50000);
	}
	return false;
}

int disk_work_failed(struct disk_work *w, const char *when, struct err *err)
{
	const struct err first = *err;

	if (w->disk.fd < 0 || is_same_for_a_while(w, err))
		return -err->code;
	int code = disk_is_gone(&w->disk) ? ERR_AGENT_DISK_LOST : ERR_AGENT_DISK_SWAPPED;
	/* A permission that was refused because of this adds nothing. */
	if (first.code == ERR_IMAGE_LEASE)
		return err_set(err, code, "disk '%s' %s", w->disk.drive.facts.name, when);
	return err_set(err, code, "disk '%s' %s; first error: %s [%s]", w->disk.drive.facts.name,
		       when, first.msg, err_name(first.code));
}

/* "Bay 3 (ST8000NM, serial ZA1B)"; what the disk does not tell is left out. */
static void name_disk(const struct repair_order *order, const char *model, char ret[static 257])
{
	bool both = *model && order->serial[0];

	if (!*model && !order->serial[0])
		text_print(ret, 257, "%s", order->slot);
	else
		text_print(ret, 257, "%s (%.64s%s%s%.64s)", order->slot, model, both ? ", " : "",
			   order->serial[0] ? "serial " : "", order->serial);
}

/* Errors that speak about the disk itself name it as the part to look at. */
const struct repair_order *disk_work_order(const struct disk_work *w, const struct err *err,
					   struct repair_order *order)
{
	const struct facts_drive *f = &w->disk.drive.facts;
	char disk[257];

	if (err->code != ERR_IMAGE_READ_BACK && err->code != ERR_IMAGE_TARGET &&
	    err->code != ERR_AGENT_DISK_SWAPPED && err->code != ERR_AGENT_DISK_LOST &&
	    err->code != ERR_IO)
		return NULL;
	if (!f->name[0])
		return NULL;
	(void)str_copy(order->part, sizeof(order->part), "disk");
	(void)text_fit(order->slot, sizeof(order->slot), f->slot[0] ? f->slot : f->name);
	(void)text_fit(order->serial, sizeof(order->serial), f->serial[0] ? f->serial : f->wwn);
	name_disk(order, f->model, disk);
	if (err->code == ERR_AGENT_DISK_LOST)
		text_print(order->action, sizeof(order->action),
			   "Reseat disk %s, which went away while it was written, and start the "
			   "host again; if it is lost again, replace it.",
			   disk);
	else
		text_print(order->action, sizeof(order->action),
			   "Check the cable and bay of disk %s, then replace it.", disk);
	return order;
}
