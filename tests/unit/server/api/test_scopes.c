/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every route with every kind of caller, from the daemon's own tables: a token opens the routes of
 * its scopes and no other, and no route is open to a caller without a token, with an old one or a wrong one. The
 * fault list's H-01 and H-02. Then the rates: who asks too much or guesses is slowed, and nobody
 * else.
 */
#include "tests/harness/check.h"

#include <stdio.h>
#include <base/http_client.h>
#include <base/json.h>
#include <base/str.h>
#include <server/routes.h>
#include "tests/harness/fake_agent.h"
#include "tests/harness/host_walk.h"

#define RATE_BURST 1000 /* of api_authorize.c */
#define GUESSES    30   /* wrong tokens of one address, a minute */

static struct server_bench bench;
static struct http_client *http;
static char tokens[_HTTP_SCOPE_MAX][80]; /* with that one scope */
static char expired[80], revoked[80];

static const enum http_scope first_scope = HTTP_SCOPE_READ;

static int setup(void **state)
{
	(void)state;
	server_bench_open(&bench);
	assert_int_equal(server_bench_admin(&bench, "POST", "/api/v1/profiles", profile_by_hand),
			 201);
	const struct http_client_options o = {.base_url = "http://slipway",
					      .unix_socket = bench.front};
	http = http_client_new(&o, NULL);
	for (unsigned s = first_scope; s < _HTTP_SCOPE_MAX; s++) {
		autofree char *name = xasprintf("only-%u", s);
		autofree char *word = xasprintf("\"%s\"", http_scope_str((enum http_scope)s));
		server_bench_token(&bench, name, "", word, tokens[s], sizeof(tokens[s]));
	}
	server_bench_token(&bench, "old", "", "\"read\",\"admin\"", expired, sizeof(expired));
	server_bench_token(&bench, "gone", "", "\"read\",\"admin\"", revoked, sizeof(revoked));
	server_bench_sql(&bench, "UPDATE token SET expires_us = CASE name WHEN 'old' THEN 1 ELSE "
				 "expires_us END, revoked_us = CASE name WHEN 'gone' THEN 1 ELSE "
				 "NULL END");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	http_client_free(http);
	server_bench_close(&bench);
	return 0;
}

/* ---- one call -------------------------------------------------------------------------------- */

struct caller {
	const char *name;
	const char *token;
	const char *listener; /* "tls", "plain" */
};

struct answer {
	int status;
	char code[80];
};

/* Each call comes from an address of its own: guessing is slowed by address. */
static struct answer call_from(const char *address, const struct caller *c, const char *method,
			       const char *path)
{
	struct answer a = {.status = 0};
	autofree char *listener = xasprintf("X-Slipway-Listener: %s", c->listener);
	autofree char *from = xasprintf("X-Real-IP: %s", address);
	autofree char *bearer = xasprintf("Authorization: Bearer %s", c->token ? c->token : "");
	const char *const headers[] = {listener, from, c->token ? bearer : NULL, NULL};
	const struct http_call call = {.method = method, .path = path, .headers = headers};
	struct http_reply reply = {0};

	if (http_client_call(http, &call, &reply, NULL) >= 0) {
		autojson json_t *doc = json_loadb(reply.body, reply.body_bytes, 0, NULL);
		const char *code = json_string_value(json_object_get(doc, "code"));
		(void)str_copy(a.code, sizeof(a.code), code ? code : "");
		a.status = reply.status;
	}
	http_reply_done(&reply);
	return a;
}

static struct answer call(const struct caller *c, const char *method, const char *path)
{
	static unsigned n;
	autofree char *address = xasprintf("198.18.%u.%u", n / 250 % 250, n % 250 + 1);

	n++;
	return call_from(address, c, method, path);
}

/* "/api/v1/hosts/{id}/arm" as somebody asks for it; the caller frees. */
static char *path_of(const struct http_route *r)
{
	autostr struct str s;

	str_init(&s, 512);
	for (const char *p = r->pattern; *p; p++) {
		if (*p == '{')
			p = strchr(p, '}');
		str_addc(&s, *p == '}' ? 'x' : *p);
	}
	return str_take(&s);
}

