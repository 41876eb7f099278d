/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a batch of an agent's events, the whole way: accepted, stored, and what is stored made
 * into the next plan. Nothing aborts, and the answers are UTF-8. The handlers are the real ones; the
 * HTTP seam is played here, and each input is taken back with the transaction that is around it.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <systemd/sd-event.h>
#include <string.h>
#include <unistd.h>
#include <base/file.h>
#include <base/json.h>
#include <base/limits.h>
#include <base/log.h>
#include <base/str.h>
#include <inventory/db.h>
#include <proto/plan.h>
#include <images/trust_root.h>
#include <server/flow/flow.h>
#include <server/flow/live.h>
#include <server/flow/quota.h>
#include <server/flow/sightings.h>
#include <server/http/http.h>
#include <server/session/session.h>

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n_bytes);

/* ---- the seam -------------------------------------------------------------------------------- */

struct http_request {
	char *body;
	size_t n_bytes;
	int64_t after;
	int status;
	char *answer; /* JSON text */
};

static struct flow flow;
static struct plan_key *public_key;
static char session_id[64];

void *http_context(const struct http_request *r)
{
	(void)r;
	return &flow;
}

const char *http_peer(const struct http_request *r)
{
	(void)r;
	return "192.0.2.7";
}

const char *http_param(const struct http_request *r, const char *name)
{
	(void)r;
	return str_eq(name, "id") ? session_id : "";
}

const char *http_client_key(const struct http_request *r)
{
	(void)r;
	return "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
}

const char *http_body(const struct http_request *r, size_t *ret_n_bytes)
{
	*ret_n_bytes = r->n_bytes;
	return r->body;
}

int http_query_only(const struct http_request *r, const char *const *names, struct err *err)
{
	(void)r;
	(void)names;
	(void)err;
	return 0;
}

int http_query_int(const struct http_request *r, const struct http_int *rule, int64_t *ret,
		   struct err *err)
{
	(void)err;
	*ret = str_eq(rule->name, "after") ? r->after : 0;
	return 0;
}

void http_reply_header(struct http_request *r, const char *name, const char *value)
{
	(void)r;
	(void)name;
	(void)value;
}

int http_reply_empty(struct http_request *r, int status)
{
	r->status = status;
	return 0;
}

int http_reply_json(struct http_request *r, int status, json_t *doc)
{
	r->status = status;
	free(r->answer);
	r->answer = json_text(doc);
	json_decref(doc);
	return 0;
}

int http_reply_text(struct http_request *r, int status, const char *content_type, char *body,
		    size_t n_bytes)
{
	(void)content_type;
	r->status = status;
	free(r->answer);
	r->answer = xstrndup(body, n_bytes);
	free(body);
	return 0;
}

struct http_server *http_request_server(const struct http_request *r)
{
	(void)r;
	return NULL;
}

unsigned http_waiting(const struct http_server *s, const char *topic)
{
	(void)s;
	(void)topic;
	return 0;
}

int http_wait(struct http_request *r, const char *topic, int64_t timeout_ms)
{
	(void)topic;
	(void)timeout_ms;
	return http_reply_empty(r, 204);
}

bool http_wait_over(const struct http_request *r)
{
	(void)r;
	return true;
}

/* ---- one host that is looked at -------------------------------------------------------------- */

static const char profile[] = "{\"name\":\"p\",\"priority\":1,\"match\":{\"serial\":\"*\"},"
			      "\"enrol\":true,\"auto_approve\":true,"
			      "\"burnin\":{\"tier\":\"quick\",\"limits\":{\"cpu_s\":1}}}";
static const char opening[] =
	"{\"protocol\":1,\"nonce\":"
	"\"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\",\"boot_id\":\"b\","
	"\"evidence\":{\"smbios_uuid\":\"5d0f7a10-3c1e-4b57-9a41-51a7b1050101\",\"system_serial\":"
	"\"S1\",\"board_serial\":\"\",\"chassis_serial\":\"\",\"manufacturer\":\"M\",\"product\":"
	"\"P\",\"macs\":[\"52:54:00:00:00:0a\"],\"disks\":[]},\"agent\":{\"version\":\"0\","
	"\"arch\":\"x86_64\",\"firmware\":\"uefi\",\"kernel\":\"6.1\"}}";

