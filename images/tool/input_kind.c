/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an input is, by its own bytes; see tree.h.
 */
#include "tree.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include <base/json.h>
#include <base/str.h>

#include "container_tar.h"
#include "disk_open.h"
#include "tree_source.h"
#include "source_file.h"

static bool is_tar(const char *path)
{
	AUTO(source_file) struct source_file *f = NULL;
	struct archive_entry *entry;
	int status;

	if (source_file_tar(path, &f, NULL) < 0)
		return false;
	status = archive_read_next_header(source_file_archive(f), &entry);
	return status == ARCHIVE_OK || status == ARCHIVE_WARN;
}

/* What is damaged does not look like anything. */
static int check_whole(const char *path, struct err *err)
{
	AUTO(source_file) struct source_file *f = NULL;

	TRY(source_file_bytes(path, &f, err));
	return source_file_end(f, err);
}

static int kind_of_disk(const char *path, enum input_kind *ret, struct err *err)
{
	autofree uint8_t *head = xmalloc(FORMAT_HEAD_BYTES);
	enum disk_format format = DISK_UNKNOWN;
	bool packed;
	size_t n;

	TRY(disk_head(path, head, &n, &packed, err));
	TRY(disk_format_of(path, head, n, &format, err));
	if (format == DISK_UNKNOWN && packed)
		TRY(check_whole(path, err));
	if (format == DISK_UNKNOWN)
		return err_set(err, ERR_IMAGE_INPUT,
			       "'%s' is neither a tar nor a disk image with a partition table%s "
			       "(--raw takes it as it is)",
			       path, packed ? ", once unpacked" : "");
	*ret = INPUT_DISK;
	return 0;
}

static int kind_of_file(const char *path, enum input_kind *ret, struct err *err)
{
	bool is_saved;

	if (access(path, R_OK))
		return err_sys(err, ERR_IO, "cannot read '%s'", path);
	if (!is_tar(path))
		return kind_of_disk(path, ret, err);
	TRY(container_tar_is(path, &is_saved, err));
	*ret = is_saved ? INPUT_SAVED : INPUT_TAR;
	return 0;
}

static bool has(const char *folder, const char *name)
{
	autofree char *path = xasprintf("%s/%s", folder, name);

	return !access(path, F_OK);
}

/* Half a container image must not become a root file system with its files. */
static int kind_of_folder(const char *path, enum input_kind *ret, struct err *err)
{
	*ret = INPUT_FOLDER;
	if (has(path, "oci-layout"))
		*ret = INPUT_OCI;
	else if (has(path, "etc") || has(path, "usr") || has(path, "bin"))
		return 0;
	else if (has(path, "index.json") && has(path, "blobs"))
		return err_set(err, ERR_IMAGE_INPUT,
			       "'%s' has an index.json and blobs, as OCI layouts have, but not the "
			       "file oci-layout: copy the image anew",
			       path);
	else if (has(path, "manifest.json") && has(path, "repositories"))
		return err_set(err, ERR_IMAGE_INPUT,
			       "'%s' looks like what docker save wrote, unpacked: give the tar",
			       path);
	return 0;
}

int input_kind_of(const char *path, enum input_kind *ret, struct err *err)
{
	struct stat st;

	if (stat(path, &st))
		return err_sys(err, errno == ENOENT ? ERR_NOT_FOUND : ERR_IO, "cannot open '%s'",
			       path);
	if (S_ISBLK(st.st_mode)) {
		*ret = INPUT_DISK;
		return 0;
	}
	if (S_ISDIR(st.st_mode))
		return kind_of_folder(path, ret, err);
	if (!S_ISREG(st.st_mode))
		return err_set(
			err, ERR_IMAGE_INPUT,
			"'%s' is neither a file nor a folder nor a disk; an input is read more "
			"than once: write it to a file first",
			path);
	return kind_of_file(path, ret, err);
}
