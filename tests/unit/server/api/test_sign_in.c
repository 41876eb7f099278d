/* SPDX-License-Identifier: Apache-2.0 */
/*
 * People who sign in: what their cookie opens and for how long, who may make accounts, what guesses
 * cost, and that two tokens and a sign-in of one person are one person.
 */
#include "tests/harness/check.h"

#include <ctype.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <base/file.h>
#include <base/json.h>
#include <base/str.h>
#include <server/routes.h>
#include "tests/harness/host_walk.h"

#define PASSWORD "correct horse battery"
#define PAGE     "X-Slipway-Page: 1\r\n"
/* of PASSWORD, at costs that a test can pay again and again */
#define CHEAP_HASH                                                                                 \
	"scrypt$4$1$1$00000000000000000000000000000000$"                                           \
	"284d4cc5d4820e7f682d72476ae26e0e30063d12bca3b7ef6c2255524b6c9ca9"

static struct server_bench bench;

/* ---- a browser ------------------------------------------------------------------------------- */

static struct {
	int status;
	char cookie[256]; /* the whole of Set-Cookie, "" when there was none */
	char code[80];
	json_t *body;
} reply;

/* in: headers: whole lines, or "" */
static int browser(const char *method, const char *path, const char *headers, const char *body)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX};
	struct err err = ERR_INIT;
	static char text[256 * 1024];
	size_t n = 0;
	ssize_t got = 0;

	(void)str_copy(sa.sun_path, sizeof(sa.sun_path), bench.front);
	autoclose int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
	autofree char *ask = xasprintf(
		"%s %s HTTP/1.1\r\nHost: slipway\r\nConnection: close\r\nX-Slipway-Listener: "
		"tls\r\n%s%sContent-Length: %zu\r\n\r\n%s",
		method, path, headers, body ? "Content-Type: application/json\r\n" : "",
		body ? strlen(body) : 0, body ? body : "");
	assert_int_equal(file_write_all(fd, ask, strlen(ask), &err), 0);
	while ((got = read(fd, text + n, sizeof(text) - 1 - n)) > 0)
		n += (size_t)got;
	text[n] = '\0';
	const char *cookie = strstr(text, "\r\nSet-Cookie: "), *end = strstr(text, "\r\n\r\n");
	assert_non_null(end);
	reply.status = (int)strtol(text + strlen("HTTP/1.1 "), NULL, 10);
	reply.cookie[0] = '\0';
	if (cookie)
		(void)snprintf(reply.cookie, sizeof(reply.cookie), "%.*s",
			       (int)strcspn(cookie + 14, "\r"), cookie + 14);
	json_decref(reply.body);
	reply.body = json_loads(end + 4, 0, NULL);
	const char *code = json_string_value(json_object_get(reply.body, "code"));
	(void)str_copy(reply.code, sizeof(reply.code), code ? code : "");
	return reply.status;
}

/* From an address of its own, as guesses are counted by address. */
static int sign_in_from(const char *address, const char *name, const char *password)
{
	autofree char *from = xasprintf("X-Real-IP: %s\r\n", address);
	autofree char *body = xasprintf("{\"name\":\"%s\",\"password\":\"%s\"}", name, password);

	return browser("POST", "/api/v1/sign-in", from, body);
}

/* The header that the browser sends from then on; the caller frees. */
static char *cookie_line(void)
{
	return xasprintf("Cookie: theme=dark; %.*s\r\n", (int)strcspn(reply.cookie, ";"),
			 reply.cookie);
}

static char *signed_in(const char *name)
{
	assert_int_equal(sign_in_from("198.18.0.1", name, PASSWORD), 201);
	return cookie_line();
}

static int as_page(const char *cookie, const char *method, const char *path, const char *body)
{
	autofree char *headers = xasprintf("%s" PAGE, cookie);

	return browser(method, path, headers, body);
}

