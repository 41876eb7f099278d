/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rows of provisioning in progress: profiles, arms, sessions, plans, and what the flow
 * remembers of a host. Storage only: what may happen when is decided by the daemon, which calls
 * these inside its own transactions. Times are microseconds since 1970 UTC; ids are UUID texts.
 *
 * Invariants: at most one arm of a host is open (not ended); an arm is consumed once, by one
 * session; at most one plan of a host is live; a session is open until closed_us is set.
 */
#ifndef INVENTORY_FLOW_H
#define INVENTORY_FLOW_H

#include <jansson.h>
#include <stdbool.h>
#include <inventory/db.h>
#include <base/err.h>

#define FLOW_ID_BYTES  40
#define FLOW_HEX_BYTES 65

/* ---- what the flow remembers of a host ------------------------------------------------------- */
struct flow_host {
	int64_t host_num;
	bool approved, inspected, tested;
	bool in_use;       /* in service, or taken out of service for work and not released since */
	char profile[129]; /* name of the profile that matched last; "" none */
	char macs[1024];   /* of the last evidence, separated by blanks */
	int64_t epoch;     /* of the newest session */
	int64_t tries;     /* of the present step that failed in a way that may pass */
	char fail_code[65]; /* stable name of the error that led to `failed`; "" otherwise */
	char run_id[FLOW_ID_BYTES];           /* the burn-in run that is open, or "" */
	char disk_wwn[129], disk_serial[129]; /* where the image was written last */
};
/* A host without a row yet is all zeros. */
MUST_CHECK int flow_host_get(struct db *db, int64_t host_num, struct flow_host *ret,
			     struct err *err);
MUST_CHECK int flow_host_put(struct db *db, const struct flow_host *h, struct err *err);

/* The drives array of the last facts document, for choosing a disk. owns: *ret is the caller's; an
 * empty array when there is none. */
MUST_CHECK int flow_drives_put(struct db *db, int64_t host_num, const json_t *drives,
			       struct err *err);
MUST_CHECK int flow_drives_get(struct db *db, int64_t host_num, json_t **ret, struct err *err);

/* ---- sessions -------------------------------------------------------------------------------- */
struct flow_session {
	char id[FLOW_ID_BYTES];
	int64_t host_num;
	char agent_key[FLOW_HEX_BYTES], nonce[FLOW_HEX_BYTES], boot_id[FLOW_HEX_BYTES];
	int64_t epoch;
	char arch[17], firmware[9];
	int64_t opened_us, closed_us; /* 0: open */
	int64_t acked;                /* last event number that was stored */
	int64_t steps;                /* number of the last step that was handed out */
};
MUST_CHECK int flow_session_add(struct db *db, const struct flow_session *s, struct err *err);
/* errors: ERR_NOT_FOUND */
MUST_CHECK int flow_session_get(struct db *db, const char *id, struct flow_session *ret,
				struct err *err);
/* The open session of a key and nonce (a repeated request). errors: ERR_NOT_FOUND */
MUST_CHECK int flow_session_find(struct db *db, const char *agent_key, const char *nonce,
				 struct flow_session *ret, struct err *err);
/* The open session of a host. errors: ERR_NOT_FOUND */
MUST_CHECK int flow_session_of_host(struct db *db, int64_t host_num, struct flow_session *ret,
				    struct err *err);
MUST_CHECK int flow_session_progress(struct db *db, const char *id, int64_t acked, int64_t steps,
				     struct err *err);
MUST_CHECK int flow_sessions_close(struct db *db, int64_t host_num, int64_t now_us,
				   struct err *err);

/* ---- keys ------------------------------------------------------------------------------------ */
#define FLOW_ASKING_MAX 4
struct flow_key {
	int64_t host_num;
	char bound[FLOW_HEX_BYTES]; /* the agent key that may do the host's work, or "" */
	bool by_person;             /* somebody compared the code on its screen */
	/* other keys that asked for the host since, separated by blanks, newest first */
	char asking[FLOW_ASKING_MAX * FLOW_HEX_BYTES];
};
/* A host without a row is bound to none. */
MUST_CHECK int flow_key_get(struct db *db, int64_t host_num, struct flow_key *ret, struct err *err);
MUST_CHECK int flow_key_put(struct db *db, const struct flow_key *k, struct err *err);

