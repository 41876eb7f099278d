/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Event batches: the envelope by table, then what no table can say: kinds are known, numbers rise
 * by one, and the data of the small kinds fits its own table. Input: bodies from agents, hostile.
 */
#include <proto/events.h>

#include <string.h>
#include <base/cleanup.h>
#include <base/clock.h>
#include <base/limits.h>
#include <proto/session.h>

static const struct field event_fields[] = {
	F_INT(struct event, "seq", seq, FIELD_NEEDED, 1, PROTO_MAX_INT),
	F_STR(struct event, "ts", ts, FIELD_NEEDED),
	F_STR(struct event, "kind", kind_name, FIELD_NEEDED),
	F_STR(struct event, "plan_id", plan_id, FIELD_ALWAYS),
	F_JSON(struct event, "data", data, FIELD_NEEDED),
	F_END,
};

const struct field events_batch_fields[] = {
	F_INT(struct events_batch, "epoch", epoch, FIELD_NEEDED, 0, PROTO_MAX_INT),
	F_LIST(struct events_batch, "events", events, FIELD_NEEDED, EVENTS_MAX_BATCH, event_fields),
	F_END,
};

const struct field events_reply_fields[] = {
	F_INT(struct events_reply, "acked", acked, FIELD_NEEDED, 0, PROTO_MAX_INT),
	F_END,
};

const struct field event_log_fields[] = {
	F_STR(struct event_log, "level", level, FIELD_NEEDED),
	F_STR(struct event_log, "text", text, FIELD_NEEDED),
	F_END,
};

const struct field event_progress_fields[] = {
	F_STR(struct event_progress, "stage", stage, FIELD_NEEDED),
	F_INT(struct event_progress, "done", done, FIELD_ALWAYS, 0, PROTO_MAX_INT),
	F_INT(struct event_progress, "total", total, FIELD_ALWAYS, 0, PROTO_MAX_INT),
	F_STR(struct event_progress, "unit", unit, FIELD_ALWAYS),
	F_INT(struct event_progress, "eta_s", eta_s, FIELD_NULLABLE, 0, PROTO_MAX_INT),
	F_STR(struct event_progress, "message", message, FIELD_ALWAYS),
	F_END,
};

const struct field event_step_done_fields[] = {
	F_INT(struct event_step_done, "seq", seq, FIELD_NEEDED, 1, PROTO_MAX_INT),
	F_STR(struct event_step_done, "result", result, FIELD_NEEDED),
	F_END,
};

const struct field repair_order_fields[] = {
	F_STR(struct repair_order, "part", part, 0),
	F_STR(struct repair_order, "slot", slot, 0),
	F_STR(struct repair_order, "serial", serial, 0),
	F_STR(struct repair_order, "action", action, 0),
	F_END,
};

const struct field event_step_failed_fields[] = {
	F_INT(struct event_step_failed, "seq", seq, FIELD_NEEDED, 1, PROTO_MAX_INT),
	F_STR(struct event_step_failed, "code", code, FIELD_NEEDED),
	F_STR(struct event_step_failed, "detail", detail, FIELD_ALWAYS),
	F_OBJ(struct event_step_failed, "fault", fault, 0, repair_order_fields),
	F_END,
};

/* Kinds whose data has a table here; the others belong to other rooms. */
static const struct {
	const char *name;
	const struct field *fields;
	size_t bytes;
} kinds[_EVENT_KIND_MAX] = {
	[EVENT_LOG] = {"log", event_log_fields, sizeof(struct event_log)},
	[EVENT_FACTS] = {"facts", NULL, 0},
	[EVENT_PROGRESS] = {"progress", event_progress_fields, sizeof(struct event_progress)},
	[EVENT_BURNIN] = {"burnin", NULL, 0},
	[EVENT_RECEIPT] = {"receipt", NULL, 0},
	[EVENT_STEP_DONE] = {"step_done", event_step_done_fields, sizeof(struct event_step_done)},
	[EVENT_STEP_FAILED] = {"step_failed", event_step_failed_fields,
			       sizeof(struct event_step_failed)},
};

const char *event_kind_str(enum event_kind kind)
{
	return kind < _EVENT_KIND_MAX ? kinds[kind].name : "unknown";
}

bool event_kind_parse(const char *text, enum event_kind *ret)
{
	for (int i = 0; i < _EVENT_KIND_MAX; i++) {
		if (str_eq(text, kinds[i].name)) {
			*ret = (enum event_kind)i;
			return true;
		}
	}
	return false;
}

static int check_data(struct json_reader *item, const struct event *e)
{
	autofree void *record = NULL;

	if (!kinds[e->kind].fields)
		return 0;
	record = xcalloc(1, kinds[e->kind].bytes);
	struct json_reader data = json_reader_sub(item, e->data, "data");
	int r = data.status < 0 ? data.status
				: record_decode_in(kinds[e->kind].fields, &data, record);
	record_done(kinds[e->kind].fields, record);
	return r;
}

static int check_event(struct json_reader *root, struct event *e, size_t i, int64_t before)
{
	json_t *obj = json_array_get(json_object_get(root->obj, "events"), i);
	struct json_reader item = json_reader_item(root, obj, "events", i);
	int64_t wall_us;

	if (!event_kind_parse(e->kind_name, &e->kind))
		json_reader_fail(&item, "kind", ERR_INVALID, "there is no kind '%s'", e->kind_name);
	else if (!time_parse_rfc3339(e->ts, &wall_us))
		json_reader_fail(&item, "ts", ERR_INVALID, "'%s' is not an RFC 3339 time", e->ts);
	else if (before && e->seq != before + 1)
		json_reader_fail(&item, "seq", ERR_INVALID, "%lld does not follow %lld",
				 (long long)e->seq, (long long)before);
	if (item.status < 0)
		return item.status;
	return check_data(&item, e);
}

int events_decode(const void *body, size_t n_bytes, struct events_batch *ret, struct err *err)
{
	autojson json_t *doc = NULL;
	int64_t before = 0;

	TRY(json_load_strict(body, n_bytes, LIMIT_FACTS_BYTES, &doc, err));
	TRY(record_decode(events_batch_fields, doc, ret, err));
	struct json_reader root = json_reader_root(doc, err);
	for (size_t i = 0; i < ret->events.n; i++) {
		TRY(check_event(&root, &ret->events.items[i], i, before));
		before = ret->events.items[i].seq;
	}
	return 0;
}

void events_batch_done(struct events_batch *b)
{
	record_done(events_batch_fields, b);
}
