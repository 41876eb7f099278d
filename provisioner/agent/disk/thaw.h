/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ATA drives that the firmware froze at power-on take no security command until they lose their power.
 * A sleep to memory switches them off and on again, and firmware rarely freezes them anew when it wakes
 * up. The machine is woken by its own clock.
 */
#ifndef AGENT_THAW_H
#define AGENT_THAW_H

#include <stdbool.h>
#include <base/err.h>

/* Has this machine a sleep that switches drives off ("deep"), and a clock that wakes it? */
bool thaw_is_possible(const char *root);

/* Sleep for a few seconds. errors: ERR_UNSUPPORTED: it cannot, or its clock takes no alarm: then it does
 * not sleep; ERR_SYS: the kernel refused. blocks: until it is awake. */
MUST_CHECK int thaw_drives(const char *root, struct err *err);

#endif
