/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Field-replaceable units of a BMC as `ipmitool fru print` shows them: who made a fan or a power supply,
 * its part number and serial. A unit's name ("PS1", "Pwr Supply 1 FRU") is seldom the sensor's: kind and
 * number must be the same.
 */
#ifndef BURNIN_FRU_TEXT_H
#define BURNIN_FRU_TEXT_H

#include <stddef.h>
#include <burnin/component.h>

/* Fill name, manufacturer, part number and serial of a fan or a supply from the one unit that is its;
 * where none or several are, nothing changes. in: kind and location. trust: none of the text. */
void fru_text_fill(const char *text, size_t n_bytes, struct component *c);

#endif
