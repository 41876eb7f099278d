/* SPDX-License-Identifier: Apache-2.0 */
/*
 * /api/v1/profiles: list, read, write, remove (flow/profile_change.h). Input: documents of
 * authenticated people.
 */
#include "tables.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <base/digest.h>
#include <base/json.h>
#include <base/limits.h>
#include <base/str.h>
#include <inventory/flow.h>
#include "order_answer.h"
#include "request.h"
#include "write.h"
#include <server/flow/profile.h>
#include <server/flow/profile_change.h>
#include <server/flow/profile_check.h>
#include <server/flow/profile_reach.h>
#include <server/flow/profile_secret.h>

#define REVISION_DIGITS 15 /* hexadecimal: they fit in int64_t */
#define ETAG_BYTES      40 /* as in struct write */

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

/* ---- what was read is what is changed -------------------------------------------------------- */

/* A profile has no counter: its revision is the start of its text's digest, as a number. */
static int64_t revision_of(const json_t *doc)
{
	autofree char *text = json_text(doc);
	char hex[SHA256_HEX_BYTES];

	sha256_hex_of(text, strlen(text), hex);
	hex[REVISION_DIGITS] = '\0';
	return (int64_t)strtoull(hex, NULL, 16);
}

static void print_etag(const json_t *doc, char ret[static ETAG_BYTES])
{
	(void)snprintf(ret, ETAG_BYTES, "\"r%lld\"", (long long)revision_of(doc));
}

/* If-Match: it is as the caller read it. If-None-Match: it is new, and replaces nothing. */
static int check_unchanged(const struct write *w, const char *name, struct err *err)
{
	const char *none = http_request_header(w->request, "If-None-Match");
	struct err of_find = ERR_INIT;
	autojson json_t *doc = NULL;

	if (none && !str_eq(none, "*"))
		return err_set(err, ERR_INVALID, "If-None-Match is * here: it shall be new");
	if (w->revision < 0 && !none)
		return 0;
	int rc = flow_profile_get(w->flow->db, name, &doc, &of_find);
	if (rc < 0 && rc != -ERR_NOT_FOUND) {
		*err = of_find;
		return rc;
	}
	if (none && doc)
		return err_set(err, ERR_EXPECT_REVISION, "there is a profile '%s' already", name);
	if (w->revision >= 0 && (!doc || revision_of(doc) != w->revision))
		return err_set(err, ERR_EXPECT_REVISION,
			       "the profile '%s' was %s since it was read", name,
			       doc ? "changed" : "removed");
	return 0;
}

/* ---- changes --------------------------------------------------------------------------------- */

static int put_profile(struct write *w, const struct profile *p, struct err *err)
{
	struct profile_caller caller;
	struct profile_change c;

	TRY(check_unchanged(w, p->name, err));
	TRY(caller_of(w, &caller, err));
	TRY(profile_change_place(w->flow, p, &caller, &c, err));
	w->status = c.waits ? 202 : w->dry_run ? 200 : 201;
	w->doc = c.waits      ? order_answer_waiting(&c.kept)
		 : w->dry_run ? rehearsal_json(&c)
			      : json_incref(p->doc);
	w->after = c.waits ? NULL : wake_all;
	if (w->status == 201)
		print_etag(p->doc, w->etag);
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
	(void)json_object_set_new(answer, "fitting", reach.fitting);
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
	char etag[ETAG_BYTES];
	json_t *doc = NULL;

	TRY(flow_profile_get(api->flow->db, http_param(r, "name"), &doc, err));
	print_etag(doc, etag);
	http_reply_header(r, "ETag", etag);
	return http_reply_json(r, 200, doc);
}

static int remove_work(struct write *w, struct err *err)
{
	struct profile_caller caller;

	TRY(check_unchanged(w, http_param(w->request, "name"), err));
	TRY(caller_of(w, &caller, err));
	w->status = 204;
	return profile_change_remove(w->flow, http_param(w->request, "name"), &caller, err);
}

const struct http_route profile_routes[] = {
	HTTP_ROUTE(GET, "/api/v1/profiles", READ, 0, get_all, "profiles, highest priority first"),
	API_CHANGE(
		POST, "/api/v1/profiles", APPROVE, LIMIT_JSON_BODY_BYTES, put_work,
		"write a profile; one of the same name is replaced: with If-Match only as it was "
		"read, with If-None-Match: * not at all",
		API_BODY(profile_fields, struct profile), .compares_revision = true),
	HTTP_QUESTION("/api/v1/profiles/check", LIMIT_JSON_BODY_BYTES, post_check,
		      "what is wrong with a profile, all of it, and which hosts it would fit",
		      API_BODY(profile_fields, struct profile)),
	HTTP_ROUTE(GET, "/api/v1/profiles/{name}", READ, 0, get_one, "one profile"),
	API_CHANGE(DELETE, "/api/v1/profiles/{name}", APPROVE, 0, remove_work,
		   "remove a profile; with If-Match only as it was read",
		   .compares_revision = true),
};
const size_t n_profile_routes = ARRAY_LEN(profile_routes);
