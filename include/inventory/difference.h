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

struct query_request;
/* (from_us, to_us], of hosts by row number after `after` */
struct difference_span {
	int64_t from_us, to_us, after;
};
/* Hosts that changed in the span, at most of->limit. of->filters: those of the hosts that fit them
 * now, as query_run() takes them. out: {"from", "to", "items": [{"host", "host_id", "change":
 * "added|removed|changed", "fields": {name: [was, is]}, "parts_added": [...], "parts_removed":
 * [...]}], "next": N|null}. owns: *ret is the caller's. errors: ERR_INVALID (from after to) */
MUST_CHECK int difference_of_hosts(struct db *db, const struct query_request *of,
				   const struct difference_span *span, json_t **ret,
				   struct err *err);

#endif
