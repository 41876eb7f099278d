/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A forked process that does one long piece of work on the store beside somebody's event loop, and
 * tells its result over a pipe. It has the parent's rights, and of its descriptors one.
 */
#ifndef IMAGES_CORE_OBJECT_PROCESS_H
#define IMAGES_CORE_OBJECT_PROCESS_H

#include <stddef.h>
#include <base/child.h>
#include <base/err.h>

struct object_process {
	struct child child; /* its pidfd is for the caller's loop */
	int result_fd;
};

/* work fills a zeroed result of n_bytes; it gets `fd` (-1: none) under another number. The process
 * dies with its parent. errors: ERR_SYS */
MUST_CHECK int object_process_start(struct object_process *p,
				    void (*work)(void *arg, int fd, void *ret_result), void *arg,
				    int fd, size_t n_bytes, struct err *err);
/* Take the result; ends the process's life in any case. errors: ERR_SYS (it died first) */
MUST_CHECK int object_process_finish(struct object_process *p, void *ret_result, size_t n_bytes,
				     struct err *err);
void object_process_cancel(struct object_process *p);

#endif