/* ---- plans ----------------------------------------------------------------------------------- */
struct flow_plan {
	char id[FLOW_ID_BYTES], session_id[FLOW_ID_BYTES];
	int64_t host_num, seq;
	char kind[16];
	char arm_id[FLOW_ID_BYTES], run_id[FLOW_ID_BYTES]; /* or "" */
	int64_t issued_us, expires_us, ended_us;           /* ended 0: live */
	char result[65];
	char *envelope; /* JSON text; in flow_plan_add() borrowed, else the caller's (free) */
};
MUST_CHECK int flow_plan_add(struct db *db, const struct flow_plan *p, struct err *err);
/* errors: ERR_NOT_FOUND. owns: ret->envelope is the caller's (free). */
MUST_CHECK int flow_plan_get(struct db *db, const char *id, struct flow_plan *ret, struct err *err);
MUST_CHECK int flow_plan_live(struct db *db, int64_t host_num, struct flow_plan *ret,
			      struct err *err);
/* End the live plan of a host, if there is one. */
MUST_CHECK int flow_plan_end(struct db *db, int64_t host_num, const char *result, int64_t now_us,
			     struct err *err);

/* ---- arms ------------------------------------------------------------------------------------ */
struct flow_arm {
	char id[FLOW_ID_BYTES];
	int64_t host_num;
	char work[9]; /* "image", "erase" */
	/* of an image; "" for an erase */
	char image_digest[FLOW_HEX_BYTES], line[129], version[129], arch[17];
	bool latest; /* somebody asked for the latest one, not for this one */
	char disk_wwn[129], disk_serial[129];
	int64_t disk_bytes;
	char wipe_consent[129]; /* serial, or "" */
	char who[81], reason[257];
	char owner[65];                      /* the person it counts for, "" for none by name */
	char agreed[65];                     /* the second person who approved it, or "" */
	bool automatic;                      /* a profile made it, not a person */
	char waiver[257];                    /* why without a passed burn-in, "" for none */
	char profile_digest[FLOW_HEX_BYTES]; /* of what the profile gives the image; "" to erase */
	int64_t created_us, expires_us;
	int64_t consumed_us; /* 0: not yet */
	char methods[97];    /* to erase by, in order; "": the configuration's */
	char session_id[FLOW_ID_BYTES], permit_id[FLOW_ID_BYTES];
	char first_boot_hash[FLOW_HEX_BYTES];
	int64_t ended_us; /* 0: open */
	char result[65];
	/* to erase: the disks that wait for it when it is made; not stored */
	int64_t n_more, more_bytes;
};
/* Ends the host's open arm, if any, as "replaced". */
MUST_CHECK int flow_arm_add(struct db *db, const struct flow_arm *a, struct err *err);
/* A disk that is erased after the arm's own, by the same permission. */
struct flow_arm_disk {
	char wwn[129], serial[129];
	int64_t bytes;
};
MUST_CHECK int flow_arm_add_disk(struct db *db, const char *arm_id, int64_t place,
				 const struct flow_arm_disk *d, struct err *err);
/* The first disk that waits under an arm. errors: ERR_NOT_FOUND */
MUST_CHECK int flow_arm_next_disk(struct db *db, const char *arm_id, struct flow_arm_disk *ret,
				  struct err *err);
/* Ends the arm as done, adds the one for its next disk, and moves the disks behind that one.
 * in: next: as the arm, with an id and times of its own. Call in the caller's transaction. */
MUST_CHECK int flow_arm_go_on(struct db *db, const struct flow_arm *arm, struct flow_arm *next,
			      struct err *err);
MUST_CHECK int flow_arm_get(struct db *db, const char *id, struct flow_arm *ret, struct err *err);
/* The host's open arm, expired or not. errors: ERR_NOT_FOUND */
MUST_CHECK int flow_arm_open(struct db *db, int64_t host_num, struct flow_arm *ret,
			     struct err *err);
/* The host's newest arm, open or ended. errors: ERR_NOT_FOUND */
MUST_CHECK int flow_arm_latest(struct db *db, int64_t host_num, struct flow_arm *ret,
			       struct err *err);
/* How many open arms, not expired at now_us, are for this image. */
MUST_CHECK int flow_arms_of_image(struct db *db, const char *image_digest, int64_t now_us,
				  int64_t *ret_n, struct err *err);
