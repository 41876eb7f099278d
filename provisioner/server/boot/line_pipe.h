/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A pipe that another program logs into, read line by line in the event loop. The writing end never
 * blocks the writer: what we are too slow for is lost.
 */
#ifndef SERVER_LINE_PIPE_H
#define SERVER_LINE_PIPE_H

#include <sys/types.h>
#include <base/err.h>

struct sd_event;
struct line_pipe;

/* in: path: of a FIFO that is made for programs of units of their own (of the group, which may write
 * into it); NULL: a pipe. on_line gets printable text without the newline, at most 1023 bytes; trust: none of it. */
struct line_pipe_options {
	const char *path;
	gid_t group;
	void (*on_line)(void *arg, const char *line);
	void *arg;
};
MUST_CHECK int line_pipe_new(struct sd_event *event, const struct line_pipe_options *o,
			     struct line_pipe **ret, struct err *err);
/* For the child; stays ours. -1: it opens the FIFO. */
int line_pipe_write_fd(const struct line_pipe *p);
void line_pipe_free(struct line_pipe *p);

#endif
