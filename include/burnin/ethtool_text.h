/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The counters of a network card as `ethtool -S` prints them. Drivers name them as they like; only
 * counters that cable, module and port change are errors, not those that a full queue changes.
 *
 * How to add one: 1. a pattern in ethtool_text.c. 2. a row in tests/unit/burnin/test_judge.c.
 */
#ifndef BURNIN_ETHTOOL_TEXT_H
#define BURNIN_ETHTOOL_TEXT_H

#include <stddef.h>
#include <burnin/rules.h>

/* Calls found() for each counter of errors above zero. trust: none of the text. Returns how many
 * counters the text holds. */
int ethtool_text_read(const char *text, size_t n_bytes,
		      void (*found)(void *arg, const struct burnin_finding *finding), void *arg);

#endif
