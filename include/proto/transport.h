/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a disk hangs on its host: the one list of words that an agent sends as a drive's Protocol and
 * that the server judges. Only disks on a local transport may ever be written; whatever cannot be
 * proven local has a row that is not local, with the reason that people are shown.
 *
 * How to add a transport: a row here; then the agent may send it (agent/facts/drive_transport.c)
 * and the server knows it. A test walks every row across the wire.
 */
#ifndef PROTO_TRANSPORT_H
#define PROTO_TRANSPORT_H

#include <stddef.h>

enum transport_reach {
	TRANSPORT_REACH_LOCAL,   /* inside this host, for this host alone: may be written */
	TRANSPORT_REACH_SHARED,  /* behind a network: other hosts may use it */
	TRANSPORT_REACH_OUTSIDE, /* plugged in by a person, or no disk of its own */
	TRANSPORT_REACH_UNKNOWN,
};

/* X(name, word on the wire, reach, why it is never a target; "" for local ones) */
#define TRANSPORTS(X)                                                                              \
	X(UNKNOWN, "unknown", UNKNOWN, "its transport is not known")                               \
	X(NVME, "NVMe", LOCAL, "")                                                                 \
	X(SATA, "SATA", LOCAL, "")                                                                 \
	X(ATA, "ATA", LOCAL, "")                                                                   \
	X(SAS, "SAS", LOCAL, "")                                                                   \
	X(SCSI, "SCSI", LOCAL, "")                                                                 \
	X(RAID, "RAID", LOCAL, "")                                                                 \
	X(VIRTIO, "virtio", LOCAL, "")                                                             \
	X(VMBUS, "VMBus", LOCAL, "")                                                               \
	X(XEN, "Xen", LOCAL, "")                                                                   \
	X(MMC, "MMC", LOCAL, "")                                                                   \
	X(UFS, "UFS", LOCAL, "")                                                                   \
	X(FC, "FC", SHARED, "it is on Fibre Channel")                                              \
	X(FCOE, "FCoE", SHARED, "it is on Fibre Channel over Ethernet")                            \
	X(ISCSI, "iSCSI", SHARED, "it is on iSCSI")                                                \
	X(SRP, "SRP", SHARED, "it is on SCSI over RDMA")                                           \
	X(NVME_OF, "NVMe-oF", SHARED, "it is on NVMe over a network")                              \
	X(NBD, "NBD", SHARED, "it is a network block device")                                      \
	X(RNBD, "RNBD", SHARED, "it is a network block device over RDMA")                          \
	X(RBD, "RBD", SHARED, "it is a Ceph block device")                                         \
	X(DRBD, "DRBD", SHARED, "it is replicated by DRBD")                                        \
	X(AOE, "AoE", SHARED, "it is on ATA over Ethernet")                                        \
	X(DASD, "DASD", SHARED, "it is on a channel that other systems may use")                   \
	X(USB, "USB", OUTSIDE, "it is on USB")                                                     \
	X(FIREWIRE, "FireWire", OUTSIDE, "it is on FireWire")                                      \
	X(THUNDERBOLT, "Thunderbolt", OUTSIDE, "it is on an external PCIe port")                   \
	X(SD, "SD", OUTSIDE, "it is a memory card")                                                \
	X(NVDIMM, "NVDIMM", OUTSIDE, "it is persistent memory")                                    \
	X(ZVOL, "zvol", OUTSIDE, "it is a volume of a ZFS pool")                                   \
	X(UBLK, "ublk", OUTSIDE, "a program serves it")                                            \
	X(VIRTUAL, "virtual", OUTSIDE, "no hardware is behind it")

enum transport_id {
#define X(name, word, reach, why) TRANSPORT_##name,
	TRANSPORTS(X)
#undef X
		_TRANSPORT_MAX
};

struct transport {
	const char *word;
	enum transport_reach reach;
	const char *why; /* why it is never a target, "it is on USB"; "" for local ones */
};

const struct transport *transport_row(enum transport_id id);

/* The row of a word, compared without case; the row of TRANSPORT_UNKNOWN for any other text.
 * trust: none. */
const struct transport *transport_find(const char *word);

#endif
