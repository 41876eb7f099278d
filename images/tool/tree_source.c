/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Entries of tars and folders, over libarchive; see tree_source.h. Names are cleaned here, once:
 * no "..", no absolute path reaches a visitor.
 */
#include "tree_source.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <base/json.h>
#include <base/str.h>
#include <base/vec.h>

#include "source_file.h"
#include "tar_headers.h"
#include "tree_path.h"

#define READ_BLOCK_BYTES (256 * 1024)

/* Each of these is a file opened less. */
#define MEASURED (ARCHIVE_READDISK_NO_XATTR | ARCHIVE_READDISK_NO_ACL | ARCHIVE_READDISK_NO_FFLAGS)

static int visit_entry(struct archive_entry *entry, struct archive *a, tree_visit visit, void *arg,
		       struct err *err)
{
	const char *name = archive_entry_pathname(entry);
	autofree char *path = name ? tree_clean_path(name) : NULL;

	if (!path)
		return err_set(err, ERR_IMAGE_MEMBER, "entry '%s' leaves the tree, or has no name",
			       name ? name : "");
	return visit(arg, path, entry, a, err);
}

/* What an entry announces is compared before a byte of it is read. Holes are not in the tar. */
static int check_growth(const struct source_file *f, struct archive_entry *entry, struct err *err)
{
	uint64_t plain = source_file_plain_bytes(f);
	int64_t size = archive_entry_size(entry);

	if (size > 0 && !archive_entry_sparse_count(entry) && !archive_entry_hardlink(entry))
		plain += (uint64_t)size;
	return source_file_check_growth(f, plain, err);
}

/* libarchive reads a pax time of "-1.5" as -1 and half a second on: the fraction goes back, too. */
static void mend_time(struct archive_entry *entry)
{
	int64_t s = archive_entry_mtime(entry);
	long ns = archive_entry_mtime_nsec(entry);

	if (s < 0 && s > INT64_MIN && ns > 0 && ns < 1000000000)
		archive_entry_set_mtime(entry, s - 1, 1000000000 - ns);
}

/* Names that are not UTF-8 are a warning, too, and come out as they are. */
static int check_warning(struct archive *a, const char *name, int status, struct err *err)
{
	const char *text = archive_error_string(a);

	if (status == ARCHIVE_OK || (text && strstr(text, "converted")))
		return 0;
	return err_set(err, ERR_IMAGE_MEMBER, "entry '%s' cannot be read whole: %s", name,
		       text ? text : "a map of its holes, or a header, is damaged");
}

static int mend_entry(struct source_file *f, struct archive_entry *entry, int status,
		      struct err *err)
{
	const char *name = archive_entry_pathname(entry);

	TRY(tar_headers_check(f, entry, err));
	TRY(check_warning(source_file_archive(f), name ? name : "", status, err));
	mend_time(entry);
	return 0;
}

static int walk_archive(struct source_file *f, const char *what, tree_visit visit, void *arg,
			struct err *err)
{
	struct archive *a = source_file_archive(f);
	struct archive_entry *entry;
	int status;

	while ((status = archive_read_next_header(a, &entry)) == ARCHIVE_OK ||
	       status == ARCHIVE_WARN) {
		TRY(check_growth(f, entry, err));
		TRY(mend_entry(f, entry, status, err));
		TRY(visit_entry(entry, a, visit, arg, err));
	}
	if (status != ARCHIVE_EOF)
		return err_set(err, ERR_IMAGE_INPUT, "cannot read '%s': %s", what,
			       source_file_fault(f));
	return source_file_end(f, err);
}

int source_walk_tar(const char *path, tree_visit visit, void *arg, struct err *err)
{
	AUTO(source_file) struct source_file *f = NULL;

	TRY(source_file_tar(path, &f, err));
	return walk_archive(f, path, visit, arg, err);
}

/* ---- folders --------------------------------------------------------------------------------- */

/* libarchive walks folders in the order of the disk, so they are read one at a time and sorted. */
struct folder_walk {
	const char *root;
	struct archive *disk;
	struct archive_entry_linkresolver *links;
	bool measure;
	tree_reads reads;
	tree_visit visit;
	void *arg;
};

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int list_folder(const char *path, char ***ret, size_t *ret_n, struct err *err)
{
	VEC(char *) names = {0};
	DIR *dir = opendir(path);
	struct dirent *d;

	if (!dir)
		return err_sys(err, ERR_IMAGE_INPUT, "cannot read folder '%s'", path);
	while ((d = readdir(dir)))
		if (!str_eq(d->d_name, ".") && !str_eq(d->d_name, ".."))
			VEC_PUSH(&names, xstrdup(d->d_name));
	(void)closedir(dir);
	if (names.n)
		qsort(names.items, names.n, sizeof(char *), compare_names);
	*ret = names.items;
	*ret_n = names.n;
	return 0;
}

