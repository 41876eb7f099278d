/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From an input's entries to a tree; see tree.h. The first pass makes a plan of names, the next
 * ones give out what the plan says of each entry. A plan whose folders come after something in
 * them needs one pass more, which keeps those folders' entries.
 */
#include "tree.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <base/file.h>
#include <base/json.h>
#include <base/str.h>

#include "images/core/entry_rules.h"
#include "container_tar.h"
#include "tree_normal.h"
#include "tree_oci.h"
#include "tree_source.h"

struct tree {
	struct tree_options o;
	struct plan *plan;
	struct oci_layers layers;
	char *unpacked; /* a folder of our own, or NULL */
	int64_t newest_s, made_s;
};

/* One pass over the input's entries. */
struct pass {
	struct tree *t;
	uint64_t n; /* entries so far */
	tree_visit visit;
	void *arg;
};

/* measure: see tree_source.h. */
static int walk_source(struct tree *t, bool measure, tree_visit visit, void *arg, struct err *err)
{
	switch (t->o.kind) {
	case INPUT_TAR:
		return source_walk_tar(t->o.path, visit, arg, err);
	case INPUT_FOLDER:
		return source_walk_folder(t->o.path, measure, measure ? t->o.keeps : NULL, visit,
					  arg, err);
	case INPUT_OCI:
		return oci_layers_walk(&t->layers, visit, arg, err);
	case INPUT_SAVED: /* unpacked, it is INPUT_OCI */
	case INPUT_DISK:
		break;
	}
	return err_set(err, ERR_IMAGE_INPUT, "a disk image is not a tree");
}

/* ---- the first pass -------------------------------------------------------------------------- */

static int keep_file(struct tree *t, const char *path, struct archive_entry *entry,
		     struct archive *a, struct err *err)
{
	if (!t->o.keep || !a || archive_entry_filetype(entry) != AE_IFREG ||
	    archive_entry_hardlink(entry) || !t->o.keeps(t->o.arg, path))
		return 0;
	return t->o.keep(t->o.arg, path, entry, a, err);
}

static int plan_next(void *arg, const char *path, struct archive_entry *entry, struct archive *a,
		     struct err *err)
{
	struct pass *pass = arg;
	struct tree *t = pass->t;
	autofree char *lies_at = NULL;
	enum whiteout whiteout = WHITEOUT_NONE;
	autofree char *hidden = NULL;

	if (t->o.kind == INPUT_OCI)
		TRY(oci_whiteout(path, &whiteout, &hidden, err));
	if (whiteout == WHITEOUT_OTHER)
		return plan_skip(t->plan, err);
	if (whiteout != WHITEOUT_NONE)
		return plan_remove(t->plan, hidden, whiteout == WHITEOUT_INSIDE, err);
	TRY(tree_normalize(entry, path, err));
	TRY(plan_add(t->plan, path, entry, &lies_at, err));
	if (archive_entry_mtime(entry) > t->newest_s &&
	    archive_entry_mtime(entry) <= ENTRY_TIME_MAX_S)
		t->newest_s = archive_entry_mtime(entry);
	return keep_file(t, lies_at, entry, a, err);
}

static void next_layer(void *arg)
{
	struct pass *pass = arg;

	plan_next_layer(pass->t->plan);
}

static int keep_folder(void *arg, const char *path, struct archive_entry *entry, struct archive *a,
		       struct err *err)
{
	struct pass *pass = arg;

	(void)a;
	TRY(tree_normalize(entry, path, err));
	plan_keep(pass->t->plan, pass->n++, entry);
	return 0;
}

static int make_plan(struct tree *t, struct err *err)
{
	struct pass plan = {.t = t}, keep = {.t = t};
	bool early;

	t->layers.next_layer = next_layer;
	TRY(walk_source(t, true, plan_next, &plan, err));
	t->layers.next_layer = NULL;
	TRY(plan_finish(t->plan, &early, err));
	return early ? walk_source(t, false, keep_folder, &keep, err) : 0;
}

/* Messages name the input and what is in it, not the folder it was unpacked to for now. */
static int name_input(const struct tree *t, struct err *err)
{
	size_t n = t->unpacked ? strlen(t->unpacked) + 1 : 0;
	char *at;

	if (err && n)
		while ((at = strstr(err->msg, t->unpacked)) && at[n - 1] == '/')
			memmove(at, at + n, strlen(at + n) + 1);
	return err_wrap(err, "'%s'", t->o.path);
}

