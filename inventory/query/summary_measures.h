/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Averages, extremes and percentiles of the groups of a summary. Private to the room.
 */
#ifndef INVENTORY_SUMMARY_MEASURES_H
#define INVENTORY_SUMMARY_MEASURES_H

#include <jansson.h>
#include <base/err.h>

#include "sql.h"

#define SUMMARY_GROUPS_MAX 4

struct summary_groups {
	struct db *db;
	const struct collection *c;
	const struct query_request *q;
	size_t n;
	const struct collection_field *const *fields;
};

/* Add members "avg": {FIELD: N}, ... to the items, which have the groups' values, and the total. */
MUST_CHECK int summary_measures_add(const struct summary_groups *g, const struct summary_more *more,
				    json_t *items, json_t *total, struct err *err);

#endif
