/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libmicrohttpd inside sd-event: two listening unix sockets, no threads, the library's epoll
 * descriptor watched as one event source each. Decides what happens to a request before and after
 * its handler; the rest is in http_request.c, http_reply.c, http_wait.c and http_route.c.
 */
#include "cors.h"
#include "internal.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <base/log.h>
#include <base/str.h>

#define CONNECTION_MEMORY_BYTES (32 * 1024)
#define CONNECTION_TIMEOUT_S    180
#define SLOW_HANDLER_US         20000

/* ---- running the library --------------------------------------------------------------------- */

/* "Again at once" is said by the kick: a timer, also of no time, may be late by its accuracy, which
 * a long answer would wait for at each of its blocks. */
static void daemon_run(struct http_daemon *d)
{
	if (!d->mhd)
		return;
	(void)MHD_run(d->mhd);
	MHD_UNSIGNED_LONG_LONG timeout_ms;
	enum MHD_Result has_timeout = MHD_get_timeout(d->mhd, &timeout_ms);
	if (has_timeout == MHD_YES && timeout_ms == 0) {
		(void)sd_event_source_set_enabled(d->timer, SD_EVENT_OFF);
		http_kick(d->server);
	} else if (has_timeout == MHD_YES) {
		(void)sd_event_source_set_time_relative(d->timer, (uint64_t)timeout_ms * 1000);
		(void)sd_event_source_set_enabled(d->timer, SD_EVENT_ONESHOT);
	} else {
		(void)sd_event_source_set_enabled(d->timer, SD_EVENT_OFF);
	}
}

static int on_io(sd_event_source *source, int fd, uint32_t events, void *arg)
{
	(void)source;
	(void)fd;
	(void)events;
	daemon_run(arg);
	return 0;
}

static int on_timer(sd_event_source *source, uint64_t usec, void *arg)
{
	(void)source;
	(void)usec;
	daemon_run(arg);
	return 0;
}

static int on_kick(sd_event_source *source, void *arg)
{
	struct http_server *s = arg;

	(void)source;
	daemon_run(&s->front);
	daemon_run(&s->admin);
	return 0;
}

/* ---- one request ----------------------------------------------------------------------------- */

static int authorize(struct http_request *r, struct err *err)
{
	enum http_scope need = r->route->scope;

	if (r->listener == HTTP_LISTENER_ADMIN) {
		(void)str_copy(r->identity.who, sizeof(r->identity.who), "admin");
		r->identity.scopes = UINT32_MAX;
		return 0;
	}
	if (need == HTTP_SCOPE_PUBLIC)
		return 0;
	if (need == HTTP_SCOPE_AGENT) {
		if (!r->client_key[0])
			return err_set(err, ERR_AUTH_CERT, "no client certificate");
		snprintf(r->identity.who, sizeof(r->identity.who), "agent:%.16s", r->client_key);
		return 0;
	}
	const char *header = http_request_header(r, "Authorization");
	const char *bearer = header && str_starts(header, "Bearer ") ? header + 7 : NULL;
	if (!r->server->o.authorize)
		return err_set(err, ERR_AUTH_MISSING,
			       "this server takes requests on its admin socket only");
	return r->server->o.authorize(r->server->o.authorize_arg, bearer, need, r, &r->identity,
				      err);
}

static unsigned route_listeners(const struct http_route *route)
{
	return route->listeners ? route->listeners : HTTP_LISTENER_TLS | HTTP_LISTENER_ADMIN;
}

static int check_length(const struct http_request *r, struct err *err)
{
	const char *text = http_request_header(r, "Content-Length");
	uint64_t n = 0;

	if (text && !parse_u64(text, &n))
		return err_set(err, ERR_INVALID, "Content-Length is not a number");
	if (n > r->route->max_body_bytes)
		return err_set(err, ERR_TOO_BIG, "body is larger than %llu bytes",
			       (unsigned long long)r->route->max_body_bytes);
	return 0;
}

