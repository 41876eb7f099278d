/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The counters of memory controllers as `edac-util -v` and `ras-mc-ctl --error-count` print them.
 */
#ifndef BURNIN_EDAC_TEXT_H
#define BURNIN_EDAC_TEXT_H

#include <stddef.h>
#include <burnin/rules.h>

/* Calls found() for each counter above zero. trust: none of the text. Returns how many counters there
 * were. */
int edac_text_read(const char *text, size_t n_bytes, const component_list *components,
		   void (*found)(void *arg, const struct burnin_finding *finding), void *arg);

#endif
