/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An agent for tests of the server: the agent's own session library over the daemon's unix socket,
 * with the headers that nginx would add (listener and certificate). No disks, no tools: the test
 * says what happened. Calls return the HTTP status; 0 when the server could not be reached, -1 when
 * the agent refuses an answer.
 */
#ifndef TESTS_HARNESS_FAKE_AGENT_H
#define TESTS_HARNESS_FAKE_AGENT_H

#include <jansson.h>
#include <proto/plan.h>
#include <session/link.h>

struct fake_agent {
	const char *manufacturer; /* of its system; NULL: "Slipway" */
	const char *tpm_ek;       /* SHA-256 of its TPM's key; NULL: it has none */
	const char *stage;        /* what its heartbeats say it does; NULL: "write" */
	const char *chassis;      /* of the switch that its port ends at; NULL: none is known */
	char address_header[64];  /* "X-Real-IP: ..."; "": none */
	char socket[108];
	char cert_header[4096]; /* "X-Slipway-Client-Cert: ..." */
	char key_id[SHA256_HEX_BYTES];
	char key_path[64]; /* of this boot's private key, in memory */
	char serial[64], uuid[40], mac[20], disk_serial[64], arch[16];
	int64_t disk_bytes;
	char nonce[SHA256_HEX_BYTES]; /* one for each boot: a session asked for again is the same */
	char boot_id[40];             /* "": not known, so each contact may be a reboot */
	struct link link;             /* connected during a call only */
	char host_id[65];             /* of link.session */
	char short_code[17];
	int64_t seq;   /* of the last event sent */
	int64_t acked; /* of the last event that the server has */
	int64_t after; /* the last step finished */
	struct plan plan;
	struct heartbeat_reply heartbeat; /* the last one */
	char permit_id[65];               /* the last one */
	struct err err;                   /* of the last call */
	char code[80];                    /* its stable name, or "" */
};

/* A new boot: new key and nonce. The machine is told apart by serial and mac. */
void fake_agent_boot(struct fake_agent *a, const char *socket, const char *serial, const char *mac);
void fake_agent_done(struct fake_agent *a);

/* Any call, as this agent. Takes body. */
int fake_agent_call(struct fake_agent *a, const char *method, const char *path, json_t *body);
/* A session; again: the same one while it lives. */
int fake_agent_open(struct fake_agent *a);
/* Ask for a step; 200 fills a->plan after checking its signature with the key of public_key_path.
 */
int fake_agent_next(struct fake_agent *a, int wait_s, const char *public_key_path);
/* Send one event with the next number. Takes data. */
int fake_agent_event(struct fake_agent *a, const char *kind, json_t *data);
/* The same number again. Takes data. */
int fake_agent_event_again(struct fake_agent *a, const char *kind, json_t *data);
int fake_agent_facts(struct fake_agent *a, const char *signature);
/* step_done for the present plan, which counts as finished. */
int fake_agent_step_done(struct fake_agent *a, const char *result);
int fake_agent_step_failed(struct fake_agent *a, const char *code);
int fake_agent_heartbeat(struct fake_agent *a);
/* Ask whom to load the network with. owns: record_done(partners_reply_fields, ret). */
int fake_agent_partners(struct fake_agent *a, struct partners_reply *ret);
/* Ask to write the disk of the plan. data_found: one signature, or NULL. */
int fake_agent_permit(struct fake_agent *a, const char *data_found);
int fake_agent_receipt(struct fake_agent *a);
/* A receipt with a report of the test's own, sealed with this boot's key. Takes report. */
int fake_agent_receipt_of(struct fake_agent *a, json_t *report);
/* The envelope alone. Takes report. */
json_t *fake_agent_seal(struct fake_agent *a, json_t *report);
/* The report has this key, and one that is not a key. */
#define FAKE_AGENT_SSH_KEY                                                                         \
	"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAINe72ZEXGoGA/3/jZs9i2YoHMtqdDXAEHe0FX1pnfVJC"
int fake_agent_first_boot(struct fake_agent *a, const char *token, const char *digest);

#endif
