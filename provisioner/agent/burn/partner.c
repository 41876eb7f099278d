/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bytes between two hosts under test; see partner.h. The sender shows its ticket, the taker answers
 * with one byte, '+' or '-', then the bytes flow until the sender ends its side; the taker's closing
 * proves that all were read. What comes is never copied out of the kernel.
 */
#include "partner.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <netdb.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>
#include <base/cleanup.h>
#include <base/clock.h>
#include <base/limits.h>
#include <base/str.h>
#include <proto/session.h>

#define CONNECTIONS_MAX 8 /* with those that have shown no ticket yet */
#define TICKET_WAIT_MS  5000
#define CONNECT_WAIT_MS 5000
#define LAST_BYTES_MS   20000
#define TICK_MS         200
#define CHUNK_BYTES     (256 * KIB)
#define TAKER_NICE      (-10) /* it must not wait behind this host's own tests */

/* ---- taking ---------------------------------------------------------------------------------- */

struct connection {
	int fd; /* -1: free */
	int64_t until_ms;
	bool takes;
	size_t n; /* of the ticket */
	char ticket[PARTNER_TICKET_BYTES];
};

struct taker {
	int listener;
	const char *ticket;
	struct connection connections[CONNECTIONS_MAX];
};

static void drop(struct connection *c)
{
	(void)close(c->fd);
	*c = (struct connection){.fd = -1};
}

static void welcome(struct taker *t)
{
	int fd = accept4(t->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	for (size_t i = 0; i < CONNECTIONS_MAX && fd >= 0; i++) {
		if (t->connections[i].fd >= 0)
			continue;
		t->connections[i] = (struct connection){
			.fd = fd, .until_ms = time_boot_ms() + TICKET_WAIT_MS};
		return;
	}
	if (fd >= 0)
		(void)close(fd);
}

static void answer(struct taker *t, struct connection *c)
{
	size_t n_taken = 0;

	for (size_t i = 0; i < CONNECTIONS_MAX; i++)
		n_taken += t->connections[i].fd >= 0 && t->connections[i].takes;
	c->takes = n_taken < PARTNER_TAKES_MAX;
	c->until_ms = time_boot_ms() + PARTNER_TAKES_S * 1000;
	if (send(c->fd, c->takes ? "+" : "-", 1, MSG_NOSIGNAL) != 1 || !c->takes)
		drop(c);
}

static void read_ticket(struct taker *t, struct connection *c)
{
	ssize_t n = recv(c->fd, c->ticket + c->n, sizeof(c->ticket) - c->n, 0);

	if (n < 0 && errno == EAGAIN)
		return;
	if (n <= 0) {
		drop(c);
		return;
	}
	c->n += (size_t)n;
	if (c->n < sizeof(c->ticket))
		return;
	if (memcmp(c->ticket, t->ticket, sizeof(c->ticket)) == 0)
		answer(t, c);
	else
		drop(c);
}

/* MSG_TRUNC: TCP forgets the bytes where they are. */
static void take(struct connection *c)
{
	ssize_t n = recv(c->fd, NULL, 16 * MIB, MSG_TRUNC);

	if (n == 0 || (n < 0 && errno != EAGAIN))
		drop(c);
}

static void take_turn(struct taker *t)
{
	struct pollfd polled[CONNECTIONS_MAX + 1] = {{.fd = t->listener, .events = POLLIN}};

	for (size_t i = 0; i < CONNECTIONS_MAX; i++)
		polled[i + 1] = (struct pollfd){.fd = t->connections[i].fd, .events = POLLIN};
	(void)poll(polled, CONNECTIONS_MAX + 1, TICK_MS);
	for (size_t i = 0; i < CONNECTIONS_MAX; i++) {
		struct connection *c = &t->connections[i];

		if (c->fd < 0)
			continue;
		if (polled[i + 1].revents && c->takes)
			take(c);
		else if (polled[i + 1].revents)
			read_ticket(t, c);
		if (c->fd >= 0 && time_boot_ms() > c->until_ms)
			drop(c);
	}
	if (polled[0].revents)
		welcome(t);
}

static void take_all(void *arg)
{
	struct taker *t = arg;

	(void)setpriority(PRIO_PROCESS, 0, TAKER_NICE);
	for (size_t i = 0; i < CONNECTIONS_MAX; i++)
		t->connections[i].fd = -1;
	for (;;)
		take_turn(t);
}

/* On all addresses of both families, where there are both. */
static int listen_on(uint16_t port, uint16_t *ret_port)
{
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
	struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(port)};
	socklen_t n = sizeof(v6);
	int yes = 1, no = 0, fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool six = fd >= 0;

	if (!six)
		fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	(void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &no, sizeof(no));
	int rc = six ? bind(fd, (struct sockaddr *)&v6, sizeof(v6))
		     : bind(fd, (struct sockaddr *)&v4, sizeof(v4));
	if (rc < 0 || listen(fd, CONNECTIONS_MAX) < 0 ||
	    getsockname(fd, (struct sockaddr *)&v6, &n) < 0) {
		int why = errno;
		(void)close(fd);
		errno = why;
		return -1;
	}
	*ret_port = ntohs(v6.sin6_port); /* at the same place in both families */
	return fd;
}

