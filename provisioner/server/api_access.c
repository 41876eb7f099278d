/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who may ask: tokens, the check of each request, rate limits, the audit log. A failed look-up
 * never lets anybody in. Input: headers and bodies from anybody.
 */
#include "api_request.h"
#include "api_read.h"
#include "api_tables.h"
#include "api_write.h"

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

/* ---- rate ------------------------------------------------------------------------------------ */

#define BUCKETS         256 /* by hash of the caller: two callers may share one, which only slows both */
#define RATE_PER_S      200
#define RATE_BURST      1000
#define REFUSED_PER_MIN 30 /* wrong tokens of one address */

struct bucket {
	double tokens;
	int64_t at_us;
};
static struct bucket rates[BUCKETS], refusals[BUCKETS];

static unsigned bucket_of(const char *who)
{
	uint32_t h = 2166136261U;
	for (; *who; who++)
		h = (h ^ (uint8_t)*who) * 16777619U;
	return h % BUCKETS;
}

static bool take_one(struct bucket *b, double per_s, double burst, double cost, int64_t now_us)
{
	if (b->at_us == 0)
		b->tokens = burst;
	else if (now_us > b->at_us)
		b->tokens += (double)(now_us - b->at_us) / 1e6 * per_s;
	b->tokens = b->tokens > burst ? burst : b->tokens;
	b->at_us = now_us;
	if (b->tokens < cost)
		return false;
	b->tokens -= cost;
	return true;
}

static int limited(struct http_request *r, struct err *err)
{
	http_reply_header(r, "Retry-After", "1");
	return err_set(err, ERR_RATE, "too many requests");
}

/* ---- scopes ---------------------------------------------------------------------------------- */

/* names for people that stand for several scopes */
static const struct {
	const char *name;
	uint32_t scopes;
} roles[] = {
	{"operate", 1U << HTTP_SCOPE_READ | 1U << HTTP_SCOPE_APPROVE | 1U << HTTP_SCOPE_INVENTORY},
	{"image", 1U << HTTP_SCOPE_READ | 1U << HTTP_SCOPE_IMAGE_IMPORT},
};

static uint32_t scope_bits(struct sv word)
{
	autofree char *name = xstrndup(word.p, word.n);
	for (size_t i = 0; i < ARRAY_LEN(roles); i++)
		if (str_eq(roles[i].name, name))
			return roles[i].scopes;
	enum http_scope s = http_scope_parse(name);
	return s > HTTP_SCOPE_AGENT ? 1U << s : 0;
}

static uint32_t scopes_of(const char *words)
{
	uint32_t bits = 0;
	struct sv rest = sv_of(words);
	while (rest.n > 0)
		bits |= scope_bits(sv_split(&rest, ' '));
	return bits;
}

int api_authorize(void *arg, const char *bearer, enum http_scope need, struct http_request *r,
		  struct http_identity *ret, struct err *err)
{
	struct app *a = arg;
	struct token token;
	struct err own = ERR_INIT;
	int64_t now_us = app_now_us(a);
	struct bucket *refused = &refusals[bucket_of(http_peer(r))];
	if (!bearer || !bearer[0])
		return err_set(err, ERR_AUTH_MISSING, "this path needs a token");
	/* a good token is never refused because somebody else at this address tries wrong ones */
	if (token_find(a->db, bearer, now_us, &token, &own) < 0) {
		if (!take_one(refused, REFUSED_PER_MIN / 60.0, REFUSED_PER_MIN, 1, now_us))
			return limited(r, err);
		return err_set(err, ERR_AUTH_TOKEN, "the token is not known");
	}
	*ret = (struct http_identity){.scopes = scopes_of(token.scopes), .token_id = token.num};
	(void)snprintf(ret->who, sizeof(ret->who), "token:%s", token.name);
	(void)str_copy(ret->owner, sizeof(ret->owner), token.owner);
	if (!(ret->scopes & (1U << need)))
		return err_set(err, ERR_AUTH_SCOPE, "the token '%s' lacks the scope '%s'",
			       token.name, http_scope_str(need));
	if (!take_one(&rates[bucket_of(ret->who)], RATE_PER_S, RATE_BURST, 1, now_us))
		return limited(r, err);
	return 0;
}

/* ---- tokens ---------------------------------------------------------------------------------- */

struct token_ask {
	char name[65], owner[65];
	int64_t ttl_s;
	text64_list scopes;
};

