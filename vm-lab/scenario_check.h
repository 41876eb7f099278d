/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether what a scenario says can be: of each host, of hosts together, of deeds. Called by scenario.c when
 * a file has been read.
 */
#ifndef LAB_SCENARIO_CHECK_H
#define LAB_SCENARIO_CHECK_H

#include "scenario.h"

/* errors: ERR_LAB_SCENARIO with the name of the host or action. */
MUST_CHECK int scenario_check(const struct scenario *s, struct err *err);

#endif
