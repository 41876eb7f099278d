/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory that was written and read from near and from far nodes: whether the memory is at fault, or the
 * processor that reads it, shows only when both are crossed. Pure.
 */
#ifndef BURNIN_NODES_H
#define BURNIN_NODES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct node_pass {
	int cpu_node, memory_node;
	bool ran; /* false: it says nothing */
	uint64_t n_bytes, n_wrong;
};
enum node_blame {
	NODE_GOOD,
	NODE_MEMORY, /* of memory_node */
	NODE_CPU,    /* of cpu_node: it fails with several memories, which others read well */
};
enum node_blame node_judge(const struct node_pass *passes, size_t n, const struct node_pass *pass);

#endif
