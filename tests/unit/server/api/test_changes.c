/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Everything that people may change through the API, walked from the daemon's own route tables: a
 * route that is not in the list here fails the test. Each is tried as a rehearsal (which must leave
 * no trace), as an order (whose audit entry must be there), and again with its key. Then every
 * member of every body is given as the wrong type.
 */
#include "tests/harness/check.h"

#include <base/clock.h>
#include <base/json.h>
#include <base/str.h>
#include <server/api/write.h>
#include <server/api/openapi_body.h>
#include <server/routes.h>
#include "tests/harness/host_walk.h"

static struct server_bench bench;
static struct fake_agent one, two, broken;
static char fault_id[64];
static char plan[128]; /* "plan_hash" of the last rehearsal that had one, as a member */

#define ORDER_ID "6f0a3e2e-0000-4000-8000-000000000001"

#define PROFILE                                                                                    \
	"{\"name\":\"p\",\"priority\":1,\"match\":{\"serial\":\"*\"},\"enrol\":true,"              \
	"\"image\":{\"line\":\"debian12\"}}"
#define DISK "\"disk\":{\"serial\":\"DISK-00:01\"}"

/* In order. ONE, TWO, FAULT stand for ids. state: what host ONE is in before. */
static const struct {
	const char *method, *pattern, *state, *path, *body;
	int status;
} rows[] = {
	{"POST", "/api/v1/profiles", NULL, NULL, PROFILE, 201},
	{"POST", "/api/v1/hosts/{id}/approve", NULL, "/api/v1/hosts/ONE/approve",
	 "{\"reason\":\"a test\"}", 200},
	{"POST", "/api/v1/hosts/{id}/arm", NULL, "/api/v1/hosts/ONE/arm",
	 "{\"image\":\"debian12@1\"," DISK ",\"reason\":\"a test\"}", 201},
	{"POST", "/api/v1/hosts/arm", NULL, NULL,
	 "{\"image\":\"debian12@1\",PLAN\"hosts\":[{\"id\":\"ONE\"," DISK "}]}", 201},
	{"POST", "/api/v1/orders/{id}/approve", NULL, "/api/v1/orders/ORDER/approve", "{}", 403},
	{"POST", "/api/v1/orders/{id}/refuse", NULL, "/api/v1/orders/ORDER/refuse",
	 "{\"note\":\"no\"}", 200},
	{"POST", "/api/v1/hosts/{id}/retry", "failed", "/api/v1/hosts/ONE/retry", "{}", 200},
	{"POST", "/api/v1/hosts/{id}/release", "ready", "/api/v1/hosts/ONE/release",
	 "{\"in_service\":\"ONE\"}", 200},
	{"POST", "/api/v1/hosts/{id}/maintain", "ready", "/api/v1/hosts/ONE/maintain", "{}", 200},
	{"POST", "/api/v1/hosts/{id}/erase", "ready", "/api/v1/hosts/ONE/erase",
	 "{" DISK ",\"reason\":\"a test\"}", 201},
	{"PATCH", "/api/v1/hosts/{id}", NULL, "/api/v1/hosts/ONE",
	 "{\"name\":\"web-1\",\"unit\":3}", 200},
	{"POST", "/api/v1/hosts/bulk", NULL, NULL,
	 "{\"items\":[{\"host\":\"ONE\",\"set\":{\"rack\":\"r1\"}}]}", 200},
	{"POST", "/api/v1/hosts/{id}/learn-sku", NULL, "/api/v1/hosts/ONE/learn-sku",
	 "{\"name\":\"learnt\"}", 201},
	{"POST", "/api/v1/skus", NULL, NULL, "{\"name\":\"s\",\"contents\":{\"cores\":8}}", 201},
	{"POST", "/api/v1/deliveries", NULL, NULL,
	 "{\"name\":\"d\",\"hosts\":[{\"serial\":\"SN-9\"}]}", 201},
	{"POST", "/api/v1/locations", NULL, NULL, "{\"rack\":\"r1\",\"unit\":1}", 201},
	{"POST", "/api/v1/fields", NULL, NULL,
	 "{\"object\":\"hosts\",\"name\":\"cost_centre\",\"type\":\"text\"}", 201},
	{"DELETE", "/api/v1/fields/{object}/{name}", NULL, "/api/v1/fields/hosts/cost_centre", NULL,
	 204},
	{"PATCH", "/api/v1/deliveries/{id}", NULL, "/api/v1/deliveries/d",
	 "{\"vendor\":\"Acme\",\"due\":\"2026-12-01T00:00:00Z\",\"custom\":{\"price\":5}}", 200},
	{"PATCH", "/api/v1/skus/{id}", NULL, "/api/v1/skus/s", "{\"note\":\"n\"}", 200},
	{"PATCH", "/api/v1/parts/{id}", NULL, "/api/v1/parts/PART", "{\"custom\":{\"price\":5}}",
	 200},
	{"POST", "/api/v1/parts", NULL, NULL,
	 "{\"type\":\"drive\",\"Manufacturer\":\"Acme\",\"SerialNumber\":\"D-9\",\"custom\":{"
	 "\"shelf\":\"S3\"}}",
	 201},
	{"DELETE", "/api/v1/parts/{id}", NULL, "/api/v1/parts/PART", NULL, 204},
	{"PATCH", "/api/v1/locations/{id}", NULL, "/api/v1/locations/LOCATION",
	 "{\"switch\":\"sw1\",\"custom\":{\"watts_budget\":700}}", 200},
	{"DELETE", "/api/v1/locations/{id}", NULL, "/api/v1/locations/LOCATION", NULL, 204},
	{"DELETE", "/api/v1/deliveries/{id}", NULL, "/api/v1/deliveries/d", NULL, 409},
	{"DELETE", "/api/v1/skus/{id}", NULL, "/api/v1/skus/s", NULL, 204},
	{"POST", "/api/v1/hosts/{id}/faults", NULL, "/api/v1/hosts/ONE/faults",
	 "{\"action\":\"replace the latch\",\"slot\":\"bay 3\",\"part_type\":\"drive\"}", 201},
	{"PATCH", "/api/v1/faults/{id}", NULL, "/api/v1/faults/FAULT",
	 "{\"rma\":\"RMA-7\",\"note\":\"part is on its way\"}", 200},
	{"POST", "/api/v1/faults/{id}/close", NULL, "/api/v1/faults/FAULT/close",
	 "{\"note\":\"new DIMM\"}", 200},
	{"POST", "/api/v1/hosts/{id}/accept", NULL, "/api/v1/hosts/TWO/accept", "{}", 409},
	{"POST", "/api/v1/hosts/{id}/split", NULL, "/api/v1/hosts/TWO/split",
	 "{\"values\":[\"52:54:00:00:00:02\"]}", 201},
	{"POST", "/api/v1/hosts/{id}/merge", NULL, "/api/v1/hosts/TWO/merge", "{\"into\":\"ONE\"}",
	 200},
	{"POST", "/api/v1/hosts/{id}/retire", "ready", "/api/v1/hosts/ONE/retire", "{}", 200},
	{"POST", "/api/v1/hosts/{id}/serve", "ready", "/api/v1/hosts/ONE/serve", NULL, 200},
	{"POST", "/api/v1/webhooks", NULL, NULL,
	 "{\"name\":\"h\",\"url\":\"http://10.99.0.77:9/\",\"secret\":\"0123456789abcdef\"}", 201},
	{"POST", "/api/v1/webhooks/{id}/redeliver", NULL, "/api/v1/webhooks/HOOK/redeliver", NULL,
	 202},
	{"DELETE", "/api/v1/webhooks/{id}", NULL, "/api/v1/webhooks/HOOK", NULL, 204},
	{"POST", "/api/v1/tokens", NULL, NULL, "{\"name\":\"t\",\"scopes\":[\"read\"]}", 201},
	{"DELETE", "/api/v1/tokens/{id}", NULL, "/api/v1/tokens/TOKEN", NULL, 204},
	{"POST", "/api/v1/users", NULL, NULL, "{\"name\":\"ann\",\"role\":\"viewer\"}", 201},
	{"PATCH", "/api/v1/users/{name}", NULL, "/api/v1/users/ann", "{\"disabled\":false}", 200},
	{"POST", "/api/v1/users/{name}/links", NULL, "/api/v1/users/ann/links", NULL, 201},
	{"POST", "/api/v1/me/password", NULL, NULL, /* a good one: test_sign_in.c */
	 "{\"current\":\"0123456789abc\",\"password\":\"0123456789abcd\"}", 403},
	{"POST", "/api/v1/sign-out", NULL, NULL, NULL, 204},
	{"POST", "/api/v1/audit/checkpoints", NULL, NULL, NULL, 201},
	{"POST", "/api/v1/backups", NULL, NULL, NULL, 201},
	{"POST", "/api/v1/stop-all", NULL, NULL, "{\"reason\":\"a test\"}", 200},
	{"DELETE", "/api/v1/stop-all", NULL, NULL, NULL, 200},
	{"POST", "/api/v1/channel", NULL, NULL, /* a good one: test_latest.c */
	 "{\"payload\":\"e30=\",\"payload_type\":\"x\",\"signatures\":[]}", 422},
	{"DELETE", "/api/v1/images/{name}", NULL, "/api/v1/images/debian12@1", NULL, 204},
	{"DELETE", "/api/v1/profiles/{name}", NULL, "/api/v1/profiles/p", NULL, 204},
};

