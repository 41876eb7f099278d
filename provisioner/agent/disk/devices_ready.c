/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Waiting for /run/slipway/devices-ready, which the ramdisk's init writes; see devices_ready.h.
 */
#include "devices_ready.h"

#include <unistd.h>
#include <base/clock.h>

#define DEVICES_WAIT_MS 60000

void devices_wait(const struct report *out)
{
	int64_t deadline_ms = time_boot_ms() + DEVICES_WAIT_MS;

	while (access("/run/slipway", F_OK) == 0 &&
	       access("/run/slipway/devices-ready", F_OK) < 0 && time_boot_ms() < deadline_ms &&
	       !report_must_stop(out))
		(void)usleep(100000);
}
