/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tree that an input's entries make, without their content: what is where after every entry
 * was taken in its order. All inputs and all ways of writing an image read this one tree.
 *
 * The rules are those of container tools and of tar: a later entry takes the place of an earlier
 * one (a folder joins a folder), a path leads through symbolic links to folders inside of the
 * tree, a hard link is a second name of what its target names now, and a name that goes leaves its
 * content to the names that stay.
 *
 *  1. plan_new()  2. plan_add() / plan_remove() for each entry  3. plan_finish()
 *  4. plan_entry() for each entry again, in the same order: what is to be written for it
 */
#ifndef IMAGES_TOOL_TREE_PLAN_H
#define IMAGES_TOOL_TREE_PLAN_H

#include <archive.h>
#include <archive_entry.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <base/cleanup.h>
#include <base/err.h>
#include <images/manifest.h>

#define PLAN_NOT_AN_ENTRY UINT64_MAX /* source of a folder that only paths name */

struct plan_node;

/* What one or more names stand for. */
struct plan_file {
	mode_t type;
	uint64_t source; /* number of the entry that brings content, owner, mode and times */
	uint64_t size_bytes;
	uint64_t data_bytes; /* content without holes */
	uint64_t n_extents;
	bool has_attributes;        /* more than an inode has room for, perhaps */
	char *link;                 /* of a symbolic link: its target */
	bool is_early;              /* a folder whose own entry comes after something in it */
	struct archive_entry *kept; /* of an early folder: its entry */
	struct plan_node *first_name, *last_name;
	size_t n_names;
	struct plan_file *next; /* of all, for the end */
};

struct plan_node {
	struct plan_node *parent, *first_child, *next, *prev;
	struct plan_node *next_name, *prev_name;
	struct plan_file *file;
	uint64_t source; /* number of the entry that brought this name */
	unsigned layer;
	bool is_gone;
	bool was_written;
	char name[];
};

struct plan;
MUST_CHECK struct plan *plan_new(enum partition_fs fs);
void plan_free(struct plan *p);
DEFINE_AUTO(plan, struct plan, plan_free);

/* Begin the next layer: what plan_remove() hides lies below it. */
void plan_next_layer(struct plan *p);

/* Take the next entry. path: cleaned. out: *ret_path (may be NULL) where it lies; the caller
 * frees. errors: ERR_IMAGE_MEMBER, naming the path. trust: none */
MUST_CHECK int plan_add(struct plan *p, const char *path, struct archive_entry *entry,
			char **ret_path, struct err *err);
/* Take the next entry, which hides what lower layers have at path: all of it, or what is in the
 * folder there. errors: ERR_IMAGE_MEMBER */
MUST_CHECK int plan_remove(struct plan *p, const char *path, bool only_inside, struct err *err);
/* Take the next entry, which is left out. errors: ERR_IMAGE_MEMBER */
MUST_CHECK int plan_skip(struct plan *p, struct err *err);

/* All entries were taken: check what only the whole tree shows. out: *ret_early: folders must be
 * kept by plan_keep() before anything is written. errors: ERR_IMAGE_MEMBER */
MUST_CHECK int plan_finish(struct plan *p, bool *ret_early, struct err *err);
/* Entry number n once more: keep a copy if it is an early folder's. */
void plan_keep(struct plan *p, uint64_t n, struct archive_entry *entry);

/* The name under which entry number n is to be written, or NULL. out: *ret_is_link: as a hard link
 * to its file's first name. */
struct plan_node *plan_entry(const struct plan *p, uint64_t n, bool *ret_is_link);
uint64_t plan_n_entries(const struct plan *p);

/* "a/b" of a node. The caller frees. */
MUST_CHECK char *plan_path(const struct plan_node *node);
/* What a path names. follow: through symbolic links to their end. NULL: nothing. */
struct plan_node *plan_find(const struct plan *p, const char *path, bool follow);
/* Visit all names that are there, in no order that matters. */
void plan_each(const struct plan *p, void (*visit)(void *arg, struct plan_node *node), void *arg);
void plan_forget_writing(struct plan *p);

#endif
