/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The line of progress; see progress.h. Input: numbers of our own.
 */
#include "progress.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include <base/clock.h>
#include <base/limits.h>

#define DRAW_EVERY_MS 100
#define LOOK_EVERY_MS 200

static struct {
	bool open; /* a line stands there without an end */
	int64_t drawn_ms;
} line;

static bool is_wanted(void)
{
	return isatty(STDERR_FILENO) == 1;
}

void progress_show(const char *what, uint64_t done_bytes, uint64_t total_bytes)
{
	int64_t now_ms = time_boot_ms();
	bool all = total_bytes && done_bytes >= total_bytes;

	if (!is_wanted() || (line.open && !all && now_ms - line.drawn_ms < DRAW_EVERY_MS))
		return;
	line.open = true;
	line.drawn_ms = now_ms;
	if (total_bytes)
		fprintf(stderr, "\r\033[K%-20s %3u %%, %" PRIu64 " of %" PRIu64 " MiB", what,
			(unsigned)((double)done_bytes * 100 / (double)total_bytes),
			done_bytes / (uint64_t)MIB, total_bytes / (uint64_t)MIB);
	else
		fprintf(stderr, "\r\033[K%s ...", what);
}

void progress_end(void)
{
	if (line.open)
		fputc('\n', stderr);
	line.open = false;
}

/* ---- beside a call that blocks --------------------------------------------------------------- */

static void draw_time(const char *what, int64_t seconds)
{
	fprintf(stderr, "\r\033[K%s, %" PRId64 " s", what, seconds);
}

static void follow(void *arg)
{
	const struct progress_follow *p = arg;
	const struct timespec pause = {.tv_nsec = LOOK_EVERY_MS * 1000000L};
	int64_t began_ms = time_boot_ms();

	for (;;) {
		off_t at = p->fd >= 0 ? lseek(p->fd, 0, SEEK_CUR) : -1;

		if (at >= 0 && p->total_bytes)
			progress_show(p->what, (uint64_t)at, p->total_bytes);
		else
			draw_time(p->what, (time_boot_ms() - began_ms) / 1000);
		(void)nanosleep(&pause, NULL);
	}
}

void progress_follow(struct progress_follow *p)
{
	struct err err = ERR_INIT;

	p->child = CHILD_NONE;
	if (is_wanted() && child_fork(follow, p, &p->child, &err) < 0)
		p->child = CHILD_NONE; /* the work goes on without its line */
}

void progress_unfollow(struct progress_follow *p)
{
	if (!p->child.pid)
		return;
	child_kill(&p->child);
	fputc('\n', stderr);
}