/* Content of a file on disk as if it came from a tar: a data archive of one raw entry. */
static int visit_file(struct folder_walk *w, const char *full, const char *path,
		      struct archive_entry *entry, struct err *err)
{
	struct archive *a = archive_read_new();
	struct archive_entry *raw;
	int status;

	archive_read_support_format_raw(a);
	archive_read_support_format_empty(a);
	if (archive_read_open_filename(a, full, READ_BLOCK_BYTES) != ARCHIVE_OK ||
	    (archive_entry_size(entry) > 0 && archive_read_next_header(a, &raw) != ARCHIVE_OK))
		status = err_set(err, ERR_IMAGE_INPUT, "cannot read '%s': %s", full,
				 archive_error_string(a));
	else
		status = w->visit(w->arg, path, entry, a, err);
	archive_read_free(a);
	return status;
}

static int walk_path(struct folder_walk *w, const char *path, struct err *err);

static int walk_children(struct folder_walk *w, const char *full, const char *path, struct err *err)
{
	char **names = NULL;
	size_t n = 0;
	int status;

	TRY(list_folder(full, &names, &n, err));
	status = 0;
	for (size_t i = 0; i < n && !status; i++) {
		autofree char *child = path[0] ? xasprintf("%s/%s", path, names[i])
					       : xstrdup(names[i]);

		status = walk_path(w, child, err);
	}
	for (size_t i = 0; i < n; i++)
		free(names[i]);
	free(names);
	return status;
}

static int visit_disk_entry(struct folder_walk *w, const char *full, const char *path,
			    struct archive_entry *entry, struct err *err)
{
	struct archive_entry *spare = NULL;

	archive_entry_linkify(w->links, &entry, &spare);
	if (archive_entry_filetype(entry) == AE_IFREG && !archive_entry_hardlink(entry) &&
	    (!w->measure || (w->reads && w->reads(w->arg, path))))
		return visit_file(w, full, path, entry, err);
	return w->visit(w->arg, path, entry, NULL, err);
}

/* Finding holes takes an open and a search: only for files that have some. */
static void choose_behaviour(const struct folder_walk *w, const char *full)
{
	int flags = w->measure ? MEASURED : 0;
	struct stat st;

	if (lstat(full, &st) || !S_ISREG(st.st_mode) || st.st_blocks * 512 >= st.st_size)
		flags |= ARCHIVE_READDISK_NO_SPARSE;
	(void)archive_read_disk_set_behavior(w->disk, flags);
}

static int walk_path(struct folder_walk *w, const char *path, struct err *err)
{
	autofree char *full = path[0] ? xasprintf("%s/%s", w->root, path) : xstrdup(w->root);
	struct archive_entry *entry = archive_entry_new();
	int status;
	bool is_folder;

	archive_entry_set_pathname(entry, path);
	archive_entry_copy_sourcepath(entry, full);
	choose_behaviour(w, full);
	if (archive_read_disk_entry_from_file(w->disk, entry, -1, NULL) < ARCHIVE_WARN) {
		archive_entry_free(entry);
		return err_set(err, ERR_IMAGE_INPUT, "cannot read '%s': %s", full,
			       archive_error_string(w->disk));
	}
	is_folder = archive_entry_filetype(entry) == AE_IFDIR;
	status = visit_disk_entry(w, full, path, entry, err);
	archive_entry_free(entry);
	if (status < 0 || !is_folder)
		return status;
	return walk_children(w, full, path, err);
}

int source_walk_folder(const char *root, bool measure, tree_reads reads, tree_visit visit,
		       void *arg, struct err *err)
{
	struct folder_walk w = {
		.root = root, .measure = measure, .reads = reads, .visit = visit, .arg = arg};
	int status;

	w.disk = archive_read_disk_new();
	w.links = archive_entry_linkresolver_new();
	BUG_ON(!w.disk || !w.links);
	archive_entry_linkresolver_set_strategy(w.links, ARCHIVE_FORMAT_TAR_PAX_RESTRICTED);
	archive_read_disk_set_symlink_physical(w.disk);
	status = walk_path(&w, "", err);
	archive_entry_linkresolver_free(w.links);
	archive_read_free(w.disk);
	return status;
}
