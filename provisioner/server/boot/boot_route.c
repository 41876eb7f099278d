/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GET /boot/v1/script: look up the host, ask the boot decision, write the script. It changes
 * nothing but a throttled line in the host's timeline, and answers "local disk" whenever the store
 * does not. Input: iPXE on any machine of the provisioning network; receipts of agents.
 */
#include "boot_route.h"

#include <base/digest.h>
#include <base/json.h>
#include <base/log.h>
#include <base/str.h>
#include <base/text.h>
#include <inventory/host.h>
#include <inventory/run.h>
#include <proto/receipt.h>
#include <pxe/script.h>
#include "boot_server.h"
#include "dhcp_alone.h"
#include "dhcp_watch.h"
#include <server/flow/engine.h>
#include <server/flow/sightings.h>

/* By MAC, which iPXE always knows; a serial or UUID alone may be shared by many hosts. */
static int find_host(struct flow *flow, const struct boot_query *q, struct host *ret,
		     struct err *err)
{
	if (q->mac[0])
		return host_find(flow->db, HOST_BY_MAC, q->mac, ret, err);
	if (q->serial[0])
		return host_find(flow->db, HOST_BY_SERIAL, q->serial, ret, err);
	return err_set(err, ERR_HOST_UNKNOWN, "neither MAC nor serial");
}

/* What a profile says of this machine's boot. */
struct by_profile {
	bool enrol;
	char console[CONSOLE_MAX_BYTES];
};

static void take(const struct profile *p, struct by_profile *ret)
{
	ret->enrol = p->enrol;
	(void)str_copy(ret->console, sizeof(ret->console), p->console);
}

/* A stranger, by what iPXE says. */
static int ask_profiles(struct flow *flow, const struct boot_query *q, struct by_profile *ret,
			struct err *err)
{
	autojson json_t *list = NULL;
	struct profile p = {0};

	TRY(flow_profile_list(flow->db, &list, err));
	struct profile_subject s = {q->serial, q->manufacturer, q->product,
				    boot_arch_str(boot_query_arch(q)), q->mac};
	if (profile_choose(list, &s, &p) > 0)
		take(&p, ret);
	profile_done(&p);
	return 0;
}

/* A known host, by all that is known; without its profile it starts on the usual console. */
static void find_console(struct flow *flow, const struct host *host, struct by_profile *ret)
{
	struct flow_host row = {0};
	struct profile p = {0};
	struct err err = ERR_INIT;
	int rc = flow_host_get(flow->db, host->num, &row, &err);

	if (rc >= 0)
		rc = engine_profile(flow, host, &row, &p, &err);
	if (rc > 0)
		take(&p, ret);
	else if (rc < 0)
		log_err(LOG_ERR, "boot.store", &err, KV("host", (const char *)host->id));
	profile_done(&p);
}

static bool is_protected(const struct flow *flow, const struct boot_query *q)
{
	const struct protected_subject s = {
		.uuid = q->uuid, .macs = q->mac, .serials = {q->serial}};

	return protected_find(&flow->protected, &s) != NULL;
}

static void gather(struct boot_server *b, const struct boot_query *q, struct boot_facts *f,
		   struct host *host, struct by_profile *profile)
{
	struct err err = ERR_INIT;
	enum lifecycle_state state;
	int rc = find_host(b->flow, q, host, &err);

	f->files_ready = b->files_ready[boot_query_arch(q)];
	f->store_up = rc >= 0 || rc == -ERR_HOST_UNKNOWN || rc == -ERR_HOST_AMBIGUOUS;
	f->known = rc >= 0;
	if (is_protected(b->flow, q))
		return; /* has no work here and is not let in: its own disk */
	if (f->known && lifecycle_state_parse(host->state, &state))
		f->wants_agent = lifecycle_row(state)->wants_agent;
	/* an ambiguous one is nobody: the session's full evidence will tell */
	if (f->store_up && !f->known && ask_profiles(b->flow, q, profile, &err) < 0)
		f->store_up = false;
	f->may_enrol = profile->enrol && !f->known;
	if (f->wants_agent)
		find_console(b->flow, host, profile);
	if (!f->store_up)
		log_err(LOG_ERR, "boot.store", &err, KV("mac", (const char *)q->mac));
}

/* Where the loader of the image lies that this host got last. */
struct own_disk {
	char esp_uuid[UUID_TEXT_BYTES];
	unsigned bios_drive;
};

