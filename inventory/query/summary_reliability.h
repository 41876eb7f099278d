/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How reliable the groups of a summary are: of parts and of hosts. Private to the room.
 */
#ifndef INVENTORY_SUMMARY_RELIABILITY_H
#define INVENTORY_SUMMARY_RELIABILITY_H

#include "summary_measures.h"

/* Add the member "reliability" to the items, which have the groups' values, and to the total. What
 * it holds: struct summary_more in inventory/collection.h.
 * errors: ERR_INVALID with the pointer /reliability: neither parts nor hosts */
MUST_CHECK int summary_reliability_add(const struct summary_groups *g, int64_t until_us,
				       json_t *items, json_t *total, struct err *err);

#endif
