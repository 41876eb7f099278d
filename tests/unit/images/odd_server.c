/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The misbehaving HTTP server; see odd_server.h. One connection at a time per process, a process a
 * connection; it ends with the test that started it.
 */
#include "odd_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <base/file.h>
#include <base/str.h>

#define PIECE 512

struct request {
	char path[1024];
	bool has_range;
	unsigned long long first, last; /* last: ULLONG_MAX for the end */
};

static bool read_request(int fd, struct request *r)
{
	char head[8192];
	size_t n = 0;
	const char *range;

	for (;;) {
		ssize_t got = read(fd, head + n, sizeof(head) - 1 - n);

		if (got <= 0)
			return false;
		n += (size_t)got;
		head[n] = '\0';
		if (strstr(head, "\r\n\r\n"))
			break;
		if (n == sizeof(head) - 1)
			return false;
	}
	*r = (struct request){.last = UINT64_MAX};
	if (sscanf(head, "GET %1023s", r->path) != 1)
		return false;
	range = strstr(head, "Range: bytes=");
	if (range) {
		r->has_range = true;
		if (sscanf(range, "Range: bytes=%llu-%llu", &r->first, &r->last) < 2)
			r->last = UINT64_MAX;
	}
	return true;
}

static void say(int fd, const char *text)
{
	IGNORE_RESULT(file_write_all(fd, text, strlen(text), NULL));
}

static void twist(char *p, size_t n, enum oddity oddity)
{
	if (oddity == ODD_REPEAT && n >= 2 * PIECE)
		memcpy(p + PIECE, p, PIECE);
	if (oddity == ODD_REORDER && n >= 2 * PIECE) {
		char keep[PIECE];

		memcpy(keep, p, PIECE);
		memcpy(p, p + PIECE, PIECE);
		memcpy(p + PIECE, keep, PIECE);
	}
	if (oddity == ODD_GZIP && n >= 4)
		memcpy(p, "\x1f\x8b\x08", 3);
}

static bool is_first(unsigned *count)
{
	return __atomic_fetch_add(count, 1, __ATOMIC_SEQ_CST) == 0;
}

/* False when the connection is to be closed. */
static bool answer(int fd, const char *folder, enum oddity oddity, size_t arg, unsigned *count)
{
	struct request r;
	autofree char *path = NULL, *body = NULL, *head = NULL;
	size_t n, first = 0, send;
	bool ranged, closes;

	if (!read_request(fd, &r))
		return false;
	if (oddity == ODD_BUSY && __atomic_fetch_add(count, 1, __ATOMIC_SEQ_CST) < 2) {
		say(fd, "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n");
		return true;
	}
	if (oddity == ODD_REDIRECT) {
		say(fd, "HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n");
		return true;
	}
	path = xasprintf("%s%s", folder, r.path);
	if (oddity == ODD_MISSING || file_read(path, 64 << 20, &body, &n, NULL) < 0) {
		say(fd, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
		return true;
	}
	ranged = r.has_range && oddity != ODD_NO_RANGES;
	if (ranged) {
		first = r.first < n ? (size_t)r.first : n;
		if (r.last < n)
			n = (size_t)r.last + 1;
	}
	n -= first;
	twist(body + first, n, oddity);
	if (oddity == ODD_SHORT)
		n = n > arg ? n - arg : 0;
	head = xasprintf("HTTP/1.1 %s\r\nContent-Length: %zu\r\n%s\r\n",
			 ranged ? "206 Partial Content" : "200 OK",
			 oddity == ODD_ENDLESS ? (size_t)1 << 50 : n,
			 oddity == ODD_GZIP ? "Content-Encoding: gzip\r\n" : "");
	say(fd, head);
	closes = oddity == ODD_CLOSE || (oddity == ODD_CLOSE_ONCE && is_first(count));
	send = closes && n > arg ? arg : n;
	if (file_write_all(fd, body + first, send, NULL) < 0)
		return false;
	while (oddity == ODD_ENDLESS)
		if (file_write_all(fd, head, strlen(head), NULL) < 0)
			return false;
	return send == n;
}

static _Noreturn void serve(int listener, const char *folder, enum oddity oddity, size_t arg)
{
	unsigned *count = mmap(NULL, sizeof(*count), PROT_READ | PROT_WRITE,
			       MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)signal(SIGCHLD, SIG_IGN);
	(void)signal(SIGPIPE, SIG_IGN);
	for (;;) {
		int fd = accept(listener, NULL, NULL);

		if (fd < 0)
			_exit(1);
		if (!fork()) {
			(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
			while (answer(fd, folder, oddity, arg, count))
				;
			_exit(0);
		}
		(void)close(fd);
	}
}

void odd_server_start(struct odd_server *s, const char *folder, enum oddity oddity, size_t arg)
{
	struct sockaddr_in a = {.sin_family = AF_INET,
				.sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
	socklen_t n = sizeof(a);
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (listener < 0 || bind(listener, (struct sockaddr *)&a, sizeof(a)) ||
	    listen(listener, 64) || getsockname(listener, (struct sockaddr *)&a, &n))
		abort();
	snprintf(s->url, sizeof(s->url), "http://127.0.0.1:%u", (unsigned)ntohs(a.sin_port));
	s->pid = fork();
	if (!s->pid)
		serve(listener, folder, oddity, arg);
	(void)close(listener);
}

void odd_server_stop(struct odd_server *s)
{
	(void)kill(s->pid, SIGKILL);
	(void)waitpid(s->pid, NULL, 0);
}
