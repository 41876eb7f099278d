/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See services.h. What is asked of the supervisor goes out at once; its answers come through the
 * event loop. Input: the supervisor's messages, our own port.
 */
#include "services.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <systemd/sd-event.h>
#include <unistd.h>
#include <base/clock.h>
#include <base/json.h>
#include <base/log.h>
#include <base/str.h>
#include "dhcp_alarm.h"
#include "dhcp_watch.h"
#include "http_probe.h"
#include "port_holder.h"
#include "supervisor.h"

#define LOOK_EVERY_US 50000
#define PATIENCE_MS   10000 /* nginx alone tries for 2.5 s to take a port */

enum { PORT_HTTP, PORT_HTTPS, PORT_DHCP, PORT_TFTP, _PORT_MAX };

struct wanted_port {
	uint16_t port;
	bool udp, held; /* held: by our own program */
	const char *program;
	char holder[SUPERVISOR_TEXT_BYTES]; /* "": nobody */
};

struct services {
	struct boot_server *b;
	sd_event_source *link, *timer;
	struct http_probe *probe;
	struct wanted_port ports[_PORT_MAX];
	size_t n_ports;
	int64_t begun_ms;
	bool answers, ended;
	void (*on_end)(void *arg, const struct err *err);
	void *arg;
};

void services_front_ids(const struct boot_server *b, int64_t *ret_uid, int64_t *ret_gid)
{
	bool other = b->web_user.uid != 0 && b->web_user.uid != geteuid();

	*ret_uid = other ? (int64_t)b->web_user.uid : -1;
	*ret_gid = other ? (int64_t)b->web_user.gid : -1;
}

/* ---- lines ----------------------------------------------------------------------------------- */

static char *fifo_path(const struct boot_server *b, const char *program)
{
	return b->place.own_units ? xasprintf("%s/%s.log", b->run_dir, program) : NULL;
}

int services_open(struct boot_server *b, struct err *err)
{
	autofree char *watch = fifo_path(b, PROGRAM_DNSMASQ_NAME);
	autofree char *alarm = fifo_path(b, PROGRAM_PROBER_NAME);
	const struct dhcp_alarm_options o = {b->config, alarm, b->dhcp_user.gid};

	TRY(dhcp_watch_new(b->flow, watch, b->dhcp_user.gid, &b->dhcp_watch, err));
	return boot_has_mode(b->config, "full") ? dhcp_alarm_start(b->flow, &o, &b->dhcp_alarm, err)
						: 0;
}

/* ---- the end of waiting ---------------------------------------------------------------------- */

static void end(struct services *s, const struct err *err)
{
	if (s->ended && err->code == ERR_OK)
		return;
	s->ended = true;
	s->timer = sd_event_source_disable_unref(s->timer);
	s->on_end(s->arg, err);
}

/* Of the ports that are not served, one that another program holds: a program that could not take one
 * of its ports may have let go of the others. Else the first; NULL: all are served. */
static const struct wanted_port *missing_port(const struct services *s)
{
	const struct wanted_port *first = NULL;

	for (size_t i = 0; i < s->n_ports; i++) {
		const struct wanted_port *w = &s->ports[i];
		if (w->held)
			continue;
		if (w->holder[0])
			return w;
		if (!first)
			first = w;
	}
	return first;
}

static void say_what_is_missing(const struct services *s, struct err *err)
{
	const struct boot_config *c = s->b->config;
	const struct wanted_port *w = missing_port(s);

	if (!w)
		(void)err_set(err, ERR_PORT,
			      "nginx does not hand on requests for http://%s:%d/healthz",
			      c->address, (int)c->http_port);
	else if (w->holder[0])
		(void)err_set(err, ERR_PORT, "port %u/%s is held by %s, so that %s cannot serve",
			      w->port, w->udp ? "udp" : "tcp", w->holder, w->program);
	else
		(void)err_set(err, ERR_PORT, "%s has not taken port %u/%s on %s (%s)", w->program,
			      w->port, w->udp ? "udp" : "tcp", c->address, c->interface);
}

static void look_at_end(struct services *s)
{
	struct err err = ERR_INIT;
	bool all = s->answers;

	for (size_t i = 0; i < s->n_ports; i++)
		all = all && s->ports[i].held;
	if (all) {
		end(s, &err);
		return;
	}
	if (time_boot_ms() - s->begun_ms < PATIENCE_MS)
		return;
	say_what_is_missing(s, &err);
	end(s, &err);
}

/* ---- the supervisor -------------------------------------------------------------------------- */

static struct wanted_port *find_port(struct services *s, uint32_t port, uint32_t is_udp)
{
	for (size_t i = 0; i < s->n_ports; i++)
		if (s->ports[i].port == port && s->ports[i].udp == (is_udp != 0))
			return &s->ports[i];
	return NULL;
}

static void take_reply(struct services *s, const struct supervisor_reply *r)
{
	struct wanted_port *w = find_port(s, r->port, r->is_udp);
	struct err err = ERR_INIT;

	if (r->say == SUPERVISOR_REFUSED || r->say == SUPERVISOR_FAILED) {
		(void)err_set(&err, r->say == SUPERVISOR_FAILED ? ERR_CHILD : ERR_PXE_CONFIG,
			      r->say == SUPERVISOR_FAILED
				      ? "%s"
				      : "%s does not start with its configuration; see the log",
			      r->text);
		end(s, &err);
	} else if (w) {
		w->held = r->say == SUPERVISOR_OURS;
		(void)str_copy(w->holder, sizeof(w->holder),
			       r->say == SUPERVISOR_OTHER ? r->text : "");
	}
}