static void expect(const struct http_route *r, const struct caller *c, int status, const char *code)
{
	autofree char *path = path_of(r);
	autofree char *name = xasprintf("%s %s by %s", r->method, r->pattern, c->name);
	struct answer a = call(c, r->method, path);

	CHECK_INT(name, a.status, status);
	CHECK_STR(name, a.code, code);
}

static size_t each_route(void (*visit)(const struct http_route *r))
{
	size_t n = 0;

	for (const struct http_table *t = routes_all(NULL); t->routes; t++)
		for (size_t i = 0; i < t->n; i++, n++)
			visit(&t->routes[i]);
	return n;
}

/* ---- who gets in ----------------------------------------------------------------------------- */

static void without_a_good_token(const struct http_route *r)
{
	static const struct {
		struct caller caller;
		const char *code;
	} rows[] = {
		{{"nobody", NULL, "tls"}, "auth.missing"},
		{{"H-02 an empty token", "", "tls"}, "auth.missing"},
		{{"H-02 the token -1", "-1", "tls"}, "auth.token"},
		{{"H-02 the token null", "null", "tls"}, "auth.token"},
		{{"somebody who guesses",
		  "slw_0000000000000000000000000000000000000000000000000000000000000000", "tls"},
		 "auth.token"},
		{{"an expired token", expired, "tls"}, "auth.token"},
		{{"a revoked token", revoked, "tls"}, "auth.token"},
	};
	if (r->scope <= HTTP_SCOPE_AGENT)
		return;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		expect(r, &rows[i].caller, 401, rows[i].code);
}

/* Its own scope goes past the door (what the handler says then is its own affair); no other does.
 */
static void with_each_scope(const struct http_route *r)
{
	if (r->scope <= HTTP_SCOPE_AGENT)
		return;
	for (unsigned s = first_scope; s < _HTTP_SCOPE_MAX; s++) {
		const struct caller c = {http_scope_str((enum http_scope)s), tokens[s], "tls"};
		if (s != r->scope) {
			expect(r, &c, 403, "auth.scope");
			continue;
		}
		autofree char *path = path_of(r);
		autofree char *name = xasprintf("%s %s by %s", r->method, r->pattern, c.name);
		struct answer a = call(&c, r->method, path);
		CHECK(name, a.status && a.status != 401 && a.status < 500);
		CHECK(name, !str_starts(a.code, "auth."));
	}
}

/* Tokens do not travel in plain text, not even good ones. */
static void in_plain_text(const struct http_route *r)
{
	if (r->scope <= HTTP_SCOPE_AGENT)
		return;
	const struct caller c = {"its own scope, in plain text", tokens[r->scope], "plain"};
	expect(r, &c, 404, "http.listener");
}

/* A token is not a certificate. */
static void as_an_agent(const struct http_route *r)
{
	const struct caller c = {"a token of an admin", tokens[HTTP_SCOPE_ADMIN], "tls"};

	if (r->scope == HTTP_SCOPE_AGENT)
		expect(r, &c, 403, "auth.certificate");
}

/* What anybody may ask changes nothing; machines report with a token of their own in the body. */
static void by_anybody(const struct http_route *r)
{
	static const char *const open[] = {"/boot/v1/script",       "/healthz",
					   "/api/v1/openapi.json",  "/api/v1/errors",
					   "/api/v1/errors/{code}", "/agent/v1/first-boot",
					   "/api/v1/sign-in"};
	bool known = false;

	for (size_t i = 0; i < ARRAY_LEN(open); i++)
		known = known || str_eq(open[i], r->pattern);
	CHECK(r->pattern, (r->scope == HTTP_SCOPE_PUBLIC) == known);
}

static void test_every_route_with_every_token(void **state)
{
	(void)state;
	size_t n = each_route(by_anybody);
	CHECK("routes", n > 80);
	each_route(without_a_good_token);
	each_route(with_each_scope);
	each_route(in_plain_text);
	each_route(as_an_agent);
	assert_int_equal(server_bench_admin(&bench, "GET", "/healthz", NULL), 200);
}

/* ---- another host's session ------------------------------------------------------------------ */

static struct fake_agent own, other;

