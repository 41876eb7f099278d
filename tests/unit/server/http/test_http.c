/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The HTTP seam alone: a server with routes of the test's own in a child process, asked over its
 * unix sockets. Refusals, bodies, waiting, streams, and what happens to handlers that forget to
 * answer.
 */
#include "tests/harness/check.h"

#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <systemd/sd-event.h>
#include <unistd.h>
#include <base/clock.h>
#include <base/http_client.h>
#include <base/json.h>
#include <base/log.h>
#include <base/str.h>
#include <server/http/http.h>

static char dir[] = "/tmp/slipway-http-XXXXXX";
static char front[64], admin[64];
static pid_t pid;

/* ---- the server ------------------------------------------------------------------------------ */

static int echo(struct http_request *r, struct err *err)
{
	json_t *doc = NULL;

	TRY(http_body_json(r, &doc, err));
	return http_reply_json(r, 200, doc);
}

static int show(struct http_request *r, struct err *err)
{
	static const char *const names[] = {"n", NULL};
	int64_t n;

	TRY(http_query_only(r, names, err));
	TRY(http_query_int(r, &(struct http_int){"n", 1, 10, 5}, &n, err));
	return http_reply_json(r, 200,
			       json_pack("{s:s, s:s, s:I, s:s, s:s}", "a", http_param(r, "a"), "b",
					 http_param(r, "b"), "n", (json_int_t)n, "who",
					 http_identity(r)->who, "peer", http_peer(r)));
}

static int forgets(struct http_request *r, struct err *err)
{
	(void)r;
	(void)err;
	return 0;
}

static int fails(struct http_request *r, struct err *err)
{
	(void)r;
	return err_set(err, ERR_CONFLICT, "no: '%s'", "\x01\xff\n");
}

static int notify(struct http_request *r, struct err *err)
{
	(void)err;
	http_notify(http_request_server(r), "bell");
	return http_reply_empty(r, 204);
}

static int wait_bell(struct http_request *r, struct err *err)
{
	static int rung;

	(void)err;
	if (http_wait_over(r))
		return http_reply_json(r, 200, json_pack("{s:s}", "end", "time"));
	if (rung++ > 0)
		return http_reply_json(r, 200, json_pack("{s:s}", "end", "bell"));
	return http_wait(r, "bell", 3000);
}

static int wait_short(struct http_request *r, struct err *err)
{
	(void)err;
	if (http_wait_over(r))
		return http_reply_json(r, 200, json_pack("{s:s}", "end", "time"));
	return http_wait(r, "nobody rings", 300);
}

static int64_t stream_some(void *arg, char *buf, size_t max)
{
	int *n = arg;

	if ((*n)++ == 1)
		return 0; /* nothing for the moment */
	if (*n > 3)
		return HTTP_STREAM_END;
	return snprintf(buf, max, "part %d\n", *n);
}

static int stream(struct http_request *r, struct err *err)
{
	struct http_stream s = {.read = stream_some,
				.free = free,
				.arg = xcalloc(1, sizeof(int)),
				.topic = "never",
				.tick_ms = 100};

	(void)err;
	return http_reply_stream(r, 200, "text/plain", &s);
}

static int file_size(struct http_request *r, struct err *err)
{
	uint64_t n = 0;
	int fd = http_body_fd(r, &n);

	(void)err;
	return http_reply_json(r, 200,
			       json_pack("{s:I, s:I}", "n", (json_int_t)n, "end",
					 (json_int_t)(fd >= 0 ? lseek(fd, 0, SEEK_END) : -1)));
}

static int tagged(struct http_request *r, struct err *err)
{
	(void)err;
	http_reply_header(r, "ETag", "\"r7\"");
	return http_reply_json(r, 200, json_pack("{s:i}", "revision", 7));
}

#define PLAIN_TOO .listeners = HTTP_LISTENER_PLAIN | HTTP_LISTENER_TLS | HTTP_LISTENER_ADMIN