static void make_user(const char *name, const char *role)
{
	autofree char *body = xasprintf("{\"name\":\"%s\",\"role\":\"%s\"}", name, role);

	assert_int_equal(server_bench_admin(&bench, "POST", "/api/v1/users", body), 201);
}

static int setup(void **state)
{
	static const char *const roles[] = {"viewer", "technician", "operator", "admin"};

	(void)state;
	server_bench_open(&bench);
	make_user("Anna", "operator");
	make_user("ben", "operator");
	make_user("boss", "admin");
	make_user("dora", "viewer");
	for (size_t i = 0; i < ARRAY_LEN(roles); i++)
		make_user(roles[i], roles[i]);
	server_bench_sql(&bench, "UPDATE account SET password = '" CHEAP_HASH "'");
	make_user("emil", "viewer"); /* signs in by links alone */
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	json_decref(reply.body);
	reply.body = NULL;
	server_bench_close(&bench);
	return 0;
}

static long count(const char *sql)
{
	return server_bench_number(&bench, sql);
}

/* ---- in and out ------------------------------------------------------------------------------ */

static void test_in_and_out(void **state)
{
	(void)state;
	autofree char *cookie = signed_in("ANNA");
	static const char *const parts[] = {
		"__Host-slipway=sls_", "; Path=/",          "; Secure",
		"; HttpOnly",          "; SameSite=Strict", "; Max-Age="};
	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		CHECK(parts[i], strstr(reply.cookie, parts[i]));
	CHECK("no domain: other hosts do not get it", !strstr(reply.cookie, "Domain"));
	assert_int_equal(browser("GET", "/api/v1/me", cookie, NULL), 200);
	assert_string_equal(json_string_value(json_object_get(reply.body, "name")), "user:anna");
	assert_string_equal(json_string_value(json_object_get(reply.body, "owner")), "anna");
	assert_string_equal(json_string_value(json_object_get(reply.body, "role")), "operator");
	server_bench_crash(&bench);
	CHECK_INT("after a restart", browser("GET", "/api/v1/hosts", cookie, NULL), 200);
	CHECK_INT("out", as_page(cookie, "POST", "/api/v1/sign-out", NULL), 204);
	CHECK("the cookie goes", strstr(reply.cookie, "__Host-slipway=; "));
	CHECK_INT("it opens nothing", browser("GET", "/api/v1/hosts", cookie, NULL), 401);
	assert_string_equal(reply.code, "auth.token");
}

static void test_idle(void **state)
{
	(void)state;
	autofree char *cookie = signed_in("anna");
	server_bench_advance(&bench, 11 * 3600 * 1000L);
	CHECK_INT("after a shift", browser("GET", "/api/v1/me", cookie, NULL), 200);
	server_bench_advance(&bench, 13 * 3600 * 1000L);
	CHECK_INT("the next day", browser("GET", "/api/v1/me", cookie, NULL), 401);
}

/* What a page of another port or site can make the browser send carries the cookie at most. */
static void test_changes_need_our_page(void **state)
{
	(void)state;
	autofree char *cookie = signed_in("anna");
	CHECK_INT("without the header", browser("POST", "/api/v1/stop-all", cookie, "{}"), 403);
	assert_string_equal(reply.code, "auth.origin");
	autofree char *foreign = xasprintf("%s" PAGE "Origin: https://evil.example\r\n", cookie);
	CHECK_INT("of another site", browser("POST", "/api/v1/stop-all", foreign, "{}"), 403);
	assert_string_equal(reply.code, "auth.origin");
	assert_int_equal(count("SELECT count(*) FROM flow_setting WHERE key = 'stopped' AND "
			       "value = '1'"),
			 0);
	CHECK_INT("of the page",
		  as_page(cookie, "POST", "/api/v1/stop-all", "{\"reason\":\"a test\"}"), 200);
	CHECK_INT("the log has the person's name",
		  count("SELECT count(*) FROM audit WHERE who = 'user:anna' AND path = "
			"'/api/v1/stop-all' AND status = 200"),
		  1);
}

