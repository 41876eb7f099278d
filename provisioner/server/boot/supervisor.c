/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The privileged half; see supervisor.h. Input: requests of the daemon, which reads what strangers
 * send and is not believed either.
 */
#include "supervisor.h"

#include <linux/capability.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <systemd/sd-event.h>
#include <unistd.h>
#include <base/cleanup.h>
#include <base/confine.h>
#include <base/log.h>
#include <base/str.h>
#include "port_holder.h"
#include "supervised.h"

struct supervisor {
	const struct boot_place *place;
	const char *config_path;
	sd_event *event;
	int fd;
	int pipes[SUPERVISOR_PIPES];
	struct supervised *programs[_PROGRAM_MAX];
};

static void tell(struct supervisor *s, uint32_t say, const char *text)
{
	struct supervisor_reply reply = {.say = say};

	(void)str_copy(reply.text, sizeof(reply.text), text);
	(void)send(s->fd, &reply, sizeof(reply), MSG_DONTWAIT | MSG_NOSIGNAL);
}

static void on_refused(void *arg, const char *name)
{
	tell(arg, SUPERVISOR_REFUSED, name);
}

/* ---- starting -------------------------------------------------------------------------------- */

static int start_program(struct supervisor *s, enum program p, struct err *err)
{
	const char *name = program_name(p);
	const char *const argv[] = {
		"/proc/self/exe", "--run", name, s->config_path ? "--config" : NULL,
		s->config_path,   NULL};
	const char *const paths[_PROGRAM_MAX] = {[PROGRAM_NGINX] = s->place->config->nginx,
						 [PROGRAM_DNSMASQ] = s->place->config->dnsmasq};
	autofree char *pid = xasprintf("%s/%s/%s.pid", s->place->run_dir, name, name);
	autofree char *conf = xasprintf("%s/%s/%s.conf", s->place->run_dir, name, name);
	struct supervised_options o = {
		.name = name,
		.argv = argv,
		.program = paths[p],
		.pid_file = pid,
		.config_path = conf,
		.stdin_fd = p == PROGRAM_NGINX ? -1 : s->pipes[p - PROGRAM_DNSMASQ],
		.on_refused = on_refused,
		.arg = s,
	};

	return supervised_start(s->event, &o, &s->programs[p], err);
}

static void start_all(struct supervisor *s)
{
	struct err err = ERR_INIT;

	for (enum program p = 0; p < _PROGRAM_MAX; p++) {
		if (s->programs[p] || !program_is_wanted(p, s->place))
			continue;
		if (start_program(s, p, &err) < 0) {
			tell(s, SUPERVISOR_FAILED, err.msg);
			return;
		}
	}
}

/* ---- ports ----------------------------------------------------------------------------------- */

static bool is_ours(const struct supervisor *s, bool udp, uint16_t port)
{
	for (enum program p = 0; p < _PROGRAM_MAX; p++)
		if (s->programs[p] && supervised_pid(s->programs[p]) > 0 &&
		    port_is_of_session(udp, port, supervised_pid(s->programs[p])))
			return true;
	return false;
}

static void answer_port(struct supervisor *s, const struct supervisor_request *q)
{
	struct supervisor_reply reply = {
		.say = SUPERVISOR_FREE, .port = q->port, .is_udp = q->is_udp};
	uint16_t port = (uint16_t)q->port;

	_Static_assert(PORT_HOLDER_BYTES <= SUPERVISOR_TEXT_BYTES, "a holder's name fits");
	if (is_ours(s, q->is_udp, port))
		reply.say = SUPERVISOR_OURS;
	else if (port_holder(q->is_udp, port, reply.text))
		reply.say = SUPERVISOR_OTHER;
	(void)send(s->fd, &reply, sizeof(reply), MSG_DONTWAIT | MSG_NOSIGNAL);
}

/* ---- requests -------------------------------------------------------------------------------- */

