/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an event's detail says about a state, as columns of its row, so that events can be filtered,
 * sorted and summed by it. Private to the room.
 */
#ifndef INVENTORY_EVENT_COLUMNS_H
#define INVENTORY_EVENT_COLUMNS_H

#include <jansson.h>
#include <inventory/db.h>
#include <base/err.h>

#define DAY_TEXT_BYTES 11 /* 2026-11-30 */

struct event_columns {
	const char *from, *to; /* borrowed from the detail; "" unknown */
	struct db_param seconds;
	char day[DAY_TEXT_BYTES]; /* UTC */
};
/* detail: NULL or an object. Only kind "host.state" has states. */
void event_columns_of(const char *kind, const json_t *detail, int64_t at_us,
		      struct event_columns *ret);
/* For upgrade_finish(): the events of before. */
MUST_CHECK int event_columns_fill(struct db *db, struct err *err);

#endif