/* Audited in their own time, by a test with a real one. */
static const char *const elsewhere[] = {
	"POST /api/v1/images",      /* flow/api_safety.sh */
	"PUT /api/v1/uploads/{id}", /* flow/image_upload.sh */
	"DELETE /api/v1/uploads/{id}",
};

/* ---- helpers --------------------------------------------------------------------------------- */

/* A question that is too long for a URL is asked by POST and changes nothing. */
static bool is_change(const struct http_route *r)
{
	return r->scope > HTTP_SCOPE_AGENT && !str_eq(r->method, "GET") && !r->is_question;
}

/* TEXT with the words of the table replaced; the caller frees. */
static char *fill_in(const char *text)
{
	char hook[24], token[24], part[24], location[24];

	snprintf(hook, sizeof(hook), "%ld",
		 server_bench_number(&bench, "SELECT max(num) FROM webhook"));
	snprintf(token, sizeof(token), "%ld",
		 server_bench_number(&bench, "SELECT max(num) FROM token"));
	snprintf(part, sizeof(part), "%ld",
		 server_bench_number(&bench, "SELECT max(num) FROM part"));
	snprintf(location, sizeof(location), "%ld",
		 server_bench_number(&bench, "SELECT max(num) FROM location"));
	const struct {
		const char *word, *value;
	} words[] = {{"PART", part},       {"LOCATION", location}, {"ONE", one.host_id},
		     {"TWO", two.host_id}, {"FAULT", fault_id},    {"HOOK", hook},
		     {"TOKEN", token},     {"ORDER", ORDER_ID},    {"PLAN", plan}};
	struct str s;
	str_init(&s, 65536);
	while (text && *text) {
		size_t i = 0;
		while (i < ARRAY_LEN(words) && !str_starts(text, words[i].word))
			i++;
		if (i < ARRAY_LEN(words)) {
			str_add(&s, words[i].value);
			text += strlen(words[i].word);
		} else {
			str_addc(&s, *text++);
		}
	}
	return str_take(&s);
}

