/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Building the tree that entries make; see tree_plan.h. Names are found by a search tree over
 * (folder, name), so that a folder of any size takes each further name in logarithmic time. Names
 * that went are kept until the end, because the content they came with may have other names.
 */
#include "tree_plan.h"

#include <inttypes.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include <base/json.h>
#include <base/str.h>
#include <base/vec.h>

#include "images/core/entry_rules.h"
#include "tree_find.h"

/* The file stays: what it holds may have other names. */
static void detach(struct plan_node *node)
{
	struct plan_file *file = node->file;

	if (node->prev_name)
		node->prev_name->next_name = node->next_name;
	else
		file->first_name = node->next_name;
	if (node->next_name)
		node->next_name->prev_name = node->prev_name;
	else
		file->last_name = node->prev_name;
	file->n_names--;
}

static void take_away(struct plan *p, struct plan_node *node)
{
	while (node->first_child)
		take_away(p, node->first_child);
	detach(node);
	node->is_gone = true;
	(void)tdelete(node, &p->names, plan_compare);
	if (node->prev)
		node->prev->next = node->next;
	else
		node->parent->first_child = node->next;
	if (node->next)
		node->next->prev = node->prev;
}

struct plan *plan_new(enum partition_fs fs)
{
	struct plan *p = xcalloc(1, sizeof(*p));

	p->fs = fs;
	p->root = plan_folder_new(p, NULL, "", 0);
	return p;
}

static void keep_node(void *node)
{
	(void)node;
}

void plan_free(struct plan *p)
{
	if (!p)
		return;
	tdestroy(p->names, keep_node);
	for (size_t i = 0; i < p->nodes.n; i++)
		free(p->nodes.items[i]);
	while (p->files) {
		struct plan_file *file = p->files;

		p->files = file->next;
		archive_entry_free(file->kept);
		free(file->link);
		free(file);
	}
	VEC_DONE(&p->nodes);
	VEC_DONE(&p->by_source);
	free(p);
}

void plan_next_layer(struct plan *p)
{
	p->layer++;
}

/* ---- entries --------------------------------------------------------------------------------- */

static int count_entry(struct plan *p, struct plan_node *node, struct err *err)
{
	if (p->by_source.n == ENTRY_TREE_ENTRIES)
		return err_set(err, ERR_IMAGE_MEMBER, "the tree has more than %d entries",
			       ENTRY_TREE_ENTRIES);
	VEC_PUSH(&p->by_source, node);
	return 0;
}

/* Content without the holes that the entry names. */
static void measure(struct plan_file *file, struct archive_entry *entry)
{
	la_int64_t at, n_bytes;

	file->has_attributes = archive_entry_xattr_count(entry) > 1 ||
			       archive_entry_acl_types(entry) != 0;
	if (archive_entry_size(entry) <= 0 || file->type != AE_IFREG)
		return;
	file->size_bytes = (uint64_t)archive_entry_size(entry);
	if (!archive_entry_sparse_reset(entry)) {
		file->data_bytes = (uint64_t)archive_entry_size(entry);
		file->n_extents = 1;
		return;
	}
	while (archive_entry_sparse_next(entry, &at, &n_bytes) == ARCHIVE_OK) {
		/* whole blocks are allocated: up to two more than the bytes fill */
		file->data_bytes += (uint64_t)n_bytes + (n_bytes ? 2 * 4096 : 0);
		file->n_extents++;
	}
}

/* Where an entry goes. */
struct place {
	struct plan_node *parent;
	const char *name;
	struct plan_node *there; /* what has the name now, or NULL */
};

static struct plan_node *name_at(struct plan *p, const struct place *at)
{
	if (at->there)
		take_away(p, at->there);
	return plan_name_new(p, at->parent, at->name, strlen(at->name));
}

static int add_new(struct plan *p, const struct place *at, struct archive_entry *entry,
		   struct plan_node **ret, struct err *err)
{
	struct plan_file *file = plan_file_new(p, archive_entry_filetype(entry), p->by_source.n);
	struct plan_node *node = name_at(p, at);

	node->source = p->by_source.n;
	plan_attach(node, file);
	measure(file, entry);
	if (file->type == AE_IFLNK && archive_entry_symlink(entry))
		file->link = xstrdup(archive_entry_symlink(entry));
	*ret = node;
	return count_entry(p, node, err);
}

static int join_folder(struct plan *p, struct plan_node *node, struct err *err)
{
	node->file->source = node->source = p->by_source.n;
	node->layer = p->layer;
	return count_entry(p, node, err);
}

