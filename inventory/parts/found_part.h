/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One component as a facts document shows it, before it is compared with what the store knows.
 * Private to the room.
 */
#ifndef INVENTORY_FOUND_PART_H
#define INVENTORY_FOUND_PART_H

#include <jansson.h>
#include <stdint.h>
#include <base/err.h>
#include <base/vec.h>

/* Strings are views into the document ("" when unknown or a placeholder). Numbers: -1 unknown. */
struct found_part {
	const char *type; /* processor, memory, drive, nic, board, pci */
	const char *slot;
	const char *locator; /* memory: the device locator, where the slot says more */
	const char *manufacturer, *part_number, *model, *serial, *wwn, *firmware, *protocol, *media;
	int64_t capacity_mib, capacity_bytes, speed_mhz, cores, threads;
	char *attrs; /* JSON text of what else changes with the place, or NULL; owned */
	char *key;   /* FRU key; owned */
	bool is_volume,
		is_behind_card; /* drives of a RAID card: made of others, and those others */
	bool bound; /* the key names the place, because the part has no serial of its own */
	int64_t part_num;
	bool kept; /* already placed as it should be */
};
typedef VEC(struct found_part) found_parts;

/* List the parts of a document. errors: ERR_FIELD_TYPE, ERR_TOO_BIG */
MUST_CHECK int found_parts_from(const json_t *doc, int64_t host_num, found_parts *ret,
				struct err *err);
/* The key of a part that shows a serial or a WWN, or found_part_bind()'s. owns: p */
void found_part_make_key(struct found_part *p, int64_t host_num);
void found_parts_done(found_parts *parts);
/* Make the key name the place, although the part shows a serial: somebody else shows the same. */
void found_part_bind(struct found_part *p, int64_t host_num);

#endif