static int unpack_saved(struct tree *t, struct err *err)
{
	autofree char *layout = NULL, *manifest = NULL;

	TRY(container_tar_unpack(t->o.path, t->o.folder, &t->unpacked, err));
	t->o.kind = INPUT_OCI;
	layout = xasprintf("%s/oci-layout", t->unpacked);
	manifest = xasprintf("%s/manifest.json", t->unpacked);
	if (access(layout, R_OK) && access(manifest, R_OK))
		return err_set(
			err, ERR_IMAGE_INPUT,
			"'%s' has neither an oci-layout nor a manifest.json, as docker before "
			"1.10 wrote it; save the image anew",
			t->o.path);
	if ((access(layout, R_OK) ? docker_layers_find : oci_layers_find)(
		    t->unpacked, t->o.oci_arch, &t->layers, err) < 0)
		return name_input(t, err);
	return 0;
}

int tree_new(const struct tree_options *options, struct tree **ret, struct err *err)
{
	AUTO(tree) struct tree *t = xcalloc(1, sizeof(*t));
	int status;

	t->o = *options;
	t->plan = plan_new(options->fs);
	if (options->kind == INPUT_SAVED)
		TRY(unpack_saved(t, err));
	if (options->kind == INPUT_OCI &&
	    oci_layers_find(options->path, options->oci_arch, &t->layers, err) < 0)
		return name_input(t, err);
	status = make_plan(t, err);
	if (status < 0)
		return t->unpacked ? name_input(t, err) : status;
	t->made_s = t->newest_s;
	*ret = take_ptr(t);
	return 0;
}

void tree_free(struct tree *t)
{
	if (!t)
		return;
	oci_layers_done(&t->layers);
	plan_free(t->plan);
	if (t->unpacked)
		IGNORE_RESULT(file_remove_tree(t->unpacked, NULL));
	free(t->unpacked);
	free(t);
}

const struct plan *tree_plan(const struct tree *t)
{
	return t->plan;
}

int64_t tree_newest_s(const struct tree *t)
{
	return t->newest_s;
}

void tree_set_made_s(struct tree *t, int64_t time_s)
{
	t->made_s = time_s;
}

/* ---- the next passes ------------------------------------------------------------------------- */

static int give(struct pass *pass, const char *path, struct archive_entry *entry, struct archive *a,
		struct err *err)
{
	TRY(entry_rules_check(entry, path, pass->t->o.fs, err));
	return pass->visit(pass->arg, path, entry, a, err);
}

static int give_made_folder(struct pass *pass, const struct plan_node *node, struct err *err)
{
	autofree char *path = plan_path(node);
	struct archive_entry *entry = node->file->kept ? archive_entry_clone(node->file->kept)
						       : archive_entry_new();
	int status;

	BUG_ON(!entry);
	if (!node->file->kept) {
		archive_entry_set_filetype(entry, AE_IFDIR);
		archive_entry_set_perm(entry, 0755);
		archive_entry_set_mtime(entry, pass->t->made_s, 0);
	}
	archive_entry_set_pathname(entry, path);
	status = give(pass, path, entry, NULL, err);
	archive_entry_free(entry);
	return status;
}

static bool is_made(const struct plan_node *node)
{
	return node->file->kept || node->file->source == PLAN_NOT_AN_ENTRY;
}

/* Folders on the way that no entry before this one describes. */
static int give_parents(struct pass *pass, const struct plan_node *node, struct err *err)
{
	struct plan_node *parent = node->parent;

	if (!parent || parent->was_written)
		return 0;
	TRY(give_parents(pass, parent, err));
	if (!is_made(parent))
		return 0;
	parent->was_written = true;
	return give_made_folder(pass, parent, err);
}

static int give_link(struct pass *pass, const struct plan_node *node, struct err *err)
{
	autofree char *path = plan_path(node), *first = plan_path(node->file->first_name);
	struct archive_entry *entry = archive_entry_new();
	int status;

	BUG_ON(!entry);
	archive_entry_set_pathname(entry, path);
	archive_entry_set_filetype(entry, node->file->type);
	archive_entry_set_hardlink(entry, first);
	status = give(pass, path, entry, NULL, err);
	archive_entry_free(entry);
	return status;
}

static int give_next(void *arg, const char *source_path, struct archive_entry *entry,
		     struct archive *a, struct err *err)
{
	struct pass *pass = arg;
	bool is_link;
	struct plan_node *node = plan_entry(pass->t->plan, pass->n++, &is_link);
	autofree char *path = NULL;

	if (!node || node->was_written)
		return 0;
	TRY(give_parents(pass, node, err));
	node->was_written = true;
	if (is_link)
		return give_link(pass, node, err);
	TRY(tree_normalize(entry, source_path, err));
	path = plan_path(node);
	return give(pass, path, entry, a, err);
}

int tree_walk(struct tree *t, tree_visit visit, void *arg, struct err *err)
{
	struct pass pass = {.t = t, .visit = visit, .arg = arg};

	plan_forget_writing(t->plan);
	TRY(walk_source(t, false, give_next, &pass, err));
	if (pass.n != plan_n_entries(t->plan))
		return err_set(err, ERR_IMAGE_INPUT, "'%s' changed while it was read", t->o.path);
	return 0;
}
