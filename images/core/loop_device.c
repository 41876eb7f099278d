/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Loop devices by ioctl; see loop_device.h. Between finding a free number and taking it another
 * process may be faster, hence the tries.
 */
#include "loop_device.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/loop.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <base/cleanup.h>

#define TRIES 16

/* A file system takes its sectors from the device that it is made on: the loop's are the disk's. */
static uint32_t sector_of(int backing_fd)
{
	int n = 0;

	return ioctl(backing_fd, BLKSSZGET, &n) || n < 512 ? 0 : (uint32_t)n;
}

static int try_open(int control, int backing_fd, uint64_t offset_bytes, uint64_t size_bytes,
		    struct loop_device *ret)
{
	struct loop_config config = {.fd = (uint32_t)backing_fd,
				     .block_size = sector_of(backing_fd),
				     .info = {.lo_offset = offset_bytes,
					      .lo_sizelimit = size_bytes,
					      .lo_flags = LO_FLAGS_AUTOCLEAR}};
	int number = ioctl(control, LOOP_CTL_GET_FREE);
	autoclose int fd = -1;

	if (number < 0)
		return -errno;
	snprintf(ret->path, sizeof(ret->path), "/dev/loop%d", number);
	fd = open(ret->path, O_RDWR | O_CLOEXEC);
	if (fd < 0 || ioctl(fd, LOOP_CONFIGURE, &config))
		return -errno;
	ret->fd = take_fd(&fd);
	return 0;
}

int loop_device_open(int backing_fd, uint64_t offset_bytes, uint64_t size_bytes,
		     struct loop_device *ret, struct err *err)
{
	autoclose int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
	int status = control < 0 ? -errno : -EBUSY;

	ret->fd = -1;
	for (int i = 0; i < TRIES && status == -EBUSY; i++)
		status = try_open(control, backing_fd, offset_bytes, size_bytes, ret);
	errno = -status;
	return status ? err_sys(err, ERR_IMAGE_TARGET, "cannot make a loop device") : 0;
}

void loop_device_close(struct loop_device *l)
{
	if (l->fd >= 0)
		(void)close(l->fd);
	l->fd = -1;
}