static long audit_rows(void)
{
	return server_bench_number(&bench, "SELECT count(*) FROM audit");
}

static long ticks(void)
{
	return server_bench_number(&bench, "SELECT last_id FROM fleet_clock");
}

static void set_state(const char *state)
{
	autofree char *sql = xasprintf("UPDATE host SET state = '%s' WHERE id = '%s'", state,
				       one.host_id);

	server_bench_sql(&bench, sql);
}

static void meet(struct fake_agent *a, const char *serial, const char *mac)
{
	walk_open(&bench, a, serial, mac);
	walk_inspect(&bench, a, NULL);
}

static int setup(void **state)
{
	(void)state;
	server_bench_open(&bench);
	assert_int_equal(server_bench_admin(&bench, "POST", "/api/v1/profiles", PROFILE), 201);
	meet(&one, "S1", "52:54:00:00:00:01");
	meet(&two, "S2", "52:54:00:00:00:02");
	fake_agent_boot(&broken, bench.front, "S3", "52:54:00:00:00:03");
	assert_int_equal(fake_agent_open(&broken), 201);
	assert_int_equal(fake_agent_next(&broken, 2, bench.plan_key), 200);
	assert_int_equal(fake_agent_step_failed(&broken, "burnin.fail"), 200);
	assert_int_equal(server_bench_admin(&bench, "GET", "/api/v1/faults", NULL), 200);
	const json_t *fault = json_array_get(json_object_get(bench.reply, "items"), 0);
	const char *id = json_string_value(json_object_get(fault, "id"));
	assert_non_null(id);
	(void)str_copy(fault_id, sizeof(fault_id), id);
	server_bench_sql(&bench, "INSERT INTO flow_order (num, id, work, host_num, host_count, "
				 "hosts, body, plan_hash, why, reason, who, owner, token_num, "
				 "created_us, expires_us, state, decided_by, decided_owner, note, "
				 "changed_us, revision) VALUES (1, '" ORDER_ID "', 'image', 1, 1, "
				 "'[]', '{}', '', 'hosts', '', 'token:t', 'ann', 1, 1, "
				 "9000000000000000, 'pending', '', '', '', 1, 1)");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	fake_agent_done(&one);
	fake_agent_done(&two);
	fake_agent_done(&broken);
	server_bench_close(&bench);
	return 0;
}

