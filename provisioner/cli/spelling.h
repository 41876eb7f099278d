/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What somebody who mistyped a word may have meant.
 */
#ifndef CLI_SPELLING_H
#define CLI_SPELLING_H

#include <stddef.h>

/* How many letters must be put in, taken out, changed or swapped with their neighbour to make one
 * word of the other (optimal string alignment). Words are cut after 31 bytes. */
size_t spelling_distance(const char *a, const char *b);

#endif
