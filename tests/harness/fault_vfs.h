/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A SQLite VFS that fails on purpose, over the one of the system: the n-th call of a kind fails, or
 * the power goes at the n-th write or sync, and then every write that was not synced is kept, lost
 * or torn by chance, in no order. Registered as the default, so that the real store runs on it.
 *
 *  1. fault_vfs_install() once.
 *  2. fault_vfs_plan(), then open a store and work. fault_vfs_fired() says whether the plan came.
 *  3. After a power cut: close the store, fault_vfs_crash(), and open it again.
 */
#ifndef TESTS_HARNESS_FAULT_VFS_H
#define TESTS_HARNESS_FAULT_VFS_H

#include <stdbool.h>
#include <stdint.h>

enum fault_kind {
	FAULT_NONE,
	FAULT_FULL,  /* a write says that the disk is full */
	FAULT_READ,  /* a read fails */
	FAULT_WRITE, /* a write fails */
	FAULT_SYNC,  /* a sync fails; what was written may be lost */
	FAULT_POWER, /* from this write or sync on nothing happens any more */
};

void fault_vfs_install(void);
/* The n-th call (from 1) of the kind, and with `lasting` every one after it. */
void fault_vfs_plan(enum fault_kind kind, unsigned n, bool lasting);
/* No more faults, from now on; what was cut stays cut. */
void fault_vfs_relent(void);
bool fault_vfs_fired(void);
/* What is on the disk after the power cut: all files of the store must be closed. */
void fault_vfs_crash(uint64_t seed);

#endif