/* ---- every change ---------------------------------------------------------------------------- */

static bool is_listed(const struct http_route *r)
{
	autofree char *name = xasprintf("%s %s", r->method, r->pattern);

	for (size_t i = 0; i < ARRAY_LEN(elsewhere); i++)
		if (str_eq(elsewhere[i], name))
			return r->audits_itself;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (str_eq(rows[i].method, r->method) && str_eq(rows[i].pattern, r->pattern))
			return true;
	return false;
}

static void test_every_change_is_listed(void **state)
{
	size_t n = 0;

	(void)state;
	for (const struct http_table *t = routes_all(NULL); t->routes; t++)
		for (size_t i = 0; i < t->n; i++)
			if (is_change(&t->routes[i])) {
				CHECK(t->routes[i].pattern, is_listed(&t->routes[i]));
				n++;
			}
	assert_int_equal(n, ARRAY_LEN(rows) + ARRAY_LEN(elsewhere));
}

static void rehearse(const char *name, const char *method, const char *path, const char *body,
		     int wanted)
{
	autofree char *rehearsal = xasprintf("%s?dry_run=true", path);
	long before = ticks(), rows_before = audit_rows();
	int status = server_bench_admin(&bench, method, rehearsal, body);

	if (status / 100 != wanted / 100)
		fail_msg("row '%s': a rehearsal answers %d (%s)", name, status, bench.code);
	CHECK_INT(name, ticks(), before);
	CHECK_INT(name, audit_rows(), rows_before);
	const char *hash = json_string_value(json_object_get(bench.reply, "plan_hash"));
	if (hash)
		snprintf(plan, sizeof(plan), "\"plan_hash\":\"%s\",", hash);
}

/* If-Match is compared with the row, or refused: a client that sends it relies on it. */
static void refuse_another_revision(const char *name, const char *method, const char *path,
				    const char *body)
{
	long before = ticks();
	int status = server_bench_if(&bench, "\"r999999999\"", method, path, body);

	if (status != 412 && !(status == 400 && str_eq(bench.code, "input.invalid")))
		fail_msg("row '%s': another revision answers %d (%s)", name, status, bench.code);
	if (strstr(name, "/api/v1/hosts/{id}"))
		CHECK_INT(name, status, 412);
	CHECK(name, ticks() <= before + 1); /* the audit entry of the refusal */
}

/* The ETag that was read is taken by verbs, once. */
static void test_verbs_compare_the_revision(void **state)
{
	autofree char *path = fill_in("/api/v1/hosts/TWO"), *verb = NULL;
	char etag[40];

	(void)state;
	assert_int_equal(server_bench_admin(&bench, "GET", path, NULL), 200);
	long revision = (long)json_integer_value(json_object_get(bench.reply, "revision"));
	snprintf(etag, sizeof(etag), "\"r%ld-0123456789abcdef\"", revision);
	verb = xasprintf("%s/approve", path);
	assert_int_equal(server_bench_if(&bench, "\"r0\"", "POST", verb, "{}"), 412);
	assert_string_equal(bench.code, "state.revision");
	assert_int_equal(server_bench_if(&bench, "nonsense", "POST", verb, "{}"), 412);
	assert_int_equal(server_bench_if(&bench, etag, "POST", verb, "{}"), 200);
	assert_int_equal(server_bench_if(&bench, etag, "POST", verb, "{}"), 412);
}