int partner_take_start(uint16_t port, const char *ticket, struct child *ret, uint16_t *ret_port,
		       struct err *err)
{
	struct taker t = {.ticket = ticket};

	BUG_ON(strlen(ticket) != PARTNER_TICKET_BYTES);
	*ret = CHILD_NONE;
	t.listener = listen_on(port, ret_port);
	if (t.listener < 0)
		return err_sys(err, ERR_SYS, "port %u for partners", port);
	int rc = child_fork(take_all, &t, ret, err);
	(void)close(t.listener);
	return rc;
}

void partner_take_stop(struct child *taker)
{
	if (taker->pid)
		child_kill(taker);
}

/* ---- sending --------------------------------------------------------------------------------- */

static int wait_for(int fd, short events, int64_t wait_ms, struct err *err)
{
	struct pollfd polled = {.fd = fd, .events = events};

	if (poll(&polled, 1, (int)wait_ms) <= 0)
		return err_set(err, ERR_TIMEOUT, "the partner does not answer");
	return 0;
}

static int address_of(const char *text, uint16_t port, struct sockaddr_storage *ret,
		      socklen_t *ret_bytes)
{
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)ret;
	struct sockaddr_in *v4 = (struct sockaddr_in *)ret;

	*ret = (struct sockaddr_storage){0};
	if (inet_pton(AF_INET, text, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons(port);
		*ret_bytes = sizeof(*v4);
		return 0;
	}
	if (inet_pton(AF_INET6, text, &v6->sin6_addr) != 1)
		return -1;
	v6->sin6_family = AF_INET6;
	v6->sin6_port = htons(port);
	*ret_bytes = sizeof(*v6);
	return 0;
}

static int connect_to(const struct partner_send *s, int *ret_fd, struct err *err)
{
	struct sockaddr_storage address;
	socklen_t n_bytes, n = sizeof(int);
	int why = 0;

	if (address_of(s->address, s->port, &address, &n_bytes) < 0)
		return err_set(err, ERR_INVALID, "the partner's address '%.46s' is not one",
			       s->address);
	autoclose int fd = socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 ||
	    (connect(fd, (struct sockaddr *)&address, n_bytes) < 0 && errno != EINPROGRESS))
		return err_sys(err, ERR_SYS, "connection to the partner");
	TRY(wait_for(fd, POLLOUT, CONNECT_WAIT_MS, err));
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &why, &n) < 0 || why) {
		errno = why;
		return err_sys(err, ERR_SYS, "connection to the partner");
	}
	*ret_fd = take_fd(&fd);
	return 0;
}

static int show_ticket(int fd, const char *ticket, struct err *err)
{
	char answer;

	if (send(fd, ticket, PARTNER_TICKET_BYTES, MSG_NOSIGNAL) != PARTNER_TICKET_BYTES)
		return err_sys(err, ERR_SYS, "the ticket");
	TRY(wait_for(fd, POLLIN, TICKET_WAIT_MS, err));
	if (recv(fd, &answer, 1, 0) != 1)
		return err_set(err, ERR_INVALID, "the partner refuses the ticket");
	return answer == '+' ? 0
			     : err_set(err, ERR_BUSY, "the partner is loaded by others already");
}

