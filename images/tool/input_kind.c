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
#include "source_filters.h"

#define READ_BLOCK_BYTES (256 * 1024)

static bool is_tar(const char *path)
{
	struct archive *a = archive_read_new();
	struct archive_entry *entry;
	bool is;

	source_filters(a);
	archive_read_support_format_tar(a);
	is = archive_read_open_filename(a, path, READ_BLOCK_BYTES) == ARCHIVE_OK &&
	     archive_read_next_header(a, &entry) == ARCHIVE_OK;
	archive_read_free(a);
	return is;
}

static int kind_of_disk(const char *path, enum input_kind *ret, struct err *err)
{
	autofree uint8_t *head = xmalloc(FORMAT_HEAD_BYTES);
	enum disk_format format = DISK_UNKNOWN;
	bool packed;
	size_t n;

	TRY(disk_head(path, head, &n, &packed, err));
	TRY(disk_format_of(path, head, n, &format, err));
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
