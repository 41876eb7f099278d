/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The small messages of an agent session, one struct and one table each; the server decodes what
 * the agent encodes and the other way round. provisioner/proto/README.md is the contract in words.
 *
 *     struct session_request request = { 0 };
 *     TRY(message_decode(session_request_fields, body, n, LIMIT_JSON_BODY_BYTES, &request, err));
 *     ...
 *     record_done(session_request_fields, &request);
 */
#ifndef PROTO_SESSION_H
#define PROTO_SESSION_H

#include <stdbool.h>
#include <stdint.h>
#include <proto/evidence.h>
#include <proto/record.h>
#include <proto/ssh_host_key.h>
#include <base/err.h>

#define PROTO_VERSION 1

#define PROTO_MAX_INT ((int64_t)1 << 62)

struct agent_about {
	char version[33];
	char arch[17];    /* x86_64 or aarch64 */
	char firmware[9]; /* bios or uefi */
	char kernel[129];
};

/* POST /agent/v1/sessions */
struct session_request {
	int64_t protocol;
	char nonce[65];
	char boot_id[65];
	struct evidence evidence;
	struct agent_about agent;
};
extern const struct field session_request_fields[];

struct session_reply {
	char session_id[65];
	char host_id[65];
	char short_code[17];
	int64_t epoch;
	char state[33];
	int64_t heartbeat_s;
	int64_t lease_s;
	char server_time[33];
	char place[257]; /* site, rack and unit in words; "": not known */
};
extern const struct field session_reply_fields[];

/* POST /agent/v1/sessions/{id}/heartbeat */
struct heartbeat_request {
	int64_t epoch;
	char stage[33];
	int64_t done, total;
	char unit[17];
	int64_t eta_s; /* -1: not known */
	char message[257];
};
extern const struct field heartbeat_request_fields[];

struct heartbeat_reply {
	int64_t epoch;
	bool may_write;
	bool stop;
	int64_t lease_s;
};
extern const struct field heartbeat_reply_fields[];

/* A disk as plans, permits and receipts name it. */
struct disk_name {
	char wwn[129];
	char serial[129];
	int64_t size_bytes;
};
extern const struct field disk_name_fields[];

/* POST /agent/v1/sessions/{id}/permits */
#define PERMIT_MAX_FOUND 64
struct permit_request {
	int64_t epoch;
	char plan_id[65];
	char arm_id[65];
	struct disk_name disk;
	text64_list data_found; /* types of the signatures on the disk and its partitions */
};
extern const struct field permit_request_fields[];

struct permit_reply {
	char permit_id[65];
};
extern const struct field permit_reply_fields[];

/* POST /agent/v1/sessions/{id}/partners: whom the network is loaded with, best first. Each host under
 * test takes bytes on this port from whoever knows its ticket, at most PARTNER_TAKES_S at a time. */
#define PARTNER_PORT    7013
#define PARTNER_TAKES_S 120
#define PARTNERS_MAX    8
struct partners_request {
	int64_t epoch;
	char mac[18]; /* of the port that would be loaded */
};
extern const struct field partners_request_fields[];

struct partner {
	char name[17]; /* its short code */
	char address[46];
	char ticket[65];
	int64_t speed_mbps; /* of its port; 0: not known */
	char far_end[257];  /* switch and port that it hangs on; "": not known */
};
struct partners_reply {
	char far_end[257]; /* of the host that asks */
	VEC(struct partner) partners;
};
extern const struct field partners_reply_fields[];
/* What a host under test lets itself be loaded for; of its run, which it and the server know. */
void partner_ticket(const char *run_id, char ret[static 65]);

/* POST /agent/v1/first-boot */
struct first_boot_request {
	char token[65];
	char boot_id[65];
	char machine_id[33];
	char kernel[129];
	char hostname[129];
	char image_digest[65];
	char root_disk_serial[129];
	char network_failure[257]; /* why the host fell back to DHCP; "" if it did not */
	VEC(struct ssh_host_key) ssh_host_keys;
};
extern const struct field first_boot_request_fields[];

struct first_boot_reply {
	char state[33];
};
extern const struct field first_boot_reply_fields[];

/* The code on the screen of a machine: ABCD-2345. in: agent_key, SHA-256 of its public key in hex;
 * pin of the server's key ("sha256//BASE64"). Equal codes mean equal keys on both ends. */
#define SESSION_CODE_BYTES 10
void session_code(const char *agent_key, const char *pin, char ret[static SESSION_CODE_BYTES]);
/* Did a person type this code, in any case, with or without blanks and the hyphen? trust: none of
 * typed. */
bool session_code_is(const char *typed, const char *code);

/* Parse and decode a body. trust: none. errors: those of json_load_strict() and record_decode(). */
MUST_CHECK int message_decode(const struct field *fields, const void *body, size_t n_bytes,
			      size_t max_bytes, void *record, struct err *err);
/* Compact JSON text; the caller frees it. */
MUST_CHECK char *message_encode(const struct field *fields, const void *record);

#endif