typedef int handler(struct http_request *r, struct err *err);

static void end(struct http_request *r)
{
	free(r->body);
	free(r->answer);
}

/* A question and its answer, or its refusal: whatever it is, text. */
static void ask(handler *call, struct http_request *r)
{
	struct err err = ERR_INIT;

	if (call(r, &err) < 0)
		BUG_ON(!text_is_utf8(err.msg));
	BUG_ON(r->answer && !text_is_utf8(r->answer));
}

static void open_host(void)
{
	struct http_request r = {.body = xstrdup(opening), .n_bytes = strlen(opening)};
	autojson json_t *doc = json_loads(profile, 0, NULL);
	struct err err = ERR_INIT;

	BUG_ON(flow_profile_put(flow.db, "p", 1, doc, 1, &err) < 0);
	ask(agent_post_session, &r);
	autojson json_t *answer = json_loads(r.answer, 0, NULL);
	const char *id = json_string_value(json_object_get(answer, "session_id"));
	BUG_ON(!id || !str_copy(session_id, sizeof(session_id), id));
	ask(agent_get_next, &r);
	BUG_ON(r.status != 200);
	end(&r);
}

static void set_up(void)
{
	static char dir[] = "/dev/shm/slipway-fuzz-XXXXXX";
	static const uint8_t seal_key[32];
	static struct trust_root root;
	struct err err = ERR_INIT;

	log_open("fuzz", LOG_FORMAT_TEXT, -1);
	BUG_ON(!mkdtemp(dir) || sd_event_default(&flow.event) < 0);
	autofree char *url = xasprintf("sqlite:%s/store.db", dir);
	autofree char *private = xasprintf("%s/a", dir);
	autofree char *public = xasprintf("%s/b", dir);
	int rc = plan_key_generate(private, public, &err);
	if (rc >= 0)
		rc = plan_key_load_private(private, &flow.plan_key, &err);
	if (rc >= 0)
		rc = plan_key_load_public(public, &public_key, &err);
	if (rc >= 0)
		rc = db_open(url, DB_CREATE, &flow.db, &err);
	if (rc >= 0)
		rc = sightings_new(&flow, &flow.sightings, &err);
	if (rc < 0)
		fprintf(stderr, "%s\n", err.msg);
	BUG_ON(rc < 0);
	flow.live = live_new();
	flow.quota = quota_new();
	flow.seal_key = seal_key;
	flow.root = &root;
	flow.pin = "";
	flow_start_clock(&flow);
	open_host();
	IGNORE_RESULT(file_remove_tree(dir, &err)); /* the open file stays */
}

/* A step that was handed out can be read by its agent. */
static void check_plan(const struct http_request *r)
{
	autoplan struct plan plan = {0};
	struct err err = ERR_INIT;

	if (r->status == 200 && r->answer && strstr(r->answer, "payload_type"))
		BUG_ON(plan_open(public_key, r->answer, strlen(r->answer), &plan, &err) < 0);
}

/* ---- the input ------------------------------------------------------------------------------- */

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n_bytes)
{
	struct http_request r = {
		.body = xstrndup((const char *)p, n_bytes), .n_bytes = n_bytes, .after = 1};
	struct err err = ERR_INIT;

	if (!flow.db)
		set_up();
	quota_free(flow.quota);
	flow.quota = quota_new();
	BUG_ON(db_begin(flow.db, &err) < 0);
	ask(agent_post_events, &r);
	ask(agent_get_next, &r);
	check_plan(&r);
	IGNORE_RESULT(db_end(flow.db, err_set(&err, ERR_CANCELLED, "taken back"), &err));
	end(&r);
	return 0;
}
