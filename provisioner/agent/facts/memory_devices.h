/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which of the memory devices in an SMBIOS table are memory modules: not the firmware's flash, not
 * a video card's memory; what keeps its contents is listed apart. Pure.
 */
#ifndef AGENT_MEMORY_DEVICES_H
#define AGENT_MEMORY_DEVICES_H

#include "smbios.h"

/* From s->arrays and s->memory_devices to s->modules and s->persistent. A slot is called by its
 * locator; where two modules share one ("DIMM A1" on both sockets), with the bank in front. */
void memory_devices_judge(struct smbios *s);

#endif
