/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who may ask: tokens, the check of each request, rate limits, the audit log. A failed look-up
 * never lets anybody in. Input: headers and bodies from anybody.
 */
#include "api_request.h"
#include "api_read.h"
#include "api_tables.h"

#include <string.h>

#include <base/clock.h>
#include <base/file.h>
#include <base/json.h>
#include <base/limits.h>
#include <base/str.h>
#include <inventory/event.h>
#include <inventory/token.h>

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
	if (!(ret->scopes & (1U << need)))
		return err_set(err, ERR_AUTH_SCOPE, "the token '%s' lacks the scope '%s'",
			       token.name, http_scope_str(need));
	if (!take_one(&rates[bucket_of(ret->who)], RATE_PER_S, RATE_BURST, 1, now_us))
		return limited(r, err);
	return 0;
}

/* ---- tokens ---------------------------------------------------------------------------------- */

static int read_scopes(struct json_reader *reader, struct str *ret)
{
	json_t *list = json_need_arr(reader, "scopes", 16);
	size_t i;
	json_t *j;
	json_array_foreach (list, i, j) {
		const char *word = json_string_value(j);
		if (!word || !scope_bits(sv_of(word)))
			json_reader_fail(
				reader, "scopes", ERR_INVALID,
				"'%.40s' is no scope; there are read, approve, arm, erase, "
				"image:import, inventory, admin, audit, operate, image",
				word ? word : "");
		else
			str_addf(ret, "%s%s", ret->n_bytes ? " " : "", word);
	}
	if (reader->status == 0 && ret->n_bytes == 0)
		json_reader_fail(reader, "scopes", ERR_INVALID, "a token needs a scope");
	return reader->status;
}

static int create_token(struct http_request *r, json_t *body, struct err *err)
{
	struct app *a = http_context(r);
	char text[TOKEN_TEXT_BYTES], expires[TIME_TEXT_BYTES];
	int64_t num = 0;
	autostr struct str scopes;
	str_init(&scopes, 256);
	struct json_reader reader = json_reader_root(body, err);
	const char *name = json_need_str(&reader, "name", 1, 64);
	int64_t ttl_s = json_opt_int(&reader, "ttl_s", 60, EXPIRES_MAX_S, EXPIRES_DEFAULT_S);
	(void)read_scopes(&reader, &scopes);
	TRY(json_reader_end(&reader));
	int64_t expires_us = app_now_us(a) + ttl_s * 1000000;
	TRY(token_create(a->db, name, scopes.p, expires_us, http_identity(r)->who, app_now_us(a),
			 text, &num, err));
	time_rfc3339(expires_us, expires);
	int status = http_reply_json(r, 201,
				     json_pack("{s:I, s:s, s:s, s:s, s:s}", "id", (json_int_t)num,
					       "name", name, "token", text, "scopes", scopes.p,
					       "expires", expires));
	explicit_bzero(text, sizeof(text));
	return status;
}

static int post_token(struct http_request *r, struct err *err)
{
	AUTO(json) json_t *body = NULL;
	TRY(http_body_json(r, &body, err));
	return create_token(r, body, err);
}

static int get_tokens(struct http_request *r, struct err *err)
{
	struct app *a = http_context(r);
	json_t *doc = NULL;
	TRY(token_list(a->db, &doc, err));
	return http_reply_json(r, 200, doc);
}

static int delete_token(struct http_request *r, struct err *err)
{
	struct app *a = http_context(r);
	int64_t num = 0;
	if (!parse_i64(http_param(r, "id"), &num))
		return err_set(err, ERR_NOT_FOUND, "there is no such token");
	TRY(token_revoke(a->db, num, app_now_us(a), err));
	return http_reply_empty(r, 204);
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

/* A reader makes the copy; this is called again when it is done. */
static int post_backup(struct http_request *r, struct err *err)
{
	struct app *a = http_context(r);
	int64_t now_us = app_now_us(a);
	autofree char *dir = xasprintf("%s/backups", a->config.state_dir);
	autofree char *path = xasprintf("%s/slipway-%lld.db", dir, (long long)(now_us / 1000000));
	autofree char *text = NULL;
	struct read_job job = {.kind = READ_BACKUP, .path = path};
	size_t n = 0;
	TRY(file_make_dirs(dir, 0700, err));
	int rc = api_read_text(r, &job, &text, &n, err);
	if (rc <= 0)
		return rc;
	AUTO(json) json_t *done = json_loads(text, 0, NULL);
	struct event_draft e = {.kind = "store.backup",
				.actor = http_identity(r)->who,
				.summary = json_string_value(json_object_get(done, "path"))};
	TRY(event_append(a->db, &e, now_us, NULL, err));
	return http_reply_json(r, 201, take_ptr(done));
}

const struct http_route api_access_routes[] = {
	HTTP_ROUTE(GET, "/api/v1/tokens", ADMIN, 0, get_tokens, "tokens, without their secrets"),
	HTTP_ROUTE(POST, "/api/v1/tokens", ADMIN, 16 * KIB, post_token,
		   "make a token; its text is shown this once"),
	HTTP_ROUTE(DELETE, "/api/v1/tokens/{id}", ADMIN, 0, delete_token, "revoke a token"),
	HTTP_ROUTE(POST, "/api/v1/backups", ADMIN, 4 * KIB, post_backup,
		   "copy the store, consistently, into the state folder"),
	HTTP_ROUTE(GET, "/api/v1/audit", AUDIT, 0, get_audit, "who changed what, oldest first"),
	HTTP_ROUTE(GET, "/api/v1/audit/check", AUDIT, 0, get_audit_check,
		   "is the audit log's chain whole"),
};
const size_t n_api_access_routes = ARRAY_LEN(api_access_routes);