/* Those that no walk of the others meets, and any value. */
static void test_what_compares_nothing_takes_no_revision(void **state)
{
	static const struct {
		const char *method, *path;
	} others[] = {{"POST", "/api/v1/webhooks"},
		      {"POST", "/api/v1/images"},
		      {"PUT", "/api/v1/uploads/u?offset=0"},
		      {"DELETE", "/api/v1/uploads/u"}};
	static const char *const values[] = {"*", "\"r1\""};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(others) * ARRAY_LEN(values); i++) {
		const char *value = values[i % ARRAY_LEN(values)];
		size_t at = i / ARRAY_LEN(values);
		const char *body = str_eq(others[at].method, "DELETE") ? NULL : "{}";

		CHECK_INT(others[at].path,
			  server_bench_if(&bench, value, others[at].method, others[at].path, body),
			  400);
		CHECK_STR(others[at].path, bench.code, "input.invalid");
	}
}

/* A token of a former one's name gets none of its answers, and is not refused for its keys. */
static void test_keys_are_a_token_s_own(void **state)
{
	static const char path[] = "/api/v1/skus";
	static const char body[] = "{\"name\":\"keyed\",\"contents\":{\"cores\":8}}";
	static const char other[] = "{\"name\":\"keyed2\",\"contents\":{\"cores\":8}}";
	char first[128], second[128];

	(void)state;
	server_bench_token(&bench, "ci", "", "\"inventory\"", first, sizeof(first));
	assert_int_equal(server_bench_keyed(&bench, first, "k", "POST", path, body), 201);
	long changed = ticks();
	assert_int_equal(server_bench_keyed(&bench, first, "k", "POST", path, body), 201);
	assert_int_equal(ticks(), changed);
	assert_int_equal(server_bench_keyed(&bench, first, "k", "POST", path, other), 422);
	autofree char *token = fill_in("/api/v1/tokens/TOKEN");
	assert_int_equal(server_bench_admin(&bench, "DELETE", token, NULL), 204);
	server_bench_token(&bench, "ci", "", "\"inventory\"", second, sizeof(second));
	assert_int_equal(server_bench_keyed(&bench, second, "k", "POST", path, other), 201);
}

/* The list of the operator's is empty here. */
static void test_webhooks_stay_away_from_us(void **state)
{
	static const char *const hosts[] = {"127.0.0.1:9", "[::1]", "169.254.169.254", "localhost"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(hosts); i++) {
		autofree char *body = xasprintf(
			"{\"name\":\"h\",\"url\":\"http://%s/\",\"secret\":\"0123456789abcdef\"}",
			hosts[i]);
		CHECK_INT(hosts[i], server_bench_admin(&bench, "POST", "/api/v1/webhooks", body),
			  422);
		CHECK_STR(hosts[i], bench.code, "webhook.address");
	}
}

static int64_t held_us;

static int64_t held(void *arg)
{
	(void)arg;
	return held_us;
}

/* Time stands still, so that no work is cut into slices, of which the first is audited, too. */
static int ask_in_one_slice(const char *method, const char *path, const char *body)
{
	static const struct clock still = {.boot_us = held, .wall_us = held};

	held_us = time_wall_us();
	clock_hold(&still);
	int status = server_bench_admin(&bench, method, path, body);
	clock_hold(NULL);
	return status;
}

