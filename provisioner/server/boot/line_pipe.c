/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading a supervised program's log. Input: lines in which hosts choose words; long lines are cut.
 */
#include "line_pipe.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <systemd/sd-event.h>
#include <unistd.h>
#include <base/cleanup.h>
#include <base/str.h>

#define LINE_BYTES     1024
#define PIPE_BYTES     (1024 * 1024)
#define READS_PER_TURN 16 /* then others get the loop */

struct line_pipe {
	int fds[2];
	sd_event_source *source;
	void (*on_line)(void *arg, const char *line);
	void *arg;
	char line[LINE_BYTES];
	size_t n;
};

static void take_byte(struct line_pipe *p, char c)
{
	if (c == '\n') {
		p->line[p->n] = '\0';
		if (p->n > 0)
			p->on_line(p->arg, p->line);
		p->n = 0;
	} else if (p->n + 1 < sizeof(p->line)) {
		p->line[p->n++] = isprint((unsigned char)c) ? c : '?';
	}
}

static int on_readable(sd_event_source *s, int fd, uint32_t events, void *arg)
{
	struct line_pipe *p = arg;
	char buf[4096];

	(void)s;
	(void)events;
	for (int turn = 0; turn < READS_PER_TURN; turn++) {
		ssize_t n = read(fd, buf, sizeof(buf));
		if (n <= 0)
			return 0;
		for (ssize_t i = 0; i < n; i++)
			take_byte(p, buf[i]);
	}
	return 0;
}

/* Both ways: so it never ends, however many writers come and go. */
static int open_fifo(const struct line_pipe_options *o)
{
	struct stat st;

	/* one of before a restart has the program's end open still */
	if (mkfifo(o->path, 0600) < 0 && errno != EEXIST)
		return -1;
	int fd = open(o->path, O_RDWR | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
	if (fd >= 0 && (fstat(fd, &st) < 0 || !S_ISFIFO(st.st_mode)))
		cleanup_close(&fd);
	if (fd >= 0 && (fchown(fd, (uid_t)-1, o->group) < 0 || fchmod(fd, 0620) < 0))
		cleanup_close(&fd);
	return fd;
}

static int open_ends(struct line_pipe *p, const struct line_pipe_options *o)
{
	if (!o->path)
		return pipe2(p->fds, O_CLOEXEC | O_NONBLOCK);
	p->fds[0] = open_fifo(o);
	return p->fds[0] < 0 ? -1 : 0;
}

int line_pipe_new(struct sd_event *event, const struct line_pipe_options *o, struct line_pipe **ret,
		  struct err *err)
{
	struct line_pipe *p = xcalloc(1, sizeof(*p));

	p->fds[0] = p->fds[1] = -1;
	p->on_line = o->on_line;
	p->arg = o->arg;
	if (open_ends(p, o) < 0 ||
	    sd_event_add_io(event, &p->source, p->fds[0], EPOLLIN, on_readable, p) < 0) {
		(void)err_sys(err, ERR_SYS, "cannot make a log pipe");
		line_pipe_free(p);
		return -ERR_SYS;
	}
	(void)fcntl(p->fds[0], F_SETPIPE_SZ, PIPE_BYTES);
	(void)sd_event_source_set_description(p->source, "line-pipe");
	*ret = p;
	return 0;
}

int line_pipe_write_fd(const struct line_pipe *p)
{
	return p->fds[1];
}

void line_pipe_free(struct line_pipe *p)
{
	if (!p)
		return;
	sd_event_source_disable_unref(p->source);
	for (int i = 0; i < 2; i++)
		if (p->fds[i] >= 0)
			close(p->fds[i]);
	free(p);
}
