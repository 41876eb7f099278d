/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Firmware of a host beside what its SKU wants: one line for each part that runs another version. Pure.
 */
#ifndef BURNIN_FIRMWARE_H
#define BURNIN_FIRMWARE_H

#include <jansson.h>
#include <stdbool.h>

#define FIRMWARE_TEXT_BYTES 513

/* in: one difference as host_compare() lists it ({"what", "type", "slot", "field", "expected",
 * "found"}). true: it is about firmware, and ret names the part and both versions. A version that the
 * host does not tell is left out. trust: texts are a machine's. */
bool firmware_differs(const json_t *difference, char ret[static FIRMWARE_TEXT_BYTES]);

#endif