static const struct field token_fields[] = {
	F_STR(struct token_ask, "name", name, FIELD_NEEDED, .about = "shown in events and the log"),
	F_STR(struct token_ask, "owner", owner, 0,
	      .about = "the person it belongs to: two persons are two owners"),
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
		if (!scope_bits(sv_of(word))) {
			(void)err_set(err, ERR_INVALID,
				      "'%.40s' is no scope; there are read, approve, arm, erase, "
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

/* Who a person is, the appliance's root says: who could name others could be two persons. */
static int check_owner(const struct write *w, const char *owner, struct err *err)
{
	const struct http_request *r = w->request;
	if (!owner[0] || http_listener(r) == HTTP_LISTENER_ADMIN ||
	    strcasecmp(owner, http_identity(r)->owner) == 0)
		return 0;
	(void)err_set(err, ERR_GUARD_PERSON,
		      "only root on the appliance makes tokens for other persons");
	return err_at(err, "/owner");
}

static int create_work(struct write *w, struct err *err)
{
	const struct token_ask *ask = w->ask;
	char text[TOKEN_TEXT_BYTES], expires[TIME_TEXT_BYTES];
	int64_t num = 0, now_us = app_now_us(w->app);
	int64_t expires_us = now_us + (ask->ttl_s ? ask->ttl_s : EXPIRES_DEFAULT_S) * 1000000;
	autostr struct str scopes;
	str_init(&scopes, 256);
	TRY(check_owner(w, ask->owner, err));
	TRY(join_scopes(&ask->scopes, &scopes, err));
	TRY(token_create(w->app->db, ask->name, ask->owner, scopes.p, expires_us, w->who, now_us,
			 text, &num, err));
	time_rfc3339(expires_us, expires);
	w->status = 201;
	w->doc = json_pack("{s:I, s:s, s:s, s:s, s:s, s:s}", "id", (json_int_t)num, "name",
			   ask->name, "owner", ask->owner, "token", text, "scopes", scopes.p,
			   "expires", expires);
	explicit_bzero(text, sizeof(text));
	return 0;
}

static int get_tokens(struct http_request *r, struct err *err)
{
	struct app *a = http_context(r);
	json_t *doc = NULL;
	TRY(token_list(a->db, &doc, err));
	return http_reply_json(r, 200, doc);
}

static int revoke_work(struct write *w, struct err *err)
{
	int64_t num = 0;
	if (!parse_i64(http_param(w->request, "id"), &num))
		return err_set(err, ERR_NOT_FOUND, "there is no such token");
	w->status = 204;
	return token_revoke(w->app->db, num, app_now_us(w->app), err);
}

/* ---- audit ----------------------------------------------------------------------------------- */

static int get_audit(struct http_request *r, struct err *err)
{
	struct app *a = http_context(r);
	static const char *const own[] = {"after", "limit", NULL};
	int64_t after = 0, limit = 0;
	json_t *doc = NULL;
	TRY(http_query_only(r, own, err));
	TRY(http_query_int(r, "after", 0, INT64_MAX, 0, &after, err));
	TRY(http_query_int(r, "limit", 1, 1000, 100, &limit, err));
	TRY(audit_list(a->db, after, limit, &doc, err));
	return http_reply_json(r, 200, doc);
}

static int get_audit_check(struct http_request *r, struct err *err)
{
	struct read_job job = {.kind = READ_AUDIT_CHECK, .of = &collection_events};
	return api_read(r, &job, 200, err);
}

/* ---- backups --------------------------------------------------------------------------------- */

static int backup_work(struct write *w, struct err *err)
{
	const char *path = http_state(w->request);
	struct event_draft e = {.kind = "store.backup", .actor = w->who, .summary = path};
	w->status = 201;
	w->doc = json_pack("{s:s}", "path", path);
	return event_append(w->app->db, &e, app_now_us(w->app), NULL, err);
}

/* A reader makes the copy, before the transaction that records it; this is called again when it is
 * done. */
static int post_backup(struct http_request *r, struct err *err)
{
	struct app *a = http_context(r);
	bool dry_run = false;
	autofree char *dir = xasprintf("%s/backups", a->config.state_dir);
	autofree char *path = xasprintf("%s/slipway-%lld.db", dir,
					(long long)(app_now_us(a) / 1000000));
	autofree char *text = NULL;
	struct read_job job = {.kind = READ_BACKUP, .path = path};
	size_t n = 0;
	TRY(api_flag(r, "dry_run", &dry_run, err));
	if (!dry_run) {
		TRY(file_make_dirs(dir, 0700, err));
		int rc = api_read_text(r, &job, &text, &n, err);
		if (rc <= 0)
			return rc;
	}
	AUTO(json) json_t *done = text ? json_loads(text, 0, NULL) : NULL;
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
	HTTP_ROUTE(GET, "/api/v1/audit", AUDIT, 0, get_audit, "who changed what, oldest first"),
	HTTP_ROUTE(GET, "/api/v1/audit/check", AUDIT, 0, get_audit_check,
		   "is the audit log's chain whole"),
};
const size_t n_api_access_routes = ARRAY_LEN(api_access_routes);