static const struct http_route routes[] = {
	HTTP_REPORT(POST, "/echo", PUBLIC, 1024, echo, ""),
	HTTP_ROUTE(GET, "/show/{a}/x/{b}", PUBLIC, 0, show, "", PLAIN_TOO),
	HTTP_ROUTE(GET, "/forgets", PUBLIC, 0, forgets, ""),
	HTTP_ROUTE(GET, "/fails", PUBLIC, 0, fails, ""),
	HTTP_REPORT(POST, "/bell", PUBLIC, 0, notify, ""),
	HTTP_ROUTE(GET, "/bell", PUBLIC, 0, wait_bell, ""),
	HTTP_ROUTE(GET, "/short", PUBLIC, 0, wait_short, ""),
	HTTP_ROUTE(GET, "/stream", PUBLIC, 0, stream, ""),
	HTTP_REPORT(POST, "/file", PUBLIC, 8 * 1024 * 1024, file_size, "", .body = HTTP_BODY_FILE),
	HTTP_ROUTE(GET, "/tagged", PUBLIC, 0, tagged, ""),
	HTTP_ROUTE(GET, "/secret", ADMIN, 0, show, ""),
	HTTP_ROUTE(GET, "/agent", AGENT, 0, show, ""),
};

#define DAY_S 86400
static const struct http_deprecation deprecations[] = {
	{"GET", "/show/{a}/x/{b}", "n", 10 * DAY_S, 365 * DAY_S, "use m"},
	{"GET", "/show/{a}/x/{b}", "old.name", 20 * DAY_S, 200 * DAY_S, "use new.name"},
	{"GET", "/fails", NULL, 0, 1000 * DAY_S, "use /works"},
	{.method = NULL},
};

static _Noreturn void serve(void)
{
	const struct http_table tables[] = {{routes, ARRAY_LEN(routes), NULL}, {NULL, 0, NULL}};
	struct err err = ERR_INIT;
	struct http_server *s;
	sd_event *event;

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	log_open("http", LOG_FORMAT_TEXT, LOG_ERR);
	struct http_options o = {.socket_path = front,
				 .admin_socket_path = admin,
				 .spool_dir = dir,
				 .front_uid = -1,
				 .front_gid = -1,
				 .tables = tables,
				 .cors_origins = "https://portal.example https://b.example:8443",
				 .deprecations = deprecations};
	if (sd_event_default(&event) < 0)
		_exit(1);
	o.event = event;
	if (http_server_new(&o, &s, &err) < 0)
		_exit(1);
	(void)sd_event_loop(event);
	_exit(0);
}

/* ---- asking it ------------------------------------------------------------------------------- */

static int ask(const char *socket, const char *method, const char *path, const char *body,
	       const char *header, struct http_reply *reply)
{
	struct err err = ERR_INIT;
	struct http_client_options o = {.base_url = "http://x", .unix_socket = socket};
	AUTO(http_client) struct http_client *c = http_client_new(&o, &err);
	const char *const headers[] = {header, NULL};
	struct http_call call = {.method = method,
				 .path = path,
				 .body = body,
				 .body_bytes = body ? strlen(body) : 0,
				 .headers = header ? headers : NULL};

	memset(reply, 0, sizeof(*reply));
	if (!c || http_client_call(c, &call, reply, &err) < 0)
		return 0;
	return reply->status;
}

static int setup(void **state)
{
	(void)state;
	if (!mkdtemp(dir))
		return -1;
	snprintf(front, sizeof(front), "%s/front", dir);
	snprintf(admin, sizeof(admin), "%s/admin", dir);
	pid = fork();
	if (pid == 0)
		serve();
	for (int i = 0; i < 200; i++) {
		struct http_reply r;
		int status = ask(admin, "GET", "/fails", NULL, NULL, &r);
		http_reply_done(&r);
		if (status)
			return 0;
		usleep(10000);
	}
	return -1;
}