static void test_wrong_ones(void **state)
{
	static const struct {
		const char *name, *body;
		int status;
		const char *code;
	} rows[] = {
		{"a wrong password", "{\"name\":\"anna\",\"password\":\"wrong horse battery\"}",
		 401, "auth.password"},
		{"nobody", "{\"name\":\"carl\",\"password\":\"" PASSWORD "\"}", 401,
		 "auth.password"},
		{"no password", "{\"name\":\"anna\"}", 400, "input.invalid"},
		{"an empty password", "{\"name\":\"anna\",\"password\":\"\"}", 400,
		 "input.invalid"},
		{"nothing", "{}", 400, "input.invalid"},
		{"a link that nobody made", "{\"link\":\"sll_1\"}", 401, "auth.password"},
		{"all of it", "{\"name\":\"a\",\"password\":\"" PASSWORD "\",\"link\":\"sll_1\"}",
		 400, "input.invalid"},
		{"a list", "[]", 400, "input.field.type"},
		{"a disabled account", "{\"name\":\"dora\",\"password\":\"" PASSWORD "\"}", 401,
		 "auth.password"},
		{"an account without a password",
		 "{\"name\":\"emil\",\"password\":\"" PASSWORD "\"}", 401, "auth.password"},
	};
	(void)state;
	assert_int_equal(
		server_bench_admin(&bench, "PATCH", "/api/v1/users/dora", "{\"disabled\":true}"),
		200);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CHECK_INT(rows[i].name,
			  browser("POST", "/api/v1/sign-in", "X-Real-IP: 198.18.0.2\r\n",
				  rows[i].body),
			  rows[i].status);
		CHECK_STR(rows[i].name, reply.code, rows[i].code);
		CHECK_STR(rows[i].name, reply.cookie, "");
	}
	CHECK_INT("nobody is signed in", count("SELECT count(*) FROM account_session"), 0);
	CHECK_INT("the log has who was tried",
		  count("SELECT count(*) FROM audit WHERE who = 'nobody as anna' AND status = 401 "
			"AND reason LIKE 'auth.password%'"),
		  1);
}

/* ---- another password for oneself ----------------------------------------------------------- */

#define NEXT "staple battery horse"

static void test_own_password(void **state)
{
	static const struct {
		const char *name, *body;
		int status;
		const char *pointer;
	} rows[] = {
		{"a wrong current one",
		 "{\"current\":\"wrong horse battery\",\"password\":\"" NEXT "\"}", 400,
		 "/current"},
		{"a short next one", "{\"current\":\"" PASSWORD "\",\"password\":\"short\"}", 400,
		 "/password"},
		{"no next one", "{\"current\":\"" PASSWORD "\"}", 400, "/password"},
		{"no current one", "{\"password\":\"" NEXT "\"}", 400, "/current"},
		{"a role beside it",
		 "{\"current\":\"" PASSWORD "\",\"password\":\"" NEXT "\",\"role\":\"admin\"}", 400,
		 "/role"},
	};
	(void)state;
	autofree char *elsewhere = signed_in("ben");
	autofree char *cookie = signed_in("ben");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CHECK_INT(rows[i].name,
			  as_page(cookie, "POST", "/api/v1/me/password", rows[i].body),
			  rows[i].status);
		const char *pointer = json_string_value(json_object_get(reply.body, "pointer"));
		CHECK_STR(rows[i].name, pointer ? pointer : "", rows[i].pointer);
	}
	const char *good = "{\"current\":\"" PASSWORD "\",\"password\":\"" NEXT "\"}";
	CHECK_INT("without the page's header", browser("POST", "/api/v1/me/password", cookie, good),
		  403);
	CHECK_INT("still the old one", sign_in_from("198.18.0.9", "ben", PASSWORD), 201);
	CHECK_INT("changed", as_page(cookie, "POST", "/api/v1/me/password", good), 200);
	autofree char *next = cookie_line();
	CHECK_INT("this browser stays signed in", browser("GET", "/api/v1/me", next, NULL), 200);
	CHECK_INT("no other does", browser("GET", "/api/v1/me", elsewhere, NULL), 401);
	CHECK_INT("nor does the old cookie", browser("GET", "/api/v1/me", cookie, NULL), 401);
	CHECK_INT("the old one is gone", sign_in_from("198.18.0.9", "ben", PASSWORD), 401);
	CHECK_INT("the next one opens", sign_in_from("198.18.0.9", "ben", NEXT), 201);
	CHECK_INT("the log has no digest of it",
		  count("SELECT count(*) FROM audit WHERE path = '/api/v1/me/password' AND who = "
			"'user:ben' AND status = 200 AND body_sha256 = ''"),
		  1);
}

