/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What was done to a host: burn-in runs with their OCP records, image receipts, and faults (open
 * repair orders). Ids of runs and faults are the caller's or made here; rows are never removed.
 */
#ifndef INVENTORY_RUN_H
#define INVENTORY_RUN_H

#include <jansson.h>
#include <stdbool.h>
#include <base/vec.h>
#include <inventory/db.h>
#include <base/err.h>

#define RUN_RECORD_MAX_BYTES (256 * 1024)

struct run_draft {
	int64_t host_num;
	const char *id; /* "": a UUID is made */
	const char *tier;
	int64_t seed;
	const char *
		retest_of; /* id of the whole run that this one completes after a repair, or NULL */
};
/* errors: ERR_EXISTS */
MUST_CHECK int run_start(struct db *db, const struct run_draft *d, int64_t now_us,
			 char ret_id[static 37], struct err *err);
/* Append one record, in order. Large runs: call in one transaction per batch. errors: ERR_NOT_FOUND
 */
MUST_CHECK int run_add_record(struct db *db, const char *run_id, const json_t *record,
			      int64_t now_us, struct err *err);
/* result: "PASS", "FAIL", "INCOMPLETE", "CANCELLED". */
MUST_CHECK int run_finish(struct db *db, const char *run_id, const char *result, const char *detail,
			  int64_t now_us, struct err *err);
struct run_records {
	const char *run_id;
	int64_t after_seq, max;
};
/* Visit the records of a run after a sequence number, oldest first. body: compact JSON text.
 * errors: ERR_NOT_FOUND, those of visit */
MUST_CHECK int run_each_record(struct db *db, const struct run_records *which,
			       int (*visit)(void *arg, int64_t seq, const char *body,
					    struct err *err),
			       void *arg, struct err *err);

/* What an agent signed about the records of a run; one of each key, later ones are passed over. */
MUST_CHECK int run_signature_add(struct db *db, const char *run_id, const char *key_sha256,
				 const json_t *envelope, int64_t now_us, struct err *err);
/* [{"key_sha256", "at", "envelope"}], oldest first. owns: *ret is the caller's. */
MUST_CHECK int run_signatures(struct db *db, const char *run_id, json_t **ret, struct err *err);

struct fault_draft {
	int64_t host_num;
	const char *code;      /* stable name: "memory.ecc.uncorrected", "interrupted" */
	const char *part_type; /* "memory", "drive", ... or "" */
	const char *part_number, *part_serial, *slot;
	const char *action; /* what to do, plain words */
	const char *detail;
	const char *turn;      /* "technician" when NULL */
	const char *run_id;    /* or NULL */
	const char *certainty; /* that it is this part: certainty_str(), or NULL */
};
/* Open a fault; the same code, slot and serial already open on the host is not opened twice (its id
 * is returned, and findings in detail that it does not have yet are added). */
MUST_CHECK int fault_open(struct db *db, const struct fault_draft *d, const char *actor,
			  int64_t now_us, char ret_id[static 37], struct err *err);
/* errors: ERR_NOT_FOUND; closing a closed fault changes nothing. */
MUST_CHECK int fault_close(struct db *db, const char *fault_id, const char *note, const char *actor,
			   int64_t now_us, struct err *err);
/* The host that a fault is of. errors: ERR_NOT_FOUND */
MUST_CHECK int fault_host(struct db *db, const char *fault_id, int64_t *ret_num, struct err *err);
/* Visit each code of open faults, with their number. */
MUST_CHECK int fault_count_codes(struct db *db,
				 void (*visit)(void *arg, const char *code, int64_t n), void *arg,
				 struct err *err);
/* What people and ticket systems write on a fault; NULL: as it is. */
struct fault_edit {
	const char *rma, *note;
	int64_t revision; /* that was read; -1: any */
};
/* errors: ERR_NOT_FOUND, ERR_EXPECT_REVISION */
MUST_CHECK int fault_edit(struct db *db, const char *fault_id, const struct fault_edit *e,
			  const char *actor, int64_t now_us, struct err *err);
/* An open fault, as far as a decision needs it. */
struct fault_row {
	char id[37], code[65], part_type[65], serial[129], slot[129];
	char run_id[37];  /* the burn-in that brought it, or "" */
	char action[513]; /* the order: "Replace ..." */
};
typedef VEC(struct fault_row) fault_list;
#define FAULTS_OPEN_MAX 256 /* that one host may have */
/* The open faults of a host, oldest first. owns: VEC_DONE(ret). */
MUST_CHECK int fault_list_open(struct db *db, int64_t host_num, fault_list *ret, struct err *err);

/* The last run of a host that ended with a verdict (PASS, FAIL, INCOMPLETE). Returns 1, or 0 when
 * there is none. */
struct run_row {
	char id[37], tier[33], result[17], detail[513], retest_of[37];
	int64_t started_us;
};
MUST_CHECK int run_last_judged(struct db *db, int64_t host_num, struct run_row *ret,
			       struct err *err);
/* errors: ERR_NOT_FOUND */
MUST_CHECK int run_get(struct db *db, const char *run_id, struct run_row *ret, struct err *err);

/* The open fault that was opened last, as the API shows it; json null when there is none. */
MUST_CHECK int fault_latest_open(struct db *db, int64_t host_num, json_t **ret, struct err *err);

/* What an agent proved to have done to a disk. */
struct receipt_draft {
	int64_t host_num;
	const char *work;                          /* "image", "erase" */
	const char *image_digest, *line, *version; /* "" for an erase */
	const char *disk_serial;
	const json_t *report;   /* kept as it came */
	const json_t *envelope; /* the signed bytes that it came in; NULL: none */
	const char *key_sha256; /* of the session's key that signed it, or "" */
	const char *trust;      /* which kind of root vouched for the image: "lab", "hardened" */
};
/* Also sets the host's image columns. */
MUST_CHECK int receipt_add(struct db *db, const struct receipt_draft *r, int64_t now_us,
			   struct err *err);
struct receipt_wanted {
	int64_t host_num;
	const char *work, *disk_serial;
	int64_t since_us;
};
/* Whether such a receipt came. */
MUST_CHECK int receipt_since(struct db *db, const struct receipt_wanted *wanted, bool *ret,
			     struct err *err);
/* The report of the host's last image receipt as the agent sent it (its members are the agent's
 * words), or NULL when it was never imaged. The caller decrefs. */
MUST_CHECK int receipt_latest(struct db *db, int64_t host_num, json_t **ret, struct err *err);
/* What people ask of the last receipt, image or erase: {"id", "at", "work", "image", "disk_serial",
 * "signed", "written_bytes", "read_back": [{"number", "mount", "sha256"}] or "read_back_bytes"};
 * json null when there is none. owns: *ret. */
MUST_CHECK int receipt_brief(struct db *db, int64_t host_num, json_t **ret, struct err *err);

#endif
