/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tokens, the audit log and its checkpoints, backups. Input: bodies from authenticated callers.
 */
#include "request.h"
#include "read.h"
#include "roles.h"
#include "tables.h"
#include "write.h"
#include <server/flow/checkpoints.h>

#include <string.h>

#include <base/clock.h>
#include <base/file.h>
#include <base/json.h>
#include <base/limits.h>
#include <base/str.h>
#include <inventory/event.h>
#include <inventory/token.h>
#include <proto/record.h>

#define EXPIRES_DEFAULT_S (90 * 86400LL)
#define EXPIRES_MAX_S     (366 * 86400LL)

/* ---- tokens ---------------------------------------------------------------------------------- */

struct token_ask {
	char name[65], owner[65];
	int64_t ttl_s;
	text64_list scopes;
};

static const struct field token_fields[] = {
	F_STR(struct token_ask, "name", name, FIELD_NEEDED, .about = "shown in events and the log"),
	F_STR(struct token_ask, "owner", owner, 0,
	      .about =
		      "the person it belongs to: two people have two owners; default the caller's"),
	F_INT(struct token_ask, "ttl_s", ttl_s, 0, 60, EXPIRES_MAX_S,
	      .about = "seconds; default 90 days"),
	F_STRINGS(struct token_ask, "scopes", scopes, FIELD_NEEDED, 16,
		  .about = "read, approve, arm, erase, image:import, inventory, admin, audit; or "
			   "operate, image"),
	F_END,
};

static int join_scopes(const text64_list *list, struct str *ret, struct err *err)
{
	for (size_t i = 0; i < list->n; i++) {
		const char *word = list->items[i].s;
		if (!api_scope_bits(sv_of(word))) {
			(void)err_set(
				err, ERR_INVALID,
				"'%.40s' is not a scope; there are read, approve, arm, erase, "
				"image:import, inventory, admin, audit, operate, image",
				word);
			return err_at(err, "/scopes");
		}
		str_addf(ret, "%s%s", ret->n_bytes ? " " : "", word);
	}
	if (ret->n_bytes > 0 && str_ok(ret))
		return 0;
	(void)err_set(err, ERR_INVALID, "a token needs a scope");
	return err_at(err, "/scopes");
}

/* Only root on the appliance names owners: whoever could name others could act as two people. */
static int check_owner(const struct write *w, const char *owner, struct err *err)
{
	const struct http_request *r = w->request;

	if (!owner[0] || http_listener(r) == HTTP_LISTENER_ADMIN ||
	    strcasecmp(owner, http_identity(r)->owner) == 0)
		return 0;
	(void)err_set(err, ERR_GUARD_PERSON,
		      "only root on the appliance makes tokens for other people");
	return err_at(err, "/owner");
}

/* A token that a person makes is that person's: with one of nobody what it arms would not count as
 * theirs. */
static const char *owner_for(const struct write *w, const char *asked)
{
	bool root = http_listener(w->request) == HTTP_LISTENER_ADMIN;

	return asked[0] || root ? asked : http_identity(w->request)->owner;
}

static int create_work(struct write *w, struct err *err)
{
	const struct token_ask *ask = w->ask;
	const char *owner = owner_for(w, ask->owner);
	char text[TOKEN_TEXT_BYTES], expires[TIME_TEXT_BYTES];
	int64_t num = 0, now_us = flow_now_us(w->flow);
	int64_t expires_us = now_us + (ask->ttl_s ? ask->ttl_s : EXPIRES_DEFAULT_S) * 1000000;
	autostr struct str scopes;

	str_init(&scopes, 256);
	TRY(check_owner(w, ask->owner, err));
	TRY(join_scopes(&ask->scopes, &scopes, err));
	const struct token_draft draft = {.name = ask->name,
					  .owner = owner,
					  .scopes = scopes.p,
					  .who = w->who,
					  .now_us = now_us,
					  .expires_us = expires_us};
	TRY(token_create(w->flow->db, &draft, text, &num, err));
	time_rfc3339(expires_us, expires);
	w->status = 201;
	w->doc = json_pack("{s:I, s:s, s:s, s:s, s:s, s:s}", "id", (json_int_t)num, "name",
			   ask->name, "owner", owner, "token", text, "scopes", scopes.p, "expires",
			   expires);
	explicit_bzero(text, sizeof(text));
	return 0;
}

static int get_tokens(struct http_request *r, struct err *err)
{
	struct api *api = http_context(r);
	json_t *doc = NULL;

	TRY(token_list(api->flow->db, &doc, err));
	return http_reply_json(r, 200, doc);
}

