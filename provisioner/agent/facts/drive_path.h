/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading a device's path in /sys/devices, part by part: "pci0000:00/0000:00:1f.2/ata1/host0".
 * Pure.
 */
#ifndef AGENT_DRIVE_PATH_H
#define AGENT_DRIVE_PATH_H

#include <stdbool.h>
#include <stddef.h>

/* Is there a part that begins with the prefix and goes on with a digit ("ata" finds "ata1", not
 * "atari")? A prefix that ends in '-', ':' or '_' is followed by anything; with an exact match
 * nothing need follow. *ret_at: where that part begins; may be NULL. */
bool drive_path_has(const char *path, const char *prefix, const char **ret_at);

/* The last PCI address in the path, "0000:01:00.0"; "" and false if it has none. */
bool drive_path_pci(const char *path, char *ret, size_t ret_bytes);

/* The path up to the first part that the kernel counts (ata1, host0, virtio3, nvme0, block): the
 * controller, which stands where it stood at the last boot. Returns the length. */
size_t drive_path_controller(const char *path);

#endif