static int on_reply(sd_event_source *source, int fd, uint32_t events, void *arg)
{
	struct services *s = arg;
	struct supervisor_reply r;
	struct err err = ERR_INIT;
	ssize_t n = recv(fd, &r, sizeof(r), MSG_DONTWAIT);

	(void)source;
	(void)events;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n == (ssize_t)sizeof(r)) {
		r.text[sizeof(r.text) - 1] = '\0';
		take_reply(s, &r);
		return 0;
	}
	s->link = sd_event_source_disable_unref(s->link);
	(void)err_set(&err, ERR_CHILD, "the supervisor of nginx and dnsmasq has ended");
	end(s, &err);
	return 0;
}

static int ask(const struct services *s, const struct supervisor_request *q, const int *fds,
	       size_t n_fds)
{
	union {
		char bytes[CMSG_SPACE(SUPERVISOR_PIPES * sizeof(int))];
		struct cmsghdr align;
	} control = {{0}};
	struct supervisor_request copy = *q;
	struct iovec part = {&copy, sizeof(copy)};
	struct msghdr m = {.msg_iov = &part, .msg_iovlen = 1};

	if (n_fds > 0) {
		m.msg_control = control.bytes;
		m.msg_controllen = CMSG_SPACE(n_fds * sizeof(int));
		struct cmsghdr *c = CMSG_FIRSTHDR(&m);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(n_fds * sizeof(int));
		memcpy(CMSG_DATA(c), fds, n_fds * sizeof(int));
	}
	return sendmsg(s->b->supervisor_fd, &m, MSG_NOSIGNAL) == (ssize_t)sizeof(copy) ? 0 : -1;
}

static int ask_to_start(const struct services *s, struct err *err)
{
	const struct supervisor_request q = {.ask = SUPERVISOR_START};
	const int fds[SUPERVISOR_PIPES] = {dhcp_watch_fd(s->b->dhcp_watch),
					   s->b->dhcp_alarm ? dhcp_alarm_fd(s->b->dhcp_alarm) : -1};

	if (ask(s, &q, fds, s->b->dhcp_alarm ? 2 : 1) < 0)
		return err_sys(err, ERR_SYS, "cannot reach the supervisor");
	return 0;
}

/* ---- looking --------------------------------------------------------------------------------- */

static void look_at_port(struct services *s, struct wanted_port *w)
{
	const struct supervisor_request q = {
		.ask = SUPERVISOR_PORT, .port = w->port, .is_udp = w->udp};
	char holder[PORT_HOLDER_BYTES];

	if (w->held)
		return;
	if (s->b->supervisor_fd >= 0)
		(void)ask(s, &q, NULL, 0);
	else /* the units' programs belong to others: whose it is cannot be seen */
		w->held = port_holder(w->udp, w->port, holder);
}

static void on_answer(void *arg, bool ours)
{
	struct services *s = arg;

	http_probe_free(take_ptr(s->probe));
	s->answers = s->answers || ours;
}

static int on_look(sd_event_source *source, uint64_t usec, void *arg)
{
	struct services *s = arg;
	const struct boot_config *c = s->b->config;

	(void)usec;
	look_at_end(s);
	if (s->ended)
		return 0;
	for (size_t i = 0; i < s->n_ports; i++)
		look_at_port(s, &s->ports[i]);
	if (!s->answers && !s->probe && s->ports[PORT_HTTP].held)
		s->probe = http_probe_new(s->b->flow->event, c->address, (uint16_t)c->http_port,
					  on_answer, s);
	(void)sd_event_source_set_time_relative(source, LOOK_EVERY_US);
	return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

/* ---- life ------------------------------------------------------------------------------------ */

static void want(struct services *s, bool udp, int64_t port, const char *program)
{
	s->ports[s->n_ports++] = (struct wanted_port){
		.port = (uint16_t)port, .udp = udp, .program = program};
}

static int start(struct services *s, struct err *err)
{
	sd_event *event = s->b->flow->event;

	want(s, false, s->b->config->http_port, "nginx");
	want(s, false, s->b->config->https_port, "nginx");
	if (boot_has_dhcp(s->b->config))
		want(s, true, 67, "dnsmasq");
	if (boot_has_tftp(s->b->config))
		want(s, true, 69, "dnsmasq");
	s->begun_ms = time_boot_ms();
	if (sd_event_add_time_relative(event, &s->timer, CLOCK_BOOTTIME, 0, 1000, on_look, s) < 0)
		return err_set(err, ERR_SYS, "cannot add a timer");
	if (s->b->supervisor_fd < 0)
		return 0;
	if (sd_event_add_io(event, &s->link, s->b->supervisor_fd, EPOLLIN, on_reply, s) < 0)
		return err_set(err, ERR_SYS, "cannot watch the supervisor");
	return ask_to_start(s, err);
}

int services_start(struct boot_server *b, void (*on_end)(void *arg, const struct err *err),
		   void *arg, struct err *err)
{
	b->services = xcalloc(1, sizeof(*b->services));
	b->services->b = b;
	b->services->on_end = on_end;
	b->services->arg = arg;
	return start(b->services, err);
}

void services_stop(struct boot_server *b)
{
	struct services *s = take_ptr(b->services);

	if (s) {
		sd_event_source_disable_unref(s->link);
		sd_event_source_disable_unref(s->timer);
		http_probe_free(s->probe);
		free(s);
	}
	dhcp_alarm_stop(take_ptr(b->dhcp_alarm));
	dhcp_watch_free(take_ptr(b->dhcp_watch));
}
