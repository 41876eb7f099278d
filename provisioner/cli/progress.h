/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One line on standard error that says how far a long command is: drawn over itself on a terminal,
 * and nothing at all where standard error is a file or a pipe, since a log needs no percentages.
 *
 * Life: progress_show() as often as one likes, then progress_end(). Around a call that blocks and
 * says nothing: progress_follow(), the call, progress_unfollow().
 */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include <stdint.h>
#include <base/child.h>

/* what: "upload"; total_bytes 0: not known. Drawn at most ten times a second, and when all is done. */
void progress_show(const char *what, uint64_t done_bytes, uint64_t total_bytes);
/* Leave the line as it stands, if one was drawn. */
void progress_end(void);

struct progress_follow {
	const char *what;     /* lives until progress_unfollow() */
	int fd;               /* whose offset is how much was read of it; -1: only time is shown */
	uint64_t total_bytes; /* of the file behind fd */
	struct child child;
};
/* Start a child that draws the line until progress_unfollow(), which ends the line, too. */
void progress_follow(struct progress_follow *p);
void progress_unfollow(struct progress_follow *p);

#endif
