/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Filters on fields that take a fixed set of words: a word outside of it would find nothing and look
 * like an empty fleet, so it is refused with the words that there are.
 */
#ifndef CLI_FILTER_CHECK_H
#define CLI_FILTER_CHECK_H

#include "option_table.h"

/* Check the NAME=VALUE filters for a list of `path` ("/api/v1/hosts"). Returns 0, or the exit code of
 * a usage error that was printed. */
MUST_CHECK int filter_check(const char *path, const struct words *filters);

#endif
