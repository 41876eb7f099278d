/* SPDX-License-Identifier: Apache-2.0 */
/*
 * qemu-img behind a fence, for disk images from strangers: without a network, with limits on memory and
 * time, and by Landlock without any file but the one it reads, the one it writes, and its own
 * program and libraries. What an image names (backing files, data files, extents, json:, nbd:) cannot be
 * opened, whatever qemu-img makes of it.
 */
#ifndef IMAGES_QEMU_IMG_H
#define IMAGES_QEMU_IMG_H

#include <stddef.h>
#include <base/err.h>

/* The names of the two files in words. */
#define QEMU_IMG_FROM "/proc/self/fd/0"
#define QEMU_IMG_TO   "/proc/self/fd/1"

struct qemu_img {
	const char *path;         /* of the image, for messages */
	const char *folder;       /* for temporary files */
	const char *const *words; /* "convert" and what follows, NULL-terminated */
	int from_fd;
	int to_fd; /* -1: what qemu-img prints is returned instead */
};

/* Run it to its end. owns: *ret_out is the caller's, NULL with a to_fd. trust: none of the image.
 * errors: ERR_IMAGE_INPUT with what qemu-img says; ERR_TIMEOUT; ERR_UNSUPPORTED: a kernel without
 * Landlock; ERR_PROCESS_MISSING; ERR_SYS. blocks: until it ends */
MUST_CHECK int qemu_img_run(const struct qemu_img *q, char **ret_out, struct err *err);

#endif