static int revoke_work(struct write *w, struct err *err)
{
	int64_t num = 0;

	if (!parse_i64(http_param(w->request, "id"), &num))
		return err_set(err, ERR_NOT_FOUND, "there is no such token");
	w->status = 204;
	return token_revoke(w->flow->db, num, flow_now_us(w->flow), err);
}

/* ---- audit ----------------------------------------------------------------------------------- */

static int get_audit(struct http_request *r, struct err *err)
{
	struct api *api = http_context(r);
	static const char *const own[] = {"after", "before", "limit", NULL};
	struct audit_page page = {.from = 0};
	int64_t before = 0;
	json_t *doc = NULL;

	TRY(http_query_only(r, own, err));
	TRY(http_query_int(r, &(struct http_int){"after", 0, INT64_MAX, -1}, &page.from, err));
	TRY(http_query_int(r, &(struct http_int){"before", 0, INT64_MAX, -1}, &before, err));
	TRY(http_query_int(r, &(struct http_int){"limit", 1, 1000, 100}, &page.limit, err));
	if (page.from >= 0 && before >= 0)
		return err_set(err, ERR_INVALID, "expected 'after' or 'before', not both");
	page.newest_first = before >= 0;
	if (page.newest_first)
		page.from = before ? before : INT64_MAX;
	else if (page.from < 0)
		page.from = 0;
	TRY(audit_list(api->flow->db, &page, &doc, err));
	return http_reply_json(r, 200, doc);
}

static int get_audit_check(struct http_request *r, struct err *err)
{
	const struct api *api = http_context(r);
	struct read_job job = {.kind = READ_AUDIT_CHECK,
			       .of = &collection_events,
			       .path = api->flow->audit_dir,
			       .key_path = api->plan_public};

	return api_read(r, &job, 200, err);
}

static int checkpoint_work(struct write *w, struct err *err)
{
	w->status = 201;
	return w->dry_run ? 0 : checkpoint_make(w->flow, w->who, &w->doc, err);
}

/* ---- backups --------------------------------------------------------------------------------- */

static int backup_work(struct write *w, struct err *err)
{
	const char *path = http_state(w->request);
	struct event_draft e = {.kind = "store.backup", .actor = w->who, .summary = path};

	w->status = 201;
	w->doc = json_pack("{s:s}", "path", path);
	return event_append(w->flow->db, &e, flow_now_us(w->flow), NULL, err);
}

/* A reader makes the copy, before the transaction that records it; this is called again when it is
 * done. */
static int post_backup(struct http_request *r, struct err *err)
{
	struct api *api = http_context(r);
	bool dry_run = false;
	const char *dir = api->backup_dir;
	autofree char *path = xasprintf("%s/slipway-%lld.db", dir,
					(long long)(flow_now_us(api->flow) / 1000000));
	autofree char *text = NULL;
	struct read_job job = {.kind = READ_BACKUP, .path = path};
	size_t n = 0;

	TRY(api_check_match(r, err));
	TRY(api_flag(r, "dry_run", &dry_run, err));
	if (!dry_run) {
		TRY(file_make_dirs(dir, 0700, err));
		int rc = api_read_text(r, &job, &text, &n, err);
		if (rc <= 0)
			return rc;
	}
	autojson json_t *done = text ? json_loads(text, 0, NULL) : NULL;
	const char *made = json_string_value(json_object_get(done, "path"));
	http_set_state(r, xstrdup(made ? made : path), free);
	return api_change(r, err);
}

const struct http_route api_access_routes[] = {
	HTTP_ROUTE(GET, "/api/v1/tokens", ADMIN, 0, get_tokens, "tokens, without their secrets"),
	API_CHANGE(POST, "/api/v1/tokens", ADMIN, 16 * KIB, create_work,
		   "make a token; its text is shown this once",
		   API_BODY(token_fields, struct token_ask), .answer_secret = true),
	API_CHANGE(DELETE, "/api/v1/tokens/{id}", ADMIN, 0, revoke_work, "revoke a token"),
	API_CHANGE_BY(POST, "/api/v1/backups", ADMIN, 4 * KIB, post_backup, backup_work,
		      "copy the store, consistently, into the state folder",
		      API_BODY(api_no_fields, struct api_nothing)),
	HTTP_ROUTE(GET, "/api/v1/audit", AUDIT, 0, get_audit,
		   "who changed what; oldest first, or newest first with before="),
	HTTP_ROUTE(GET, "/api/v1/audit/check", AUDIT, 0, get_audit_check,
		   "check that the audit log's chain is whole and is the one that was signed"),
	API_CHANGE(POST, "/api/v1/audit/checkpoints", AUDIT, 4 * KIB, checkpoint_work,
		   "sign the audit log up to now; the answer is to be kept somewhere else",
		   API_BODY(api_no_fields, struct api_nothing)),
};
const size_t n_api_access_routes = ARRAY_LEN(api_access_routes);
