/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Power for the lab's hosts: libvirt's embedded QEMU driver, which lives in this process and has no
 * daemon, no sockets outside its root folder and no shared state with the system's own libvirt.
 *
 *  1. hypervisor_open() in the cage; 2. hypervisor_power_on/off(), any number of times;
 *  3. hypervisor_wait() instead of sleeping: libvirt's events need to be served; 4.
 * hypervisor_close().
 */
#ifndef LAB_HYPERVISOR_H
#define LAB_HYPERVISOR_H

#include <stdbool.h>
#include <stdint.h>
#include <base/cleanup.h>
#include <base/err.h>

struct hypervisor;

/* root: a folder for libvirt's own files, made if missing; log_path: libvirt's log.
 * errors: ERR_LAB_LIBVIRT. */
MUST_CHECK int hypervisor_open(const char *root, const char *log_path, struct hypervisor **ret,
			       struct err *err);
void hypervisor_close(struct hypervisor *v);
DEFINE_AUTO(hypervisor, struct hypervisor, hypervisor_close);

/* "kvm" only where the CPU has the instructions for it (a nested /dev/kvm without them hangs),
 * else "qemu"; the environment variable SLIPWAY_LAB_ACCEL overrides. */
const char *hypervisor_accel(void);

MUST_CHECK int hypervisor_power_on(struct hypervisor *v, const char *xml, struct err *err);
/* Pull the plug. Not an error if it is off already. */
MUST_CHECK int hypervisor_power_off(struct hypervisor *v, const char *name, struct err *err);
/* Press reset; stop all of its CPUs, and let them go on; say something to QEMU's monitor ("mce 0 ..."). errors:
 * ERR_NOT_FOUND when it is off, ERR_LAB_LIBVIRT. */
MUST_CHECK int hypervisor_reset(struct hypervisor *v, const char *name, struct err *err);
MUST_CHECK int hypervisor_freeze(struct hypervisor *v, const char *name, struct err *err);
MUST_CHECK int hypervisor_thaw(struct hypervisor *v, const char *name, struct err *err);
MUST_CHECK int hypervisor_monitor(struct hypervisor *v, const char *name, const char *line,
				  struct err *err);
bool hypervisor_is_on(struct hypervisor *v, const char *name);
/* Write what the host's screen shows to a file (PPM). */
MUST_CHECK int hypervisor_screenshot(struct hypervisor *v, const char *name, const char *path,
				     struct err *err);
/* Serve libvirt's events for about this long. */
void hypervisor_wait(struct hypervisor *v, int64_t ms);

#endif
