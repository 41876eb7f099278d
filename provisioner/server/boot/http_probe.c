/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See http_probe.h. Input: whoever holds our port; what is not "HTTP/1.1 200" is no.
 */
#include "http_probe.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <systemd/sd-event.h>
#include <unistd.h>
#include <base/cleanup.h>
#include <base/str.h>

#define WAIT_US 2000000 /* then it does not answer */

static const char question[] =
	"GET /healthz HTTP/1.1\r\nHost: slipway\r\nConnection: close\r\n\r\n";
static const char good[] = "HTTP/1.1 200 ";

struct http_probe {
	int fd;
	bool asked;
	sd_event_source *io, *timer;
	void (*on_answer)(void *arg, bool is_good);
	void *arg;
};

static int on_io(sd_event_source *source, int fd, uint32_t events, void *arg)
{
	struct http_probe *p = arg;
	char answer[64] = "";

	if (!p->asked && (events & EPOLLOUT)) {
		p->asked = send(fd, question, strlen(question), MSG_NOSIGNAL) ==
			   (ssize_t)strlen(question);
		if (p->asked && sd_event_source_set_io_events(source, EPOLLIN) >= 0)
			return 0;
	}
	ssize_t n = recv(fd, answer, sizeof(answer) - 1, MSG_DONTWAIT);
	if (n < 0 && errno == EAGAIN)
		return 0;
	p->on_answer(p->arg, n > 0 && str_starts(answer, good));
	return 0;
}

static int on_timer(sd_event_source *source, uint64_t usec, void *arg)
{
	struct http_probe *p = arg;

	(void)source;
	(void)usec;
	p->on_answer(p->arg, false);
	return 0;
}

struct http_probe *http_probe_new(struct sd_event *event, const char *address, uint16_t port,
				  void (*on_answer)(void *arg, bool is_good), void *arg)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
	struct http_probe *p = xcalloc(1, sizeof(*p));

	p->on_answer = on_answer;
	p->arg = arg;
	p->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (p->fd >= 0 && inet_pton(AF_INET, address, &to.sin_addr) == 1 &&
	    (connect(p->fd, (const struct sockaddr *)&to, sizeof(to)) == 0 ||
	     errno == EINPROGRESS) &&
	    sd_event_add_io(event, &p->io, p->fd, EPOLLOUT, on_io, p) >= 0 &&
	    sd_event_add_time_relative(event, &p->timer, CLOCK_BOOTTIME, WAIT_US, 0, on_timer, p) >=
		    0)
		return p;
	http_probe_free(p);
	return NULL;
}

void http_probe_free(struct http_probe *p)
{
	if (!p)
		return;
	sd_event_source_disable_unref(p->io);
	sd_event_source_disable_unref(p->timer);
	cleanup_close(&p->fd);
	free(p);
}
