/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Values of a scenario's keys that hold more than a word: a disk, a network card, a memory
 * module, a moment, a repair order. Called by scenario.c alone.
 */
#ifndef LAB_SCENARIO_VALUES_H
#define LAB_SCENARIO_VALUES_H

#include <stdbool.h>
#include "scenario.h"

/* false: the text is not one, or there is no room for one more. */
bool scenario_add_disk(struct lab_host *h, const char *text);
bool scenario_add_nic(struct lab_host *h, const char *text);
bool scenario_add_order(struct lab_expect *e, const char *text, bool closed);

bool scenario_add_dimm(struct lab_host *h, const char *text);
/* "delay=30 loss=5": of the card that netboots. */
bool scenario_set_wire(struct lab_wire *w, const char *text);

/* "2100-01-01T00:00:00Z", from 1970 to 2105 (32 bits of the ARM64 machine's RTC). */
bool scenario_read_clock(int64_t *ret_wall_s, const char *text);

/* In the canonical form, which is how the lab compares them. */
bool scenario_is_mac(const char *text);
bool scenario_is_uuid(const char *text);

#endif
