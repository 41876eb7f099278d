/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sensors and event log of a BMC as ipmitool prints them: `sdr elist`, `sdr list`, `sensor` and
 * `sel elist`. A sensor's name is all that a BMC tells of a fan or a power supply: it is the slot in
 * the order.
 */
#ifndef BURNIN_BMC_TEXT_H
#define BURNIN_BMC_TEXT_H

#include <stddef.h>
#include <burnin/rules.h>

typedef void bmc_found(void *arg, const struct burnin_finding *finding);

/* Calls found() for each sensor in a state that needs somebody; its component lasts for the call
 * alone. trust: none of the text. Returns how many sensors gave a reading. */
int bmc_sensors_read(const char *text, size_t n_bytes, bmc_found *found, void *arg);
/* The same for entries of the event log that report a fault and were not taken back. Returns how
 * many entries there were. */
int bmc_events_read(const char *text, size_t n_bytes, bmc_found *found, void *arg);

#endif