static int flood(int fd, const struct partner_send *s, uint64_t *ret_bytes, struct err *err)
{
	autofree char *chunk = xcalloc(1, CHUNK_BYTES);
	int64_t until_ms = time_boot_ms() + s->for_ms, heard_ms = time_boot_ms();

	while (time_boot_ms() < until_ms) {
		struct pollfd polled = {.fd = fd, .events = POLLOUT};
		ssize_t n = poll(&polled, 1, TICK_MS) > 0
				    ? send(fd, chunk, CHUNK_BYTES, MSG_NOSIGNAL)
				    : 0;

		if (n < 0 && errno != EAGAIN)
			return err_sys(err, ERR_SYS, "bytes to the partner");
		if (n > 0) {
			*ret_bytes += (uint64_t)n;
			heard_ms = time_boot_ms();
		}
		if (time_boot_ms() - heard_ms > LAST_BYTES_MS)
			return err_set(err, ERR_TIMEOUT, "the partner takes nothing");
		if (!s->tick(s->arg))
			return err_set(err, ERR_CANCELLED, "the run was stopped");
	}
	return 0;
}

int partner_send(const struct partner_send *s, int64_t *ret_mbps, struct err *err)
{
	autoclose int fd = -1;
	uint64_t n_bytes = 0;
	char last;

	TRY(connect_to(s, &fd, err));
	TRY(show_ticket(fd, s->ticket, err));
	int64_t started_ms = time_boot_ms();
	TRY(flood(fd, s, &n_bytes, err));
	(void)shutdown(fd, SHUT_WR);
	TRY(wait_for(fd, POLLIN, LAST_BYTES_MS, err));
	if (recv(fd, &last, 1, 0) != 0)
		return err_set(err, ERR_INVALID, "the partner did not take all bytes");
	int64_t took_ms = time_boot_ms() - started_ms;
	*ret_mbps = (int64_t)(n_bytes * 8 / 1000 / (uint64_t)(took_ms > 0 ? took_ms : 1));
	return 0;
}

/* ---- which card ------------------------------------------------------------------------------ */

static bool same_address(const struct sockaddr *a, const struct sockaddr_storage *b)
{
	if (!a || a->sa_family != b->ss_family)
		return false;
	if (a->sa_family == AF_INET)
		return ((const struct sockaddr_in *)a)->sin_addr.s_addr ==
		       ((const struct sockaddr_in *)b)->sin_addr.s_addr;
	return a->sa_family == AF_INET6 &&
	       memcmp(&((const struct sockaddr_in6 *)a)->sin6_addr,
		      &((const struct sockaddr_in6 *)b)->sin6_addr, sizeof(struct in6_addr)) == 0;
}

/* A socket that would send to the address, and sends nothing, has the address of the card. */
static bool own_address_to(const char *address, struct sockaddr_storage *ret)
{
	struct sockaddr_storage to;
	socklen_t n_bytes, n = sizeof(*ret);

	if (address_of(address, PARTNER_PORT, &to, &n_bytes) < 0)
		return false;
	autoclose int fd = socket(to.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	return fd >= 0 && connect(fd, (struct sockaddr *)&to, n_bytes) == 0 &&
	       getsockname(fd, (struct sockaddr *)ret, &n) == 0;
}

bool partner_port_to(const char *address, char ret_name[static 33])
{
	struct sockaddr_storage own;
	struct ifaddrs *all = NULL;
	bool found = false;

	if (!own_address_to(address, &own) || getifaddrs(&all) < 0)
		return false;
	for (const struct ifaddrs *i = all; i && !found; i = i->ifa_next)
		if (same_address(i->ifa_addr, &own))
			found = str_copy(ret_name, 33, i->ifa_name);
	freeifaddrs(all);
	return found;
}
