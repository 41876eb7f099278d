/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A range of an open disk or file as a block device of its own, for programs that want one.
 */
#ifndef IMAGES_CORE_LOOP_DEVICE_H
#define IMAGES_CORE_LOOP_DEVICE_H

#include <stdint.h>
#include <base/err.h>

struct loop_device {
	int fd; /* the device goes away when this is closed and nobody else uses it */
	char path[32];
};

/* errors: ERR_IMAGE_TARGET (no loop driver, no permission) */
MUST_CHECK int loop_device_open(int backing_fd, uint64_t offset_bytes, uint64_t size_bytes,
				struct loop_device *ret, struct err *err);
void loop_device_close(struct loop_device *l);

#endif
