/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the readers of disk health share within this room.
 */
#ifndef BURNIN_SMART_FIELDS_H
#define BURNIN_SMART_FIELDS_H

#include <burnin/smart.h>

/* Every count "not reported". */
void smart_unknown(struct smart_health *ret);
/* The logs of self-tests of all three dialects in smartctl's document. */
void smart_read_self_tests(json_t *doc, struct smart_health *h);

#endif
