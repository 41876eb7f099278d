/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A host's steps, each checked; see host_walk.h.
 */
#include "tests/harness/host_walk.h"

#include <base/http_client.h>
#include <base/json.h>
#include <base/str.h>
#include "tests/harness/check.h"

const char profile_auto[] =
	"{\"name\":\"p\",\"priority\":10,\"match\":{\"serial\":\"*\"},\"enrol\":true,"
	"\"auto_approve\":true,\"burnin\":{\"tier\":\"quick\",\"limits\":{\"cpu_s\":1}},"
	"\"image\":{\"line\":\"debian12\",\"version\":\"latest\"},\"host\":{\"hostname\":"
	"\"lab-{short_code}\",\"ssh_authorized_keys\":[\"ssh-ed25519 "
	"AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f x\"]}}";
const char profile_slow[] =
	"{\"name\":\"p\",\"priority\":10,\"match\":{\"serial\":\"*\"},\"enrol\":true,"
	"\"auto_approve\":true,\"burnin\":{\"tier\":\"quick\"},"
	"\"image\":{\"line\":\"debian12\",\"version\":\"latest\"}}";
const char profile_by_hand[] =
	"{\"name\":\"p\",\"priority\":10,\"match\":{\"serial\":\"*\"},\"enrol\":true,"
	"\"auto_approve\":false,\"image\":{\"line\":\"debian12\"}}";

/* ---- a server with a profile ----------------------------------------------------------------- */

/* It arms more hosts than one person may. */
static bool needs_one_person(const char *profile)
{
	return profile == profile_auto || profile == profile_slow;
}

static int setup(void **state, const char *profile)
{
	struct server_bench *b = xcalloc(1, sizeof(*b));

	*state = b;
	b->one_person = needs_one_person(profile);
	server_bench_open(b);
	return server_bench_admin(b, "POST", "/api/v1/profiles", profile) == 201 ? 0 : -1;
}

int walk_setup_auto(void **state)
{
	return setup(state, profile_auto);
}

int walk_setup_by_hand(void **state)
{
	return setup(state, profile_by_hand);
}

int walk_setup_slow(void **state)
{
	return setup(state, profile_slow);
}

int walk_teardown(void **state)
{
	server_bench_close(*state);
	free(*state);
	return 0;
}

void walk_renew(struct server_bench *b, const char *profile)
{
	server_bench_close(b);
	b->one_person = needs_one_person(profile);
	server_bench_open(b);
	assert_int_equal(server_bench_admin(b, "POST", "/api/v1/profiles", profile), 201);
}

/* ---- what must hold -------------------------------------------------------------------------- */

void need(int got, int wanted, const struct fake_agent *a, const char *what)
{
	if (got != wanted)
		fail_msg("%s: status %d (%s), not %d: %s", what, got, a->code, wanted, a->err.msg);
}

static void shake(struct server_bench *b)
{
	if (b->shaky)
		server_bench_crash(b);
}

void need_step(struct server_bench *b, struct fake_agent *a, enum plan_step_kind kind)
{
	shake(b);
	need(fake_agent_next(a, 2, b->plan_key), 200, a, "next");
	assert_string_equal(plan_step_kind_str(a->plan.kind), plan_step_kind_str(kind));
	shake(b);
}

void need_state(struct server_bench *b, const struct fake_agent *a, const char *state)
{
	assert_string_equal(server_bench_state(b, a->host_id), state);
}

/* ---- a host's life --------------------------------------------------------------------------- */

void walk_open(struct server_bench *b, struct fake_agent *a, const char *serial, const char *mac)
{
	fake_agent_boot(a, b->front, serial, mac);
	shake(b);
	need(fake_agent_open(a), 201, a, "session");
}

void walk_reboot(struct server_bench *b, struct fake_agent *a, const char *serial, const char *mac)
{
	server_bench_advance(b, 31000);
	walk_open(b, a, serial, mac);
}

int walk_approve_asking(struct server_bench *b, const struct fake_agent *a)
{
	autofree char *path = xasprintf("/api/v1/hosts/%s", a->host_id);
	autofree char *verb = xasprintf("%s/approve", path);

	assert_int_equal(server_bench_admin(b, "GET", path, NULL), 200);
	json_t *asking = json_object_get(json_object_get(b->reply, "codes"), "asking");
	const char *code = json_string_value(json_array_get(asking, 0));
	assert_non_null(code);
	autofree char *body = xasprintf("{\"code\":\"%s\"}", code);
	return server_bench_admin(b, "POST", verb, body);
}

void walk_inspect(struct server_bench *b, struct fake_agent *a, const char *signature)
{
	need_step(b, a, PLAN_STEP_INSPECT);
	need(fake_agent_facts(a, signature), 200, a, "facts");
	shake(b);
	need(fake_agent_step_done(a, "ok"), 200, a, "inspected");
}

