/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The check of each request: token, scope, rate. A failed look-up never admits a request.
 * Refusals are written into the audit log, at a rate that no caller can fill it with. Input: headers
 * from anybody.
 */
#include "authorize.h"

#include <stdio.h>
#include <string.h>

#include <base/log.h>
#include <base/str.h>
#include <inventory/token.h>
#include "write.h"

/* ---- rate ------------------------------------------------------------------------------------ */

#define BUCKETS         256 /* by hash of the caller: two callers may share one, which only slows both */
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

uint32_t api_scope_bits(struct sv word)
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
		bits |= api_scope_bits(sv_split(&rest, ' '));
	return bits;
}

/* ---- refusals -------------------------------------------------------------------------------- */

#define KNOCKS_PER_MIN     6 /* rows of the log for one address */
#define ALL_KNOCKS_PER_MIN 60

static struct bucket knocks[BUCKETS], all_knocks;
static unsigned long unwritten; /* since the last such row */

static bool may_write_down(const char *peer, int64_t now_us)
{
	return take_one(&knocks[bucket_of(peer)], KNOCKS_PER_MIN / 60.0, KNOCKS_PER_MIN, 1,
			now_us) &&
	       take_one(&all_knocks, ALL_KNOCKS_PER_MIN / 60.0, ALL_KNOCKS_PER_MIN, 1, now_us);
}

static int turn_away(struct flow *flow, struct http_request *r, const char *who,
		     const struct err *why)
{
	struct err err = ERR_INIT;

	if (!may_write_down(http_peer(r), flow_now_us(flow))) {
		unwritten++;
		return -why->code;
	}
	autofree char *reason = unwritten ? xasprintf("%s, and %lu more since", err_name(why->code),
						      unwritten)
					  : xstrdup(err_name(why->code));
	unwritten = 0;
	const struct audit_entry e = {.who = who,
				      .peer = http_peer(r),
				      .method = http_request_route(r)->method,
				      .path = http_path(r),
				      .status = http_status_of(why->code),
				      .reason = reason};
	if (audit_append(flow->db, &e, flow_now_us(flow), &err) < 0)
		log_err(LOG_ERR, "audit.lost", &err, KV("who", who));
	return -why->code;
}

/* ---- the rate of a token --------------------------------------------------------------------- */

/* Says what is left (draft-ietf-httpapi-ratelimit-headers): r requests now, all of them in t seconds. */
static bool take_of_rate(const struct api *api, const char *who, struct http_request *r)
{
	struct bucket *b = &rates[bucket_of(who)];
	double per_s = (double)api->rate_per_s, burst = (double)api->rate_burst;
	bool had = take_one(b, per_s, burst, 1, flow_now_us(api->flow));
	autofree char *policy = xasprintf("\"token\";q=%lld;w=%lld", (long long)api->rate_burst,
					  (long long)((burst + per_s - 1) / per_s));
	autofree char *left = xasprintf("\"token\";r=%lld;t=%lld", (long long)b->tokens,
					(long long)((burst - b->tokens + per_s - 1) / per_s));

	http_reply_header(r, "RateLimit-Policy", policy);
	http_reply_header(r, "RateLimit", left);
	return had;
}

/* ---- the check ------------------------------------------------------------------------------- */

static int find_token(struct flow *flow, const char *bearer, struct http_request *r,
		      struct token *ret, struct err *err)
{
	struct err own = ERR_INIT;
	int64_t now_us = flow_now_us(flow);

	if (!bearer || !bearer[0])
		return err_set(err, ERR_AUTH_MISSING, "this path needs a token");
	/* a good token is never refused because somebody else at this address tries wrong ones */
	if (token_find(flow->db, bearer, now_us, ret, &own) >= 0)
		return 0;
	if (!take_one(&refusals[bucket_of(http_peer(r))], REFUSED_PER_MIN / 60.0, REFUSED_PER_MIN,
		      1, now_us))
		return limited(r, err);
	return err_set(err, ERR_AUTH_TOKEN, "%s",
		       own.code == ERR_NOT_FOUND ? own.msg : "the token is not known");
}

int api_authorize(void *arg, const char *bearer, enum http_scope need, struct http_request *r,
		  struct http_identity *ret, struct err *err)
{
	const struct api *api = arg;
	struct flow *flow = api->flow;
	struct token token;
	int rc = find_token(flow, bearer, r, &token, err);

	if (rc < 0)
		return rc == -ERR_RATE ? rc : turn_away(flow, r, "nobody", err);
	*ret = (struct http_identity){.scopes = scopes_of(token.scopes), .token_id = token.num};
	(void)snprintf(ret->who, sizeof(ret->who), "token:%s", token.name);
	(void)str_copy(ret->owner, sizeof(ret->owner), token.owner);
	if (!take_of_rate(api, ret->who, r))
		return limited(r, err);
	if (ret->scopes & (1U << need))
		return 0;
	(void)err_set(err, ERR_AUTH_SCOPE, "the token '%s' lacks the scope '%s'", token.name,
		      http_scope_str(need));
	return turn_away(flow, r, ret->who, err);
}
