/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the fleet should be: edits by people, SKUs, deliveries, locations, and the comparison of all
 * that with what agents found. State names are the caller's.
 */
#ifndef INVENTORY_EXPECT_H
#define INVENTORY_EXPECT_H

#include <jansson.h>
#include <stdbool.h>
#include <inventory/db.h>
#include <base/err.h>

#define SKU_PARTS_MAX      2048
#define DELIVERY_ROWS_MAX  10000
#define DELIVERY_BYTES_MAX (8 * 1024 * 1024)
#define DELIVERY_MACS_MAX  32 /* of one host */
#define CSV_COLUMNS_MAX    32

/* Change what people may say about a host: name, asset_tag, sku, site, row, rack, unit (null:
 * unknown), reserved_for. revision: what If-Match said, -1 for none. out: *ret_changed. errors:
 * ERR_FIELD_UNKNOWN, ERR_FIELD_TYPE with a pointer, ERR_EXPECT_REVISION, ERR_NOT_FOUND (sku) */
MUST_CHECK int host_edit(struct db *db, int64_t num, json_t *set, int64_t revision,
			 const char *actor, int64_t now_us, bool *ret_changed, struct err *err);

/* What host_edit() takes, one after another: the name of the i-th member, NULL at the end.
 * out: *ret_number whether it is a whole number (0 to HOST_UNIT_MAX) or a text. */
const char *host_editable(size_t i, bool *ret_number);
#define HOST_UNIT_MAX 1000

/* ---- SKUs ------------------------------------------------------------------------------------ */
/* Write a SKU; the same contents again is no new version. contents: {"cores", "MemoryMiB",
 * "sockets", "BiosVersion", "parts": [{"type", "slot", "Manufacturer", "PartNumber", "Model",
 * "CapacityMiB", "CapacityBytes", "FirmwareVersion"}]}, all but type optional. errors: ERR_FIELD_*,
 * ERR_TOO_BIG */
MUST_CHECK int sku_put(struct db *db, const char *name, json_t *contents, const char *note,
		       const char *actor, int64_t now_us, int64_t *ret_version, struct err *err);
/* The contents that a good host has. owns: *ret is the caller's. */
MUST_CHECK int sku_learn(struct db *db, int64_t host_num, json_t **ret, struct err *err);

/* ---- comparing ------------------------------------------------------------------------------- */
/* {"sku": name|null, "status": "match|differs|unknown", "differences": [{"what":
 * "missing|extra|wrong|moved", "type", "slot", "field", "expected", "found"}]}. owns: *ret is the
 * caller's. */
MUST_CHECK int host_compare(struct db *db, int64_t host_num, json_t **ret, struct err *err);
/* Bring the host's sku_status up to date, inside a change of the host that is being written
 * already. */
MUST_CHECK int host_refresh_sku_status(struct db *db, int64_t host_num, struct err *err);

/* The same for the hosts of a SKU that was written anew, one a call, each a change of its own:
 * *after is the number of the last, 0 at first. 1: there may be more. */
MUST_CHECK int sku_refresh_next(struct db *db, const char *sku, int64_t *after, int64_t now_us,
				struct err *err);

/* ---- deliveries ------------------------------------------------------------------------------ */
struct delivery_head {
	const char *name, *vendor, *purchase_order, *site,
		*note;            /* name is needed; others may be NULL */
	int64_t due_us;           /* 0: not said */
	const char *state, *turn; /* of hosts that are made, e.g. "expected" */
};
/* Import rows {"serial", "macs": [..], "sku", "site", "row", "rack", "unit", "asset_tag", "switch",
 * "port", "name"}, one a call, so that a list of thousands need not be one transaction. A wrong row
 * does not hinder the others. The same list again changes nothing, also after one that was left
 * half-way. dry_run: everything is checked and nothing is kept. Borrows db, the head's texts and
 * actor until delivery_import_free(). errors: ERR_INVALID */
struct delivery_import;
MUST_CHECK int delivery_import_new(struct db *db, const struct delivery_head *head, json_t *rows,
				   const char *actor, bool dry_run, int64_t now_us,
				   struct delivery_import **ret, struct err *err);
/* The next row, in a transaction of its own or as part of the caller's. 1: there are more, 0: it
 * was the last, negative: the store failed. */
MUST_CHECK int delivery_import_next(struct delivery_import *w, struct err *err);
/* {"delivery", "accepted", "refused", "results": [{"line", "status", "host_id"|"code", "detail"}]}
 * of the rows until now. owns: the caller's. */
MUST_CHECK json_t *delivery_import_result(const struct delivery_import *w);
void delivery_import_free(struct delivery_import *w);
DEFINE_AUTO(delivery_import, struct delivery_import, delivery_import_free);
/* Rows from CSV with a header line. trust: none of it. errors: ERR_CSV with the line, ERR_TOO_BIG
 */
MUST_CHECK int delivery_rows_from_csv(const char *text, size_t n_bytes, json_t **ret,
				      struct err *err);

/* ---- locations ------------------------------------------------------------------------------- */
/* One rack unit and the switch port that belongs to it. */
struct location_draft {
	const char *site, *rack_row, *rack; /* rack is needed; NULL is "" */
	int64_t unit;
	const char *switch_name, *port, *note;
};
/* Written over when it exists. */
MUST_CHECK int location_put(struct db *db, const struct location_draft *d, const char *actor,
			    int64_t now_us, int64_t *ret_id, struct err *err);

#endif