/* Everything that can be refused before the body is read. */
static int admit(struct http_request *r, struct err *err)
{
	bool path_known;
	int rc = http_request_identify(r, err);

	if (rc < 0)
		return rc;
	r->route = http_route_find(r, &path_known);
	if (!r->route)
		return path_known
			       ? err_set(err, ERR_HTTP_METHOD, "%s is not possible here", r->method)
			       : err_set(err, ERR_HTTP_ROUTE, "nothing at '%s'", r->path);
	if (!(route_listeners(r->route) & r->listener))
		return err_set(err, ERR_HTTP_LISTENER, "'%s' is not served on this port", r->path);
	rc = authorize(r, err);
	return rc < 0 ? rc : check_length(r, err);
}

static void call_handler(struct http_request *r)
{
	struct err err = ERR_INIT;
	uint64_t start = http_now_us();
	int rc = r->route->handler(r, &err);
	uint64_t took = http_now_us() - start;

	if (took > SLOW_HANDLER_US)
		log_ev(LOG_INFO, "loop.slow", KV("handler", r->route->pattern),
		       KV("took_us", took));
	if (r->answered || r->is_waiting)
		return;
	if (rc >= 0)
		err_set(&err, ERR_HTTP_NO_ANSWER, "'%s %s' gave no answer", r->route->method,
			r->route->pattern);
	(void)http_reply_problem(r, 0, &err);
}

#define PREFLIGHT_S "600"

static void answer_preflight(struct http_request *r)
{
	http_reply_header(r, "Access-Control-Allow-Methods", r->allow);
	http_reply_header(r, "Access-Control-Allow-Headers",
			  "Authorization, Content-Type, If-Match, If-None-Match, Idempotency-Key");
	http_reply_header(r, "Access-Control-Max-Age", PREFLIGHT_S);
	(void)http_reply_empty(r, 204);
}

/* After so much silence the library closes the connection. */
static void silent_for(struct http_request *r, unsigned seconds)
{
	(void)MHD_set_connection_option(r->connection, MHD_CONNECTION_OPTION_TIMEOUT, seconds);
}

static void refuse(struct http_request *r)
{
	silent_for(r, CONNECTION_TIMEOUT_S); /* nginx keeps it for other requests */
	if (http_cors_is_preflight(r)) {
		answer_preflight(r);
		return;
	}
	if (r->early.code == ERR_HTTP_METHOD)
		http_reply_header(r, "Allow", r->allow);
	if (r->early.code == ERR_AUTH_MISSING || r->early.code == ERR_AUTH_TOKEN)
		http_reply_header(r, "WWW-Authenticate", "Bearer");
	(void)http_reply_problem(r, 0, &r->early);
}

/* A body that is refused anyway, or that comes more slowly than any client of ours sends, would hold
 * a connection that others need. */
static bool is_too_slow(struct http_request *r, size_t n)
{
	uint64_t age_us = http_now_us() - r->begun_us;

	r->received_bytes += n;
	if (r->early_set)
		return age_us > HTTP_REFUSED_BODY_S * 1000000ULL ||
		       r->received_bytes > HTTP_EARLY_DISCARD;
	return age_us > (HTTP_BODY_GRACE_S + r->received_bytes / HTTP_BODY_MIN_BPS) * 1000000ULL;
}

/* A refusal before a large body comes is said at once (the library then closes the connection);
 * small bodies are read and dropped, so that the connection to nginx stays usable. */
static bool refuse_at_once(const struct http_request *r)
{
	const char *text = http_request_header(r, "Content-Length");
	uint64_t n = 0;

	return text && (!parse_u64(text, &n) || n > HTTP_EARLY_DISCARD);
}

