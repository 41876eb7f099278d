/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an input is, by its own bytes; see tree.h.
 */
#include "tree.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <base/json.h>
#include <base/str.h>

#define READ_BLOCK_BYTES (256 * 1024)

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
