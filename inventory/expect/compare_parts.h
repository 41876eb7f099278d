/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parts of a SKU against the parts of a host, slot by slot; a part without a slot fits any place.
 * Private to the room. Pure.
 */
#ifndef INVENTORY_COMPARE_PARTS_H
#define INVENTORY_COMPARE_PARTS_H

#include <jansson.h>

/* One difference; what is NULL is left out of the list. */
struct part_difference {
	const char *what; /* "missing", "extra", "wrong", "moved", "unknown" (what was found) */
	const char *type; /* of the part, or "host" */
	const char *slot, *field;
	json_t *expected, *found;
};
/* Append it to the list `out`. owns: nothing is kept. */
void compare_parts_differ(json_t *out, const struct part_difference *d);
/* Remove slots that are kernel names, which SKUs learnt by older versions hold. */
void compare_parts_forget_kernel_names(json_t *parts);
/* Append what is missing, extra, wrong or moved. want, have: lists of parts as a SKU has them, at
 * most SKU_PARTS_MAX and FACTS_PARTS_MAX. trust: the shape was checked, values may lie. */
void compare_parts(json_t *want, json_t *have, json_t *out);

#endif
