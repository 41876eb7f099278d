/* SPDX-License-Identifier: Apache-2.0 */
/*
 * POST /agent/v1/first-boot: the installed system says that it runs. Its token, known to one arm
 * only, is the proof. Repeated reports get the same answer. Input: whoever reaches the TLS port.
 */
#include "session.h"

#include <base/digest.h>
#include <base/json.h>
#include <base/limits.h>
#include <base/log.h>
#include <base/str.h>
#include <inventory/event.h>
#include <inventory/host.h>
#include <inventory/run.h>
#include <proto/session.h>
#include <server/flow/engine.h>
#include <server/flow/live.h>

static int check(const struct first_boot_request *q, const struct flow_arm *arm, struct err *err)
{
	if (!str_eq(q->image_digest, arm->image_digest))
		return err_set(err, ERR_IMAGE_OTHER, "runs image '%.16s', armed was '%.16s'",
			       q->image_digest, arm->image_digest);
	if (q->root_disk_serial[0] && arm->disk_serial[0] &&
	    !str_eq(q->root_disk_serial, arm->disk_serial))
		return err_set(err, ERR_GUARD_DISK_OTHER, "runs from disk '%s', armed was '%s'",
			       q->root_disk_serial, arm->disk_serial);
	return 0;
}

/* What was written is what a receipt says, not what a token's holder does. */
static int check_receipt(struct flow *flow, const struct flow_arm *arm, struct err *err)
{
	const struct receipt_wanted wanted = {arm->host_num, "image", arm->disk_serial,
					      arm->consumed_us};
	bool has_receipt = false;

	TRY(receipt_since(flow->db, &wanted, &has_receipt, err));
	return has_receipt ? 0
			   : err_set(err, ERR_FIRST_BOOT_RECEIPT,
				     "no receipt came for what was written to disk '%s'",
				     arm->disk_serial);
}

/* What is not a key is left out, not refused: the host runs, whatever its files hold. */
static void add_keys(json_t *detail, const struct first_boot_request *q)
{
	json_t *keys = q->ssh_host_keys.n ? json_array() : NULL;

	for (size_t i = 0; i < q->ssh_host_keys.n; i++) {
		struct ssh_host_key key;

		if (ssh_host_key_parse(sv_of(q->ssh_host_keys.items[i].line), &key))
			(void)json_array_append_new(keys, json_string(key.line));
	}
	if (json_array_size(keys))
		(void)json_object_set(detail, "ssh_host_keys", keys);
	json_decref(keys);
}

static int record(struct flow *flow, const struct first_boot_request *q, int64_t host_num,
		  struct err *err)
{
	autojson json_t *detail = json_pack("{s:s, s:s, s:s, s:s, s:s}", "boot_id", q->boot_id,
					    "machine_id", q->machine_id, "kernel", q->kernel,
					    "hostname", q->hostname, "root_disk_serial",
					    q->root_disk_serial);
	struct event_draft e = {.host_num = host_num,
				.kind = "host.first_boot",
				.actor = "host",
				.summary = "the installed system reported",
				.detail = detail};

	add_keys(detail, q);
	if (q->network_failure[0]) {
		e.summary = "the installed system reported by DHCP: its own network did not work";
		json_object_set_new(detail, "network_failure", json_string_of(q->network_failure));
	}

	return event_append(flow->db, &e, flow_now_us(flow), NULL, err);
}

static int report(struct flow *flow, const struct first_boot_request *q, struct flow_arm *arm,
		  struct err *err)
{
	char hash[SHA256_HEX_BYTES];

	sha256_hex_of(q->token, strlen(q->token), hash);
	int rc = flow_arm_by_token(flow->db, hash, arm, err);
	if (rc == -ERR_NOT_FOUND)
		return err_set(err, ERR_FIRST_BOOT_TOKEN, "this token is not known");
	if (rc < 0)
		return rc;
	TRY(check(q, arm, err));
	TRY(check_receipt(flow, arm, err));
	struct host h;
	TRY(host_get(flow->db, arm->host_num, &h, err));
	bool again = str_eq(h.state, lifecycle_state_str(STATE_READY)) ||
		     str_eq(h.state, lifecycle_state_str(STATE_IN_SERVICE));
	struct engine_event e = {.event = HOST_EVENT_FIRST_BOOT, .actor = "host"};
	rc = engine_apply(flow, arm->host_num, &e, err);
	if (rc < 0)
		return rc;
	return rc > 0 && !again ? record(flow, q, arm->host_num, err) : 0;
}

static int first_boot(struct http_request *r, const void *message, struct err *err)
{
	const struct first_boot_request *q = message;
	struct flow *flow = http_context(r);
	struct flow_arm arm;
	struct host h;
	struct first_boot_reply reply = {0};

	TRY(db_begin(flow->db, err));
	TRY(db_end(flow->db, report(flow, q, &arm, err), err));
	TRY(host_get(flow->db, arm.host_num, &h, err));
	live_remove(flow->live, arm.host_num);
	log_ev(LOG_INFO, "host.first_boot", KV("host", (const char *)h.id),
	       KV("kernel", (const char *)q->kernel), KV("state", (const char *)h.state));
	(void)str_copy(reply.state, sizeof(reply.state), h.state);
	return http_reply_json(r, 200, record_encode(first_boot_reply_fields, &reply));
}

int agent_post_first_boot(struct http_request *r, struct err *err)
{
	struct first_boot_request q = {0};

	return agent_take_message(r, first_boot_request_fields, &q, first_boot, err);
}
