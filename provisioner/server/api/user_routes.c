/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Accounts of people. Only root on the appliance makes them, gives them passwords, roles and links:
 * whoever could do that from afar could act as two people. Input: bodies from administrators.
 */
#include "request.h"
#include "roles.h"
#include "passwords.h"
#include "tables.h"
#include "write.h"

#include <string.h>

#include <base/clock.h>
#include <base/json.h>
#include <base/limits.h>
#include <base/str.h>
#include <inventory/account.h>
#include <proto/record.h>
#include <server/reader/password.h>

#define ROLE_ABOUT     "what the person may do: " API_ROLE_NAMES
#define PASSWORD_ABOUT "12 to 256 bytes; without one the person signs in by links (POST .../links)"

struct user_ask {
	char name[ACCOUNT_NAME_BYTES], role[ACCOUNT_ROLE_BYTES];
	char password[PASSWORD_MAX_BYTES + 1];
	enum tri disabled;
};

static const struct field create_fields[] = {
	F_STR(struct user_ask, "name", name, FIELD_NEEDED,
	      .about = "also the owner of the person's tokens"),
	F_STR(struct user_ask, "role", role, FIELD_NEEDED, .about = ROLE_ABOUT),
	F_STR(struct user_ask, "password", password, 0, .about = PASSWORD_ABOUT),
	F_END,
};
static const struct field change_fields[] = {
	F_STR(struct user_ask, "role", role, 0, .about = ROLE_ABOUT),
	F_STR(struct user_ask, "password", password, 0, .about = PASSWORD_ABOUT),
	F_TRI(struct user_ask, "disabled", disabled, 0,
	      .about = "true: sign out everywhere, and no longer in; the person's tokens open "
		       "nothing while it lasts"),
	F_END,
};

/* ---- checks ---------------------------------------------------------------------------------- */

static int only_root(const struct http_request *r, const char *what, struct err *err)
{
	if (http_listener(r) == HTTP_LISTENER_ADMIN)
		return 0;
	return err_set(err, ERR_GUARD_PERSON, "only root on the appliance %s", what);
}

static int check_role(const char *role, struct err *err)
{
	if (api_role_scopes(role))
		return 0;
	(void)err_set(err, ERR_INVALID, "'%.32s' is not a role; there are " API_ROLE_NAMES, role);
	return err_at(err, "/role");
}

/* ---- the password's hash, before the transaction --------------------------------------------- */

/* Handlers wait for a reader, which makes it; the request's state is then the hash. */
static int hash_then_change(struct http_request *r, struct err *err)
{
	autojson json_t *doc = NULL;

	TRY(http_body_json(r, &doc, err));
	const char *password = json_string_value(json_object_get(doc, "password"));
	const char *name = json_string_value(json_object_get(doc, "name"));
	if (!password || http_listener(r) != HTTP_LISTENER_ADMIN)
		return api_change(r, err);
	TRY(api_password_is_fit(password, name ? name : http_param(r, "name"), err));
	autojson json_t *question = json_pack("{s:s}", "password", password);
	autojson json_t *answer = NULL;
	int rc = api_password_ask(r, question, &answer, err);
	if (rc <= 0)
		return rc;
	const char *hash = json_string_value(json_object_get(answer, "hash"));
	http_set_state(r, xstrdup(hash ? hash : ""), free);
	return api_change(r, err);
}

/* ---- routes ---------------------------------------------------------------------------------- */

static int get_users(struct http_request *r, struct err *err)
{
	const struct api *api = http_context(r);
	json_t *doc = NULL;

	TRY(account_list(api->flow->db, &doc, err));
	return http_reply_json(r, 200, doc);
}

static int create_work(struct write *w, struct err *err)
{
	const struct user_ask *ask = w->ask;
	const char *hash = http_state(w->request);
	int64_t num = 0;

	TRY(only_root(w->request, "makes accounts", err));
	TRY(check_role(ask->role, err));
	const struct account_draft draft = {.name = ask->name,
					    .role = ask->role,
					    .password = hash ? hash : "",
					    .who = w->who,
					    .now_us = flow_now_us(w->flow)};
	TRY(account_create(w->flow->db, &draft, &num, err));
	w->status = 201;
	struct account made;
	TRY(account_find(w->flow->db, ask->name, &made, err));
	w->doc = json_pack("{s:s, s:s}", "name", made.name, "role", made.role);
	return 0;
}

static int may_change(const struct write *w, const struct user_ask *ask, struct err *err)
{
	if (ask->role[0] || ask->password[0])
		TRY(only_root(w->request, "changes roles and passwords", err));
	if (ask->disabled == TRI_NO)
		TRY(only_root(w->request, "enables an account again", err));
	return ask->role[0] ? check_role(ask->role, err) : 0;
}

static int change_work(struct write *w, struct err *err)
{
	const struct user_ask *ask = w->ask;
	struct account a;

	TRY(may_change(w, ask, err));
	TRY(account_find(w->flow->db, http_param(w->request, "name"), &a, err));
	const struct account_change change = {
		.role = ask->role[0] ? ask->role : NULL,
		.password = ask->password[0] ? http_state(w->request) : NULL,
		.disabled = ask->disabled == TRI_UNKNOWN ? -1 : ask->disabled == TRI_YES,
	};
	w->doc = json_pack("{s:s, s:s}", "name", a.name, "role",
			   change.role ? change.role : a.role);
	return account_change(w->flow->db, a.num, &change, flow_now_us(w->flow), err);
}

/* The code stands behind '#': browsers send that part to nobody, so that no log holds it. */
static int link_work(struct write *w, struct err *err)
{
	char code[ACCOUNT_CODE_BYTES], expires[TIME_TEXT_BYTES];
	int64_t now_us = flow_now_us(w->flow);
	struct account a;

	TRY(only_root(w->request, "makes links", err));
	TRY(account_find(w->flow->db, http_param(w->request, "name"), &a, err));
	if (a.disabled)
		return err_set(err, ERR_CONFLICT, "the account '%s' is disabled", a.name);
	TRY(account_link_make(w->flow->db, a.num, now_us, code, err));
	time_rfc3339(now_us + ACCOUNT_LINK_US, expires);
	autofree char *url = xasprintf("%s/#/link/%s", w->flow->urls.server, code);
	w->status = 201;
	w->doc = json_pack("{s:s, s:s, s:s}", "name", a.name, "url", url, "expires", expires);
	explicit_bzero(code, sizeof(code));
	explicit_bzero(url, strlen(url));
	return 0;
}

const struct http_route user_routes[] = {
	HTTP_ROUTE(GET, "/api/v1/users", ADMIN, 0, get_users, "accounts of people who sign in"),
	API_CHANGE_BY(POST, "/api/v1/users", ADMIN, 4 * KIB, hash_then_change, create_work,
		      "make an account; only root on the appliance may",
		      API_BODY(create_fields, struct user_ask), .body_secret = true),
	API_CHANGE_BY(PATCH, "/api/v1/users/{name}", ADMIN, 4 * KIB, hash_then_change, change_work,
		      "another role or password (only root on the appliance), or disable it; each "
		      "signs the person out everywhere",
		      API_BODY(change_fields, struct user_ask), .body_secret = true),
	API_CHANGE(POST, "/api/v1/users/{name}/links", ADMIN, 4 * KIB, link_work,
		   "a link that signs in once, within ten minutes; only root on the appliance may",
		   API_BODY(api_no_fields, struct api_nothing), .answer_secret = true),
};
const size_t n_user_routes = ARRAY_LEN(user_routes);