static int teardown(void **state)
{
	(void)state;
	(void)kill(pid, SIGKILL);
	(void)waitpid(pid, NULL, 0);
	unlink(front);
	unlink(admin);
	return rmdir(dir);
}

static void test_answers(void **state)
{
	static const struct {
		const char *name, *method, *path, *body, *header;
		bool by_front;
		int status;
		const char *says;
	} rows[] = {
		{"echo", "POST", "/echo", "{\"a\":1}", NULL, false, 200, "{\"a\":1}"},
		{"no JSON", "POST", "/echo", "{", NULL, false, 400, "input.json"},
		{"a list", "POST", "/echo", "[]", NULL, false, 400, "input.field.type"},
		{"twice the same key", "POST", "/echo", "{\"a\":1,\"a\":2}", NULL, false, 400,
		 "input.json"},
		{"no body", "POST", "/echo", "", NULL, false, 400, "input.json"},
		{"captures", "GET", "/show/1/x/b%20c?n=7", NULL, NULL, false, 200, "\"b\":\"b c\""},
		{"a number too high", "GET", "/show/1/x/2?n=11", NULL, NULL, false, 400,
		 "\"pointer\":\"/n\""},
		{"no number", "GET", "/show/1/x/2?n=x", NULL, NULL, false, 400, "input.field.type"},
		{"unknown parameter", "GET", "/show/1/x/2?m=1", NULL, NULL, false, 400,
		 "input.field.unknown"},
		{"empty capture", "GET", "/show//x/2", NULL, NULL, false, 404, "http.not_found"},
		{"longer path", "GET", "/show/1/x/2/3", NULL, NULL, false, 404, "http.not_found"},
		{"slash at the end", "GET", "/show/1/x/2/", NULL, NULL, false, 404,
		 "http.not_found"},
		{"nothing there", "GET", "/", NULL, NULL, false, 404, "http.not_found"},
		{"other method", "DELETE", "/echo", NULL, NULL, false, 405, "http.method"},
		{"body where none is taken", "GET", "/fails", "x", NULL, false, 413,
		 "input.too_big"},
		{"no answer", "GET", "/forgets", NULL, NULL, false, 500, "http.no_answer"},
		{"an error with odd bytes", "GET", "/fails", NULL, NULL, false, 409,
		 "state.conflict"},
		{"plain side: not this", "POST", "/echo", "{}", NULL, true, 404, "http.listener"},
		{"plain side: this", "GET", "/show/1/x/2", NULL, NULL, true, 200, "\"a\":\"1\""},
		{"TLS side: token needed", "GET", "/secret", NULL, "X-Slipway-Listener: tls", true,
		 401, "auth.missing"},
		{"TLS side: certificate needed", "GET", "/agent", NULL, "X-Slipway-Listener: tls",
		 true, 403, "auth.certificate"},
		{"no certificate at all", "GET", "/agent", NULL,
		 "X-Slipway-Listener: tls\r\nX-Slipway-Client-Cert: nonsense", true, 403,
		 "auth.certificate"},
		{"waits and gives up", "GET", "/short", NULL, NULL, false, 200, "\"end\":\"time\""},
		{"stream", "GET", "/stream", NULL, NULL, false, 200, "part 1\npart 3\n"},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct http_reply r;
		int status = ask(rows[i].by_front ? front : admin, rows[i].method, rows[i].path,
				 rows[i].body, rows[i].header, &r);
		CHECK_INT(rows[i].name, status, rows[i].status);
		if (!strstr(r.body, rows[i].says))
			fail_msg("row '%s': '%s' does not hold '%s'", rows[i].name, r.body,
				 rows[i].says);
		if (status >= 400)
			CHECK_STR(rows[i].name, r.content_type, "application/problem+json");
		http_reply_done(&r);
	}
}

