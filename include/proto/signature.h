/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What may lie on a disk and belong to several hosts: the one list of words that an agent sends as
 * a drive's signatures and that both ends judge. Words are libblkid's, or stand for a partition
 * type. A disk that shows one of them is never a target, whatever was consented to.
 *
 * How to add one: a row here; then the agent may send it and both ends refuse it. A test walks every
 * row across the wire.
 */
#ifndef PROTO_SIGNATURE_H
#define PROTO_SIGNATURE_H

#include <stdbool.h>
#include <stddef.h>

/* File systems and volume managers that several hosts may use at once. */
#define SHARED_SIGNATURES(X)                                                                       \
	X("vmfs")                                                                                  \
	X("vmfs_volume_member")                                                                    \
	X("gpfs")                                                                                  \
	X("gfs")                                                                                   \
	X("gfs2")                                                                                  \
	X("ocfs")                                                                                  \
	X("ocfs2")                                                                                 \
	X("oracleasm")                                                                             \
	X("vxfs")                                                                                  \
	X("drbd")                                                                                  \
	X("drbdmanage_control_volume")                                                             \
	X("ceph_osd")                                                                              \
	X("ceph_journal")                                                                          \
	X("ceph_bluestore")                                                                        \
	X("zfs_member")                                                                            \
	X("storage_spaces")                                                                        \
	X("lustre")

/* X(partition type as libblkid prints it, its word): GPT types in lower case, MBR types as 0x and
 * hexadecimal. Some are data of one host. */
#define PARTITION_SIGNATURES(X)                                                                    \
	X("aa31e02a-400f-11db-9590-000c2911d1b8", "vmfs")                                          \
	X("0xfb", "vmfs")                                                                          \
	X("37affc90-ef7d-4e96-91c3-2d7ae055b174", "gpfs")                                          \
	X("6a898cc3-1dd2-11b2-99a6-080020736631", "zfs_member")                                    \
	X("4fbd7e29-9d25-41b8-afd0-062c0ceff05d", "ceph_osd")                                      \
	X("4fbd7e29-9d25-41b8-afd0-5ec00ceff05d", "ceph_osd")                                      \
	X("45b0969e-9b03-4f30-b4c6-b4b80ceff106", "ceph_journal")                                  \
	X("e75caf8f-f680-4cee-afa3-b001e56efc2d", "storage_spaces")                                \
	X("e6d6d379-f507-44c2-a23c-238f2a3df928", "lvm2_member")                                   \
	X("0x8e", "lvm2_member")                                                                   \
	X("a19d880f-05fc-4d3b-a006-743f0f84911e", "linux_raid_member")                             \
	X("0xfd", "linux_raid_member")                                                             \
	X("9d275380-40ad-11db-bf97-000c2911d1b8", "vmkcore")                                       \
	X("5808c8aa-7e8f-42e0-85d2-e1e90434cfb3", "ldm")                                           \
	X("af9b60a0-1431-4f62-bc68-3311714a69ad", "ldm")

/* The word of a partition type; NULL when it has none. Compared without case. */
const char *signature_of_partition_type(const char *type);

/* Does it belong to several hosts? word: a signature, or a partition type as it is. Compared without
 * case. trust: none. */
bool signature_is_shared(const char *word);

#endif
