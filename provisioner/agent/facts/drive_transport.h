/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a block device hangs on the machine, judged by its place in the device tree, the classes of
 * its SCSI host, that host's driver, and the transports of its NVMe controllers. What fits no known
 * layout is TRANSPORT_UNKNOWN, which is never written.
 */
#ifndef AGENT_DRIVE_TRANSPORT_H
#define AGENT_DRIVE_TRANSPORT_H

#include <proto/transport.h>

/* in: name: "sda"; sys_path: the resolved path of the block device below root. */
enum transport_id drive_transport(const char *root, const char *name, const char *sys_path);

#endif
