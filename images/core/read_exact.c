/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whole reads from descriptors; see images/read_exact.h. Short reads and interruptions end here.
 */
#include <images/read_exact.h>

#include <errno.h>
#include <unistd.h>

#define AT_THE_POSITION UINT64_MAX

/* 1, 0 at the end, or negative. */
static int read_whole(int fd, void *p, size_t n_bytes, uint64_t offset, struct err *err)
{
	size_t done = 0;

	while (done < n_bytes) {
		char *to = (char *)p + done;
		size_t left = n_bytes - done;
		ssize_t n = offset == AT_THE_POSITION ? read(fd, to, left)
						      : pread(fd, to, left, (off_t)(offset + done));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(err, ERR_IO, "cannot read the archive");
		if (!n)
			return 0;
		done += (size_t)n;
	}
	return 1;
}

int read_exact(int fd, void *p, size_t n_bytes, struct err *err)
{
	return read_whole(fd, p, n_bytes, AT_THE_POSITION, err);
}

int read_at(int fd, void *p, size_t n_bytes, uint64_t offset, struct err *err)
{
	return read_whole(fd, p, n_bytes, offset, err);
}

int read_exact_at(int fd, void *p, size_t n_bytes, uint64_t offset, struct err *err)
{
	int n = read_at(fd, p, n_bytes, offset, err);

	if (n == 0)
		return err_set(err, ERR_IMAGE_TRUNCATED, "the archive ends here");
	return n < 0 ? n : 0;
}
