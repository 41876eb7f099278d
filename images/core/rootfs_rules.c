/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rules for tars that are unpacked; see rootfs_rules.h.
 */
#include "rootfs_rules.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

#include <base/json.h>
#include <base/str.h>

#include "entry_rules.h"

static bool leaves_tree(const char *path)
{
	struct sv rest = sv_of(path);

	if (path[0] == '/')
		return true;
	while (rest.n)
		if (sv_eq_str(sv_split(&rest, '/'), ".."))
			return true;
	return false;
}

int rootfs_rules_check(const struct rootfs_rules *rules, struct archive_entry *entry,
		       struct err *err)
{
	const char *path = archive_entry_pathname(entry), *link = archive_entry_hardlink(entry);
	mode_t type = archive_entry_filetype(entry);

	if (!path || leaves_tree(path) || (link && leaves_tree(link)))
		return err_set(err, ERR_IMAGE_MEMBER, "entry '%s' leaves the tree",
			       path ? path : "");
	if ((type == AE_IFCHR || type == AE_IFBLK) && !link && !rules->devices)
		return err_set(err, ERR_IMAGE_MEMBER,
			       "'%s' is a device node, which the manifest does not allow", path);
	return entry_rules_check(entry, path, rules->fs, err);
}

/* ---- a whole tar ----------------------------------------------------------------------------- */

struct seen {
	bool is_folder;
	char path[];
};

static int compare(const void *a, const void *b)
{
	return strcmp(((const struct seen *)a)->path, ((const struct seen *)b)->path);
}

/* "./a/b/" is "a/b"; what is unclean otherwise stays so, and is found nowhere. */
static struct seen *seen_new(const char *path, size_t n_bytes, bool is_folder)
{
	struct seen *s;

	while (n_bytes >= 2 && path[0] == '.' && path[1] == '/') {
		path += 2;
		n_bytes -= 2;
	}
	while (n_bytes && path[n_bytes - 1] == '/')
		n_bytes--;
	if (n_bytes == 1 && path[0] == '.')
		n_bytes = 0;
	s = xcalloc(1, sizeof(*s) + n_bytes + 1);
	memcpy(s->path, path, n_bytes);
	s->is_folder = is_folder;
	return s;
}

static const struct seen *find(void *const *all, const char *path, size_t n_bytes)
{
	autofree struct seen *key = seen_new(path, n_bytes, false);
	struct seen *const *found = tfind(key, all, compare);

	return found ? *found : NULL;
}

static int check_parent(void *const *all, const struct seen *s, struct err *err)
{
	const char *slash = strrchr(s->path, '/');
	const struct seen *parent = slash ? find(all, s->path, (size_t)(slash - s->path)) : NULL;

	if (slash && (!parent || !parent->is_folder))
		return err_set(err, ERR_IMAGE_MEMBER, "entry '%s' comes before its folder",
			       s->path);
	return 0;
}

static int check_place(void *const *all, const struct seen *s, struct archive_entry *entry,
		       struct err *err)
{
	const char *link = archive_entry_hardlink(entry);
	const struct seen *target = link ? find(all, link, strlen(link)) : NULL;

	if (tfind(s, all, compare))
		return err_set(err, ERR_IMAGE_MEMBER, "entry '%s' comes twice", s->path);
	if (link && (!target || target->is_folder))
		return err_set(err, ERR_IMAGE_MEMBER,
			       "entry '%s' is a hard link to '%s', which is not a file before it",
			       s->path, link);
	return check_parent(all, s, err);
}

static int try_entry(const struct rootfs_rules *rules, void **all, struct archive_entry *entry,
		     struct err *err)
{
	struct seen *s;
	int status;

	TRY(rootfs_rules_check(rules, entry, err));
	s = seen_new(archive_entry_pathname(entry), strlen(archive_entry_pathname(entry)),
		     archive_entry_filetype(entry) == AE_IFDIR);
	status = check_place(all, s, entry, err);
	if (status < 0) {
		free(s);
		return status;
	}
	BUG_ON(!tsearch(s, all, compare));
	return 0;
}

int rootfs_rules_try(const struct rootfs_rules *rules, struct archive *from, struct err *err)
{
	struct archive_entry *entry;
	void *all = NULL;
	int status = ARCHIVE_OK, result = 0;

	while (!result && ((status = archive_read_next_header(from, &entry)) == ARCHIVE_OK ||
			   status == ARCHIVE_WARN))
		result = try_entry(rules, &all, entry, err);
	tdestroy(all, free);
	if (!result && status != ARCHIVE_EOF)
		return err_set(err, ERR_IMAGE_MEMBER, "cannot read the tar: %s",
			       archive_error_string(from));
	return result;
}
