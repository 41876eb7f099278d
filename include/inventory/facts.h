/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Storing what an agent found: the facts document (Redfish names, see provisioner/proto/README.md)
 * becomes host columns, parts and placements. Only differences are written. A part that was last
 * seen in another host moves; if that host made contact minutes ago, two parts share a serial
 * instead.
 */
#ifndef INVENTORY_FACTS_H
#define INVENTORY_FACTS_H

#include <jansson.h>
#include <inventory/db.h>
#include <base/err.h>

#define FACTS_PARTS_MAX 4096

struct facts_change {
	bool changed; /* false: the same as last time, but perhaps for the kernel's names */
	unsigned added, removed, moved, updated;
};

/* doc: a checked facts document (shape and sizes; values may still lie). errors: ERR_HOST_UNKNOWN,
 * ERR_FIELD_TYPE and friends with a pointer, ERR_TOO_BIG. out: *ret may be NULL. */
MUST_CHECK int facts_store(struct db *db, int64_t host_num, const json_t *doc, int64_t now_us,
			   struct facts_change *ret, struct err *err);

/* The document in a stored value. trust: none of it. owns: *ret. errors: ERR_DB_CORRUPT */
MUST_CHECK int facts_from_blob(const void *p, size_t n_bytes, json_t **ret, struct err *err);
/* The document as of a time (0: now). owns: *ret is the caller's. errors: ERR_NOT_FOUND */
MUST_CHECK int facts_load(struct db *db, int64_t host_num, int64_t at_us, json_t **ret,
			  struct err *err);

/* Give the card that a DHCP relay spoke of (event FACTS_RELAYED_EVENT: mac, relay, circuit_id, remote_id) a
 * member FACTS_RELAYED: Relay, CircuitId, RemoteId, At. Nothing is stored. facts: changed. */
#define FACTS_RELAYED_EVENT "dhcp.relayed"
#define FACTS_RELAYED       "relayed"
MUST_CHECK int facts_add_relayed(struct db *db, int64_t host_num, json_t *facts, struct err *err);

#endif
