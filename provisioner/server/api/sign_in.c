/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signing in at the page and out again: by name and password, or by a link that root on the
 * appliance made; and another password for oneself. A sign-in is a cookie that no script reads, no other site sends and only TLS
 * carries; it lives in the store, so it outlives a restart and holds on each appliance of a fleet.
 * Guesses are slowed by account and by address. Input: names, passwords and links of anybody.
 */
#include "request.h"
#include "roles.h"
#include "tables.h"
#include "write.h"

#include <stdio.h>
#include <string.h>

#include <base/json.h>
#include <base/limits.h>
#include <base/str.h>
#include <inventory/account.h>
#include <proto/record.h>
#include "authorize.h"
#include "passwords.h"
#include <server/reader/password.h>

struct sign_in_ask {
	char name[ACCOUNT_NAME_BYTES];
	char password[PASSWORD_MAX_BYTES + 1];
	char link[ACCOUNT_CODE_BYTES];
};

static const struct field sign_in_fields[] = {
	F_STR(struct sign_in_ask, "name", name, 0, .about = "of an account"),
	F_STR(struct sign_in_ask, "password", password, 0, .about = "the account's"),
	F_STR(struct sign_in_ask, "link", link, 0, .about = "instead of both: a code of a link"),
	F_END,
};

/* ---- who it is ------------------------------------------------------------------------------- */

/* The request's state once it is known who signs in. */
struct sign_in {
	struct account account;
	char who[ACCOUNT_NAME_BYTES + 8];
	char link[ACCOUNT_CODE_BYTES];
};

static void sign_in_free(void *arg)
{
	explicit_bzero(arg, sizeof(struct sign_in));
	free(arg);
}

static int read_ask(const struct http_request *r, struct sign_in_ask *ret, struct err *err)
{
	autojson json_t *doc = NULL;

	*ret = (struct sign_in_ask){.name = ""};
	TRY(http_body_json(r, &doc, err));
	TRY(record_decode(sign_in_fields, doc, ret, err));
	if ((ret->name[0] && ret->password[0]) == (ret->link[0] != '\0'))
		return err_set(err, ERR_INVALID, "expected a name and a password, or a link");
	return 0;
}

static int refuse(struct flow *flow, struct http_request *r, const struct account *a,
		  struct err *err)
{
	autofree char *who = a->num ? xasprintf("nobody as %s", a->name) : xstrdup("nobody");

	if (!err->code || err->code == ERR_NOT_FOUND)
		(void)err_set(err, ERR_AUTH_PASSWORD, "the name or the password is wrong");
	return api_turn_away(flow, r, who, err);
}

/* 1: it is right, 0: the request waits for a reader. An account that does not exist takes as long
 * as a wrong password. */
static int check_password(struct flow *flow, struct http_request *r, const struct sign_in_ask *ask,
			  struct account *ret, struct err *err)
{
	struct err unknown = ERR_INIT;

	*ret = (struct account){.num = 0};
	int found = account_find(flow->db, ask->name, ret, &unknown);
	if (found < 0 && found != -ERR_NOT_FOUND) {
		*err = unknown;
		return found;
	}
	autojson json_t *question = json_pack("{s:s, s:s}", "password", ask->password, "stored",
					      ret->disabled ? "" : ret->password);
	autojson json_t *answer = NULL;
	int rc = api_password_ask(r, question, &answer, err);
	if (rc <= 0)
		return rc;
	return json_is_true(json_object_get(answer, "right")) ? 1 : refuse(flow, r, ret, err);
}

static int check_link(struct flow *flow, struct http_request *r, const struct sign_in_ask *ask,
		      struct account *ret, struct err *err)
{
	static const struct account nobody;
	int rc = account_link_find(flow->db, ask->link, flow_now_us(flow), ret, err);

	if (rc == -ERR_NOT_FOUND) {
		(void)err_set(err, ERR_AUTH_PASSWORD,
			      "the link was used, has expired or is not known");
		return refuse(flow, r, &nobody, err);
	}
	return rc < 0 ? rc : 1;
}