/* A token is not a person, and who has no password may not make one of a sign-in by a link. */
static void test_no_own_password(void **state)
{
	const char *body = "{\"current\":\"" PASSWORD "\",\"password\":\"" NEXT "\"}";

	(void)state;
	assert_int_equal(server_bench_admin(&bench, "POST", "/api/v1/me/password", body), 403);
	assert_int_equal(server_bench_admin(&bench, "POST", "/api/v1/users/emil/links", NULL), 201);
	const char *url = json_string_value(json_object_get(bench.reply, "url"));
	autofree char *link = xasprintf("{\"link\":\"%s\"}", strstr(url, "sll_"));
	CHECK_INT("by a link", browser("POST", "/api/v1/sign-in", "", link), 201);
	autofree char *cookie = cookie_line();
	CHECK_INT("an account of links", as_page(cookie, "POST", "/api/v1/me/password", body), 403);
	CHECK_STR("an account of links", reply.code, "guard.person");
}

static void test_own_password_guesses(void **state)
{
	int limited = 0;

	(void)state;
	autofree char *cookie = signed_in("anna");
	for (int i = 0; i < 14; i++)
		limited += as_page(cookie, "POST", "/api/v1/me/password",
				   "{\"current\":\"wrong horse battery\",\"password\":\"" NEXT
				   "\"}") == 429;
	CHECK("guesses at one's own are slowed, too", limited >= 3);
}

/* ---- guesses --------------------------------------------------------------------------------- */

static void test_guesses_are_slowed(void **state)
{
	int limited = 0;

	(void)state;
	for (int i = 0; i < 14; i++)
		limited += browser("POST", "/api/v1/sign-in", "X-Real-IP: 203.0.113.7\r\n",
				   "{\"link\":\"sll_1\"}") == 429;
	CHECK("by address", limited >= 3);
	CHECK_INT("another address is not", sign_in_from("203.0.113.8", "anna", PASSWORD), 201);
	limited = 0;
	for (int i = 0; i < 14; i++) { /* one account, however it is written */
		static const char *const names[] = {"anna", "Anna", "ANNA", "aNnA"};
		autofree char *address = xasprintf("198.18.7.%d", i);
		limited += sign_in_from(address, names[i % 4], "wrong horse battery") == 429;
	}
	CHECK("by account, from many addresses", limited >= 3);
	CHECK_INT("shut out", sign_in_from("198.18.8.1", "anna", PASSWORD), 429);
	assert_int_equal(server_bench_admin(&bench, "POST", "/api/v1/users/anna/links", NULL), 201);
	const char *url = json_string_value(json_object_get(bench.reply, "url"));
	autofree char *body = xasprintf("{\"link\":\"%s\"}", strstr(url, "sll_"));
	CHECK_INT("but for a link", browser("POST", "/api/v1/sign-in", "", body), 201);
	server_bench_advance(&bench, 60 * 1000);
	CHECK_INT("for a while", sign_in_from("198.18.8.1", "anna", PASSWORD), 201);
}

/* ---- links ----------------------------------------------------------------------------------- */