static int add_link(struct plan *p, const struct place *at, const struct plan_node *target,
		    struct plan_node **ret, struct err *err)
{
	struct plan_file *file = target->file;

	if (at->there && at->there->file == file) {
		at->there->layer = p->layer; /* the name stands for this file already */
		*ret = at->there;
		return count_entry(p, NULL, err);
	}
	*ret = name_at(p, at);
	(*ret)->source = p->by_source.n;
	plan_attach(*ret, file);
	return count_entry(p, *ret, err);
}

static int find_target(const struct plan *p, const char *path, const char *target,
		       const struct plan_node **ret, struct err *err)
{
	*ret = plan_find(p, target, false);
	if (!*ret)
		return err_set(err, ERR_IMAGE_MEMBER,
			       "entry '%s' is a hard link to '%s', which is not there before it",
			       path, target);
	if ((*ret)->file->type == AE_IFDIR)
		return err_set(err, ERR_IMAGE_MEMBER,
			       "entry '%s' is a hard link to the folder '%s'", path, target);
	return 0;
}

static bool is_known_type(mode_t type)
{
	return type == AE_IFREG || type == AE_IFDIR || type == AE_IFLNK || type == AE_IFCHR ||
	       type == AE_IFBLK || type == AE_IFIFO;
}

static int add_at(struct plan *p, const struct place *at, const char *path,
		  struct archive_entry *entry, struct plan_node **ret, struct err *err)
{
	const char *target = archive_entry_hardlink(entry);
	struct plan_node *there = at->there;
	mode_t type = archive_entry_filetype(entry);
	const struct plan_node *linked;

	if (target) {
		TRY(find_target(p, path, target, &linked, err));
		return add_link(p, at, linked, ret, err);
	}
	if (!is_known_type(type))
		return err_set(err, ERR_IMAGE_MEMBER, "the kind of entry '%s' is not known", path);
	if (there && type == AE_IFDIR && there->file->type == AE_IFDIR) {
		*ret = there;
		return join_folder(p, there, err);
	}
	return add_new(p, at, entry, ret, err);
}

static int add(struct plan *p, const char *path, struct archive_entry *entry,
	       struct plan_node **ret, struct err *err)
{
	struct place at = {.name = plan_base_name(path)};

	if (!path[0]) {
		if (archive_entry_filetype(entry) != AE_IFDIR || archive_entry_hardlink(entry))
			return err_set(err, ERR_IMAGE_MEMBER,
				       "the entry of the root folder is not a folder");
		*ret = p->root;
		return join_folder(p, p->root, err);
	}
	TRY(plan_make_parent(p, path, &at.parent, err));
	at.there = plan_child(p, at.parent, at.name, strlen(at.name));
	return add_at(p, &at, path, entry, ret, err);
}

int plan_add(struct plan *p, const char *path, struct archive_entry *entry, char **ret_path,
	     struct err *err)
{
	autofree char *lies_at = NULL;
	struct plan_node *node = NULL;

	TRY(entry_path_check(path, err));
	if (archive_entry_filetype(entry) == AE_IFSOCK && !archive_entry_hardlink(entry)) {
		if (ret_path)
			*ret_path = xstrdup(path);
		return plan_skip(p, err); /* a socket is made by the program that listens */
	}
	TRY(add(p, path, entry, &node, err));
	lies_at = plan_path(node);
	TRY(entry_path_check(lies_at, err));
	if (ret_path)
		*ret_path = take_ptr(lies_at);
	return 0;
}

int plan_skip(struct plan *p, struct err *err)
{
	return count_entry(p, NULL, err);
}

/* What came with this layer stays, and with it the folders that lead there. */
static void take_lower(struct plan *p, struct plan_node *node)
{
	struct plan_node *next;

	for (struct plan_node *child = node->first_child; child; child = next) {
		next = child->next;
		take_lower(p, child);
	}
	if (node->layer < p->layer && !node->first_child && node->parent)
		take_away(p, node);
}

int plan_remove(struct plan *p, const char *path, bool only_inside, struct err *err)
{
	struct plan_node *node = plan_find(p, path, only_inside), *next;

	TRY(plan_skip(p, err));
	if (!node)
		return 0;
	if (!only_inside) {
		take_lower(p, node);
		return 0;
	}
	for (struct plan_node *child = node->first_child; child; child = next) {
		next = child->next;
		take_lower(p, child);
	}
	return 0;
}
