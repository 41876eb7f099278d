/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Root file systems from tars and folders, over libarchive; see tree.h. OCI layouts are in
 * tree_oci.c. Names are cleaned here, once: no "..", no absolute path reaches a visitor.
 */
#include "tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <base/json.h>
#include <base/str.h>
#include <base/vec.h>

#include "tree_oci.h"

#define READ_BLOCK_BYTES (256 * 1024)

/* Each of these is a file opened less. Content comes without holes from a raw reader anyway. */
#define MEASURED                                                                                   \
	(ARCHIVE_READDISK_NO_SPARSE | ARCHIVE_READDISK_NO_XATTR | ARCHIVE_READDISK_NO_ACL |        \
	 ARCHIVE_READDISK_NO_FFLAGS)

static bool starts_like_disk(const unsigned char *p)
{
	return p[510] == 0x55 && p[511] == 0xaa;
}

static int kind_of_file(const char *path, enum input_kind *ret, struct err *err)
{
	unsigned char head[512] = {0};
	autoclose int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct archive *a;
	struct archive_entry *entry;
	bool is_tar;

	if (fd < 0 || read(fd, head, sizeof(head)) < 0)
		return err_sys(err, ERR_IO, "cannot read '%s'", path);
	a = archive_read_new();
	archive_read_support_filter_all(a);
	archive_read_support_format_tar(a);
	is_tar = archive_read_open_filename(a, path, READ_BLOCK_BYTES) == ARCHIVE_OK &&
		 archive_read_next_header(a, &entry) == ARCHIVE_OK;
	archive_read_free(a);
	if (!is_tar && !starts_like_disk(head))
		return err_set(err, ERR_IMAGE_INPUT,
			       "'%s' is neither a tar nor a disk image with a partition table "
			       "(--raw takes it as it is)",
			       path);
	*ret = is_tar ? INPUT_TAR : INPUT_DISK;
	return 0;
}

int input_kind_of(const char *path, enum input_kind *ret, struct err *err)
{
	autofree char *oci = xasprintf("%s/oci-layout", path);
	struct stat st;

	if (stat(path, &st))
		return err_sys(err, errno == ENOENT ? ERR_NOT_FOUND : ERR_IO, "cannot open '%s'",
			       path);
	if (S_ISBLK(st.st_mode)) {
		*ret = INPUT_DISK;
		return 0;
	}
	if (S_ISDIR(st.st_mode)) {
		*ret = access(oci, F_OK) ? INPUT_FOLDER : INPUT_OCI;
		return 0;
	}
	return kind_of_file(path, ret, err);
}

/* "./a//b/" and "/a/b" become "a/b"; NULL for a name that leaves the tree. */
char *tree_clean_path(const char *path)
{
	char *clean = xmalloc(strlen(path) + 1);
	size_t n = 0;

	while (*path) {
		size_t part = strcspn(path, "/");

		if (part == 2 && path[0] == '.' && path[1] == '.') {
			free(clean);
			return NULL;
		}
		if (part && !(part == 1 && path[0] == '.')) {
			if (n)
				clean[n++] = '/';
			memcpy(clean + n, path, part);
			n += part;
		}
		path += part;
		path += *path == '/';
	}
	clean[n] = '\0';
	return clean;
}

static int visit_entry(struct archive_entry *entry, struct archive *a, tree_visit visit, void *arg,
		       struct err *err)
{
	const char *name = archive_entry_pathname(entry);
	autofree char *path = name ? tree_clean_path(name) : NULL;

	if (!path)
		return err_set(err, ERR_IMAGE_MEMBER, "entry '%s' leaves the tree",
			       name ? name : "");
	return visit(arg, path, entry, a, err);
}

int tree_walk_archive(struct archive *a, const char *what, tree_visit visit, void *arg,
		      struct err *err)
{
	struct archive_entry *entry;
	int status;

	while ((status = archive_read_next_header(a, &entry)) == ARCHIVE_OK ||
	       status == ARCHIVE_WARN)
		TRY(visit_entry(entry, a, visit, arg, err));
	if (status != ARCHIVE_EOF)
		return err_set(err, ERR_IMAGE_INPUT, "cannot read '%s': %s", what,
			       archive_error_string(a));
	return 0;
}

int tree_walk_tar(const char *path, tree_visit visit, void *arg, struct err *err)
{
	struct archive *a = archive_read_new();
	int status;

	archive_read_support_filter_all(a);
	archive_read_support_format_tar(a);
	if (archive_read_open_filename(a, path, READ_BLOCK_BYTES) != ARCHIVE_OK)
		status = err_set(err, ERR_IMAGE_INPUT, "cannot open '%s': %s", path,
				 archive_error_string(a));
	else
		status = tree_walk_archive(a, path, visit, arg, err);
	archive_read_free(a);
	return status;
}

/* ---- folders --------------------------------------------------------------------------------- */

/* libarchive walks folders in the order of the disk, so they are read one at a time and sorted. */
struct folder_walk {
	const char *root;
	struct archive *disk;
	struct archive_entry_linkresolver *links;
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
	    (!w->reads || w->reads(w->arg, path)))
		return visit_file(w, full, path, entry, err);
	return w->visit(w->arg, path, entry, NULL, err);
}

static int walk_path(struct folder_walk *w, const char *path, struct err *err)
{
	autofree char *full = path[0] ? xasprintf("%s/%s", w->root, path) : xstrdup(w->root);
	struct archive_entry *entry = archive_entry_new();
	int status;
	bool is_folder;

	archive_entry_set_pathname(entry, path);
	archive_entry_copy_sourcepath(entry, full);
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

static int walk_folder(const char *root, tree_reads reads, tree_visit visit, void *arg,
		       struct err *err)
{
	struct folder_walk w = {.root = root, .reads = reads, .visit = visit, .arg = arg};
	int status;

	w.disk = archive_read_disk_new();
	w.links = archive_entry_linkresolver_new();
	BUG_ON(!w.disk || !w.links);
	archive_entry_linkresolver_set_strategy(w.links, ARCHIVE_FORMAT_TAR_PAX_RESTRICTED);
	archive_read_disk_set_symlink_physical(w.disk);
	(void)archive_read_disk_set_behavior(w.disk, reads ? MEASURED : ARCHIVE_READDISK_NO_SPARSE);
	status = walk_path(&w, "", err);
	archive_entry_linkresolver_free(w.links);
	archive_read_free(w.disk);
	return status;
}

int tree_walk(const struct tree_options *options, tree_reads reads, tree_visit visit, void *arg,
	      struct err *err)
{
	switch (options->kind) {
	case INPUT_TAR:
		return tree_walk_tar(options->path, visit, arg, err);
	case INPUT_FOLDER:
		return walk_folder(options->path, reads, visit, arg, err);
	case INPUT_OCI:
		return tree_walk_oci(options->path, options->oci_arch, visit, arg, err);
	case INPUT_DISK:
		break;
	}
	return err_set(err, ERR_IMAGE_INPUT, "a disk image is not a tree");
}