/* A client that has the answer already gets none of it. */
static void test_known_answers(void **state)
{
	static const struct {
		const char *name, *method, *path, *header;
		int status;
	} rows[] = {
		{"the tag", "GET", "/tagged", "If-None-Match: \"r7\"", 304},
		{"made weak by a proxy", "GET", "/tagged", "If-None-Match: W/\"r7\"", 304},
		{"one of several", "GET", "/tagged", "If-None-Match: \"r1\", \"r7\"", 304},
		{"any", "GET", "/tagged", "If-None-Match: *", 304},
		{"an older one", "GET", "/tagged", "If-None-Match: \"r6\"", 200},
		{"a prefix of it", "GET", "/tagged", "If-None-Match: \"r\"", 200},
		{"without quotes", "GET", "/tagged", "If-None-Match: r7", 200},
		{"nothing", "GET", "/tagged", "If-None-Match:", 200},
		{"an answer without a tag", "GET", "/short", "If-None-Match: *", 200},
		{"an error", "GET", "/fails", "If-None-Match: *", 409},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct http_reply r;
		int status = ask(admin, rows[i].method, rows[i].path, NULL, rows[i].header, &r);
		CHECK_INT(rows[i].name, status, rows[i].status);
		CHECK_INT(rows[i].name, status == 304 && r.body_bytes > 0, 0);
		http_reply_done(&r);
	}
}

/* Pages of origins that were listed, and no others. */
static void test_origins(void **state)
{
#define ASKS "Access-Control-Request-Method: POST\r\n"
	static const struct {
		const char *name, *path, *header;
		int status;
	} rows[] = {
		{"listed", "/echo", ASKS "Origin: https://portal.example", 204},
		{"listed with a port", "/echo", ASKS "Origin: https://b.example:8443", 204},
		{"another port", "/echo", ASKS "Origin: https://b.example", 405},
		{"not listed", "/echo", ASKS "Origin: https://evil.example", 405},
		{"a listed one inside", "/echo", ASKS "Origin: https://portal.example.evil", 405},
		{"null", "/echo", ASKS "Origin: null", 405},
		{"no origin", "/echo", "Access-Control-Request-Method: POST", 405},
		{"not a preflight", "/echo", "Origin: https://portal.example", 405},
		{"no such path", "/nowhere", ASKS "Origin: https://portal.example", 404},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct http_reply r;
		CHECK_INT(rows[i].name,
			  ask(admin, "OPTIONS", rows[i].path, NULL, rows[i].header, &r),
			  rows[i].status);
		http_reply_done(&r);
	}
}

static void test_sizes(void **state)
{
	static const struct {
		const char *path;
		size_t n_bytes;
		int status;
	} rows[] = {
		{"/echo", 1025, 413},    {"/echo", 300000, 413},          {"/echo", 5000000, 413},
		{"/file", 3000000, 200}, {"/file", 8 * 1024 * 1024, 200}, {"/file", 9000000, 413},
		{"/nowhere", 1000, 404}, {"/nowhere", 1000000, 404},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct http_reply r;
		autofree char *body = xmalloc(rows[i].n_bytes + 1);
		memset(body, ' ', rows[i].n_bytes);
		body[rows[i].n_bytes] = '\0';
		int status = ask(admin, "POST", rows[i].path, body, NULL, &r);
		/* a refusal before a huge body may also show as a closed connection */
		if (rows[i].n_bytes < 256 * 1024 || status != 0)
			CHECK_INT(rows[i].path, status, rows[i].status);
		if (status == 200) {
			autofree char *want = xasprintf("\"n\":%zu", rows[i].n_bytes);
			CHECK(rows[i].path, strstr(r.body, want));
		}
		http_reply_done(&r);
	}
}

static int connect_to(const char *path)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0 && str_copy(at.sun_path, sizeof(at.sun_path), path));
	assert_int_equal(connect(fd, (const struct sockaddr *)&at, sizeof(at)), 0);
	return fd;
}