static enum MHD_Result first_call(struct http_daemon *d, struct MHD_Connection *c, const char *url,
				  const char *method, void **ret)
{
	struct http_request *r = http_request_new(d->server, c, url, method);

	*ret = r;
	d->server->counters.requests++;
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(
		c, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	r->socket = info ? info->socket_context : NULL;
	r->listener = d->admin ? HTTP_LISTENER_ADMIN : HTTP_LISTENER_PLAIN;
	if (!r->early_set && admit(r, &r->early) < 0)
		r->early_set = true;
	if (r->early_set && refuse_at_once(r))
		refuse(r);
	else if (r->early_set)
		silent_for(r, HTTP_REFUSED_BODY_S);
	return MHD_YES;
}

static void take_upload(struct http_request *r, const char *p, size_t n)
{
	if (!r->early_set && http_request_body_feed(r, p, n, &r->early) < 0)
		r->early_set = true;
}

static enum MHD_Result on_access(void *cls, struct MHD_Connection *c, const char *url,
				 const char *method, const char *version, const char *upload,
				 size_t *upload_bytes, void **con_cls)
{
	(void)version;
	if (!*con_cls)
		return first_call(cls, c, url, method, con_cls);
	struct http_request *r = *con_cls;
	if (*upload_bytes > 0) {
		if (is_too_slow(r, *upload_bytes))
			return MHD_NO;
		take_upload(r, upload, *upload_bytes);
		*upload_bytes = 0;
		return MHD_YES;
	}
	if (r->answered)
		return MHD_YES;
	if (r->early_set)
		refuse(r);
	else
		call_handler(r);
	return MHD_YES;
}

static void on_completed(void *cls, struct MHD_Connection *c, void **con_cls,
			 enum MHD_RequestTerminationCode toe)
{
	struct http_daemon *d = cls;
	struct http_request *r = *con_cls;

	(void)c;
	(void)toe;
	if (r && r->status >= 500)
		d->server->counters.status_5xx++;
	else if (r && r->status >= 400)
		d->server->counters.status_4xx++;
	http_request_free(r);
	*con_cls = NULL;
}

/* ---- sockets --------------------------------------------------------------------------------- */

static void on_connection(void *cls, struct MHD_Connection *c, void **context,
			  enum MHD_ConnectionNotificationCode toe)
{
	struct http_daemon *d = cls;

	if (toe == MHD_CONNECTION_NOTIFY_CLOSED) {
		d->server->counters.connections--;
		free(*context);
		*context = NULL;
		return;
	}
	d->server->counters.connections++;
	struct http_socket *s = xcalloc(1, sizeof(*s));
	*context = s;
	s->uid = -1;
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(
		c, MHD_CONNECTION_INFO_CONNECTION_FD);
	struct ucred cred;
	socklen_t n = sizeof(cred);
	if (!info || getsockopt(info->connect_fd, SOL_SOCKET, SO_PEERCRED, &cred, &n) < 0)
		return;
	s->uid = cred.uid;
	s->allowed = cred.uid == 0 || cred.uid == geteuid() ||
		     (!d->admin && (int64_t)cred.uid == d->server->o.front_uid);
}

static int listen_unix(const char *path, mode_t mode, int64_t gid, struct err *err)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX};

	if (!str_copy(sa.sun_path, sizeof(sa.sun_path), path))
		return err_set(err, ERR_CONFIG, "socket path '%s' is longer than 107 bytes", path);
	autoclose int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return err_sys(err, ERR_SYS, "cannot make a socket");
	(void)unlink(path);
	mode_t old = umask(0177);
	int rc = bind(fd, (struct sockaddr *)&sa, sizeof(sa));
	umask(old);
	if (rc < 0 || listen(fd, SOMAXCONN) < 0)
		return err_sys(err, ERR_SYS, "cannot listen on '%s'", path);
	if (gid >= 0 && chown(path, (uid_t)-1, (gid_t)gid) < 0)
		return err_sys(err, ERR_SYS, "cannot give '%s' to group %lld", path,
			       (long long)gid);
	if (chmod(path, mode) < 0)
		return err_sys(err, ERR_SYS, "cannot set the mode of '%s'", path);
	return take_fd(&fd);
}

static void on_library_log(void *cls, const char *format, va_list ap)
{
	(void)cls;
	char text[256];
	/* the format is the library's own literal */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	vsnprintf(text, sizeof(text), format, ap);
#pragma GCC diagnostic pop
	log_ev(LOG_DEBUG, "http.library", KV("text", (const char *)text));
}