/* A whole request of each kind: nothing but the key is wrong. The caller owns it. */
static json_t *whole_body(const char *pattern)
{
	json_int_t epoch = own.link.session.epoch;

	if (strstr(pattern, "/heartbeat"))
		return json_pack("{s:I, s:s, s:i, s:i, s:s, s:n, s:s}", "epoch", epoch, "stage", "",
				 "done", 0, "total", 0, "unit", "", "eta_s", "message", "");
	if (strstr(pattern, "/partners"))
		return json_pack("{s:I}", "epoch", epoch);
	if (strstr(pattern, "/permits"))
		return json_pack("{s:I, s:s, s:s, s:{s:s, s:s, s:i}, s:[]}", "epoch", epoch,
				 "plan_id", "p", "arm_id", "a", "disk", "wwn", "", "serial", "s",
				 "size_bytes", 1, "data_found");
	if (strstr(pattern, "/events"))
		return json_pack("{s:I, s:[{s:i, s:s, s:s, s:s, s:{s:s, s:s}}]}", "epoch", epoch,
				 "events", "seq", 100, "ts", "2026-01-01T00:00:00Z", "kind", "log",
				 "plan_id", "", "data", "level", "info", "text", "x");
	return NULL;
}

static void by_another_host(const struct http_route *r)
{
	autostr struct str path;
	const char *at = strchr(r->pattern, '{');
	json_t *body = NULL;

	str_init(&path, 512);
	if (r->scope != HTTP_SCOPE_AGENT || !at)
		return;
	str_addf(&path, "%.*s%s%s", (int)(at - r->pattern), r->pattern, own.link.session.session_id,
		 strchr(at, '}') + 1);

	if (str_eq(r->method, "POST")) {
		body = whole_body(r->pattern);
		CHECK(r->pattern, body); /* a new route has a row in whole_body() */
	}
	CHECK_INT(r->pattern, fake_agent_call(&other, r->method, path.p, body), 403);
	CHECK_STR(r->pattern, other.code, "session.key");
}

static void test_another_hosts_session(void **state)
{
	(void)state;
	walk_to_discovered(&bench, &own, "S1", MAC_A);
	walk_to_discovered(&bench, &other, "S2", MAC_B);
	each_route(by_another_host);
	need(fake_agent_heartbeat(&own), 200, &own, "its own key still serves");
	(void)str_copy(other.link.session.session_id, sizeof(other.link.session.session_id),
		       own.link.session.session_id);
	need(fake_agent_heartbeat(&other), 403, &other, "a whole request with another key");
	assert_string_equal(other.code, "session.key");
	fake_agent_done(&own);
	fake_agent_done(&other);
}

/* ---- rates ----------------------------------------------------------------------------------- */

static void test_rate_of_one_token(void **state)
{
	const struct caller busy = {"busy", tokens[HTTP_SCOPE_READ], "tls"},
			    calm = {"calm", tokens[HTTP_SCOPE_AUDIT], "tls"};
	int limited = 0;

	(void)state;
	for (int i = 0; i < 3 * RATE_BURST && !limited; i++) {
		struct answer a = call(&busy, "GET", "/api/v1/skus");
		limited = a.status == 429;
		if (limited)
			assert_string_equal(a.code, "rate.limited");
	}
	assert_true(limited);
	assert_int_equal(call(&calm, "GET", "/api/v1/audit").status, 200);
}

static void test_rate_of_guesses(void **state)
{
	static const struct caller guesser = {
		"guesser", "slw_0000000000000000000000000000000000000000000000000000000000000000",
		"tls"};
	const struct caller good = {"good", tokens[HTTP_SCOPE_READ], "tls"};
	int wrong = 0, limited = 0;

	(void)state;
	for (int i = 0; i < 2 * GUESSES; i++) {
		int status = call_from("203.0.113.7", &guesser, "GET", "/api/v1/hosts").status;
		wrong += status == 401;
		limited += status == 429;
	}
	CHECK("some are answered", wrong >= GUESSES && wrong < 2 * GUESSES);
	CHECK("the rest are slowed", limited > 0);
	/* neither another address, nor somebody with a good token at this one */
	assert_int_equal(call_from("203.0.113.8", &guesser, "GET", "/api/v1/hosts").status, 401);
	assert_int_equal(call_from("203.0.113.7", &good, "GET", "/api/v1/hosts").status, 200);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(test_every_route_with_every_token),
		T(test_another_hosts_session),
		T(test_rate_of_one_token),
		T(test_rate_of_guesses),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("scopes", tests, NULL, NULL);
}
