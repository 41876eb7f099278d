/* SPDX-License-Identifier: Apache-2.0 */
/*
 * /api/v1/profiles: list, read, write, remove. A written profile takes effect at once: hosts that
 * wait for approval are looked at again. Input: documents of authenticated people.
 */
#include "tables.h"

#include <base/json.h>
#include <base/limits.h>
#include <inventory/event.h>
#include <inventory/flow.h>
#include <inventory/host.h>
#include "write.h"
#include <server/flow/engine.h>
#include <server/flow/profile.h>

#define RECONSIDER_MAX 256

struct waiting {
	int64_t nums[RECONSIDER_MAX];
	size_t n;
};

static int collect(void *arg, const struct host *h, struct err *err)
{
	struct waiting *w = arg;

	(void)err;
	if (w->n < RECONSIDER_MAX)
		w->nums[w->n++] = h->num;
	return 0;
}

static int reconsider_one(struct flow *flow, int64_t num, struct err *err)
{
	struct host h;
	struct flow_host f;
	struct profile p = {0};

	TRY(host_get(flow->db, num, &h, err));
	TRY(flow_host_get(flow->db, num, &f, err));
	int rc = engine_profile(flow, &h, &f, &p, err);
	if (rc > 0 && p.auto_approve && f.inspected) {
		autofree char *who = xasprintf("profile:%s", p.name);
		struct engine_event e = {.event = HOST_EVENT_APPROVE, .actor = who};
		rc = engine_apply(flow, num, &e, err);
	}
	profile_done(&p);
	return rc < 0 ? rc : 0;
}

/* Hosts that wait for a person may have just got a profile that approves them. */
static int reconsider(struct flow *flow, struct err *err)
{
	struct waiting w = {.n = 0};

	TRY(host_each_in_state(flow->db, lifecycle_state_str(STATE_DISCOVERED), collect, &w, err));
	for (size_t i = 0; i < w.n; i++)
		TRY(reconsider_one(flow, w.nums[i], err));
	return 0;
}

static void wake_all(struct write *w)
{
	notices_all_hosts(w->flow);
}

static int put_profile(struct write *w, const struct profile *p, struct err *err)
{
	struct flow *flow = w->flow;
	autofree char *summary = xasprintf("profile '%s' was written", p->name);
	struct event_draft e = {
		.kind = "profile.written", .actor = w->who, .summary = summary, .detail = p->doc};

	TRY(flow_profile_put(flow->db, p->name, p->priority, p->doc, flow_now_us(flow), err));
	TRY(event_append(flow->db, &e, flow_now_us(flow), NULL, err));
	w->status = 201;
	w->doc = json_incref(p->doc);
	w->after = wake_all;
	return w->dry_run ? 0 : reconsider(flow, err);
}

static int put_work(struct write *w, struct err *err)
{
	struct profile p = {0};
	int rc = profile_parse(w->body, &p, err);

	if (rc >= 0)
		rc = put_profile(w, &p, err);
	profile_done(&p);
	return rc;
}

static int get_all(struct http_request *r, struct err *err)
{
	struct api *api = http_context(r);
	json_t *list = NULL;

	TRY(flow_profile_list(api->flow->db, &list, err));
	return http_reply_json(r, 200, json_pack("{s:o}", "profiles", list));
}

static int get_one(struct http_request *r, struct err *err)
{
	struct api *api = http_context(r);
	json_t *doc = NULL;

	TRY(flow_profile_get(api->flow->db, http_param(r, "name"), &doc, err));
	return http_reply_json(r, 200, doc);
}

static int remove_work(struct write *w, struct err *err)
{
	const char *name = http_param(w->request, "name");
	autofree char *summary = xasprintf("profile '%s' was removed", name);
	struct event_draft e = {.kind = "profile.removed", .actor = w->who, .summary = summary};

	TRY(flow_profile_remove(w->flow->db, name, err));
	w->status = 204;
	return event_append(w->flow->db, &e, flow_now_us(w->flow), NULL, err);
}

const struct http_route profile_routes[] = {
	HTTP_ROUTE(GET, "/api/v1/profiles", READ, 0, get_all, "profiles, highest priority first"),
	API_CHANGE(POST, "/api/v1/profiles", APPROVE, LIMIT_JSON_BODY_BYTES, put_work,
		   "write a profile; one of the same name is replaced",
		   API_BODY(profile_fields, struct profile)),
	HTTP_ROUTE(GET, "/api/v1/profiles/{name}", READ, 0, get_one, "one profile"),
	API_CHANGE(DELETE, "/api/v1/profiles/{name}", APPROVE, 0, remove_work, "remove a profile"),
};
const size_t n_profile_routes = ARRAY_LEN(profile_routes);
