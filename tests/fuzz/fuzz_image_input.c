/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files that people give to image build: what they are, headers of virtual disks, partition tables, the
 * headers of a tar's entries, gzip and the end of a tar. Any bytes give an answer or an error.
 */
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include <base/json.h>
#include <base/str.h>

#include "images/tool/disk_open.h"
#include "images/tool/disk_table.h"
#include "images/tool/source_file.h"
#include "images/tool/tar_headers.h"

#define PLAIN_MAX_BYTES (1 << 20) /* of what a packed file may grow to here */
#define ENTRIES_MAX     1000

static void read_tar(const char *path)
{
	AUTO(source_file) struct source_file *f = NULL;
	struct archive_entry *entry;
	int n = 0;

	if (source_file_tar(path, &f, NULL) < 0)
		return;
	while (n++ < ENTRIES_MAX && source_file_plain_bytes(f) < PLAIN_MAX_BYTES &&
	       archive_read_next_header(source_file_archive(f), &entry) == ARCHIVE_OK)
		IGNORE_RESULT(tar_headers_check(f, entry, NULL));
	if (source_file_plain_bytes(f) < PLAIN_MAX_BYTES)
		IGNORE_RESULT(source_file_end(f, NULL));
}

static void read_disk(const char *path, int fd, size_t size)
{
	uint8_t head[FORMAT_HEAD_BYTES];
	enum disk_format format = DISK_UNKNOWN;
	bool packed;
	size_t n;

	if (!disk_head(path, head, &n, &packed, NULL) &&
	    !disk_format_of(path, head, n, &format, NULL))
		IGNORE_RESULT(disk_format_check(path, fd, format, NULL));
	for (int i = DISK_RAW; i <= DISK_VHDX; i++)
		IGNORE_RESULT(disk_format_check(path, fd, (enum disk_format)i, NULL));
	IGNORE_RESULT(disk_table_check(path, fd, size, 512, NULL));
	IGNORE_RESULT(disk_table_check(path, fd, size, 4096, NULL));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = memfd_create("input", MFD_CLOEXEC);
	autofree char *path = xasprintf("/proc/self/fd/%d", fd);

	if (fd >= 0 && size && write(fd, data, size) == (ssize_t)size) {
		read_tar(path);
		read_disk(path, fd, size);
	}
	(void)close(fd);
	return 0;
}