static int check(struct http_request *r, const struct sign_in_ask *ask, struct err *err)
{
	struct api *api = http_context(r);
	struct account a;

	if (!http_state(r)) /* a handler that waited for a reader is called again */
		TRY(api_password_may_try(api->flow, r, ask->link[0] ? "" : ask->name, err));
	int rc = ask->link[0] ? check_link(api->flow, r, ask, &a, err)
			      : check_password(api->flow, r, ask, &a, err);
	if (rc <= 0)
		return rc;
	api_password_was_right(r, ask->link[0] ? "" : ask->name);
	struct sign_in *s = xcalloc(1, sizeof(*s));
	s->account = a;
	(void)snprintf(s->who, sizeof(s->who), "user:%s", a.name);
	(void)str_copy(s->link, sizeof(s->link), ask->link);
	http_set_state(r, s, sign_in_free);
	return api_change(r, err);
}

static int post_sign_in(struct http_request *r, struct err *err)
{
	struct sign_in_ask ask;

	TRY(read_ask(r, &ask, err));
	int rc = check(r, &ask, err);
	explicit_bzero(&ask, sizeof(ask));
	return rc;
}

/* ---- what it is worth ------------------------------------------------------------------------ */

static json_t *me_json(const char *who, const char *owner, const char *role, uint32_t scopes)
{
	json_t *list = json_array();

	for (int s = _HTTP_SCOPE_MISSING + 1; s < _HTTP_SCOPE_MAX; s++)
		if (scopes & (1U << s) && http_scope_str((enum http_scope)s))
			(void)json_array_append_new(
				list, json_string(http_scope_str((enum http_scope)s)));
	return json_pack("{s:s, s:s, s:s, s:o}", "name", who, "owner", owner, "role", role,
			 "scopes", list);
}

static void set_cookie(struct http_request *r, const char *code, long long max_age_s)
{
	autofree char *text = xasprintf(
		API_COOKIE "=%s; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=%lld", code,
		max_age_s);

	http_reply_header(r, "Set-Cookie", text);
	http_reply_header(r, "Cache-Control", "no-store");
	explicit_bzero(text, strlen(text));
}

static int sign_in_work(struct write *w, struct err *err)
{
	struct sign_in *s = http_state(w->request);
	const struct account *a = &s->account;
	char code[ACCOUNT_CODE_BYTES];

	w->who = s->who;
	w->status = 201;
	w->doc = me_json(s->who, a->name, a->role, api_role_scopes(a->role));
	if (s->link[0])
		TRY(account_link_take(w->flow->db, s->link, flow_now_us(w->flow), &s->account,
				      err));
	TRY(account_session_open(w->flow->db, a->num, flow_now_us(w->flow), code, err));
	if (!w->dry_run)
		set_cookie(w->request, code, ACCOUNT_SESSION_MAX_US / 1000000);
	explicit_bzero(code, sizeof(code));
	return 0;
}

static int sign_out_work(struct write *w, struct err *err)
{
	const char *session = http_identity(w->request)->session;

	w->status = 204;
	if (session[0])
		TRY(account_session_end(w->flow->db, session, err));
	if (!w->dry_run)
		set_cookie(w->request, "", 0);
	return 0;
}

/* ---- another password ------------------------------------------------------------------------ */

struct own_ask {
	char current[PASSWORD_MAX_BYTES + 1], password[PASSWORD_MAX_BYTES + 1];
};

static const struct field own_fields[] = {
	F_STR(struct own_ask, "current", current, FIELD_NEEDED, .about = "the password as it is"),
	F_STR(struct own_ask, "password", password, FIELD_NEEDED,
	      .about = "the next one, of 12 to 256 bytes"),
	F_END,
};

/* Whoever finds a browser that was left open does not have the password. */
static int find_self(const struct flow *flow, const struct http_request *r, struct account *ret,
		     struct err *err)
{
	if (!http_identity(r)->session[0])
		return err_set(err, ERR_GUARD_PERSON, "only a person who signed in has a password");
	TRY(account_find(flow->db, http_identity(r)->owner, ret, err));
	if (!ret->password[0])
		return err_set(err, ERR_GUARD_PERSON,
			       "this account signs in by links; root on the appliance gives it a "
			       "password");
	return 0;
}

