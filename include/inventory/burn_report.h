/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The acceptance report of burn-in: what each host of a delivery, or one host, has passed, and its
 * failures ranked by what they have in common. Counts are those of the store at this moment; what a
 * vendor did not report (a firmware, a part number) is left out of its ranking.
 *
 * {"type": "slipway-burn-in-report/v1", "at", "delivery" or "host", "counts": {"hosts", "passed",
 *  "failed", "incomplete", "not_tested", "open_faults"}, "hosts": [{"short_code", "name", "serial",
 *  "sku", "state", "tier", "result", "why", "started", "ended", "open_faults"}], "failures":
 *  {"codes": [..], "part_numbers": [..], "lots": [..], "firmware": [{"name", "faults", "hosts",
 *  "parts"}]}, "faults": [{"host", "state", "code", "part", "part_number", "serial", "firmware",
 *  "slot", "certainty", "action", "detail", "rma", "opened", "closed"}], "warnings": [{"host", "at",
 *  "summary"}], "truncated"}
 *
 * A lot is what a vendor's serial numbers begin with, of one part number. "parts" counts all parts
 * of that number in these hosts.
 */
#ifndef INVENTORY_BURN_REPORT_H
#define INVENTORY_BURN_REPORT_H

#include <jansson.h>
#include <stdint.h>
#include <inventory/db.h>
#include <base/err.h>

#define BURN_REPORT_HOSTS_MAX  10000
#define BURN_REPORT_FAULTS_MAX 10000
#define BURN_REPORT_LOT_CHARS  4 /* of a serial number */

/* One of the two; the other is NULL. */
struct burn_report_ask {
	const char *delivery; /* its name */
	const char *host_id;
	int64_t now_us;
};
/* owns: *ret is the caller's. errors: ERR_NOT_FOUND */
MUST_CHECK int burn_report_of(struct db *db, const struct burn_report_ask *ask, json_t **ret,
			      struct err *err);

#endif