/* The records of a run of one test, as the agent writes them. */
static const char *const good_run[] = {
	"{\"schemaVersion\":{\"major\":2,\"minor\":0}",
	"{\"testRunArtifact\":{\"testRunStart\":{\"name\":\"n\",\"dutInfo\":{\"dutInfoId\":\"d\","
	"\"hardwareInfos\":[{\"hardwareInfoId\":\"disk-0\",\"name\":\"vda\",\"partType\":\"disk\","
	"\"location\":\"Bay 1\",\"serialNumber\":\"OTHER\"}]}}}",
	"{\"testRunArtifact\":{\"log\":{\"severity\":\"INFO\",\"message\":\"m\"}}",
	"{\"testStepArtifact\":{\"testStepId\":\"smart\",\"testStepStart\":{\"name\":\"s\"}}",
	"{\"testStepArtifact\":{\"testStepId\":\"smart\",\"diagnosis\":{\"verdict\":\"smart-pass\","
	"\"type\":\"PASS\",\"hardwareInfoId\":\"disk-0\"}}",
	"{\"testStepArtifact\":{\"testStepId\":\"smart\",\"testStepEnd\":{\"status\":\"COMPLETE\"}}",
	"{\"testRunArtifact\":{\"testRunEnd\":{\"status\":\"COMPLETE\",\"result\":\"PASS\"}}",
};

json_t *walk_record_of(int sequence, const char *text)
{
	autofree char *line = xasprintf(
		"%s,\"sequenceNumber\":%d,\"timestamp\":\"2026-01-01T00:00:00Z\"}", text, sequence);
	json_t *record = json_loads(line, 0, NULL);

	assert_non_null(record);
	return record;
}

json_t *walk_good_record(int sequence)
{
	return sequence < (int)ARRAY_LEN(good_run) ? walk_record_of(sequence, good_run[sequence])
						   : NULL;
}

void walk_send_records(struct fake_agent *a)
{
	json_t *record;

	for (int i = 0; (record = walk_good_record(i)); i++)
		need(fake_agent_event(a, "burnin", record), 200, a, "record");
}

void walk_burn_in(struct server_bench *b, struct fake_agent *a, const char *result)
{
	need_step(b, a, PLAN_STEP_BURN_IN);
	walk_send_records(a);
	shake(b);
	need(fake_agent_step_done(a, result), 200, a, "tested");
}

void walk_to_discovered(struct server_bench *b, struct fake_agent *a, const char *serial,
			const char *mac)
{
	walk_open(b, a, serial, mac);
	walk_inspect(b, a, NULL);
}

void walk_to_image(struct server_bench *b, struct fake_agent *a, const char *serial,
		   const char *mac)
{
	walk_to_discovered(b, a, serial, mac);
	walk_burn_in(b, a, "PASS");
	need_step(b, a, PLAN_STEP_IMAGE);
}

void walk_to_writing(struct server_bench *b, struct fake_agent *a, const char *serial,
		     const char *mac)
{
	walk_to_image(b, a, serial, mac);
	need(fake_agent_permit(a, NULL), 200, a, "permit");
}

void walk_finish_image(struct server_bench *b, struct fake_agent *a)
{
	shake(b);
	need(fake_agent_receipt(a), 200, a, "receipt");
	shake(b);
	need(fake_agent_step_done(a, "ok"), 200, a, "imaged");
}

void walk_to_ready(struct server_bench *b, struct fake_agent *a, const char *serial,
		   const char *mac)
{
	char token[SHA256_HEX_BYTES], digest[SHA256_HEX_BYTES];

	walk_to_image(b, a, serial, mac);
	(void)str_copy(token, sizeof(token), a->plan.image.first_boot_token);
	(void)str_copy(digest, sizeof(digest), a->plan.image.image_digest);
	assert_string_equal(a->plan.image.disk.serial, a->disk_serial);
	assert_false(walk_may_write(b, a));
	shake(b);
	need(fake_agent_permit(a, NULL), 200, a, "permit");
	assert_true(walk_may_write(b, a));
	walk_finish_image(b, a);
	need_state(b, a, "verifying");
	need_step(b, a, PLAN_STEP_REBOOT);
	need(fake_agent_step_done(a, "ok"), 200, a, "rebooting");
	shake(b);
	need(fake_agent_first_boot(a, token, digest), 200, a, "first boot");
	need_state(b, a, "ready");
	shake(b);
	need(fake_agent_first_boot(a, token, digest), 200, a, "first boot again");
}

/* ---- what people and loaders ask ------------------------------------------------------------- */

int walk_arm(struct server_bench *b, const struct fake_agent *a, const char *more)
{
	autofree char *path = xasprintf("/api/v1/hosts/%s/arm", a->host_id);
	autofree char *body = xasprintf("{\"image\":\"debian12@1\",\"disk\":{\"serial\":\"%s\"}%s}",
					a->disk_serial, more);

	return server_bench_admin(b, "POST", path, body);
}

void walk_stop_all(struct server_bench *b)
{
	assert_int_equal(
		server_bench_admin(b, "POST", "/api/v1/stop-all", "{\"reason\":\"smoke\"}"), 200);
}

bool walk_may_write(struct server_bench *b, struct fake_agent *a)
{
	shake(b);
	need(fake_agent_heartbeat(a), 200, a, "heartbeat");
	return a->heartbeat.may_write;
}

char *walk_boot_script(const struct server_bench *b, const char *mac)
{
	const struct http_client_options o = {.base_url = "http://slipway",
					      .unix_socket = b->front};
	AUTO(http_client) struct http_client *http = http_client_new(&o, NULL);
	autofree char *path = xasprintf("/boot/v1/script?mac=%s&arch=x86_64&platform=efi&cpu=lm",
					mac);
	const char *const headers[] = {"X-Slipway-Listener: plain", NULL};
	const struct http_call call = {.path = path, .headers = headers};
	struct http_reply reply = {0};

	assert_int_equal(http_client_call(http, &call, &reply, NULL), 0);
	assert_int_equal(reply.status, 200);
	char *text = take_ptr(reply.body);
	http_reply_done(&reply);
	return text;
}
