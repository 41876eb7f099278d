/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Plans: what one agent may do now, said by the server and signed by its plan key (Ed25519 over the
 * DSSE pre-authentication encoding of the bytes that travel). The agent opens the envelope, checks
 * the signature, then that the plan is meant for it: host, session, agent key, nonce, epoch,
 * expiry. It does not judge images: that takes the image's own signature (images/core).
 *
 * Server: plan_key_load_private() -> plan_encode() -> plan_seal().
 * Agent:  plan_key_load_public() -> plan_open() once per answer of .../next -> plan_check() again
 *         before each step that writes.
 */
#ifndef PROTO_PLAN_H
#define PROTO_PLAN_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <base/cleanup.h>
#include <base/digest.h>
#include <base/err.h>
#include <proto/console.h>
#include <proto/erase_method.h>

#define PLAN_PAYLOAD_TYPE        "application/vnd.slipway.plan.v1+json"
#define PLAN_TYPE                "slipway-plan/v1"
#define PLAN_MAX_BYTES           (256 * 1024) /* user_data is the only large field */
#define PLAN_USER_DATA_MAX_BYTES (64 * 1024)
#define PLAN_CHANNEL_MAX_BYTES   (64 * 1024) /* images/channel.h */
#define PLAN_SSH_KEYS_MAX        32
#define PLAN_TESTS_MAX           32
#define PLAN_TEST_MAX_BYTES      8192 /* of one test's file */
#define PLAN_ID_BYTES            40   /* UUID text and the NUL, rounded up */

/* ---- keys ------------------------------------------------------------------------------------ */
struct plan_key;
/* Make an Ed25519 pair: private PKCS#8 PEM (mode 0600) and public SPKI PEM (0644), both atomic. */
MUST_CHECK int plan_key_generate(const char *private_path, const char *public_path,
				 struct err *err);
MUST_CHECK int plan_key_load_private(const char *path, struct plan_key **ret, struct err *err);
MUST_CHECK int plan_key_load_public(const char *path, struct plan_key **ret, struct err *err);
void plan_key_free(struct plan_key *k);
DEFINE_AUTO(plan_key, struct plan_key, plan_key_free);

/* ---- the payload ----------------------------------------------------------------------------- */
enum plan_step_kind {
	PLAN_STEP_NONE,
	PLAN_STEP_INSPECT,
	PLAN_STEP_BURN_IN,
	PLAN_STEP_IMAGE,
	PLAN_STEP_REBOOT,
	PLAN_STEP_WAIT,
	PLAN_STEP_ERASE,
	_PLAN_STEP_MAX
};
const char *plan_step_kind_str(enum plan_step_kind kind); /* "burn_in" */

struct plan_disk {
	char wwn[129], serial[129]; /* "" if not known; never both */
	uint64_t size_bytes;
};

struct plan_burn_in {
	char run_id[PLAN_ID_BYTES];
	char tier[16]; /* quick, standard, acceptance */
	uint64_t seed;
	int64_t next_sequence; /* of the run's records: 0, or where an interrupted run goes on */
	/* What to run, in this order; the server resolved tier and limits. */
	struct {
		char id[33];
		int64_t seconds; /* 0: as long as it takes */
		char sha256
			[SHA256_HEX_BYTES]; /* of the test's file (burnin/catalogue.h); "": any */
		bool done; /* its verdict is stored: an earlier part of this run brought it */
		char *definition; /* the file, if the agent has it not itself; else NULL */
	} tests[PLAN_TESTS_MAX];
	size_t n_tests;
};

/* What UEFI firmware starts first after the installation. */
#define PLAN_BOOT_NETWORK     "network"
#define PLAN_BOOT_DISK        "disk"
#define PLAN_BOOT_ORDER_BYTES 8
extern const char *const plan_boot_orders[]; /* ends in NULL */

