/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Retention, step by step, so that no step holds up the loop: ask a reader, wait for its answer, list
 * the file, delete its rows. A step that fails is tried again an hour later; what a file holds that is
 * still in the store then goes to another file as well. Input: answers of our own program.
 */
#include "retention.h"

#include <systemd/sd-event.h>

#include <base/clock.h>
#include <base/json.h>
#include <base/limits.h>
#include <base/log.h>
#include <base/str.h>
#include <inventory/event.h>
#include "read_job.h"
#include "readers.h"

#define DAY_US     (86400 * 1000000LL)
#define SLICE_ROWS 40
#define SLICE_US   10000 /* between two slices */

struct retention {
	struct retention_options o;
	enum archive_kind kind; /* looked at now */
	int64_t due_us;         /* by the boot clock */
	struct reader_ticket *ticket;
	json_t *written; /* its rows are being deleted */
	size_t at;
	sd_event_source *timer;
};

static int64_t boot_us(void)
{
	return clock_boot_us(&clock_system);
}

static void pause_for(struct retention *t, int64_t us)
{
	reader_ticket_free(take_ptr(t->ticket));
	json_decref(take_ptr(t->written));
	t->due_us = boot_us() + us;
}

static void give_up(struct retention *t, const struct err *why)
{
	log_err(LOG_ERR, "retention.failed", why, KV("kind", store_archive_kind_str(t->kind)));
	pause_for(t, RETENTION_EVERY_US);
}

/* ---- asking ---------------------------------------------------------------------------------- */

static void next_kind(struct retention *t)
{
	t->kind = (t->kind + 1) % _ARCHIVE_KIND_MAX;
	pause_for(t, t->kind == 0 ? RETENTION_EVERY_US : 0);
}

static int ask(struct retention *t, struct err *err)
{
	const struct read_job job = {
		.kind = READ_ARCHIVE,
		.archive = t->kind,
		.from_us = flow_now_us(t->o.flow) - t->o.days[t->kind] * DAY_US,
		.path = t->o.dir,
	};
	autojson json_t *question = read_job_to_json(&job);

	return readers_ask(t->o.readers, question, READER_QUESTION, &t->ticket, err);
}

/* ---- the answer ------------------------------------------------------------------------------ */

static int note(struct retention *t, struct err *err)
{
	struct flow *flow = t->o.flow;
	autojson json_t *detail = json_deep_copy(t->written);
	int64_t rows = json_integer_value(json_object_get(detail, "rows"));
	const char *file = json_string_value(json_object_get(detail, "file"));
	autofree char *summary = xasprintf("%lld rows of %s went to the archive %s",
					   (long long)rows, store_archive_kind_str(t->kind), file);
	const struct event_draft e = {
		.kind = "store.archived", .summary = summary, .detail = detail};

	(void)json_object_del(detail, "keys");
	TRY(db_begin(flow->db, err));
	int r = store_archive_keep(flow->db, t->written, flow_now_us(flow), err);
	if (r >= 0)
		r = event_append(flow->db, &e, flow_now_us(flow), NULL, err);
	TRY(db_end(flow->db, r, err));
	log_ev(LOG_NOTICE, "store.archived", KV("file", file), KV("rows", rows));
	return 0;
}

static int take_answer(struct retention *t, struct err *err)
{
	size_t n = 0;
	autofree char *text = reader_ticket_take(t->ticket, &n);

	reader_ticket_free(take_ptr(t->ticket));
	TRY(json_load_strict(text, n, 16 * MIB, &t->written, err));
	if (json_integer_value(json_object_get(t->written, "rows")) == 0) {
		next_kind(t);
		return 0;
	}
	t->at = 0;
	TRY(note(t, err));
	(void)sd_event_source_set_time_relative(t->timer, SLICE_US);
	(void)sd_event_source_set_enabled(t->timer, SD_EVENT_ONESHOT);
	return 0;
}

static int on_timer(sd_event_source *s, uint64_t usec, void *arg)
{
	struct retention *t = arg;
	struct err err = ERR_INIT;

	(void)usec;
	if (!t->written)
		return 0;
	int r = store_archive_remove(t->o.flow->db, t->written, SLICE_ROWS, &t->at, &err);
	if (r < 0) {
		give_up(t, &err);
	} else if (r == 0) {
		pause_for(t, 0);
	} else {
		(void)sd_event_source_set_time_relative(s, SLICE_US);
		(void)sd_event_source_set_enabled(s, SD_EVENT_ONESHOT);
	}
	return 0;
}

void retention_tick(struct retention *t)
{
	struct err err = ERR_INIT;
	int r = 0;

	if (!t || t->written || boot_us() < t->due_us)
		return;
	if (!t->ticket && t->o.days[t->kind] == 0)
		next_kind(t);
	else if (!t->ticket)
		r = ask(t, &err);
	else if (reader_ticket_state(t->ticket) == TICKET_FAILED)
		r = reader_ticket_error(t->ticket, &err);
	else if (reader_ticket_state(t->ticket) == TICKET_WHOLE)
		r = take_answer(t, &err);
	if (r < 0 && r != -ERR_BUSY) /* all readers are at work: at the next tick */
		give_up(t, &err);
}

/* ---- making it ------------------------------------------------------------------------------- */

int retention_new(const struct retention_options *o, struct retention **ret, struct err *err)
{
	struct retention *t = xcalloc(1, sizeof(*t));

	t->o = *o;
	if (sd_event_add_time_relative(o->flow->event, &t->timer, CLOCK_BOOTTIME, SLICE_US, 1000,
				       on_timer, t) < 0) {
		free(t);
		return err_set(err, ERR_SYS, "cannot add a timer for archives");
	}
	(void)sd_event_source_set_description(t->timer, "retention");
	(void)sd_event_source_set_enabled(t->timer, SD_EVENT_OFF);
	*ret = t;
	return 0;
}

void retention_free(struct retention *t)
{
	if (!t)
		return;
	pause_for(t, 0);
	sd_event_source_disable_unref(t->timer);
	free(t);
}