/* Which arms that nobody else agreed to. */
struct flow_arms_alone {
	bool automatic;
	const char *owner; /* of those that are not automatic */
	int64_t since_us;
};
/* The hosts of such arms, each once, at most max of them. */
MUST_CHECK int flow_arms_alone(struct db *db, const struct flow_arms_alone *which,
			       int64_t *ret_nums, size_t max, size_t *ret_n, struct err *err);
/* The host starts anew: no token of its former life sets it to ready. */
MUST_CHECK int flow_arm_forget_tokens(struct db *db, int64_t host_num, struct err *err);
/* The consumed arm whose first-boot token has this hash. errors: ERR_NOT_FOUND */
MUST_CHECK int flow_arm_by_token(struct db *db, const char *first_boot_hash, struct flow_arm *ret,
				 struct err *err);
MUST_CHECK int flow_arm_set_token(struct db *db, const char *id, const char *first_boot_hash,
				  struct err *err);
/* The permit that an arm is used for. */
struct flow_arm_use {
	const char *arm_id, *session_id, *permit_id;
	int64_t now_us;
};
/* Consume, if it is open, unconsumed and not expired. out: *ret_done false when another call was
 * first. Call in the transaction that grants the permit. */
MUST_CHECK int flow_arm_consume(struct db *db, const struct flow_arm_use *use, bool *ret_done,
				struct err *err);
/* End the open arm of a host, if any. */
MUST_CHECK int flow_arm_end(struct db *db, int64_t host_num, const char *result, int64_t now_us,
			    struct err *err);
/* The open arm of a host, if any, ends at_us unless it is used or ends before. */
MUST_CHECK int flow_arm_shorten(struct db *db, int64_t host_num, int64_t at_us, struct err *err);
/* Visit arms that are consumed and open: after a restart, who is writing. */
MUST_CHECK int flow_arms_writing(struct db *db,
				 int (*visit)(void *arg, const struct flow_arm *a, struct err *err),
				 void *arg, struct err *err);

/* ---- profiles and settings ------------------------------------------------------------------- */
MUST_CHECK int flow_profile_put(struct db *db, const char *name, int64_t priority,
				const json_t *doc, int64_t now_us, struct err *err);
/* What belongs to a profile and is not shown: text that the caller has sealed, or "". */
MUST_CHECK int flow_profile_set_secret(struct db *db, const char *name, const char *sealed,
				       struct err *err);
/* owns: *ret is the caller's; "" when there is none. */
MUST_CHECK int flow_profile_secret(struct db *db, const char *name, char **ret, struct err *err);
/* The same profile in other words: its document and its secret, and nothing that was agreed. */
MUST_CHECK int flow_profile_reword(struct db *db, const char *name, const json_t *doc,
				   const char *sealed, struct err *err);
/* The second person who agreed to a profile, as it is now; "" for none. */
MUST_CHECK int flow_profile_agree(struct db *db, const char *name, const char *owner,
				  struct err *err);
MUST_CHECK int flow_profile_agreed(struct db *db, const char *name, char *ret, size_t ret_bytes,
				   struct err *err);
/* Nobody agreed to profiles of at most this priority any more. */
MUST_CHECK int flow_profiles_disagree(struct db *db, int64_t max_priority, struct err *err);
/* errors: ERR_NOT_FOUND */
MUST_CHECK int flow_profile_get(struct db *db, const char *name, json_t **ret, struct err *err);
MUST_CHECK int flow_profile_remove(struct db *db, const char *name, struct err *err);
/* All documents, highest priority first, then by name. owns: *ret, a JSON array. */
MUST_CHECK int flow_profile_list(struct db *db, json_t **ret, struct err *err);

MUST_CHECK int flow_setting_put(struct db *db, const char *key, const char *value, struct err *err);
/* fallback when there is none. */
MUST_CHECK int flow_setting_get(struct db *db, const char *key, const char *fallback, char *ret,
				size_t ret_bytes, struct err *err);

/* Hosts that were seen and that nobody let in yet. */
MUST_CHECK int flow_hosts_unapproved(struct db *db, int64_t *ret, struct err *err);

/* Hosts whose deadline has passed: visit at most max of them; the visitor may write. */
MUST_CHECK int flow_hosts_overdue(struct db *db, int64_t now_us, int max,
				  int (*visit)(void *arg, int64_t host_num, struct err *err),
				  void *arg, struct err *err);

#endif
