/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What serial numbers say of where and when a part was made: rules by vendor, in serial_rules.json.
 * A serial that no rule reads says nothing. Private to the room.
 */
#ifndef INVENTORY_SERIAL_RULE_H
#define INVENTORY_SERIAL_RULE_H

#include <stdbool.h>
#include <stdint.h>
#include <base/err.h>
#include <inventory/db.h>

struct serial_says {
	char lot[33];  /* what the serials of one site and week or day begin with */
	char made[12]; /* "2017-W37", the ISO week */
};
struct serial_asked {
	const char *type, *manufacturer, *serial;
	int64_t seen_us; /* it was made before: a year of one digit is the last such year */
};
/* false: no rule reads it. trust: none of the texts. */
bool serial_rule_read(const struct serial_asked *asked, struct serial_says *ret);

/* Keep what the serial of a part says. */
MUST_CHECK int serial_rule_note(struct db *db, int64_t part_num, const struct serial_asked *asked,
				struct err *err);
/* For the migration that makes the table: parts that are there. */
MUST_CHECK int serial_rule_fill(struct db *db, struct err *err);

#endif