static void test_every_change_is_audited(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		autofree char *name = xasprintf("%s %s", rows[i].method, rows[i].pattern);
		if (rows[i].state)
			set_state(rows[i].state);
		autofree char *path = fill_in(rows[i].path ? rows[i].path : rows[i].pattern);
		plan[0] = '\0';
		autofree char *unplanned = rows[i].body ? fill_in(rows[i].body) : NULL;
		refuse_another_revision(name, rows[i].method, path, unplanned);
		rehearse(name, rows[i].method, path, unplanned, rows[i].status);
		autofree char *body = rows[i].body ? fill_in(rows[i].body) : NULL;
		if (rows[i].state)
			set_state(rows[i].state);
		long before = audit_rows();
		int status = ask_in_one_slice(rows[i].method, path, body);
		if (status != rows[i].status)
			fail_msg("row '%s': %d (%s), not %d", name, status, bench.code,
				 rows[i].status);
		CHECK_INT(name, audit_rows(), before + 1);
		autofree char *sql = xasprintf(
			"SELECT count(*) FROM audit WHERE id = (SELECT max(id) FROM audit) AND "
			"method = '%s' AND path = '%s' AND status = %d AND who = 'admin'",
			rows[i].method, path, status);
		CHECK_INT(name, server_bench_number(&bench, sql), 1);
		if (body && strstr(body, "a test"))
			CHECK_INT(name,
				  server_bench_number(&bench,
						      "SELECT count(*) FROM audit WHERE id = "
						      "(SELECT max(id) FROM audit) AND reason = "
						      "'a test'"),
				  1);
	}
	assert_int_equal(server_bench_admin(&bench, "GET", "/api/v1/audit/check", NULL), 200);
	assert_true(json_is_true(json_object_get(bench.reply, "whole")));
}

/* What was refused is in the log, too, with the error's name, and has changed nothing else. */
static void test_refusals_are_audited(void **state)
{
	static const struct {
		const char *method, *path, *body;
		int status;
		const char *code;
	} refused[] = {
		{"POST", "/api/v1/hosts/ONE/arm",
		 "{\"image\":\"debian12@1\",\"disk\":{\"serial\":\"NOPE\"}}", 403,
		 "guard.disk.none"},
		{"POST", "/api/v1/hosts/ONE/serve", "{}", 409, "state.conflict"},
		{"PATCH", "/api/v1/hosts/ONE", "{\"state\":\"ready\"}", 400, "input.field.unknown"},
		{"DELETE", "/api/v1/profiles/nobody", NULL, 404, "system.not_found"},
		{"POST", "/api/v1/hosts/ONE/arm", "{\"image\":\"debian12@1\"," DISK "}", 201, ""},
		{"DELETE", "/api/v1/images/debian12@1", NULL, 409, "state.conflict"},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
		autofree char *path = fill_in(refused[i].path);
		long before = audit_rows();
		CHECK_INT(path,
			  server_bench_admin(&bench, refused[i].method, path, refused[i].body),
			  refused[i].status);
		CHECK_STR(path, bench.code, refused[i].code);
		CHECK_INT(path, audit_rows(), before + 1);
		autofree char *sql = xasprintf(
			"SELECT count(*) FROM audit WHERE id = (SELECT max(id) FROM audit) AND "
			"path = '%s' AND status = %d AND reason = '%s'",
			path, refused[i].status, refused[i].code);
		CHECK_INT(path, server_bench_number(&bench, sql), 1);
	}
}

/* ---- every member of every body -------------------------------------------------------------- */

static int ask_with(const struct http_route *r, json_t *body)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (!str_eq(rows[i].method, r->method) || !str_eq(rows[i].pattern, r->pattern))
			continue;
		autofree char *path = fill_in(rows[i].path ? rows[i].path : rows[i].pattern);
		autofree char *text = json_text(body);
		return server_bench_admin(&bench, r->method, path, text);
	}
	fail_msg("%s %s is not listed", r->method, r->pattern);
	return 0;
}

/* A body that its schema allows: every needed member, and no other. */
static json_t *least(const json_t *schema)
{
	const char *type = json_string_value(json_object_get(schema, "type"));

	if (str_eq(type, "object")) {
		json_t *out = json_object();
		size_t i;
		json_t *name;
		json_array_foreach (json_object_get(schema, "required"), i, name) {
			const char *key = json_string_value(name);
			(void)json_object_set_new(
				out, key,
				least(json_object_get(json_object_get(schema, "properties"), key)));
		}
		return out;
	}
	if (str_eq(type, "array"))
		return json_pack("[o]", least(json_object_get(schema, "items")));
	if (str_eq(type, "integer")) {
		int64_t n = json_integer_value(json_object_get(schema, "minimum"));
		return json_integer(n > 0 ? n : 1);
	}
	if (str_eq(type, "boolean"))
		return json_true();
	const json_t *word = json_array_get(json_object_get(schema, "enum"), 0);
	return word ? json_deep_copy(word) : json_string("0123456789abcdef");
}

