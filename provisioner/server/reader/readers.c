/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Starting, feeding, hearing and ending reader processes on the event loop. Input: frames of our
 * own program, which read rows that hosts filled: lengths are checked, bytes are passed on.
 */
#include "readers.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <systemd/sd-event.h>
#include <unistd.h>

#include <base/child.h>
#include <base/cleanup.h>
#include <base/clock.h>
#include <base/json.h>
#include <base/limits.h>
#include <base/log.h>
#include <base/str.h>
#include <server/http/http.h>
#include "reader.h"

static const struct {
	unsigned max; /* at once */
	const char *refusal;
} uses[_READER_USE_MAX] = {
	[READER_QUESTION] = {READERS_MAX, "all readers are at work"},
	[READER_EXPORT] = {2, "other exports are running"},
	[READER_PASSWORD] = {1, "another password is being compared"},
};

#define IDLE_US          (60 * 1000000ULL)
#define ANSWER_US        (60 * 1000000ULL)
#define EXPORT_US        (900 * 1000000ULL) /* a snapshot keeps the store's log from shrinking */
#define TICK_US          1000000ULL
#define ANSWER_MAX_BYTES (96 * MIB)
#define AHEAD_BYTES      (512 * KIB) /* of an export, read before the client took them */
#define READ_BYTES       (128 * 1024)

struct reader {
	struct readers *pool;
	struct child child;
	int fd;
	sd_event_source *io;
	struct reader_ticket *ticket; /* NULL: idle */
	uint64_t since_us;            /* idle or at work */
	uint8_t head[READER_HEAD_BYTES];
	size_t head_have;
	size_t left;     /* of the frame's rest */
	struct str said; /* of an 'E' frame */
	struct reader *next;
};

struct reader_ticket {
	struct readers *pool;
	struct reader *reader; /* NULL: it is no longer at work for us */
	enum reader_ticket_state state;
	enum reader_use use;
	char topic[32];
	struct str body;
	size_t taken; /* of body, of an export */
	struct err err;
};

struct readers {
	struct readers_options o;
	char *url;
	sd_event_source *tick;
	struct reader *first;
	uint64_t next_topic;
	struct readers_counters counters;
};

static uint64_t now_us(void)
{
	return (uint64_t)clock_boot_us(&clock_system);
}

/* ---- the end of a reader --------------------------------------------------------------------- */

static void settle(struct reader_ticket *t, enum reader_ticket_state state)
{
	struct reader *r = t->reader;

	t->state = state;
	t->reader = NULL;
	if (r) {
		r->ticket = NULL;
		r->since_us = now_us();
		t->pool->counters.at_work--;
	}
	http_notify(t->pool->o.http, t->topic);
	http_notify(t->pool->o.http, READERS_TOPIC);
}

static void forget(struct reader *r)
{
	struct reader **at = &r->pool->first;

	while (*at && *at != r)
		at = &(*at)->next;
	if (*at)
		*at = r->next;
	r->pool->counters.running--;
	sd_event_source_disable_unref(r->io);
	if (r->fd >= 0)
		close(r->fd);
	str_done(&r->said);
	free(r);
}

/* It gives up nothing that matters: it only reads. */
static void end(struct reader *r)
{
	child_kill_soon(&r->child);
	forget(r);
}

static void fail(struct reader *r, enum err_code code, const char *why)
{
	struct reader_ticket *t = r->ticket;

	log_ev(LOG_WARNING, "reader.failed", KV("pid", r->child.pid), KV("why", why));
	if (t) {
		(void)err_set(&t->err, code, "%s", why);
		settle(t, TICKET_FAILED);
	}
	end(r);
}

/* ---- what it says ---------------------------------------------------------------------------- */

static void take_error(struct reader *r)
{
	struct err *e = &r->ticket->err;
	autojson json_t *doc = json_loads(r->said.p, 0, NULL);
	const char *message = json_string_value(json_object_get(doc, "message"));
	const char *pointer = json_string_value(json_object_get(doc, "pointer"));
	int64_t code = json_integer_value(json_object_get(doc, "code"));

	(void)err_set(e, (enum err_code)(code > 0 ? code : ERR_CHILD), "%s",
		      message ? message : "");
	(void)err_at(e, pointer ? pointer : "");
	settle(r->ticket, TICKET_FAILED);
}

/* A frame is whole. */
static int frame_end(struct reader *r)
{
	struct reader_ticket *t = r->ticket;

	r->head_have = 0;
	if (!t)
		return -1;
	switch (r->head[0]) {
	case 'D':
		return 0;
	case 'B':
		t->state = TICKET_BEGUN;
		http_notify(r->pool->o.http, t->topic);
		return 0;
	case 'Z':
		settle(t, TICKET_WHOLE);
		return 0;
	case 'E':
		take_error(r);
		str_clear(&r->said);
		return 0;
	default:
		return -1;
	}
}

static int frame_bytes(struct reader *r, const uint8_t *p, size_t n)
{
	struct reader_ticket *t = r->ticket;

	if (!t || (r->head[0] != 'D' && r->head[0] != 'E'))
		return -1;
	struct str *to = r->head[0] == 'D' ? &t->body : &r->said;
	str_addn(to, p, n);
	return str_ok(to) ? 0 : -1;
}

