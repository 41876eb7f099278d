/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Paths in a plan: from folder to folder, through symbolic links as a kernel would follow them
 * whose root is the tree's (containerd's fs.RootPath and a chroot agree on that).
 */
#include "tree_find.h"

#include <stdlib.h>
#include <string.h>

#include <search.h>

#include <base/json.h>
#include <base/str.h>

#include "images/core/entry_rules.h"

#define LINKS_MAX 40 /* as in the kernel (MAXSYMLINKS) */

const char *plan_base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

struct plan_node *plan_child(const struct plan *p, const struct plan_node *parent, const char *name,
			     size_t n_bytes)
{
	union {
		struct plan_node node;
		char room[sizeof(struct plan_node) + ENTRY_NAME_BYTES + 1];
	} key = {.node = {.file = NULL}};
	struct plan_node *const *found;

	if (n_bytes > ENTRY_NAME_BYTES)
		return NULL;
	memcpy(key.room + offsetof(struct plan_node, name), name, n_bytes);
	key.room[offsetof(struct plan_node, name) + n_bytes] = '\0';
	key.node.parent = (struct plan_node *)(uintptr_t)parent;
	found = tfind(&key.node, &p->names, plan_compare);
	return found ? *found : NULL;
}

/* ---- walking --------------------------------------------------------------------------------- */

struct walk {
	struct plan *p;
	const char *path; /* whole, for messages */
	bool make;        /* folders that are missing */
	char *rest;       /* what is still to go */
	const char *at;
	struct plan_node *node;
	int n_links;
};

static int follow(struct walk *w, const struct plan_node *link, const char *behind, struct err *err)
{
	char *rest = xasprintf("%s/%s", link->file->link ? link->file->link : "", behind);

	free(w->rest);
	w->rest = rest;
	w->at = rest;
	if (rest[0] == '/')
		w->node = w->p->root;
	if (++w->n_links > LINKS_MAX || strlen(rest) > 2 * ENTRY_PATH_BYTES)
		return err_set(err, ERR_IMAGE_MEMBER,
			       "the path of entry '%s' leads through more than %d symbolic links",
			       w->path, LINKS_MAX);
	return 0;
}

static int enter(struct walk *w, const char *name, size_t n_bytes, const char *behind,
		 struct err *err)
{
	struct plan_node *child;

	if (w->node->file->type != AE_IFDIR)
		return err_set(err, ERR_IMAGE_MEMBER,
			       "entry '%s' lies below '%s', which is not a folder", w->path,
			       w->node->name);
	child = plan_child(w->p, w->node, name, n_bytes);
	if (!child && !w->make)
		return err_set(err, ERR_IMAGE_MEMBER, "'%s' is not there", w->path);
	if (!child && n_bytes > ENTRY_NAME_BYTES)
		return err_set(err, ERR_IMAGE_MEMBER,
			       "the path of entry '%s' leads to a name of more than %d bytes",
			       w->path, ENTRY_NAME_BYTES);
	if (child && child->file->type == AE_IFLNK)
		return follow(w, child, behind, err);
	w->node = child ? child : plan_folder_new(w->p, w->node, name, n_bytes);
	w->at = behind;
	return 0;
}

static int step(struct walk *w, struct err *err)
{
	size_t n = strcspn(w->at, "/");
	const char *name = w->at, *behind = w->at + n + strspn(w->at + n, "/");

	if (n == 0 || (n == 1 && name[0] == '.')) {
		w->at = behind;
		return 0;
	}
	if (n == 2 && name[0] == '.' && name[1] == '.') {
		w->node = w->node->parent ? w->node->parent : w->node;
		w->at = behind;
		return 0;
	}
	return enter(w, name, n, behind, err);
}

static int walk(struct plan *p, const char *path, const char *whole, bool make,
		struct plan_node **ret, struct err *err)
{
	struct walk w = {.p = p, .path = whole, .make = make, .node = p->root};
	int status = 0;

	w.rest = xstrdup(path);
	w.at = w.rest;
	while (!status && w.at[0])
		status = step(&w, err);
	free(w.rest);
	*ret = w.node;
	return status;
}

static char *folder_of(const char *path)
{
	const char *name = plan_base_name(path);

	return xstrndup(path, (size_t)(name - path));
}

int plan_make_parent(struct plan *p, const char *path, struct plan_node **ret, struct err *err)
{
	autofree char *folder = folder_of(path);

	TRY(walk(p, folder, path, true, ret, err));
	if ((*ret)->file->type != AE_IFDIR)
		return err_set(err, ERR_IMAGE_MEMBER,
			       "entry '%s' lies below '%s', which is not a folder", path,
			       (*ret)->name);
	return 0;
}

struct plan_node *plan_find(const struct plan *p, const char *path, bool follow)
{
	autofree char *folder = follow ? xstrdup(path) : folder_of(path);

	/* nothing is made, so the plan stays as it is */
	struct plan *q = (struct plan *)(uintptr_t)p;
	struct plan_node *node;

	if (walk(q, folder, path, false, &node, NULL) < 0)
		return NULL;
	if (follow || !path[0])
		return node;
	return plan_child(p, node, plan_base_name(path), strlen(plan_base_name(path)));
}

/* ---- paths of nodes -------------------------------------------------------------------------- */

char *plan_path(const struct plan_node *node)
{
	size_t n = 0;
	char *path;

	for (const struct plan_node *i = node; i->parent; i = i->parent)
		n += strlen(i->name) + 1;
	path = xcalloc(1, n + 1);
	for (const struct plan_node *i = node; i->parent; i = i->parent) {
		size_t part = strlen(i->name);

		n -= part + 1;
		memcpy(path + n, i->name, part);
		if (i != node)
			path[n + part] = '/';
	}
	return path;
}
