/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Values of a scenario's keys that hold several words: a disk, a repair order. Called by scenario.c
 * alone.
 */
#ifndef LAB_SCENARIO_VALUES_H
#define LAB_SCENARIO_VALUES_H

#include <stdbool.h>
#include "scenario.h"

/* false: the text is not one, or there is no room for one more. */
bool scenario_add_disk(struct lab_host *h, const char *text);
bool scenario_add_order(struct lab_expect *e, const char *text, bool closed);

#endif
