/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The digest of a run's records, which the agent signs when the run ends: SHA-256 over each record as
 * compact JSON with sorted keys and a line feed, in order. A run that was interrupted has one digest
 * for each of its boots, from the number of its first record to that of its last.
 */
#ifndef BURNIN_RUN_DIGEST_H
#define BURNIN_RUN_DIGEST_H

#include <jansson.h>
#include <stdint.h>
#include <base/digest.h>
#include <base/err.h>

#define RUN_DIGEST_WORK "burn-in" /* of the receipt that carries it */

struct run_digest {
	struct sha256 *hash;
	int64_t first, last; /* sequence numbers; last below first: no record */
	int64_t n_records;
};
void run_digest_init(struct run_digest *d);
void run_digest_done(struct run_digest *d);
void run_digest_add(struct run_digest *d, const json_t *record);
/* {"run_id", "first", "last", "records", "sha256"}: the report of the receipt. owns: the caller's.
 * Ends the digest. */
MUST_CHECK json_t *run_digest_report(struct run_digest *d, const char *run_id);

/* Does a report fit the records of a run, each with the number that it names? records: array, in
 * order; others than those from first to last are passed over. trust: none of both. errors:
 * ERR_RECEIPT_BINDING (it does not fit), JSON errors */
MUST_CHECK int run_digest_check(json_t *report, const json_t *records, struct err *err);

#endif
