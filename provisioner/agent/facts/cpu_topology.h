/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Processor packages with their cores and threads, as the kernel sees them: for machines whose
 * SMBIOS table has no counts.
 */
#ifndef AGENT_CPU_TOPOLOGY_H
#define AGENT_CPU_TOPOLOGY_H

#include <stddef.h>
#include <stdint.h>
#include <proto/facts.h>

struct cpu_package {
	int64_t id;             /* physical_package_id */
	int64_t cores, threads; /* 0: not known */
};

struct cpu_topology {
	size_t n_packages; /* 0: which CPU is in which package is not known */
	struct cpu_package packages[FACTS_MAX_CPUS]; /* by rising id */
};

/* A CPU without a topology folder (it is offline) makes the counts of all packages unknown. */
void cpu_topology_read(const char *root, struct cpu_topology *ret);

#endif