static void test_links(void **state)
{
	(void)state;
	assert_int_equal(server_bench_admin(&bench, "POST", "/api/v1/users/anna/links", NULL), 201);
	const char *url = json_string_value(json_object_get(bench.reply, "url"));
	CHECK("the code stands behind '#'", strstr(url, "/#/link/sll_"));
	CHECK("it leads to the page", str_starts(url, "https://"));
	autofree char *body = xasprintf("{\"link\":\"%s\"}", strstr(url, "sll_"));
	autofree char *rehearsal = xasprintf("/api/v1/sign-in?dry_run=true");
	CHECK_INT("a rehearsal", browser("POST", rehearsal, "", body), 201);
	CHECK_STR("signs nobody in", reply.cookie, "");
	CHECK_INT("once", browser("POST", "/api/v1/sign-in", "", body), 201);
	autofree char *cookie = cookie_line();
	CHECK_INT("signed in", browser("GET", "/api/v1/hosts", cookie, NULL), 200);
	CHECK_INT("not twice", browser("POST", "/api/v1/sign-in", "", body), 401);
}

/* ---- roles ----------------------------------------------------------------------------------- */

/* Each role's scopes are a subset of the next one's; a route refuses what is not among them. */
static void test_roles(void **state)
{
	static const struct {
		const char *role;
		const char *may[8];
		int users, stop, edit;
	} rows[] = {
		{"viewer", {"read"}, 403, 403, 403},
		{"technician", {"read", "approve", "inventory"}, 403, 403, 201},
		{"operator",
		 {"read", "approve", "arm", "erase", "image:import", "inventory"},
		 403,
		 200,
		 201},
		{"admin",
		 {"read", "approve", "arm", "erase", "image:import", "inventory", "admin", "audit"},
		 200,
		 200,
		 201},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const char *role = rows[i].role;
		size_t n = 0;
		autofree char *cookie = signed_in(role);
		const json_t *scopes = json_object_get(reply.body, "scopes");
		for (; n < ARRAY_LEN(rows[i].may) && rows[i].may[n]; n++) {
			const char *word = json_string_value(json_array_get(scopes, n));
			CHECK_STR(role, word ? word : "", rows[i].may[n]);
		}
		CHECK_INT(role, json_array_size(scopes), n);
		CHECK_INT(role, browser("GET", "/api/v1/users", cookie, NULL), rows[i].users);
		CHECK_INT(role, as_page(cookie, "POST", "/api/v1/stop-all", "{\"reason\":\"t\"}"),
			  rows[i].stop);
		autofree char *sku = xasprintf("{\"name\":\"%s\",\"contents\":{\"cores\":8}}",
					       role);
		CHECK_INT(role, as_page(cookie, "POST", "/api/v1/skus", sku), rows[i].edit);
	}
}

/* ---- accounts -------------------------------------------------------------------------------- */

static void test_only_root_makes_people(void **state)
{
	static const struct {
		const char *name, *method, *path, *body;
		int status;
	} rows[] = {
		{"make", "POST", "/api/v1/users", "{\"name\":\"me2\",\"role\":\"admin\"}", 403},
		{"make, with a password", "POST", "/api/v1/users",
		 "{\"name\":\"me2\",\"role\":\"admin\",\"password\":\"" PASSWORD "\"}", 403},
		{"password", "PATCH", "/api/v1/users/anna",
		 "{\"password\":\"another horse battery\"}", 403},
		{"role", "PATCH", "/api/v1/users/anna", "{\"role\":\"admin\"}", 403},
		{"link", "POST", "/api/v1/users/anna/links", "{}", 403},
		{"enable", "PATCH", "/api/v1/users/anna", "{\"disabled\":false}", 403},
		{"disable", "PATCH", "/api/v1/users/anna", "{\"disabled\":true}", 200},
	};
	(void)state;
	autofree char *annas = signed_in("anna");
	autofree char *cookie = signed_in("boss");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CHECK_INT(rows[i].name, as_page(cookie, rows[i].method, rows[i].path, rows[i].body),
			  rows[i].status);
		if (rows[i].status == 403)
			CHECK_STR(rows[i].name, reply.code, "guard.person");
	}
	CHECK_INT("disabled: signed out", browser("GET", "/api/v1/me", annas, NULL), 401);
	CHECK_INT("nobody new", count("SELECT count(*) FROM account WHERE name = 'me2'"), 0);
}

