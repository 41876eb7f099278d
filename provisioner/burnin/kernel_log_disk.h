/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names of block devices in the kernel's log as disks of the host. Pure.
 */
#ifndef BURNIN_KERNEL_LOG_DISK_H
#define BURNIN_KERNEL_LOG_DISK_H

#include <burnin/kernel_log.h>

/* The disks that "sda1" or "nvme0" may mean, in *ret. false: it is not a disk of this host, or it
 * stands on others that are named themselves. trust: none of the name. */
bool kernel_log_disk(const char *name, const component_list *components, struct suspects *ret);

#endif