/* The request's state is then the hash of the next password. */
static int hash_own(struct http_request *r, const struct own_ask *ask, struct err *err)
{
	struct api *api = http_context(r);
	autojson json_t *answer = NULL;
	struct account a = {.num = 0};
	struct err own = ERR_INIT;

	if (find_self(api->flow, r, &a, &own) < 0)
		return api_change(r, err); /* finds the same, and writes it down */
	TRY(api_password_is_fit(ask->password, a.name, err));
	if (!http_state(r)) /* not when it is called again after it waited for a reader */
		TRY(api_password_may_try(api->flow, r, a.name, err));
	autojson json_t *question = json_pack("{s:s, s:s, s:s}", "password", ask->current, "stored",
					      a.password, "next", ask->password);
	int rc = api_password_ask(r, question, &answer, err);
	if (rc <= 0)
		return rc;
	const char *hash = json_string_value(json_object_get(answer, "hash"));
	if (!hash) {
		(void)err_set(err, ERR_INVALID, "the current password is wrong");
		(void)err_at(err, "/current");
		return api_turn_away(api->flow, r, http_identity(r)->who, err);
	}
	api_password_was_right(r, a.name);
	http_set_state(r, xstrdup(hash), free);
	return api_change(r, err);
}

static int post_own_password(struct http_request *r, struct err *err)
{
	autojson json_t *doc = NULL;
	struct own_ask ask = {.current = ""};

	TRY(api_check_match(r, err));
	TRY(http_body_json(r, &doc, err));
	TRY(record_decode(own_fields, doc, &ask, err));
	int rc = hash_own(r, &ask, err);
	explicit_bzero(&ask, sizeof(ask));
	return rc;
}

/* It signs out everywhere, links included, but for the browser that asks. */
static int own_password_work(struct write *w, struct err *err)
{
	struct account_change change = {.password = http_state(w->request), .disabled = -1};
	char code[ACCOUNT_CODE_BYTES];
	struct account a;

	TRY(find_self(w->flow, w->request, &a, err));
	TRY(account_change(w->flow->db, a.num, &change, flow_now_us(w->flow), err));
	TRY(account_session_open(w->flow->db, a.num, flow_now_us(w->flow), code, err));
	if (!w->dry_run)
		set_cookie(w->request, code, ACCOUNT_SESSION_MAX_US / 1000000);
	explicit_bzero(code, sizeof(code));
	w->doc = me_json(w->who, a.name, a.role, api_role_scopes(a.role));
	return 0;
}

/* So that a page shows no button which the server would refuse. */
static int get_me(struct http_request *r, struct err *err)
{
	const struct api *api = http_context(r);
	const struct http_identity *id = http_identity(r);
	struct account a = {.num = 0};

	if (id->session[0])
		TRY(account_find(api->flow->db, id->owner, &a, err));
	return http_reply_json(r, 200, me_json(id->who, id->owner, a.role, id->scopes));
}

const struct http_route sign_in_routes[] = {
	HTTP_ROUTE(GET, "/api/v1/me", READ, 0, get_me, "who asks, and what they may do"),
	API_CHANGE_BY(POST, "/api/v1/sign-in", PUBLIC, 4 * KIB, post_sign_in, sign_in_work,
		      "sign in at the page, by name and password or by a link; sets a cookie",
		      API_BODY(sign_in_fields, struct sign_in_ask), .answer_secret = true,
		      .body_secret = true),
	API_CHANGE_BY(
		POST, "/api/v1/me/password", READ, 4 * KIB, post_own_password, own_password_work,
		"another password for oneself; signs out everywhere else, and sets a cookie",
		API_BODY(own_fields, struct own_ask), .answer_secret = true, .body_secret = true),
	API_CHANGE(POST, "/api/v1/sign-out", READ, 4 * KIB, sign_out_work,
		   "end the sign-in whose cookie comes with the request",
		   API_BODY(api_no_fields, struct api_nothing)),
};
const size_t n_sign_in_routes = ARRAY_LEN(sign_in_routes);