static void test_refused_accounts(void **state)
{
	static const struct {
		const char *name, *body;
		int status;
		const char *pointer;
	} rows[] = {
		{"a short password", "{\"name\":\"b\",\"role\":\"viewer\",\"password\":\"short\"}",
		 400, "/password"},
		{"the name as a password",
		 "{\"name\":\"bartholomew-x\",\"role\":\"viewer\",\"password\":\"Bartholomew-X\"}",
		 400, "/password"},
		{"no such role", "{\"name\":\"b\",\"role\":\"king\"}", 400, "/role"},
		{"a role of programs", "{\"name\":\"b\",\"role\":\"operate\"}", 400, "/role"},
		{"a scope", "{\"name\":\"b\",\"role\":\"arm\"}", 400, "/role"},
		{"two roles", "{\"name\":\"b\",\"role\":\"viewer admin\"}", 400, "/role"},
		{"a blank in the name", "{\"name\":\"b c\",\"role\":\"viewer\"}", 400, "/name"},
		{"a name that is taken", "{\"name\":\"ANNA\",\"role\":\"viewer\"}", 409, ""},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CHECK_INT(rows[i].name,
			  server_bench_admin(&bench, "POST", "/api/v1/users", rows[i].body),
			  rows[i].status);
		const char *pointer = json_string_value(json_object_get(bench.reply, "pointer"));
		CHECK_STR(rows[i].name, pointer ? pointer : "", rows[i].pointer);
	}
}

/* Neither the store nor the audit log holds what a password could be guessed by quickly: the log
 * keeps a digest of every other body. */
static void test_no_digest_of_a_password(void **state)
{
	(void)state;
	assert_int_equal(server_bench_admin(&bench, "POST", "/api/v1/users",
					    "{\"name\":\"fred\",\"role\":\"viewer\",\"password\":"
					    "\"" PASSWORD "\"}"),
			 201);
	autofree char *cookie = signed_in("fred");
	CHECK_INT("sign-in and account are in the log",
		  count("SELECT count(*) FROM audit WHERE path IN ('/api/v1/users', "
			"'/api/v1/sign-in') AND status = 201"),
		  11);
	CHECK_INT("without a digest",
		  count("SELECT count(*) FROM audit WHERE path IN ('/api/v1/users', "
			"'/api/v1/sign-in') AND body_sha256 <> ''"),
		  0);
	CHECK_INT("scrypt", count("SELECT count(*) FROM account WHERE password LIKE 'scrypt$15$%'"),
		  1);
}

/* ---- two people ------------------------------------------------------------------------------ */

static int decide(const char *cookie, const char *id)
{
	autofree char *path = xasprintf("/api/v1/orders/%s/approve", id);

	return as_page(cookie, "POST", path, "{}");
}

