/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Unpacking tars of container tools; see container_tar.h. docker save names a layer that is there
 * already by a symbolic link; such a link becomes a second name of the file, once all are there.
 */
#include "container_tar.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <base/file.h>
#include <base/json.h>
#include <base/limits.h>
#include <base/str.h>
#include <base/vec.h>

#include "disk_format.h"
#include "tree_path.h"
#include "source_file.h"

#define FILES_MAX   4096
#define FIRST_NAMES 3

/* Names at the top of such a tar: these, and those of digests. */
static bool is_container_name(const char *path)
{
	static const char *const names[] = {"oci-layout", "index.json", "manifest.json",
					    "repositories", "blobs"};
	size_t n = strcspn(path, "/");

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (strlen(names[i]) == n && !strncmp(path, names[i], n))
			return true;
	return strspn(path, "0123456789abcdef") == 64 &&
	       (n == 64 || str_eq(path + 64, ".json") || str_eq(path + 64, ".tar"));
}

/* People pack a disk for the way: what is meant is not a tree of one file. */
static int refuse_disk(const char *path, const char *name, struct archive *a, struct err *err)
{
	autofree uint8_t *head = xmalloc(FORMAT_HEAD_BYTES);
	enum disk_format format = DISK_UNKNOWN;
	la_ssize_t n;

	if (str_ends(name, ".ovf"))
		return err_set(
			err, ERR_IMAGE_INPUT,
			"'%s' is a virtual machine (OVA): unpack it (tar -x) and give its disk",
			path);
	n = archive_read_data(a, head, FORMAT_HEAD_BYTES);
	if (n <= 0 || disk_format_of(name, head, (size_t)n, &format, NULL) < 0 ||
	    format == DISK_UNKNOWN)
		return 0;
	return err_set(err, ERR_IMAGE_INPUT,
		       "'%s' is a tar of a disk image: unpack it and give '%s'", path, name);
}

int container_tar_is(const char *path, bool *ret, struct err *err)
{
	AUTO(source_file) struct source_file *f = NULL;
	struct archive_entry *entry;
	struct archive *a;
	bool ours = false;
	int status = 0;

	*ret = false;
	TRY(source_file_tar(path, &f, err));
	a = source_file_archive(f);
	for (int i = 0; i < FIRST_NAMES && !*ret && !ours; i++) {
		autofree char *clean = NULL;

		if (archive_read_next_header(a, &entry) < ARCHIVE_WARN)
			break;
		clean = tree_clean_path(
			archive_entry_pathname(entry) ? archive_entry_pathname(entry) : "");
		*ret = clean && is_container_name(clean);
		if (str_eq(clean, "manifest.json"))
			ours = archive_read_next_header(a, &entry) == ARCHIVE_OK &&
			       str_eq(archive_entry_pathname(entry), "manifest.sigs");
		if (!*ret && clean && !strchr(clean, '/') &&
		    archive_entry_filetype(entry) == AE_IFREG)
			status = refuse_disk(path, clean, a, err);
		if (!clean || clean[0])
			break; /* only the root's own entry may come first */
	}
	if (status < 0)
		return status;
	return ours ? err_set(err, ERR_IMAGE_INPUT,
			      "'%s' is an archive that was built already: sign, verify or import it",
			      path)
		    : 0;
}

/* ---- unpacking ------------------------------------------------------------------------------- */

struct unpacking {
	const char *folder;
	VEC(char *) links; /* pairs: name, file */
	size_t n_files;
};

static int write_file(const char *path, struct archive *a, struct err *err)
{
	autofree char *folder = xstrdup(path);
	autoclose int fd = -1;

	*strrchr(folder, '/') = '\0';
	TRY(file_make_dirs(folder, 0700, err));
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_sys(err, ERR_IMAGE_INPUT, "cannot unpack '%s'", path);
	if (archive_read_data_into_fd(a, fd) != ARCHIVE_OK)
		return err_set(err, ERR_IO, "cannot unpack '%s': %s", path,
			       archive_error_string(a));
	return 0;
}

/* "ab/layer.tar" that links to "../cd/layer.tar" is "cd/layer.tar". */
static int note_link(struct unpacking *u, const char *path, const char *target, struct err *err)
{
	autofree char *clean = NULL;

	if (!target || !str_starts(target, "../") || strchr(path, '/') != strrchr(path, '/'))
		return err_set(err, ERR_IMAGE_INPUT, "'%s' is a link that no container tool makes",
			       path);
	clean = tree_clean_path(target + 3);
	if (!clean || !clean[0])
		return err_set(err, ERR_IMAGE_INPUT, "'%s' is a link that leaves the image", path);
	VEC_PUSH(&u->links, xstrdup(path));
	VEC_PUSH(&u->links, take_ptr(clean));
	return 0;
}

static int unpack_entry(void *arg, const char *path, struct archive_entry *entry, struct archive *a,
			struct err *err)
{
	struct unpacking *u = arg;
	autofree char *full = xasprintf("%s/%s", u->folder, path);
	mode_t type = archive_entry_filetype(entry);

	if (++u->n_files > FILES_MAX)
		return err_set(err, ERR_IMAGE_INPUT, "there are more than %d files", FILES_MAX);
	if (type == AE_IFDIR)
		return 0;
	if (type == AE_IFLNK)
		return note_link(u, path, archive_entry_symlink(entry), err);
	if (type != AE_IFREG || archive_entry_hardlink(entry) || !path[0])
		return err_set(err, ERR_IMAGE_INPUT,
			       "'%s' is neither a file nor a folder, as images of containers have",
			       path);
	return write_file(full, a, err);
}

static int make_links(struct unpacking *u, struct err *err)
{
	for (size_t i = 0; i < u->links.n; i += 2) {
		autofree char *to = xasprintf("%s/%s", u->folder, u->links.items[i]);
		autofree char *from = xasprintf("%s/%s", u->folder, u->links.items[i + 1]);
		autofree char *folder = xstrdup(to);

		*strrchr(folder, '/') = '\0';
		TRY(file_make_dirs(folder, 0700, err));
		if (link(from, to))
			return err_sys(err, ERR_IMAGE_INPUT, "layer '%s' is not there",
				       u->links.items[i + 1]);
	}
	return 0;
}

int container_tar_unpack(const char *path, const char *under, char **ret_folder, struct err *err)
{
	autofree char *folder = xasprintf("%s/.slipway-oci.XXXXXX", under);
	struct unpacking u = {.folder = folder};
	int status;

	if (!mkdtemp(folder))
		return err_sys(err, ERR_IO, "cannot make a folder in '%s'", under);
	status = source_walk_tar(path, unpack_entry, &u, err);
	if (!status)
		status = make_links(&u, err);
	for (size_t i = 0; i < u.links.n; i++)
		free(u.links.items[i]);
	VEC_DONE(&u.links);
	*ret_folder = take_ptr(folder);
	return status < 0 ? err_wrap(err, "'%s'", path) : 0;
}
