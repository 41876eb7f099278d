/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What people write into the cells of a list beside values: that there is none yet, totals, remarks,
 * and rack units in words. Pure. Private to the room.
 */
#ifndef INVENTORY_DELIVERY_CELL_H
#define INVENTORY_DELIVERY_CELL_H

#include <stdbool.h>
#include <stdint.h>

/* "N/A", "TBD", "-", "?": no value. Names of racks and sites like "NA" or "XX" are values. text:
 * trimmed. */
bool cell_is_empty(const char *text);
/* A line of totals, a remark or a heading that is repeated, in the column of serials: "Total: 12",
 * "# end", "Serial No.". */
bool cell_is_remark(const char *text);
/* "Printed on 2026-11-30", "back order", "7FV0001 (replaced)": people's words, alone or beside a
 * serial. "VMware-42 1d 0b" has none. */
bool cell_has_words(const char *text);
/* Serials of several machines in one cell: "7FV0001 7FV0002", "7FV0001/7FV0002", "7FV0001-7FV0020".
 * Only such as look like neighbours of one list. */
bool cell_holds_several(const char *text);
/* "12", "U12", "RU 12", "12.0"; "12-13" and "U12/U13" are two units, counted by the lowest. false:
 * not known. ret_many: more than one. */
bool cell_rack_unit(const char *text, int64_t *ret_lowest, bool *ret_many);

#endif