static void test_two_people(void **state)
{
	struct fake_agent a;
	char token[80];

	(void)state;
	assert_int_equal(server_bench_admin(&bench, "POST", "/api/v1/profiles", profile_by_hand),
			 201);
	walk_to_discovered(&bench, &a, "S1", MAC_A);
	server_bench_sql(&bench, "UPDATE host SET state = 'ready'");
	server_bench_sql(&bench, "UPDATE host SET state = 'in-service'");
	server_bench_token(&bench, "annas", "Anna", "\"read\",\"arm\",\"approve\"", token,
			   sizeof(token));
	autofree char *anna = signed_in("anna"), *ben = signed_in("ben");
	autofree char *path = xasprintf("/api/v1/hosts/%s/release", a.host_id);
	autofree char *body = xasprintf("{\"in_service\":\"%s\"}", a.short_code);
	assert_int_equal(as_page(anna, "POST", path, body), 202);
	const json_t *order = json_object_get(reply.body, "order");
	autofree char *id = xstrdup(json_string_value(json_object_get(order, "id")));
	autofree char *approve = xasprintf("/api/v1/orders/%s/approve", id);
	CHECK_INT("herself", decide(anna, id), 403);
	CHECK_STR("herself", reply.code, "guard.second_person");
	CHECK_INT("her token", server_bench_as(&bench, token, "POST", approve, "{}"), 403);
	CHECK_STR("her token", bench.code, "guard.second_person");
	CHECK_INT("another person", decide(ben, id), 200);
	fake_agent_done(&a);
}

/* An order of somebody who may no longer sign in is not carried out. */
static void test_order_of_a_disabled_account(void **state)
{
	struct fake_agent a;

	(void)state;
	assert_int_equal(server_bench_admin(&bench, "POST", "/api/v1/profiles", profile_by_hand),
			 201);
	walk_to_discovered(&bench, &a, "S1", MAC_A);
	server_bench_sql(&bench, "UPDATE host SET state = 'in-service'");
	autofree char *anna = signed_in("anna"), *ben = signed_in("ben");
	autofree char *path = xasprintf("/api/v1/hosts/%s/release", a.host_id);
	autofree char *body = xasprintf("{\"in_service\":\"%s\"}", a.short_code);
	assert_int_equal(as_page(anna, "POST", path, body), 202);
	const json_t *order = json_object_get(reply.body, "order");
	autofree char *id = xstrdup(json_string_value(json_object_get(order, "id")));
	assert_int_equal(
		server_bench_admin(&bench, "PATCH", "/api/v1/users/anna", "{\"disabled\":true}"),
		200);
	CHECK_INT("too late", decide(ben, id), 409);
	CHECK_STR("too late", reply.code, "order.over");
	fake_agent_done(&a);
}

/* Who is shut out does not come in by a token either, nor decide as a second person by one. */
static void test_tokens_of_a_disabled_account(void **state)
{
	char token[80], other[80];

	(void)state;
	server_bench_token(&bench, "annas", "Anna", "\"read\"", token, sizeof(token));
	server_bench_token(&bench, "bens", "ben", "\"read\"", other, sizeof(other));
	CHECK_INT("before", server_bench_as(&bench, token, "GET", "/api/v1/me", NULL), 200);
	assert_int_equal(
		server_bench_admin(&bench, "PATCH", "/api/v1/users/anna", "{\"disabled\":true}"),
		200);
	CHECK_INT("hers", server_bench_as(&bench, token, "GET", "/api/v1/me", NULL), 401);
	CHECK_STR("hers", bench.code, "auth.token");
	CHECK_INT("another's", server_bench_as(&bench, other, "GET", "/api/v1/me", NULL), 200);
	assert_int_equal(
		server_bench_admin(&bench, "PATCH", "/api/v1/users/anna", "{\"disabled\":false}"),
		200);
	CHECK_INT("enabled again", server_bench_as(&bench, token, "GET", "/api/v1/me", NULL), 200);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(test_in_and_out),
		T(test_idle),
		T(test_own_password),
		T(test_no_own_password),
		T(test_own_password_guesses),
		T(test_changes_need_our_page),
		T(test_wrong_ones),
		T(test_guesses_are_slowed),
		T(test_links),
		T(test_roles),
		T(test_only_root_makes_people),
		T(test_refused_accounts),
		T(test_no_digest_of_a_password),
		T(test_two_people),
		T(test_order_of_a_disabled_account),
		T(test_tokens_of_a_disabled_account),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("sign-in", tests, NULL, NULL);
}
