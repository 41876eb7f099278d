/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a network port could do, as its driver tells it.
 */
#ifndef AGENT_BURN_LINK_MODES_H
#define AGENT_BURN_LINK_MODES_H

#include <stddef.h>
#include <stdint.h>

#define LINK_MODES_WORDS 16 /* of 32 modes; the kernel has 4 today */

/* Mb/s of the fastest mode in a mask of ethtool's; 0: none that is known. */
int64_t link_modes_fastest(const uint32_t *words, size_t n_words);
/* The same of a port's supported modes; 0: the driver does not tell. */
int64_t link_modes_of(const char *name);

#endif
