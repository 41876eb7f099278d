/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The check of each request: token or sign-in, scope, rate. A failed look-up never admits a request.
 * Refusals are written into the audit log, at a rate that no caller can fill it with. Input: headers
 * from anybody.
 */
#include "authorize.h"

#include <stdio.h>
#include <string.h>

#include <base/log.h>
#include <base/str.h>
#include <inventory/account.h>
#include <inventory/token.h>
#include "rate.h"
#include "roles.h"
#include "write.h"

/* ---- rate ------------------------------------------------------------------------------------ */

static struct rate_bucket rates[RATE_BUCKETS], refusals[RATE_BUCKETS];
static const struct rate_rule refused = {30 / 60.0, 30}; /* wrong tokens of one address */

int api_limited(struct http_request *r, struct err *err)
{
	http_reply_header(r, "Retry-After", "1");
	return err_set(err, ERR_RATE, "too many requests");
}

/* ---- refusals -------------------------------------------------------------------------------- */

static struct rate_bucket knocks[RATE_BUCKETS], all_knocks;
static const struct rate_rule knock = {6 / 60.0, 6}; /* rows of the log for one address */
static const struct rate_rule all_knock = {60 / 60.0, 60};
static unsigned long unwritten; /* since the last such row */

static bool may_write_down(const char *peer, int64_t now_us)
{
	return rate_take_of(knocks, peer, &knock, now_us) &&
	       rate_take(&all_knocks, &all_knock, now_us);
}

int api_turn_away(struct flow *flow, struct http_request *r, const char *who, const struct err *why)
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

/* ---- the rate of a caller -------------------------------------------------------------------- */

/* Says what is left (draft-ietf-httpapi-ratelimit-headers): r requests now, all of them in t seconds. */
static bool take_of_rate(const struct api *api, const char *who, struct http_request *r)
{
	struct rate_bucket *b = rate_bucket_of(rates, who);
	const struct rate_rule rule = {(double)api->rate_per_s, (double)api->rate_burst};
	bool had = rate_take(b, &rule, flow_now_us(api->flow));
	autofree char *policy = xasprintf("\"token\";q=%lld;w=%lld", (long long)api->rate_burst,
					  (long long)((rule.burst + rule.per_s - 1) / rule.per_s));
	autofree char *left = xasprintf(
		"\"token\";r=%lld;t=%lld", (long long)b->tokens,
		(long long)((rule.burst - b->tokens + rule.per_s - 1) / rule.per_s));

	http_reply_header(r, "RateLimit-Policy", policy);
	http_reply_header(r, "RateLimit", left);
	return had;
}

/* ---- by token -------------------------------------------------------------------------------- */

/* A good one is never refused because somebody else at this address tries wrong ones. */
static int refuse_wrong(struct flow *flow, struct http_request *r, const char *why, struct err *err)
{
	if (!rate_take_of(refusals, http_peer(r), &refused, flow_now_us(flow)))
		return api_limited(r, err);
	return err_set(err, ERR_AUTH_TOKEN, "%s", why);
}

static int by_token(struct flow *flow, const char *bearer, struct http_request *r,
		    struct http_identity *ret, struct err *err)
{
	struct err own = ERR_INIT;
	struct token token;

	if (token_find(flow->db, bearer, flow_now_us(flow), &token, &own) < 0)
		return refuse_wrong(flow, r,
				    own.code == ERR_NOT_FOUND ? own.msg : "the token is not known",
				    err);
	*ret = (struct http_identity){.scopes = api_scopes_of(token.scopes), .token_id = token.num};
	(void)snprintf(ret->who, sizeof(ret->who), "token:%s", token.name);
	(void)str_copy(ret->owner, sizeof(ret->owner), token.owner);
	return 0;
}

/* ---- by the cookie of a sign-in -------------------------------------------------------------- */

/* The cookie travels with what a page of another port or site makes a browser send; this header
 * does not. */
static int check_page(const struct http_request *r, struct err *err)
{
	const char *method = http_method(r);

	if (str_eq(method, "GET") || str_eq(method, "HEAD") ||
	    http_request_header(r, API_PAGE_HEADER))
		return 0;
	return err_set(err, ERR_AUTH_ORIGIN,
		       "a change by a signed-in browser without the header " API_PAGE_HEADER);
}

static int by_cookie(struct flow *flow, const char *cookie, struct http_request *r,
		     struct http_identity *ret, struct err *err)
{
	struct err own = ERR_INIT;
	struct account a;

	*ret = (struct http_identity){.scopes = 0};
	if (account_session_find(flow->db, cookie, flow_now_us(flow), &a, ret->session, &own) < 0)
		return refuse_wrong(
			flow, r, own.code == ERR_NOT_FOUND ? own.msg : "the sign-in is not known",
			err);
	ret->scopes = api_role_scopes(a.role);
	ret->token_id = a.num;
	(void)snprintf(ret->who, sizeof(ret->who), "user:%s", a.name);
	(void)str_copy(ret->owner, sizeof(ret->owner), a.name);
	return check_page(r, err);
}

/* ---- the check ------------------------------------------------------------------------------- */

static int identify(struct flow *flow, const char *bearer, struct http_request *r,
		    struct http_identity *ret, struct err *err)
{
	const char *cookie = http_cookie(r, API_COOKIE);

	if (bearer && bearer[0])
		return by_token(flow, bearer, r, ret, err);
	if (cookie && cookie[0])
		return by_cookie(flow, cookie, r, ret, err);
	return err_set(err, ERR_AUTH_MISSING, "this path needs a token, or a sign-in at the page");
}

int api_authorize(void *arg, const char *bearer, enum http_scope need, struct http_request *r,
		  struct http_identity *ret, struct err *err)
{
	const struct api *api = arg;
	struct flow *flow = api->flow;
	int rc = identify(flow, bearer, r, ret, err);

	if (rc < 0)
		return rc == -ERR_RATE ? rc : api_turn_away(flow, r, "nobody", err);
	if (!take_of_rate(api, ret->who, r))
		return api_limited(r, err);
	if (ret->scopes & (1U << need))
		return 0;
	(void)err_set(err, ERR_AUTH_SCOPE, "'%s' lacks the scope '%s'", ret->who,
		      http_scope_str(need));
	return api_turn_away(flow, r, ret->who, err);
}
