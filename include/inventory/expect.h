/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the fleet should be: edits by people, SKUs, locations, and the comparison of all that with
 * what agents found. Deliveries: delivery.h.
 */
#ifndef INVENTORY_EXPECT_H
#define INVENTORY_EXPECT_H

#include <jansson.h>
#include <stdbool.h>
#include <inventory/db.h>
#include <base/err.h>

#define SKU_PARTS_MAX 2048

/* One change of what people may say about a host. Borrows all of it. */
struct host_edit {
	json_t *set; /* of name, asset_tag, sku, site, row, rack, unit (null: unknown), reserved_for */
	int64_t revision; /* what If-Match said, -1 for none */
	const char *actor;
	int64_t now_us;
};
/* out: *ret_changed. errors: ERR_FIELD_UNKNOWN, ERR_FIELD_TYPE with a pointer,
 * ERR_EXPECT_REVISION, ERR_NOT_FOUND (sku) */
MUST_CHECK int host_edit(struct db *db, int64_t num, const struct host_edit *edit,
			 bool *ret_changed, struct err *err);

/* What host_edit() takes, one after another: the name of the i-th member, NULL at the end.
 * out: *ret_number whether it is a whole number (0 to HOST_UNIT_MAX) or a text. */
const char *host_editable(size_t i, bool *ret_number);
#define HOST_UNIT_MAX 1000

/* ---- SKUs ------------------------------------------------------------------------------------ */
/* Write a SKU; the same contents again do not make a new version. contents: {"cores", "MemoryMiB",
 * "sockets", "BiosVersion", "parts": [{"type", "slot", "Manufacturer", "PartNumber", "Model",
 * "CapacityMiB", "CapacityBytes", "FirmwareVersion"}]}, all but type optional. errors: ERR_FIELD_*,
 * ERR_TOO_BIG */
struct sku_draft {
	const char *name;
	json_t *contents; /* borrowed */
	const char *note; /* "" none */
	const char *actor;
	int64_t now_us;
};
MUST_CHECK int sku_put(struct db *db, const struct sku_draft *draft, int64_t *ret_version,
		       struct err *err);
/* The contents that a good host has. owns: *ret is the caller's. */
MUST_CHECK int sku_learn(struct db *db, int64_t host_num, json_t **ret, struct err *err);

/* ---- comparing ------------------------------------------------------------------------------- */
/* {"sku": name|null, "status": "match|differs|unknown", "differences": [{"what":
 * "missing|extra|wrong|moved", "type", "slot", "field", "expected", "found"}]}. owns: *ret is the
 * caller's. */
MUST_CHECK int host_compare(struct db *db, int64_t host_num, json_t **ret, struct err *err);
/* Bring the host's rows of collection_differences up to date. Inside a transaction. */
MUST_CHECK int host_refresh_differences(struct db *db, int64_t host_num, struct err *err);
/* Bring the host's sku_status, and its differences, up to date, inside a change of the host that is being written
 * already. */
MUST_CHECK int host_refresh_sku_status(struct db *db, int64_t host_num, struct err *err);

/* The same for the hosts of a SKU that was written anew, one a call, each a change of its own:
 * *after is the number of the last, 0 at first. 1: there may be more. */
MUST_CHECK int sku_refresh_next(struct db *db, const char *sku, int64_t *after, int64_t now_us,
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