/* Pipes, once; what comes without being asked for is closed. */
static void take_pipes(struct supervisor *s, struct msghdr *m)
{
	int fds[SUPERVISOR_PIPES] = {-1, -1};
	const struct cmsghdr *c = CMSG_FIRSTHDR(m);

	if (!c || c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
		return;
	size_t n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
	memcpy(fds, CMSG_DATA(c), (n < ARRAY_LEN(fds) ? n : ARRAY_LEN(fds)) * sizeof(int));
	for (size_t i = 0; i < ARRAY_LEN(fds); i++) {
		if (fds[i] >= 0 && s->pipes[i] < 0)
			s->pipes[i] = fds[i];
		else if (fds[i] >= 0)
			(void)close(fds[i]);
	}
}

/* False: the daemon is gone, or has said what is in no list. */
static bool take_request(struct supervisor *s)
{
	struct supervisor_request q = {0};

	union {
		char bytes[CMSG_SPACE(SUPERVISOR_PIPES * sizeof(int))];
		struct cmsghdr align;
	} control = {{0}};
	struct iovec part = {&q, sizeof(q)};
	struct msghdr m = {.msg_iov = &part,
			   .msg_iovlen = 1,
			   .msg_control = control.bytes,
			   .msg_controllen = sizeof(control.bytes)};

	if (recvmsg(s->fd, &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC) != sizeof(q) ||
	    (m.msg_flags & (MSG_TRUNC | MSG_CTRUNC)))
		return false;
	take_pipes(s, &m);
	switch (q.ask) {
	case SUPERVISOR_START:
		start_all(s);
		return true;
	case SUPERVISOR_PORT:
		if (q.port == 0 || q.port > UINT16_MAX || q.is_udp > 1)
			return false;
		answer_port(s, &q);
		return true;
	default:
		return false;
	}
}

static int on_request(sd_event_source *source, int fd, uint32_t events, void *arg)
{
	struct supervisor *s = arg;

	(void)source;
	(void)fd;
	(void)events;
	return take_request(s) ? 0 : sd_event_exit(s->event, 0);
}

/* ---- life ------------------------------------------------------------------------------------ */

/* As root: what the three programs need, and to change into their users, to give them their
 * folders, to end them, and to see who holds a port. */
#define KEPT                                                                                       \
	(CONFINE_CAP(CAP_NET_BIND_SERVICE) | CONFINE_CAP(CAP_NET_RAW) |                            \
	 CONFINE_CAP(CAP_NET_ADMIN) | CONFINE_CAP(CAP_SETUID) | CONFINE_CAP(CAP_SETGID) |          \
	 CONFINE_CAP(CAP_SETPCAP) | CONFINE_CAP(CAP_CHOWN) | CONFINE_CAP(CAP_DAC_OVERRIDE) |       \
	 CONFINE_CAP(CAP_KILL) | CONFINE_CAP(CAP_SYS_PTRACE))

static int open_loop(struct supervisor *s, struct err *err)
{
	static const int ends[] = {SIGTERM, SIGINT};
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < ARRAY_LEN(ends); i++)
		sigaddset(&set, ends[i]);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0 || sd_event_new(&s->event) < 0 ||
	    sd_event_add_io(s->event, NULL, s->fd, EPOLLIN, on_request, s) < 0)
		return err_set(err, ERR_SYS, "cannot make an event loop");
	for (size_t i = 0; i < ARRAY_LEN(ends); i++)
		if (sd_event_add_signal(s->event, NULL, ends[i], NULL, NULL) < 0)
			return err_set(err, ERR_SYS, "cannot watch for signals");
	return 0;
}

int supervisor_run(const struct boot_place *place, const char *config_path, int fd, struct err *err)
{
	const struct confine_user as = {geteuid(), getegid(), getegid()};
	struct supervisor s = {
		.place = place, .config_path = config_path, .fd = fd, .pipes = {-1, -1}};

	(void)prctl(PR_SET_NAME, "slipwayd-super");
	TRY(confine_to_user(&as, KEPT, err));
	TRY(open_loop(&s, err));
	int rc = sd_event_loop(s.event);
	for (enum program p = 0; p < _PROGRAM_MAX; p++)
		supervised_stop(take_ptr(s.programs[p]));
	sd_event_unref(s.event);
	return rc < 0 ? err_set(err, ERR_SYS, "the event loop ended with %d", rc) : 0;
}
