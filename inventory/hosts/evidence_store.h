/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Evidence in the store: whose it is, which values several machines share, what waits for a person.
 * Private to the room.
 */
#ifndef INVENTORY_EVIDENCE_STORE_H
#define INVENTORY_EVIDENCE_STORE_H

#include <base/err.h>

#include "evidence.h"

/* Set `shared` on items that count for nothing. */
MUST_CHECK int evidence_mark_shared(struct db *db, struct evidence_set *s, struct err *err);
/* From now on the items of these kinds count for nothing, for any host. */
MUST_CHECK int evidence_learn_shared(struct db *db, const struct evidence_set *s, unsigned kinds,
				     const char *why, int64_t now_us, struct err *err);
/* Add what is new to a host; appends host.evidence when something is new and the host is not. e
 * (may be NULL) refreshes the host's serial and UUID columns. */
MUST_CHECK int evidence_add(struct db *db, int64_t host_num, const struct host_evidence *e,
			    const struct evidence_set *s, int64_t now_us, struct err *err);
/* Keep evidence aside for identity_accept(). */
MUST_CHECK int evidence_set_pending(struct db *db, int64_t host_num, const struct host_evidence *e,
				    const struct evidence_set *s, int64_t now_us, struct err *err);

#endif
