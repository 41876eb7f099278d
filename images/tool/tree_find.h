/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside of the plan: its parts (tree_node.c), shared by tree_plan.c (taking entries), tree_find.c (paths)
 * and tree_order.c (what is written, in which order).
 */
#ifndef IMAGES_TOOL_TREE_FIND_H
#define IMAGES_TOOL_TREE_FIND_H

#include <base/err.h>
#include <base/vec.h>
#include <base/err.h>

#include "tree_plan.h"

struct plan {
	enum partition_fs fs;
	struct plan_node *root;
	struct plan_file *files;
	void *names; /* search tree of nodes that are there */
	unsigned layer;
	VEC(struct plan_node *) nodes;     /* all that ever were */
	VEC(struct plan_node *) by_source; /* the node that an entry made; NULL: none */
};

int plan_compare(const void *a, const void *b);
const char *plan_base_name(const char *path);
struct plan_node *plan_child(const struct plan *p, const struct plan_node *parent, const char *name,
			     size_t n_bytes);
/* A name in a folder, NULL for the root's, without a file. owns: the plan */
MUST_CHECK struct plan_node *plan_name_new(struct plan *p, struct plan_node *parent,
					   const char *name, size_t n_bytes);
/* What names will stand for. owns: the plan */
MUST_CHECK struct plan_file *plan_file_new(struct plan *p, mode_t type, uint64_t source);
/* One more name of the file. */
void plan_attach(struct plan_node *node, struct plan_file *file);
/* A folder that no entry describes yet. */
MUST_CHECK struct plan_node *plan_folder_new(struct plan *p, struct plan_node *parent,
					     const char *name, size_t n_bytes);
/* The folder that a path's last name lies in, made where it is missing. errors: ERR_IMAGE_MEMBER:
 * a part of the path is not a folder, or links lead in a circle. */
MUST_CHECK int plan_make_parent(struct plan *p, const char *path, struct plan_node **ret,
				struct err *err);

#endif
