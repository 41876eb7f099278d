/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What lies on a disk: every signature that libblkid knows, on the whole disk and on each of its
 * partitions, plus partition types that belong to shared file systems. The imaging step refuses a
 * disk with any of them unless the plan consents by naming the disk's serial.
 *
 * Names are libblkid's, folded to lower case ("ext4", "lvm2_member", "linux_raid_member"),
 * partition tables as "gpt" and "dos", partition types of shared storage as "vmfs", "gpfs", .., and
 * "nonzero" when no signature is known but the first or last MiB holds bytes that are not zero.
 */
#ifndef AGENT_DISK_SIGNATURES_H
#define AGENT_DISK_SIGNATURES_H

#include <base/err.h>
#include <proto/record.h>

/* Read only. out: appended without duplicates. errors: ERR_IO. blocks. */
MUST_CHECK int disk_signatures_of_fd(int fd, text64_list *ret, struct err *err);
MUST_CHECK int disk_signatures_of_path(const char *path, text64_list *ret, struct err *err);

#endif
