/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The queue of unacknowledged events; see outbox.h. A flat array: thousands of events at most, and
 * removal from the front happens once a batch.
 */
#include <session/outbox.h>

#include <string.h>
#include <base/cleanup.h>
#include <base/json.h>
#include <base/str.h>

static void event_done(struct outbox_event *e)
{
	json_decref(e->data);
}

static void remove_at(struct outbox *o, size_t i, size_t n)
{
	for (size_t k = i; k < i + n; k++)
		event_done(&o->events.items[k]);
	memmove(&o->events.items[i], &o->events.items[i + n],
		(o->events.n - i - n) * sizeof(*o->events.items));
	o->events.n -= n;
}

static bool may_drop(const struct outbox_event *e)
{
	return e->seq == 0 && (e->kind == EVENT_LOG || e->kind == EVENT_PROGRESS);
}

static void make_room(struct outbox *o)
{
	for (size_t i = 0; i < o->events.n && o->events.n >= OUTBOX_MAX_EVENTS; i++) {
		if (may_drop(&o->events.items[i])) {
			remove_at(o, i, 1);
			o->n_dropped++;
			i--;
		}
	}
}

void outbox_add(struct outbox *o, enum event_kind kind, const char *plan_id, const char *ts,
		json_t *data)
{
	struct outbox_event e = {.kind = kind, .data = data};
	autofree char *text = json_text(data);

	e.n_bytes = strlen(text) + 200;
	(void)str_copy(e.plan_id, sizeof(e.plan_id), plan_id);
	(void)str_copy(e.ts, sizeof(e.ts), ts);
	make_room(o);
	VEC_PUSH(&o->events, e);
}

bool outbox_is_empty(const struct outbox *o)
{
	return o->events.n == 0;
}

static size_t batch_length(const struct outbox *o, size_t max_bytes)
{
	size_t n = 0, bytes = 100;

	while (n < o->events.n && n < EVENTS_MAX_BATCH) {
		bytes += o->events.items[n].n_bytes;
		if (n > 0 && bytes > max_bytes)
			break;
		n++;
	}
	return n;
}

char *outbox_batch(struct outbox *o, int64_t epoch, size_t max_bytes)
{
	size_t n = batch_length(o, max_bytes);
	autojson json_t *body = NULL;
	struct events_batch batch = {.epoch = epoch};

	if (n == 0)
		return NULL;
	for (size_t i = 0; i < n; i++) {
		struct outbox_event *e = &o->events.items[i];
		struct event out = {.data = e->data};

		if (e->seq == 0)
			e->seq = ++o->last_seq;
		out.seq = e->seq;
		(void)str_copy(out.ts, sizeof(out.ts), e->ts);
		(void)str_copy(out.plan_id, sizeof(out.plan_id), e->plan_id);
		(void)str_copy(out.kind_name, sizeof(out.kind_name), event_kind_str(e->kind));
		VEC_PUSH(&batch.events, out);
	}
	body = record_encode(events_batch_fields, &batch);
	VEC_DONE(&batch.events);
	return json_text(body);
}

void outbox_acked(struct outbox *o, int64_t seq)
{
	size_t n = 0;

	while (n < o->events.n && o->events.items[n].seq && o->events.items[n].seq <= seq)
		n++;
	remove_at(o, 0, n);
}

void outbox_renumber(struct outbox *o)
{
	for (size_t i = 0; i < o->events.n; i++) {
		o->events.items[i].seq = 0;
		if (o->events.items[i].kind != EVENT_LOG) {
			remove_at(o, i, 1);
			i--;
		}
	}
	o->last_seq = 0;
}

void outbox_done(struct outbox *o)
{
	remove_at(o, 0, o->events.n);
	VEC_DONE(&o->events);
}