static int frame_head(struct reader *r, const uint8_t *p)
{
	r->head[r->head_have++] = *p;
	if (r->head_have < READER_HEAD_BYTES)
		return 0;
	r->left = reader_length(r->head);
	if (r->left > READER_FRAME_BYTES)
		return -1;
	return r->left ? 0 : frame_end(r);
}

static int feed(struct reader *r, const uint8_t *p, size_t n)
{
	while (n > 0) {
		size_t part = 1;
		if (r->head_have < READER_HEAD_BYTES) {
			if (frame_head(r, p) < 0)
				return -1;
		} else {
			part = n < r->left ? n : r->left;
			if (frame_bytes(r, p, part) < 0)
				return -1;
			r->left -= part;
			if (!r->left && frame_end(r) < 0)
				return -1;
		}
		p += part;
		n -= part;
	}
	return 0;
}

/* What lies ahead of the client is bounded: the reader then waits in its write. */
static void listen_to(struct reader *r)
{
	const struct reader_ticket *t = r->ticket;
	bool full = t && t->use == READER_EXPORT && t->body.n_bytes - t->taken >= AHEAD_BYTES;

	(void)sd_event_source_set_enabled(r->io, full ? SD_EVENT_OFF : SD_EVENT_ON);
}

static int on_io(sd_event_source *s, int fd, uint32_t events, void *arg)
{
	struct reader *r = arg;
	struct reader_ticket *t = r->ticket;
	static uint8_t buf[READ_BYTES];

	(void)s;
	(void)events;
	ssize_t n = recv(fd, buf, sizeof(buf), MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n <= 0) {
		fail(r, ERR_CHILD, "the reader ended before its answer");
		return 0;
	}
	if (feed(r, buf, (size_t)n) < 0) {
		fail(r, ERR_CHILD, "the reader's answer is malformed or too long");
		return 0;
	}
	if (t && t->use == READER_EXPORT && t->state == TICKET_BEGUN)
		http_notify(r->pool->o.http, t->topic);
	listen_to(r);
	return 0;
}

/* ---- starting one ---------------------------------------------------------------------------- */

static int send_frame(int fd, char letter, const char *p, size_t n, struct err *err)
{
	uint8_t head[READER_HEAD_BYTES];

	reader_head(head, letter, n);
	struct iovec parts[] = {{head, sizeof(head)}, {(void *)(uintptr_t)p, n}};
	struct msghdr m = {.msg_iov = parts, .msg_iovlen = ARRAY_LEN(parts)};
	ssize_t sent = sendmsg(fd, &m, MSG_NOSIGNAL);
	if (sent != (ssize_t)(sizeof(head) + n))
		return err_sys(err, ERR_SYS, "cannot ask a reader");
	return 0;
}

static void arm_tick(struct readers *p)
{
	(void)sd_event_source_set_time_relative(p->tick, TICK_US);
	(void)sd_event_source_set_enabled(p->tick, SD_EVENT_ONESHOT);
}

/* Room for the largest question: it is sent in one piece, without waiting. */
static int make_sockets(int fds[static 2], struct err *err)
{
	int room = READER_ASK_BYTES + 4096;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0)
		return err_sys(err, ERR_SYS, "cannot make a socket");
	if (setsockopt(fds[0], SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof(room)) < 0)
		(void)setsockopt(fds[0], SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
	return 0;
}

static int start(struct readers *p, struct reader **ret, struct err *err)
{
	int fds[2];

	TRY(make_sockets(fds, err));
	struct reader *r = xcalloc(1, sizeof(*r));
	*r = (struct reader){.pool = p,
			     .child = CHILD_NONE,
			     .fd = fds[0],
			     .since_us = now_us(),
			     .next = p->first};
	str_init(&r->said, READER_FRAME_BYTES);
	p->first = r;
	p->counters.running++;
	struct child_program program = {
		.argv = p->o.argv, .stdin_fd = fds[1], .stdout_fd = -1, .stderr_fd = -1};
	int rc = child_spawn(&program, &r->child, err);
	close(fds[1]);
	if (rc >= 0 && sd_event_add_io(p->o.event, &r->io, r->fd, EPOLLIN, on_io, r) < 0)
		rc = err_set(err, ERR_SYS, "cannot watch a reader");
	if (rc >= 0)
		rc = send_frame(r->fd, 'S', p->url, strlen(p->url), err);
	if (rc < 0) {
		end(r);
		return rc;
	}
	(void)sd_event_source_set_description(r->io, "reader");
	arm_tick(p);
	*ret = r;
	return 0;
}

static int choose(struct readers *p, enum reader_use use, struct reader **ret, struct err *err)
{
	struct reader *idle = NULL;
	unsigned running = 0, alike = 0;

	for (struct reader *r = p->first; r; r = r->next) {
		running++;
		alike += r->ticket && r->ticket->use == use;
		if (!r->ticket)
			idle = r;
	}
	if ((!idle && running >= READERS_MAX) || alike >= uses[use].max) {
		p->counters.refused++;
		return err_set(err, ERR_BUSY, "%s", uses[use].refusal);
	}
	*ret = idle;
	return idle ? 0 : start(p, ret, err);
}

