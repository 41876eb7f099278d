/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tables of the session's small messages, and the two calls that take them to and from text.
 */
#include <proto/session.h>

#include <base/digest.h>
#include <base/limits.h>
#include <base/str.h>

static const struct field agent_fields[] = {
	F_STR(struct agent_about, "version", version, FIELD_NEEDED),
	F_STR(struct agent_about, "arch", arch, FIELD_NEEDED),
	F_STR(struct agent_about, "firmware", firmware, FIELD_NEEDED),
	F_STR(struct agent_about, "kernel", kernel, FIELD_ALWAYS),
	F_END,
};

const struct field session_request_fields[] = {
	F_INT(struct session_request, "protocol", protocol, FIELD_NEEDED, 1, 1000),
	F_HEX(struct session_request, "nonce", nonce, FIELD_NEEDED),
	F_STR(struct session_request, "boot_id", boot_id, FIELD_ALWAYS),
	F_OBJ(struct session_request, "evidence", evidence, FIELD_NEEDED, evidence_fields),
	F_OBJ(struct session_request, "agent", agent, FIELD_NEEDED, agent_fields),
	F_END,
};

const struct field session_reply_fields[] = {
	F_STR(struct session_reply, "session_id", session_id, FIELD_NEEDED),
	F_STR(struct session_reply, "host_id", host_id, FIELD_NEEDED),
	F_STR(struct session_reply, "short_code", short_code, FIELD_NEEDED),
	F_INT(struct session_reply, "epoch", epoch, FIELD_NEEDED, 0, PROTO_MAX_INT),
	F_STR(struct session_reply, "state", state, FIELD_NEEDED),
	F_INT(struct session_reply, "heartbeat_s", heartbeat_s, FIELD_NEEDED, 1, 300),
	F_INT(struct session_reply, "lease_s", lease_s, FIELD_NEEDED, 1, 3600),
	F_STR(struct session_reply, "server_time", server_time, FIELD_NEEDED),
	F_STR(struct session_reply, "place", place, 0),
	F_END,
};

const struct field heartbeat_request_fields[] = {
	F_INT(struct heartbeat_request, "epoch", epoch, FIELD_NEEDED, 0, PROTO_MAX_INT),
	F_STR(struct heartbeat_request, "stage", stage, FIELD_ALWAYS),
	F_INT(struct heartbeat_request, "done", done, FIELD_ALWAYS, 0, PROTO_MAX_INT),
	F_INT(struct heartbeat_request, "total", total, FIELD_ALWAYS, 0, PROTO_MAX_INT),
	F_STR(struct heartbeat_request, "unit", unit, FIELD_ALWAYS),
	F_INT(struct heartbeat_request, "eta_s", eta_s, FIELD_NULLABLE, 0, PROTO_MAX_INT),
	F_STR(struct heartbeat_request, "message", message, FIELD_ALWAYS),
	F_END,
};

const struct field heartbeat_reply_fields[] = {
	F_INT(struct heartbeat_reply, "epoch", epoch, FIELD_NEEDED, 0, PROTO_MAX_INT),
	F_BOOL(struct heartbeat_reply, "may_write", may_write, FIELD_NEEDED),
	F_BOOL(struct heartbeat_reply, "stop", stop, FIELD_NEEDED),
	F_INT(struct heartbeat_reply, "lease_s", lease_s, FIELD_NEEDED, 1, 3600),
	F_END,
};

const struct field disk_name_fields[] = {
	F_STR(struct disk_name, "wwn", wwn, FIELD_ALWAYS),
	F_STR(struct disk_name, "serial", serial, FIELD_ALWAYS),
	F_INT(struct disk_name, "size_bytes", size_bytes, FIELD_NEEDED, 1, PROTO_MAX_INT),
	F_END,
};

const struct field permit_request_fields[] = {
	F_INT(struct permit_request, "epoch", epoch, FIELD_NEEDED, 0, PROTO_MAX_INT),
	F_STR(struct permit_request, "plan_id", plan_id, FIELD_NEEDED),
	F_STR(struct permit_request, "arm_id", arm_id, FIELD_NEEDED),
	F_OBJ(struct permit_request, "disk", disk, FIELD_NEEDED, disk_name_fields),
	F_STRINGS(struct permit_request, "data_found", data_found, FIELD_NEEDED, PERMIT_MAX_FOUND),
	F_END,
};

const struct field permit_reply_fields[] = {
	F_STR(struct permit_reply, "permit_id", permit_id, FIELD_NEEDED),
	F_END,
};

const struct field partners_request_fields[] = {
	F_INT(struct partners_request, "epoch", epoch, FIELD_NEEDED, 0, PROTO_MAX_INT),
	F_STR(struct partners_request, "mac", mac, FIELD_ALWAYS),
	F_END,
};

static const struct field partner_fields[] = {
	F_STR(struct partner, "name", name, FIELD_NEEDED),
	F_STR(struct partner, "address", address, FIELD_NEEDED),
	F_HEX(struct partner, "ticket", ticket, FIELD_NEEDED),
	F_INT(struct partner, "speed_mbps", speed_mbps, FIELD_ALWAYS, 0, PROTO_MAX_INT),
	F_STR(struct partner, "far_end", far_end, FIELD_ALWAYS),
	F_END,
};

const struct field partners_reply_fields[] = {
	F_STR(struct partners_reply, "far_end", far_end, FIELD_ALWAYS),
	F_LIST(struct partners_reply, "partners", partners, FIELD_NEEDED, PARTNERS_MAX,
	       partner_fields),
	F_END,
};

void partner_ticket(const char *run_id, char ret[static 65])
{
	char text[128];

	text_print(text, sizeof(text), "slipway-partner %.64s", run_id);
	sha256_hex_of(text, strlen(text), ret);
}

static const struct field ssh_host_key_fields[] = {
	F_STR(struct ssh_host_key, "key", line, FIELD_NEEDED),
	F_END,
};

const struct field first_boot_request_fields[] = {
	F_HEX(struct first_boot_request, "token", token, FIELD_NEEDED),
	F_STR(struct first_boot_request, "boot_id", boot_id, FIELD_ALWAYS),
	F_STR(struct first_boot_request, "machine_id", machine_id, FIELD_ALWAYS),
	F_STR(struct first_boot_request, "kernel", kernel, FIELD_ALWAYS),
	F_STR(struct first_boot_request, "hostname", hostname, FIELD_ALWAYS),
	F_HEX(struct first_boot_request, "image_digest", image_digest, FIELD_NEEDED),
	F_STR(struct first_boot_request, "root_disk_serial", root_disk_serial, FIELD_ALWAYS),
	F_STR(struct first_boot_request, "network_failure", network_failure, 0),
	F_LIST(struct first_boot_request, "ssh_host_keys", ssh_host_keys, 0, SSH_HOST_KEYS_MAX,
	       ssh_host_key_fields),
	F_END,
};

const struct field first_boot_reply_fields[] = {
	F_STR(struct first_boot_reply, "state", state, FIELD_NEEDED),
	F_END,
};

int message_decode(const struct field *fields, const void *body, size_t n_bytes, size_t max_bytes,
		   void *record, struct err *err)
{
	autojson json_t *doc = NULL;

	TRY(json_load_strict(body, n_bytes, max_bytes, &doc, err));
	return record_decode(fields, doc, record, err);
}

char *message_encode(const struct field *fields, const void *record)
{
	autojson json_t *doc = record_encode(fields, record);

	return json_text(doc);
}