/* Unchanged when that is not known, and then the script tries every disk. */
static void find_own_disk(struct flow *flow, const struct host *host, struct own_disk *ret)
{
	autojson json_t *receipt = NULL;
	struct err err = ERR_INIT;
	json_int_t drive;
	size_t i;
	json_t *p;

	if (receipt_latest(flow->db, host->num, &receipt, &err) < 0)
		log_err(LOG_ERR, "boot.receipt", &err, KV("host", (const char *)host->id));
	json_array_foreach (json_object_get(receipt, "partitions"), i, p) {
		const char *uuid = json_string_value(json_object_get(p, "part_uuid"));
		if (str_eq(json_string_value(json_object_get(p, "role")), "esp") && uuid)
			(void)str_copy(ret->esp_uuid, UUID_TEXT_BYTES, uuid);
	}
	drive = json_integer_value(json_object_get(receipt, RECEIPT_BIOS_DRIVE));
	ret->bios_drive = drive > 0 && drive <= UINT8_MAX ? (unsigned)drive : 0;
}

static const char *firmware_of(enum boot_platform platform)
{
	return platform == BOOT_PLATFORM_BIOS  ? "bios"
	       : platform == BOOT_PLATFORM_EFI ? "uefi"
					       : "";
}

/* A machine that is not known and gets its own disk: a person should be able to see it. */
static void note_stranger(struct http_request *r, const struct boot_query *q, const char *answer)
{
	struct boot_server *b = http_context(r);
	struct seen_host h = {.mac = ""};

	(void)str_copy(h.mac, sizeof(h.mac), q->mac);
	(void)str_copy(h.uuid, sizeof(h.uuid), q->uuid);
	(void)str_copy(h.serial, sizeof(h.serial), q->serial);
	(void)str_copy(h.manufacturer, sizeof(h.manufacturer), q->manufacturer);
	(void)str_copy(h.model, sizeof(h.model), q->product);
	if (boot_query_arch(q) != BOOT_ARCH_UNKNOWN)
		(void)str_copy(h.arch, sizeof(h.arch), boot_arch_str(boot_query_arch(q)));
	(void)str_copy(h.firmware, sizeof(h.firmware), firmware_of(q->platform));
	(void)text_fit(h.address, sizeof(h.address), http_peer(r));
	(void)str_copy(h.answer, sizeof(h.answer), answer);
	sightings_seen(b->flow, &h);
}

static void set_parameter(void *arg, const char *name, const char *value)
{
	boot_query_set(arg, name, value);
}

/* The header is nginx's own: it overwrites what a client says of it. */
static int get_script(struct http_request *r, struct err *err)
{
	struct boot_server *b = http_context(r);
	struct flow *flow = b->flow;
	struct boot_query q = {0};
	struct boot_facts facts = {0};
	struct host host = {0};
	struct by_profile profile = {0};
	char boot_id[UUID_TEXT_BYTES];
	struct own_disk own = {.esp_uuid = ""};
	const struct flow_urls *urls = flow_urls_at(flow,
						    http_request_header(r, "X-Slipway-Address"));
	struct str out;

	(void)err;
	http_query_each(r, set_parameter, &q);
	gather(b, &q, &facts, &host, &profile);
	struct boot_answer answer = boot_decide(&q, &facts);
	uuid_v4(boot_id);
	if (facts.known && answer.action == BOOT_LOCAL)
		find_own_disk(flow, &host, &own);
	struct boot_script_options o = {
		.plain_url = urls->plain,
		.server_url = urls->server,
		.pin = flow->pin,
		.boot_id = boot_id,
		.kernel_args = b->config->kernel_args,
		.console = profile.console,
		.firmware_cpio = b->firmware[boot_query_arch(&q)],
		.esp_uuid = own.esp_uuid,
		.bios_drive = own.bios_drive,
	};
	str_init(&out, SCRIPT_MAX_BYTES);
	boot_script_write(&out, &q, &answer, &o);
	bool agent = answer.action == BOOT_AGENT;
	bool first = sightings_note(flow, q.mac, agent ? "boot.agent" : "boot.local", answer.why);
	dhcp_alone_asked(dhcp_watch_alone(b->dhcp_watch), q.mac, answer.why);
	if (first && !agent && facts.store_up && !facts.known)
		note_stranger(r, &q, answer.why);
	log_ev(LOG_INFO, "boot.answer", KV("mac", (const char *)q.mac),
	       KV("host", (const char *)host.id), KV("arch", boot_arch_str(boot_query_arch(&q))),
	       KV("action", answer.action == BOOT_AGENT ? "agent" : "local"),
	       KV("why", answer.why));
	size_t n = out.n_bytes;
	http_reply_header(r, "Cache-Control", "no-store");
	return http_reply_text(r, 200, "text/plain", str_take(&out), n);
}

const struct http_route boot_routes[] = {
	HTTP_ROUTE(GET, "/boot/v1/script", PUBLIC, 0, get_script, "what this host should boot",
		   .listeners = HTTP_LISTENER_PLAIN | HTTP_LISTENER_TLS | HTTP_LISTENER_ADMIN),
};
const size_t n_boot_routes = ARRAY_LEN(boot_routes);
