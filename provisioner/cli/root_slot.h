/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The two root partitions of an installed host (role root_b of a layout): which one the running system
 * lies on, and the other one. Reads /proc and /sys; opens and writes nothing.
 */
#ifndef CLI_ROOT_SLOT_H
#define CLI_ROOT_SLOT_H

#include <sys/types.h>
#include <base/err.h>

struct root_slot {
	char device[64]; /* "/dev/NAME" */
	dev_t number;    /* what must be behind it */
};

/* The root partition on which the running system does not lie: of the same disk, with the other one of the
 * two names in its table. in: root goes in front of /proc and /sys; "" but in tests. errors:
 * ERR_UNSUPPORTED, saying what this host lacks. trust: none of names in the table */
MUST_CHECK int root_slot_find_inactive(const char *root, struct root_slot *ret, struct err *err);
/* Open it for this program alone. Returns the descriptor, the caller's. errors: ERR_IMAGE_TARGET: it is in use,
 * or another partition has come to that name */
MUST_CHECK int root_slot_open(const struct root_slot *slot, struct err *err);

#endif
