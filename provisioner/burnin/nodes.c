/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Near and far memory; see nodes.h.
 */
#include <burnin/nodes.h>

enum node_blame node_judge(const struct node_pass *passes, size_t n, const struct node_pass *pass)
{
	bool others_read_it = false, fails_elsewhere = false;

	if (!pass->ran || pass->n_wrong == 0)
		return NODE_GOOD;
	for (size_t i = 0; i < n; i++) {
		const struct node_pass *p = &passes[i];

		if (!p->ran)
			continue;
		if (p->memory_node == pass->memory_node && p->cpu_node != pass->cpu_node)
			others_read_it |= p->n_wrong == 0;
		if (p->cpu_node == pass->cpu_node && p->memory_node != pass->memory_node)
			fails_elsewhere |= p->n_wrong > 0;
	}
	return others_read_it && fails_elsewhere ? NODE_CPU : NODE_MEMORY;
}