/* A value of another type than the schema's. */
static json_t *wrong_for(const json_t *schema)
{
	const json_t *type = json_object_get(schema, "type");
	const char *name = json_string_value(json_is_array(type) ? json_array_get(type, 0) : type);

	return str_eq(name, "array") || str_eq(name, "object") ? json_string("wrong")
							       : json_pack("[]");
}

struct spoiling {
	const struct http_route *route;
	json_t *body;  /* the whole */
	json_t *inner; /* the object whose members are spoilt, inside the whole */
	char pointer[200];
	size_t n;
};

static void spoil_members(struct spoiling *s, const json_t *schema);

static void spoil_one(struct spoiling *s, const char *key, json_t *schema)
{
	json_t *before = json_incref(json_object_get(s->inner, key));
	autofree char *name = xasprintf("%s %s %s/%s", s->route->method, s->route->pattern,
					s->pointer, key);
	autofree char *pointer = xasprintf("%s/%s", s->pointer, key);

	(void)json_object_set_new(s->inner, key, wrong_for(schema));
	int status = ask_with(s->route, s->body);
	if (status != 400)
		fail_msg("%s: status %d (%s), not 400", name, status, bench.code);
	CHECK_STR(name, json_string_value(json_object_get(bench.reply, "pointer")), pointer);
	s->n++;
	/* deeper */
	if (json_object_get(schema, "properties")) {
		struct spoiling deeper = {.route = s->route, .body = s->body};
		snprintf(deeper.pointer, sizeof(deeper.pointer), "%s", pointer);
		deeper.inner = least(schema);
		(void)json_object_set_new(s->inner, key, deeper.inner);
		spoil_members(&deeper, schema);
		s->n += deeper.n;
	}
	if (before)
		(void)json_object_set_new(s->inner, key, before);
	else
		(void)json_object_del(s->inner, key);
}

static void spoil_members(struct spoiling *s, const json_t *schema)
{
	const char *key;
	json_t *one_schema;
	json_t *properties = json_object_get(schema, "properties");

	json_object_foreach (properties, key, one_schema)
		spoil_one(s, key, one_schema);
	/* and one that nobody knows */
	autofree char *pointer = xasprintf("%s/nobody_knows", s->pointer);
	(void)json_object_set_new(s->inner, "nobody_knows", json_true());
	CHECK_INT(s->route->pattern, ask_with(s->route, s->body), 400);
	CHECK_STR(s->route->pattern, bench.code, "input.field.unknown");
	CHECK_STR(s->route->pattern, json_string_value(json_object_get(bench.reply, "pointer")),
		  pointer);
	(void)json_object_del(s->inner, "nobody_knows");
}

static size_t spoil_body_of(const struct http_route *r)
{
	autojson json_t *schema = openapi_body(r);

	CHECK(r->pattern, json_is_object(json_object_get(schema, "properties")));
	CHECK(r->pattern, json_is_false(json_object_get(schema, "additionalProperties")));
	autojson json_t *body = least(schema);
	struct spoiling s = {.route = r, .body = body, .inner = body};
	spoil_members(&s, schema);
	return s.n;
}

/* J-09: wrong types for every field, and H-03: no field but those that are meant. */
static void test_bodies_are_what_is_described(void **state)
{
	size_t n = 0;

	(void)state;
	for (const struct http_table *t = routes_all(NULL); t->routes; t++)
		for (size_t i = 0; i < t->n; i++) {
			const struct http_route *r = &t->routes[i];
			if (is_change(r) && r->max_body_bytes && r->body == HTTP_BODY_MEMORY)
				n += spoil_body_of(r);
		}
	CHECK("members", n > 60);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_change_is_listed),
		T(test_webhooks_stay_away_from_us),
		T(test_verbs_compare_the_revision),
		T(test_what_compares_nothing_takes_no_revision),
		T(test_keys_are_a_token_s_own),
		T(test_every_change_is_audited),
		T(test_refusals_are_audited),
		T(test_bodies_are_what_is_described),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("changes", tests, NULL, NULL);
}