struct plan_image {
	char arm_id[PLAN_ID_BYTES];
	char image_digest[SHA256_HEX_BYTES]; /* of the manifest */
	char line[65], version[65];
	bool latest;   /* asked for as the latest of its line, where a channel must say so */
	char *channel; /* then: the signed channel; NULL: none */
	struct plan_disk disk;
	char wipe_consent[129]; /* the disk's serial, or "" */
	char objects_url[256];
	json_t *layout; /* images/disk_layout.h, which the agent reads; a reference; NULL: none */
	char hostname[64], fqdn[254];
	char *ssh_authorized_keys[PLAN_SSH_KEYS_MAX];
	size_t n_ssh_authorized_keys;
	char *user_data;                        /* "" if none; never NULL after decoding */
	char console[CONSOLE_MAX_BYTES];        /* proto/console.h; "": as the image has it */
	char boot_order[PLAN_BOOT_ORDER_BYTES]; /* "": as the agent was started with */
	json_t *network; /* proto/network.h, of this host alone; a reference; NULL: none */
	char first_boot_url[256], first_boot_pin[64], first_boot_token[SHA256_HEX_BYTES];
};

struct plan_wait {
	char message
		[512]; /* lines for people; those that begin as below are drawn big, or by hand */
	char turn[16]; /* server, technician, operator */
};
#define PLAN_WAIT_VERB   "Repair: " /* "REPLACE": what hands do to the part */
#define PLAN_WAIT_SLOT   "Slot: "   /* the printed label */
#define PLAN_WAIT_SERIAL "Serial: " /* of the part */
#define PLAN_WAIT_PLACE  "Place: "  /* of the host; the last line */

struct plan {
	char plan_id[PLAN_ID_BYTES], host_id[PLAN_ID_BYTES], session_id[PLAN_ID_BYTES];
	int64_t epoch;
	char agent_key[SHA256_HEX_BYTES], nonce[SHA256_HEX_BYTES];
	int64_t issued_unix_s, expires_unix_s;
	int64_t seq;
	enum plan_step_kind kind;
	struct plan_burn_in burn_in; /* the one that kind names is filled */
	struct plan_image image;
	struct plan_wait wait;
	int64_t reboot_delay_s;
	struct plan_disk erase_disk; /* erase: the disk ... */
	char erase_arm_id[PLAN_ID_BYTES];
	char erase_method[ERASE_POLICY_MAX_BYTES]; /* methods in order, "crypto,block,overwrite" */
};
void plan_done(struct plan *p);
#define autoplan __attribute__((cleanup(plan_done)))

/* owns: the caller decrefs. Asserts that strings are set. */
MUST_CHECK json_t *plan_encode(const struct plan *p);
/* Strict. trust: none of doc. owns: plan_done(ret), also after an error. */
MUST_CHECK int plan_decode(json_t *doc, struct plan *ret, struct err *err);

/* ---- the envelope ---------------------------------------------------------------------------- */
/* DSSE: "DSSEv1" SP len(type) SP type SP len(payload) SP payload. Caller frees *ret_p. */
void plan_pae(const char *type, const void *payload, size_t n_bytes, uint8_t **ret_p,
	      size_t *ret_n_bytes);
/* Sign the compact text of payload. out: the envelope, the caller's. */
MUST_CHECK int plan_seal(const struct plan_key *key, const json_t *payload, json_t **ret,
			 struct err *err);
/* Parse an envelope, verify it with the key, then decode. trust: none of the bytes: nothing inside
 * payload is parsed before the signature is good. errors: ERR_PLAN_ENVELOPE, ERR_PLAN_SIGNATURE,
 * ERR_PLAN_TYPE, JSON errors. owns: plan_done(ret), also after an error. */
MUST_CHECK int plan_open(const struct plan_key *key, const void *envelope, size_t n_bytes,
			 struct plan *ret, struct err *err);

/* Who the reader is. now_unix_s: its best idea of the server's time (from server_time of the
 * session's answer plus elapsed boot clock), never the RTC of a new host. */
struct plan_expect {
	const char *host_id, *session_id, *agent_key, *nonce;
	int64_t epoch;
	int64_t now_unix_s;
};
/* errors: ERR_PLAN_BINDING (another host, session, key or nonce), ERR_PLAN_EPOCH, ERR_PLAN_EXPIRED
 */
MUST_CHECK int plan_check(const struct plan *p, const struct plan_expect *expect, struct err *err);

#endif
