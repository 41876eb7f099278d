/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names and files of a plan's tree, and the order in which its search tree holds names; see
 * tree_find.h.
 */
#include "tree_find.h"

#include <search.h>
#include <string.h>

#include <base/json.h>
#include <base/str.h>

int plan_compare(const void *a, const void *b)
{
	const struct plan_node *x = a, *y = b;

	if (x->parent != y->parent)
		return (uintptr_t)x->parent < (uintptr_t)y->parent ? -1 : 1;
	return strcmp(x->name, y->name);
}

struct plan_node *plan_name_new(struct plan *p, struct plan_node *parent, const char *name,
				size_t n_bytes)
{
	struct plan_node *node = xcalloc(1, sizeof(*node) + n_bytes + 1);

	memcpy(node->name, name, n_bytes);
	node->parent = parent;
	node->layer = p->layer;
	VEC_PUSH(&p->nodes, node);
	if (!parent)
		return node;
	node->next = parent->first_child;
	if (node->next)
		node->next->prev = node;
	parent->first_child = node;
	BUG_ON(!tsearch(node, &p->names, plan_compare));
	return node;
}

struct plan_file *plan_file_new(struct plan *p, mode_t type, uint64_t source)
{
	struct plan_file *file = xcalloc(1, sizeof(*file));

	file->type = type;
	file->source = source;
	file->next = p->files;
	p->files = file;
	return file;
}

void plan_attach(struct plan_node *node, struct plan_file *file)
{
	node->file = file;
	node->prev_name = file->last_name;
	if (file->last_name)
		file->last_name->next_name = node;
	else
		file->first_name = node;
	file->last_name = node;
	file->n_names++;
}

struct plan_node *plan_folder_new(struct plan *p, struct plan_node *parent, const char *name,
				  size_t n_bytes)
{
	struct plan_node *node = plan_name_new(p, parent, name, n_bytes);

	node->source = PLAN_NOT_AN_ENTRY;
	plan_attach(node, plan_file_new(p, AE_IFDIR, PLAN_NOT_AN_ENTRY));
	return node;
}