/* The whole head of an answer, as it comes. */
static void head_of(const char *path, char *ret, size_t ret_bytes)
{
	autofree char *text = xasprintf("GET %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
					path);
	int fd = connect_to(admin);
	size_t n = 0;
	ssize_t r;

	assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
	while (n < ret_bytes - 1 && (r = recv(fd, ret + n, ret_bytes - 1 - n, 0)) > 0)
		n += (size_t)r;
	ret[n] = '\0';
	close(fd);
}

/* Answers say what is to be removed, and others do not. */
static void test_deprecations(void **state)
{
#define YEAR "Deprecation: @864000\r\nSunset: Fri, 01 Jan 1971 00:00:00 GMT\r\nLink: "
#define SOON "Deprecation: @1728000\r\nSunset: Mon, 20 Jul 1970 00:00:00 GMT\r\nLink: "
	static const struct {
		const char *name, *path, *says;
	} rows[] = {
		{"a route, also when it fails", "/fails",
		 "Deprecation: @0\r\nSunset: Wed, 27 Sep 1972 00:00:00 GMT\r\nLink: "
		 "</api/v1/openapi.json>; rel=\"deprecation\""},
		{"another route", "/tagged", NULL},
		{"the route of a field that is not named", "/show/1/x/2", NULL},
		{"a parameter", "/show/1/x/2?n=7", YEAR},
		{"a filter with a sign", "/show/1/x/2?n%3E=7", YEAR},
		{"a longer name", "/show/1/x/2?nn=7", NULL},
		{"a value that is like the name", "/show/1/x/2?m=n", NULL},
		{"one of the fields", "/show/1/x/2?fields=a,n", YEAR},
		{"another field", "/show/1/x/2?fields=a,nn", NULL},
		{"sorted by it, downwards", "/show/1/x/2?sort=-old.name", SOON},
		{"the earlier sunset of two", "/show/1/x/2?n=7&sort=old.name", SOON},
		{"no route at all", "/nowhere", NULL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char head[2048];
		head_of(rows[i].path, head, sizeof(head));
		CHECK(rows[i].name, str_starts(head, "HTTP/1.1 "));
		if (rows[i].says)
			CHECK(rows[i].name, strstr(head, rows[i].says));
		else
			CHECK(rows[i].name,
			      !strstr(head, "Deprecation:") && !strstr(head, "Sunset:"));
	}
}

/* Says head, then a byte each 300 ms. Returns after how many ms the other end closed. */
static int64_t trickle(const char *head, char *ret_first, size_t ret_bytes)
{
	int64_t begin = time_boot_ms();
	int fd = connect_to(admin);
	bool is_over = false;

	ret_first[0] = '\0';
	(void)send(fd, head, strlen(head), MSG_NOSIGNAL);
	for (int i = 0; i < 40 && !is_over; i++) {
		struct pollfd p = {.fd = fd, .events = POLLIN};
		if (poll(&p, 1, 300) > 0) {
			char text[512];
			ssize_t n = recv(fd, text, sizeof(text) - 1, 0);
			is_over = n <= 0;
			if (n > 0 && !ret_first[0]) {
				text[n] = '\0';
				(void)str_copy(ret_first, ret_bytes, text);
			}
			continue;
		}
		(void)send(fd, "0", 1, MSG_NOSIGNAL);
	}
	close(fd);
	return is_over ? time_boot_ms() - begin : INT64_MAX;
}

/* What is refused holds a connection for seconds, however its body comes. */
static void test_slow_bodies(void **state)
{
	static const struct {
		const char *name, *head;
	} rows[] = {
		{"with a length",
		 "POST /nowhere HTTP/1.1\r\nHost: x\r\nContent-Length: 60000\r\n\r\n"},
		{"in chunks",
		 "POST /nowhere HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1000000\r\n"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char first[512];
		int64_t took_ms = trickle(rows[i].head, first, sizeof(first));
		CHECK(rows[i].name, took_ms < 6000);
	}
}

/* A body of chunks that is refused and never ends is cut, too. */
static void test_endless_chunks(void **state)
{
	static const char head[] =
		"POST /nowhere HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
	char chunk[4096 + 8];
	int fd = connect_to(admin);
	size_t n = 0;

	(void)state;
	memset(chunk, 'x', sizeof(chunk));
	memcpy(chunk, "1000\r\n", 6);
	memcpy(chunk + 6 + 4096, "\r\n", 2);
	assert_int_equal(send(fd, head, strlen(head), MSG_NOSIGNAL), (ssize_t)strlen(head));
	while (n < 4096 && send(fd, chunk, sizeof(chunk), MSG_NOSIGNAL) > 0)
		n++;
	close(fd);
	CHECK("cut after 256 KiB and what sockets hold", n < 1024);
}

/* The connection of a refused request is good for the next one. */
static void test_refused_and_kept(void **state)
{
	static const char refused[] =
		"POST /nowhere HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}";
	char text[1024];
	int fd = connect_to(admin);

	(void)state;
	for (int i = 0; i < 2; i++) {
		assert_int_equal(send(fd, refused, strlen(refused), MSG_NOSIGNAL),
				 (ssize_t)strlen(refused));
		ssize_t n = recv(fd, text, sizeof(text) - 1, 0);
		assert_true(n > 12);
		text[n] = '\0';
		CHECK("refused", str_starts(text, "HTTP/1.1 404"));
		(void)poll(NULL, 0, 3000 * (i == 0)); /* longer than a refused body may take */
	}
	close(fd);
}

static void test_notify(void **state)
{
	(void)state;
	pid_t waiter = fork();
	if (waiter == 0) {
		struct http_reply r;
		int status = ask(admin, "GET", "/bell", NULL, NULL, &r);
		_exit(status == 200 && strstr(r.body, "bell") ? 0 : 1);
	}
	int status = -1;
	pid_t ended = 0;
	while (ended == 0) { /* a bell that rings before anybody listens is heard by nobody */
		struct http_reply r;
		assert_int_equal(ask(admin, "POST", "/bell", NULL, NULL, &r), 204);
		http_reply_done(&r);
		ended = waitpid(waiter, &status, WNOHANG);
	}
	assert_int_equal(ended, waiter);
	assert_int_equal(status, 0);
}

/* Clients that go away while they wait cost nothing and break nothing. */
static void test_gone_while_waiting(void **state)
{
	(void)state;
	for (int i = 0; i < 20; i++) {
		pid_t waiter = fork();
		if (waiter == 0) {
			struct http_reply r;
			(void)ask(admin, "GET", i % 2 ? "/short" : "/stream", NULL, NULL, &r);
			_exit(0);
		}
		usleep(20000);
		(void)kill(waiter, SIGKILL);
		(void)waitpid(waiter, NULL, 0);
		struct http_reply r;
		assert_int_equal(ask(admin, "GET", "/show/1/x/2", NULL, NULL, &r), 200);
		http_reply_done(&r);
	}
}

static void test_tables(void **state)
{
	static const struct http_route bad_scope[] = {
		{.method = "GET", .pattern = "/x", .handler = fails}};
	static const struct http_route in_plain[] = {
		HTTP_ROUTE(GET, "/x", READ, 0, fails, "", PLAIN_TOO)};
	static const struct http_route no_handler[] = {HTTP_ROUTE(GET, "/x", PUBLIC, 0, NULL, "")};
	static const struct http_route unrecorded[] = {{.method = "POST",
							.pattern = "/x",
							.scope = HTTP_SCOPE_INVENTORY,
							.handler = fails}};
	const struct http_route *const bad[] = {bad_scope, in_plain, no_handler, unrecorded};
	sd_event *event;

	(void)state;
	assert_true(sd_event_new(&event) >= 0);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		const struct http_table tables[] = {{bad[i], 1, NULL}, {NULL, 0, NULL}};
		struct http_options o = {.event = event, .tables = tables, .front_gid = -1};
		struct http_server *s;
		struct err err = ERR_INIT;
		CHECK_ERR("bad table", http_server_new(&o, &s, &err), ERR_INVALID);
	}
	sd_event_unref(event);
	assert_int_equal(http_scope_parse("image:import"), HTTP_SCOPE_IMAGE_IMPORT);
	assert_int_equal(http_scope_parse("nonsense"), _HTTP_SCOPE_MISSING);
	assert_null(http_scope_str(_HTTP_SCOPE_MISSING));
}

/* ---- a long answer --------------------------------------------------------------------------- */

#define LONG_BLOCKS 40
#define LONG_BYTES  1000 /* of a block: all of them fit into the socket */

static int64_t stream_blocks(void *arg, char *buf, size_t max)
{
	int *n = arg;

	if ((*n)++ == LONG_BLOCKS)
		return HTTP_STREAM_END;
	assert_true(max >= LONG_BYTES);
	memset(buf, 'x', LONG_BYTES);
	return LONG_BYTES;
}

static int long_stream(struct http_request *r, struct err *err)
{
	struct http_stream s = {
		.read = stream_blocks, .free = free, .arg = xcalloc(1, sizeof(int))};

	(void)err;
	return http_reply_stream(r, 200, "text/plain", &s);
}

/* Run the loop until it has nothing to do. Returns how often it would have slept before that. */
static int sleeps_until_idle(sd_event *event)
{
	int sleeps = 0;

	for (;;) {
		if (sd_event_prepare(event) == 0) {
			sleeps++;
			if (sd_event_wait(event, 0) == 0)
				return sleeps;
		}
		assert_true(sd_event_dispatch(event) >= 0);
	}
}

/* A loop that sleeps, for however short a time, between the blocks of an answer makes of a second
 * a minute. */
static void test_long_answers_do_not_sleep(void **state)
{
	static const struct http_route own[] = {
		HTTP_ROUTE(GET, "/long", PUBLIC, 0, long_stream, "")};
	static const char request[] = "GET /long HTTP/1.1\r\nHost: x\r\n\r\n";
	static char answer[2 * LONG_BLOCKS * LONG_BYTES];
	const struct http_table tables[] = {{own, ARRAY_LEN(own), NULL}, {NULL, 0, NULL}};
	autofree char *path = xasprintf("%s/long", dir);
	struct http_options o = {.admin_socket_path = path, .tables = tables, .front_gid = -1};
	struct http_server *s = NULL;
	struct err err = ERR_INIT;

	(void)state;
	assert_true(sd_event_new(&o.event) >= 0);
	assert_int_equal(http_server_new(&o, &s, &err), 0);
	autoclose int fd = connect_to(path);
	assert_int_equal(write(fd, request, strlen(request)), strlen(request));
	assert_in_range(sleeps_until_idle(o.event), 1, LONG_BLOCKS / 4);
	assert_in_range(recv(fd, answer, sizeof(answer), MSG_DONTWAIT), LONG_BLOCKS * LONG_BYTES,
			sizeof(answer));
	http_server_free(s);
	sd_event_unref(o.event);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_known_answers),
		cmocka_unit_test(test_origins),
		cmocka_unit_test(test_deprecations),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_slow_bodies),
		cmocka_unit_test(test_endless_chunks),
		cmocka_unit_test(test_refused_and_kept),
		cmocka_unit_test(test_notify),
		cmocka_unit_test(test_gone_while_waiting),
		cmocka_unit_test(test_tables),
		cmocka_unit_test(test_long_answers_do_not_sleep),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("http", tests, setup, teardown);
}