int readers_ask(struct readers *p, const json_t *question, enum reader_use use,
		struct reader_ticket **ret, struct err *err)
{
	struct reader *r = NULL;
	autofree char *text = json_text(question);
	size_t n = strlen(text);

	if (n > READER_ASK_BYTES)
		return err_set(err, ERR_TOO_BIG, "the question is too large");
	TRY(choose(p, use, &r, err));
	int rc = send_frame(r->fd, 'Q', text, n, err);
	if (rc < 0) {
		end(r);
		return rc;
	}
	struct reader_ticket *t = xcalloc(1, sizeof(*t));
	*t = (struct reader_ticket){.pool = p, .reader = r, .use = use};
	snprintf(t->topic, sizeof(t->topic), "reader:%llu", (unsigned long long)++p->next_topic);
	str_init(&t->body, use == READER_EXPORT ? 2 * AHEAD_BYTES + READ_BYTES : ANSWER_MAX_BYTES);
	r->ticket = t;
	r->since_us = now_us();
	p->counters.asked++;
	p->counters.at_work++;
	*ret = t;
	return 0;
}

/* ---- tickets --------------------------------------------------------------------------------- */

enum reader_ticket_state reader_ticket_state(const struct reader_ticket *t)
{
	return t->state;
}

const char *reader_ticket_topic(const struct reader_ticket *t)
{
	return t->topic;
}

int reader_ticket_error(const struct reader_ticket *t, struct err *err)
{
	*err = t->err;
	return -t->err.code;
}

char *reader_ticket_take(struct reader_ticket *t, size_t *ret_n_bytes)
{
	*ret_n_bytes = t->body.n_bytes;
	return str_take(&t->body);
}

int64_t reader_ticket_read(struct reader_ticket *t, char *buf, size_t max)
{
	size_t have = t->body.n_bytes - t->taken;
	size_t n = have < max ? have : max;

	if (n == 0)
		return t->state == TICKET_FAILED ? -2 : t->state == TICKET_WHOLE ? -1 : 0;
	memcpy(buf, t->body.p + t->taken, n);
	t->taken += n;
	if (t->taken == t->body.n_bytes) {
		str_clear(&t->body);
		t->taken = 0;
	} else if (t->taken >= AHEAD_BYTES / 2) {
		size_t rest = t->body.n_bytes - t->taken;
		memmove(t->body.p, t->body.p + t->taken, rest);
		t->body.n_bytes = rest;
		t->body.p[rest] = '\0';
		t->taken = 0;
	}
	if (t->reader)
		listen_to(t->reader);
	return (int64_t)n;
}

void reader_ticket_free(struct reader_ticket *t)
{
	if (!t)
		return;
	if (t->reader) {
		struct reader *r = t->reader;
		r->ticket = NULL;
		t->pool->counters.at_work--;
		t->pool->counters.killed++;
		end(r);
		http_notify(t->pool->o.http, READERS_TOPIC);
	}
	str_done(&t->body);
	free(t);
}

/* ---- the pool -------------------------------------------------------------------------------- */

static void look_at(struct reader *r, uint64_t now)
{
	uint64_t age_us = now - r->since_us;

	if (!r->ticket && age_us > IDLE_US)
		end(r);
	else if (r->ticket && age_us > (r->ticket->use == READER_EXPORT ? EXPORT_US : ANSWER_US)) {
		r->pool->counters.killed++;
		fail(r, ERR_DB_SLOW, "the answer took longer than it may");
	}
}

/* Also wakes those who wait, so that they notice a client that went away. */
static int on_tick(sd_event_source *s, uint64_t usec, void *arg)
{
	struct readers *p = arg;

	(void)s;
	(void)usec;
	for (struct reader *r = p->first, *next; r; r = next) {
		next = r->next;
		if (r->ticket)
			http_notify(p->o.http, r->ticket->topic);
		look_at(r, now_us());
	}
	http_notify(p->o.http, READERS_TOPIC);
	if (p->first)
		arm_tick(p);
	return 0;
}

int readers_new(const struct readers_options *o, struct readers **ret, struct err *err)
{
	struct readers *p = xcalloc(1, sizeof(*p));

	p->o = *o;
	p->url = xstrdup(o->store_url);
	if (sd_event_add_time_relative(o->event, &p->tick, CLOCK_BOOTTIME, TICK_US, 100000, on_tick,
				       p) < 0 ||
	    sd_event_source_set_enabled(p->tick, SD_EVENT_OFF) < 0) {
		readers_free(p);
		return err_set(err, ERR_SYS, "cannot add a timer for readers");
	}
	(void)sd_event_source_set_description(p->tick, "readers");
	*ret = p;
	return 0;
}

void readers_free(struct readers *p)
{
	if (!p)
		return;
	while (p->first)
		end(p->first);
	sd_event_source_disable_unref(p->tick);
	free(p->url);
	free(p);
}

struct readers_counters readers_counters(const struct readers *p)
{
	return p->counters;
}
