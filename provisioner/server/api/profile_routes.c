/* SPDX-License-Identifier: Apache-2.0 */
/*
 * /api/v1/profiles: list, read, write, remove (flow/profile_change.h). Input: documents of
 * authenticated people.
 */
#include "tables.h"

#include <base/json.h>
#include <base/limits.h>
#include <inventory/flow.h>
#include "order_answer.h"
#include "request.h"
#include "write.h"
#include <server/flow/profile.h>
#include <server/flow/profile_change.h>
#include <server/flow/profile_check.h>
#include <server/flow/profile_reach.h>
#include <server/flow/profile_secret.h>

static void wake_all(struct write *w)
{
	notices_all_hosts(w->flow);
}

static int caller_of(const struct write *w, struct profile_caller *ret, struct err *err)
{
	const struct http_identity *id = http_identity(w->request);

	*ret = (struct profile_caller){.who = w->who,
				       .owner = id->owner,
				       .token_num = id->token_id,
				       .may_arm = id->scopes & (1U << HTTP_SCOPE_ARM),
				       .rehearse = w->dry_run};
	return api_flag(w->request, "second_person", &ret->two, err);
}

static json_t *rehearsal_json(const struct profile_change *c)
{
	return json_pack("{s:b, s:s, s:I, s:o}", "dry_run", 1, "plan_hash", c->hash, "host_count",
			 (json_int_t)c->n_hosts, "second_person", order_answer_words(c->why));
}

static int put_profile(struct write *w, const struct profile *p, struct err *err)
{
	struct profile_caller caller;
	struct profile_change c;

	TRY(caller_of(w, &caller, err));
	TRY(profile_change_place(w->flow, p, &caller, &c, err));
	w->status = c.waits ? 202 : w->dry_run ? 200 : 201;
	w->doc = c.waits      ? order_answer_waiting(&c.kept)
		 : w->dry_run ? rehearsal_json(&c)
			      : json_incref(p->doc);
	w->after = c.waits ? NULL : wake_all;
	return 0;
}

static int put_work(struct write *w, struct err *err)
{
	struct profile p = {0};
	int rc = profile_parse(w->body, &p, err);

	if (rc >= 0)
		rc = profile_check(&p, err);
	if (rc >= 0)
		rc = profile_secret_hide(w->flow, &p, err);
	if (rc >= 0)
		rc = put_profile(w, &p, err);
	profile_done(&p);
	return rc;
}

/* ---- before it is written -------------------------------------------------------------------- */

/* What the whole fleet makes of a document that has no problem. */
static int add_reach(struct api *api, json_t *body, json_t *answer, struct err *err)
{
	struct profile p = {0};
	struct profile_reach reach = {.n_fits = 0};
	int rc = profile_parse(body, &p, err);

	if (rc >= 0)
		rc = profile_reach(api->flow, &p, &reach, err);
	profile_done(&p);
	if (rc < 0)
		return rc;
	(void)json_object_set_new(answer, "warnings", reach.warnings);
	(void)json_object_set_new(answer, "fits", json_integer((json_int_t)reach.n_fits));
	(void)json_object_set_new(answer, "hosts", json_integer((json_int_t)reach.n_hosts));
	return 0;
}

static int post_check(struct http_request *r, struct err *err)
{
	autojson json_t *body = NULL;

	TRY(http_body_json(r, &body, err));
	json_t *problems = profile_problems(body);
	autojson json_t *answer = json_pack("{s:o, s:[]}", "problems", problems, "warnings");
	if (json_array_size(problems) == 0)
		TRY(add_reach(http_context(r), body, answer, err));
	return http_reply_json(r, 200, take_ptr(answer));
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
	struct profile_caller caller;

	TRY(caller_of(w, &caller, err));
	w->status = 204;
	return profile_change_remove(w->flow, http_param(w->request, "name"), &caller, err);
}

const struct http_route profile_routes[] = {
	HTTP_ROUTE(GET, "/api/v1/profiles", READ, 0, get_all, "profiles, highest priority first"),
	API_CHANGE(POST, "/api/v1/profiles", APPROVE, LIMIT_JSON_BODY_BYTES, put_work,
		   "write a profile; one of the same name is replaced",
		   API_BODY(profile_fields, struct profile)),
	HTTP_QUESTION("/api/v1/profiles/check", LIMIT_JSON_BODY_BYTES, post_check,
		      "what is wrong with a profile, all of it, and which hosts it would fit",
		      API_BODY(profile_fields, struct profile)),
	HTTP_ROUTE(GET, "/api/v1/profiles/{name}", READ, 0, get_one, "one profile"),
	API_CHANGE(DELETE, "/api/v1/profiles/{name}", APPROVE, 0, remove_work, "remove a profile"),
};
const size_t n_profile_routes = ARRAY_LEN(profile_routes);
