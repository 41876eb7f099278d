/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a finished plan to what is written: the order is that of the entries, except that a folder
 * comes before everything in it, because who makes a file in a folder changes the folder's time.
 */
#include "tree_find.h"

#include <inttypes.h>
#include <string.h>

#include <base/json.h>
#include <base/str.h>

#include "images/core/entry_rules.h"

/* The entry at which a name is written: a file's first name is written with the content. */
static uint64_t position(const struct plan_node *node)
{
	return node == node->file->first_name ? node->file->source : node->source;
}

static bool mark_early(const struct plan_node *node)
{
	uint64_t at = position(node);
	bool found = false;

	for (const struct plan_node *i = node->parent; i; i = i->parent)
		if (i->file->source != PLAN_NOT_AN_ENTRY && at != PLAN_NOT_AN_ENTRY &&
		    i->file->source > at)
			found = i->file->is_early = true;
	return found;
}

static int check_names(const struct plan *p, const struct plan_file *file, struct err *err)
{
	autofree char *path = NULL;

	if (p->fs != PARTITION_FS_EXT4 || file->n_names <= ENTRY_EXT4_NAMES)
		return 0;
	path = plan_path(file->first_name);
	return err_set(err, ERR_IMAGE_MEMBER,
		       "entry '%s' has %zu names (hard links); ext4 holds %d of one file", path,
		       file->n_names, ENTRY_EXT4_NAMES);
}

/* ext4 has this folder, and its checker insists on it. */
static int check_lost_found(const struct plan *p, struct err *err)
{
	const struct plan_node *node = plan_child(p, p->root, "lost+found", strlen("lost+found"));

	if (p->fs == PARTITION_FS_EXT4 && node && node->file->type != AE_IFDIR)
		return err_set(err, ERR_IMAGE_MEMBER,
			       "entry 'lost+found' is not a folder, which ext4 needs there");
	return 0;
}

int plan_finish(struct plan *p, bool *ret_early, struct err *err)
{
	*ret_early = false;
	TRY(check_lost_found(p, err));
	for (const struct plan_file *file = p->files; file; file = file->next)
		if (file->n_names)
			TRY(check_names(p, file, err));
	for (size_t i = 0; i < p->nodes.n; i++)
		if (!p->nodes.items[i]->is_gone)
			*ret_early = mark_early(p->nodes.items[i]) || *ret_early;
	return 0;
}

void plan_keep(struct plan *p, uint64_t n, struct archive_entry *entry)
{
	struct plan_node *node = n < p->by_source.n ? p->by_source.items[n] : NULL;

	if (!node || !node->file->is_early || node->file->source != n || node->file->kept)
		return;
	node->file->kept = archive_entry_clone(entry);
	BUG_ON(!node->file->kept);
}

struct plan_node *plan_entry(const struct plan *p, uint64_t n, bool *ret_is_link)
{
	struct plan_node *node = n < p->by_source.n ? p->by_source.items[n] : NULL;

	*ret_is_link = false;
	if (!node)
		return NULL;
	if (node->file->source == n)
		return node->file->first_name;
	*ret_is_link = true;
	return !node->is_gone && node->source == n && node != node->file->first_name ? node : NULL;
}

uint64_t plan_n_entries(const struct plan *p)
{
	return p->by_source.n;
}

void plan_each(const struct plan *p, void (*visit)(void *arg, struct plan_node *node), void *arg)
{
	for (size_t i = 0; i < p->nodes.n; i++)
		if (!p->nodes.items[i]->is_gone)
			visit(arg, p->nodes.items[i]);
}

static void forget(void *arg, struct plan_node *node)
{
	(void)arg;
	node->was_written = false;
}

void plan_forget_writing(struct plan *p)
{
	plan_each(p, forget, NULL);
}
