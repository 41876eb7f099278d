/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Many hosts by what a ticket or a spreadsheet calls them: serials, MAC addresses, asset tags,
 * names, ids, in one question. What nothing fits is named, and what fits several hosts too.
 */
#ifndef INVENTORY_HOST_SEARCH_H
#define INVENTORY_HOST_SEARCH_H

#include <jansson.h>
#include <inventory/db.h>
#include <base/err.h>

#define HOST_SEARCH_MAX 10000 /* values */

/* ask: {"serials": [...], "macs": [...], "tags": [...], "values": [...]}; values may be any of them,
 * or an id, a short code or a name. fields: of the answer's hosts, NULL: a few. out: {"items":
 * [{"value", ...the host's fields}], "unmatched": [...], "ambiguous": [...]} in the order asked for.
 * Blanks around a value and the notation of a MAC do not matter. owns: *ret is the caller's.
 * errors: ERR_FIELD_*, ERR_TOO_BIG, ERR_FIELD_UNKNOWN. trust: none */
MUST_CHECK int host_search(struct db *db, const json_t *ask, const char *fields, json_t **ret,
			   struct err *err);

#endif
