/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Making checkpoints; see checkpoints.h. Input: none from outside.
 */
#include "checkpoints.h"

#include <unistd.h>
#include <base/clock.h>
#include <base/file.h>
#include <base/json.h>
#include <base/log.h>
#include <base/str.h>
#include <inventory/event.h>
#include <inventory/token.h>
#include <proto/checkpoint.h>

#define EVERY_US (3600 * 1000000LL)
#define SUFFIX   ".json"

static json_t *answer_of(const struct checkpoint *c, json_t *envelope)
{
	return json_pack("{s:I, s:I, s:s, s:s, s:O}", "rows", (json_int_t)c->rows, "last_id",
			 (json_int_t)c->last_id, "hash", c->hash, "at", c->at, "envelope",
			 envelope);
}

static int append_event(struct flow *flow, const char *actor, json_t *detail, int64_t rows,
			struct err *err)
{
	autofree char *summary = xasprintf("the audit log was signed up to its row %lld",
					   (long long)rows);
	struct event_draft e = {
		.kind = "audit.checkpoint", .actor = actor, .summary = summary, .detail = detail};

	return event_append(flow->db, &e, flow_now_us(flow), NULL, err);
}

/* The caller frees. */
static char *path_of(const struct flow *flow, int64_t rows)
{
	return xasprintf("%s/%012lld" SUFFIX, flow->audit_dir, (long long)rows);
}

/* The file first: what it says of the log is true whether or not the event is stored. */
static int keep(struct flow *flow, const char *actor, const struct checkpoint *c, json_t *envelope,
		json_t **ret, struct err *err)
{
	autojson json_t *answer = answer_of(c, envelope);
	autofree char *text = json_text(envelope);
	autofree char *path = path_of(flow, c->rows);

	TRY(file_write_atomic(path, text, strlen(text), 0600, err));
	log_ev(LOG_NOTICE, "audit.checkpoint", KV("rows", c->rows), KV("last_id", c->last_id),
	       KV("envelope", (const char *)text));
	TRY(append_event(flow, actor, answer, c->rows, err));
	*ret = take_ptr(answer);
	return 0;
}

int checkpoint_make(struct flow *flow, const char *actor, json_t **ret, struct err *err)
{
	struct audit_mark head;
	struct checkpoint c = {.rows = 0};
	autojson json_t *envelope = NULL;

	TRY(audit_head(flow->db, &head, err));
	c.rows = head.rows;
	c.last_id = head.id;
	(void)str_copy(c.hash, sizeof(c.hash), head.hash);
	time_rfc3339(flow_now_us(flow), c.at);
	TRY(checkpoint_seal(flow->plan_key, &c, &envelope, err));
	return keep(flow, actor, &c, envelope, ret, err);
}

void checkpoint_tick(struct flow *flow)
{
	struct err err = ERR_INIT;
	struct audit_mark head;
	autojson json_t *doc = NULL;
	int64_t now_us = flow_now_us(flow);

	if (now_us < flow->next_checkpoint_us)
		return;
	flow->next_checkpoint_us = now_us + EVERY_US;
	int rc = audit_head(flow->db, &head, &err);
	autofree char *path = path_of(flow, rc < 0 ? 0 : head.rows);
	if (rc >= 0 && head.rows > 0 && access(path, F_OK) < 0)
		rc = checkpoint_make(flow, NULL, &doc, &err);
	if (rc < 0)
		log_err(LOG_ERR, "audit.checkpoint", &err);
}
