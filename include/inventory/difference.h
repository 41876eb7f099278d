/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What changed in the fleet between two moments, host by host: fields of the host, parts that came,
 * went or moved. For audits: "what changed between the stock-taking and today".
 */
#ifndef INVENTORY_DIFFERENCE_H
#define INVENTORY_DIFFERENCE_H

#include <jansson.h>
#include <inventory/db.h>
#include <base/err.h>

/* Hosts that changed in (from_us, to_us], by row number after `after`, at most limit. out: {"from",
 * "to", "items": [{"host", "host_id", "change": "added|removed|changed", "fields": {name: [was,
 * is]}, "parts_added": [...], "parts_removed": [...]}], "next": N|null}. owns: *ret is the
 * caller's. errors: ERR_INVALID (from after to) */
MUST_CHECK int difference_of(struct db *db, int64_t from_us, int64_t to_us, int64_t after,
			     int64_t limit, json_t **ret, struct err *err);
/* The same for hosts that fit filters now: of->filters, as query_run() takes them; NULL: all. */
struct query_request;
MUST_CHECK int difference_of_hosts(struct db *db, const struct query_request *of, int64_t from_us,
				   int64_t to_us, int64_t after, json_t **ret, struct err *err);

#endif