static int daemon_watch(struct http_daemon *d, sd_event *event)
{
	const union MHD_DaemonInfo *info = MHD_get_daemon_info(d->mhd, MHD_DAEMON_INFO_EPOLL_FD);

	if (!info)
		return -ENOTSUP;
	int rc = sd_event_add_io(event, &d->io, info->epoll_fd, EPOLLIN, on_io, d);
	if (rc < 0)
		return rc;
	(void)sd_event_source_set_description(d->io, d->admin ? "http-admin" : "http-front");
	rc = sd_event_add_time_relative(event, &d->timer, CLOCK_MONOTONIC, 0, 1000, on_timer, d);
	return rc < 0 ? rc : sd_event_source_set_enabled(d->timer, SD_EVENT_OFF);
}

static int daemon_start(struct http_daemon *d, const char *path, mode_t mode, int64_t gid,
			struct err *err)
{
	unsigned limit = d->server->o.max_connections ? d->server->o.max_connections : 1024;
	int fd = listen_unix(path, mode, gid, err);

	if (fd < 0)
		return fd;
	(void)str_copy(d->path, sizeof(d->path), path);
	d->mhd = MHD_start_daemon(
		MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG | MHD_USE_ITC, 0, NULL,
		NULL, on_access, d, MHD_OPTION_EXTERNAL_LOGGER, on_library_log, NULL,
		MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_NOTIFY_CONNECTION, on_connection, d,
		MHD_OPTION_NOTIFY_COMPLETED, on_completed, d, MHD_OPTION_CONNECTION_LIMIT, limit,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY_BYTES,
		MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)CONNECTION_TIMEOUT_S,
		MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_END);
	if (!d->mhd) {
		close(fd);
		return err_sys(err, ERR_SYS, "cannot start HTTP on '%s'", path);
	}
	if (daemon_watch(d, d->server->o.event) < 0)
		return err_set(err, ERR_SYS, "cannot watch HTTP on '%s'", path);
	return 0;
}

int http_server_new(const struct http_options *o, struct http_server **ret, struct err *err)
{
	int rc = http_tables_check(o->tables, err);

	if (rc < 0)
		return rc;
	struct http_server *s = xcalloc(1, sizeof(*s));
	s->o = *o;
	s->front.server = s->admin.server = s;
	s->admin.admin = true;
	(void)str_copy(s->spool_dir, sizeof(s->spool_dir), o->spool_dir ? o->spool_dir : "/tmp");
	if (sd_event_add_defer(o->event, &s->kick, on_kick, s) < 0 || http_wait_init(s) < 0)
		rc = err_set(err, ERR_SYS, "cannot add HTTP to the event loop");
	if (rc >= 0 && o->socket_path)
		rc = daemon_start(&s->front, o->socket_path, o->front_gid >= 0 ? 0660 : 0600,
				  o->front_gid, err);
	if (rc >= 0 && o->admin_socket_path)
		rc = daemon_start(&s->admin, o->admin_socket_path, 0600, -1, err);
	if (rc < 0) {
		http_server_free(s);
		return rc;
	}
	*ret = s;
	return 0;
}

static void daemon_stop(struct http_daemon *d)
{
	sd_event_source_disable_unref(d->io);
	sd_event_source_disable_unref(d->timer);
	d->io = d->timer = NULL;
	if (d->mhd)
		MHD_stop_daemon(d->mhd);
	d->mhd = NULL;
	if (d->path[0])
		(void)unlink(d->path);
}

void http_server_free(struct http_server *s)
{
	if (!s)
		return;
	/* the library must not be stopped with suspended connections */
	while (s->waiting) {
		struct http_request *r = s->waiting;
		http_wait_leave(r);
		MHD_resume_connection(r->connection);
	}
	daemon_stop(&s->front);
	daemon_stop(&s->admin);
	sd_event_source_disable_unref(s->kick);
	sd_event_source_disable_unref(s->wait_timer);
	sd_event_source_disable_unref(s->again);
	free(s);
}

const struct http_table *http_server_tables(const struct http_server *s)
{
	return s->o.tables;
}

struct http_counters http_server_counters(const struct http_server *s)
{
	return s->counters;
}
