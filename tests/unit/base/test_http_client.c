/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The HTTP client against a scripted server in a child process on a unix socket, which sends
 * exactly the bytes of a row and can be as broken as it likes. TLS is in test_http_client_tls.c.
 */
#include <tests/harness/check.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>

#include <base/clock.h>
#include <base/file.h>
#include <base/http_client.h>
#include <base/str.h>

static char folder[] = "/tmp/slipway-http-XXXXXX";
static char socket_path[128];
static pid_t running = -1; /* the scripted server, ended even if a test fails */

/* ---- a server that says what it is told ------------------------------------------------------ */

/* Read one request: its head, and as many body bytes as Content-Length names. False at the end. */
static bool read_request(int fd, char *ret, size_t ret_bytes)
{
	size_t n = 0, body = 0;
	const char *end = NULL, *length;

	do {
		ssize_t got = read(fd, ret + n, ret_bytes - 1 - n);

		if (got <= 0)
			return false;
		n += (size_t)got;
		ret[n] = '\0';
		end = strstr(ret, "\r\n\r\n");
		length = strstr(ret, "Content-Length: ");
		body = length ? strtoul(length + 16, NULL, 10) : 0;
	} while (!end || n < (size_t)(end + 4 - ret) + body);
	return true;
}

static void answer(int fd, const char *reply)
{
	char request[65536];
	struct err err = ERR_INIT;

	while (read_request(fd, request, sizeof(request))) {
		autofree char *echo = NULL;

		if (str_eq(reply, "echo")) {
			echo = xasprintf("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
					 "Content-Length: %zu\r\n\r\n%s",
					 strlen(request), request);
			IGNORE_RESULT(file_write_all(fd, echo, strlen(echo), &err));
			continue;
		}
		if (str_eq(reply, "silence"))
			(void)pause();
		IGNORE_RESULT(file_write_all(fd, reply, strlen(reply), &err));
		return; /* and close */
	}
}

static pid_t serve(const char *reply)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	pid_t pid;

	unlink(socket_path);
	assert_true(str_copy(address.sun_path, sizeof(address.sun_path), socket_path));
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(fd, 4), 0);
	pid = fork();
	if (pid == 0) {
		signal(SIGPIPE, SIG_IGN);
		for (;;) {
			int peer = accept4(fd, NULL, NULL, SOCK_CLOEXEC);

			answer(peer, reply);
			close(peer);
		}
	}
	close(fd);
	running = pid;
	return pid;
}

static void stop(pid_t pid)
{
	running = -1;
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static struct http_client *client_of_socket(const char *token)
{
	struct http_client_options o = {.base_url = "http://slipway",
					.unix_socket = socket_path,
					.bearer_token = token,
					.timeout_ms = 5000};
	struct err err = ERR_INIT;
	struct http_client *c = http_client_new(&o, &err);

	if (!c)
		fail_msg("%s", err.msg);
	return c;
}

#define PLAIN(length, body) "HTTP/1.1 200 OK\r\nContent-Length: " length "\r\n\r\n" body
struct reply_row {
	const char *name, *reply;
	enum err_code code;
	int status;
	const char *body, *content_type, *etag;
	int64_t retry_after_s;
};

static const struct reply_row reply_rows[] = {
	{"plain", PLAIN("2", "ok"), 0, 200, "ok", "", "", 0},
	{"no body", "HTTP/1.1 204 No Content\r\n\r\n", 0, 204, "", "", "", 0},
	{"headers",
	 "HTTP/1.1 503 Busy\r\ncontent-TYPE:  application/json \r\nETag: \"7\"\r\n"
	 "Retry-After: 30\r\nContent-Length: 2\r\n\r\n{}",
	 0, 503, "{}", "application/json", "\"7\"", 30},
	{"a date to retry after is not read",
	 "HTTP/1.1 503 Busy\r\nRetry-After: Wed, 01 Jan 2031 00:00:00 GMT\r\n"
	 "Content-Length: 0\r\n\r\n",
	 0, 503, "", "", "", 0},
	{"an unreasonable wait is not believed",
	 "HTTP/1.1 503 Busy\r\nRetry-After: 999999999\r\nContent-Length: 0\r\n\r\n", 0, 503, "", "",
	 "", 0},
	{"a redirect is an answer, not an order",
	 "HTTP/1.1 302 Found\r\nLocation: http://slipway/other\r\nContent-Length: 0\r\n\r\n", 0,
	 302, "", "", "", 0},
	{"chunked", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", 0,
	 200, "ok", "", "", 0},
	{"until the end", "HTTP/1.1 200 OK\r\n\r\nok", 0, 200, "ok", "", "", 0},
	{"sixteen bytes, the maximum here", PLAIN("16", "0123456789abcdef"), 0, 200,
	 "0123456789abcdef", "", "", 0},
	{"over the maximum", PLAIN("17", "0123456789abcdefg"), ERR_TOO_BIG, 0, NULL, NULL, NULL, 0},
	{"cut", PLAIN("10", "ok"), ERR_HTTP, 0, NULL, NULL, NULL, 0},
	{"closed at once", "", ERR_HTTP, 0, NULL, NULL, NULL, 0},
	{"not http", "220 smtp ready\r\n", ERR_HTTP, 0, NULL, NULL, NULL, 0},
	{"silent", "silence", ERR_TIMEOUT, 0, NULL, NULL, NULL, 0},
};

static void test_replies(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(reply_rows); i++) {
		const struct reply_row *row = &reply_rows[i];
		AUTO(http_client) struct http_client *c = client_of_socket(NULL);
		struct http_call call = {.path = "/x", .max_reply_bytes = 16};
		struct http_reply reply;
		struct err err = ERR_INIT;
		pid_t server = serve(row->reply);
		int status;

		call.timeout_ms = row->code == ERR_TIMEOUT ? 300 : 0;
		status = http_client_call(c, &call, &reply, &err);
		stop(server);
		CHECK_ERR(row->name, status, row->code);
		if (row->code) {
			CHECK(row->name, !reply.body && strstr(err.msg, "/x"));
			continue;
		}
		CHECK_INT(row->name, reply.status, row->status);
		CHECK_STR(row->name, reply.body, row->body);
		CHECK_INT(row->name, reply.body_bytes, strlen(row->body));
		CHECK_STR(row->name, reply.content_type, row->content_type);
		CHECK_STR(row->name, reply.etag, row->etag);
		CHECK_INT(row->name, reply.retry_after_s, row->retry_after_s);
		http_reply_done(&reply);
	}
}

struct request_row {
	const char *name;
	struct http_call call;
	const char *wanted[4], *unwanted;
};

static const char *const if_match[] = {"If-Match: \"3\"", NULL};
static const struct request_row request_rows[] = {
	{"get",
	 {.path = "/a?b=c"},
	 {"GET /a?b=c HTTP/1.1\r\n", "Bearer t0ken\r\n"},
	 "Content-Type"},
	{"post json",
	 {.method = "POST", .path = "/a", .body = "{}", .body_bytes = 2},
	 {"POST /a ", "Content-Type: application/json\r\n", "Content-Length: 2\r\n", "\r\n\r\n{}"},
	 "Expect"},
	{"post nothing",
	 {.method = "POST", .path = "/a"},
	 {"POST /a ", "Content-Length: 0\r\n"},
	 "Expect"},
	{"put with a type and a header",
	 {.method = "PUT",
	  .path = "/a",
	  .body = "x",
	  .body_bytes = 1,
	  .content_type = "text/plain",
	  .headers = if_match},
	 {"PUT /a ", "Content-Type: text/plain\r\n", "If-Match: \"3\"\r\n"},
	 "application/json"},
	{"delete", {.method = "DELETE", .path = "/a"}, {"DELETE /a "}, "Content-Length"},
};

/* The rows share one client: what one call sets must not leak into the next. */
static void test_requests(void **state)
{
	AUTO(http_client) struct http_client *c = client_of_socket("t0ken");
	pid_t server = serve("echo");

	(void)state;
	for (size_t i = 0; i < 2 * ARRAY_LEN(request_rows); i++) {
		const struct request_row *row = &request_rows[i % ARRAY_LEN(request_rows)];
		struct http_reply reply;
		struct err err = ERR_INIT;

		CHECK_ERR(row->name, http_client_call(c, &row->call, &reply, &err), 0);
		for (size_t j = 0; j < ARRAY_LEN(row->wanted) && row->wanted[j]; j++)
			if (!strstr(reply.body, row->wanted[j]))
				fail_msg("row '%s': no '%s' in '%s'", row->name, row->wanted[j],
					 reply.body);
		CHECK(row->name, !strstr(reply.body, row->unwanted));
		http_reply_done(&reply);
	}
	stop(server);
}

static void test_upload(void **state)
{
	AUTO(http_client) struct http_client *c = client_of_socket(NULL);
	char path[] = "/tmp/slipway-upload-XXXXXX";
	pid_t server = serve("echo");
	int fd = mkstemp(path);
	struct http_call call = {.method = "POST",
				 .path = "/images",
				 .content_type = "application/octet-stream",
				 .upload_fd = fd,
				 .upload_bytes = 6};
	struct http_reply reply;
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(file_write_all(fd, "skip:abcdef", 11, &err), 0);
	lseek(fd, 5, SEEK_SET);
	CHECK_ERR("upload", http_client_call(c, &call, &reply, &err), 0);
	assert_true(str_starts(reply.body, "POST /images "));
	assert_true(str_ends(reply.body, "\r\n\r\nabcdef"));
	http_reply_done(&reply);
	stop(server);
	close(fd);
	unlink(path);
}

struct collected {
	struct str text;
	bool stop;
};

static bool collect(void *arg, const void *p, size_t n_bytes)
{
	struct collected *c = arg;

	str_addn(&c->text, p, n_bytes);
	return !c->stop;
}

struct sink_row {
	const char *name, *reply;
	bool stop;
	enum err_code code;
	const char *sunk, *body;
};

static const struct sink_row sink_rows[] = {
	{"2xx goes to the sink", PLAIN("20", "01234567890123456789"), false, 0,
	 "01234567890123456789", ""},
	{"an error does not", "HTTP/1.1 404 No\r\nContent-Length: 4\r\n\r\ngone", false, 0, "",
	 "gone"},
	{"the sink says no", PLAIN("2", "ok"), true, ERR_CANCELLED, "ok", NULL},
};

static void test_sink(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(sink_rows); i++) {
		const struct sink_row *row = &sink_rows[i];
		AUTO(http_client) struct http_client *c = client_of_socket(NULL);
		struct collected collected = {.stop = row->stop};
		struct http_call call = {.path = "/x",
					 .max_reply_bytes = 8,
					 .sink = collect,
					 .sink_arg = &collected};
		struct http_reply reply;
		struct err err = ERR_INIT;
		pid_t server = serve(row->reply);
		int status;

		str_init(&collected.text, 100);
		status = http_client_call(c, &call, &reply, &err);
		stop(server);
		CHECK_ERR(row->name, status, row->code);
		CHECK_STR(row->name, collected.text.p, row->sunk);
		if (!row->code)
			CHECK_STR(row->name, reply.body, row->body);
		http_reply_done(&reply);
		str_done(&collected.text);
	}
}

struct option_row {
	const char *name;
	struct http_client_options options;
	enum err_code code;
};

static const struct option_row option_rows[] = {
	{"http", {.base_url = "http://127.0.0.1:1"}, 0},
	{"https and a pin", {.base_url = "https://x", .pin = "sha256//AAAA"}, 0},
	{"a file", {.base_url = "file:///etc/passwd"}, ERR_INVALID},
	{"a bare name", {.base_url = "127.0.0.1"}, ERR_INVALID},
	{"a pin that TLS would never check",
	 {.base_url = "http://127.0.0.1", .pin = "sha256//AAAA"},
	 ERR_INVALID},
	{"a pin that names a file", {.base_url = "https://x", .pin = "/etc/passwd"}, ERR_INVALID},
	{"an empty pin", {.base_url = "https://x", .pin = ""}, ERR_INVALID},
};

static void test_options(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(option_rows); i++) {
		struct err err = ERR_INIT;
		AUTO(http_client)
		struct http_client *c = http_client_new(&option_rows[i].options, &err);

		CHECK(option_rows[i].name, (c != NULL) == !option_rows[i].code);
		CHECK_INT(option_rows[i].name, err.code, option_rows[i].code);
	}
}

struct problem_row {
	const char *name;
	int status;
	const char *body;
	enum err_code code;
	const char *msg, *pointer;
};

static const struct problem_row problem_rows[] = {
	{"good", 201, "{}", 0, "", ""},
	{"known code", 403,
	 "{\"code\":\"input.field.range\",\"detail\":\"too big\",\"pointer\":\"/n\"}",
	 ERR_FIELD_RANGE, "too big (HTTP 403)", "/n"},
	{"unknown code", 409, "{\"code\":\"no.such\",\"detail\":\"odd\"}", ERR_HTTP_STATUS,
	 "odd (HTTP 409)", ""},
	{"hostile detail", 400, "{\"detail\":\"a\\nb\\u001b[2J\"}", ERR_HTTP_STATUS,
	 "a?b?[2J (HTTP 400)", ""},
	{"wrong types", 400, "{\"code\":1,\"detail\":[]}", ERR_HTTP_STATUS,
	 "the server answered 400", ""},
	{"html", 502, "<html>", ERR_HTTP, "the server answered 502", ""},
	{"empty", 500, "", ERR_HTTP, "the server answered 500", ""},
	{"away, in words", 503, "{\"code\":\"no.such\",\"detail\":\"later\"}", ERR_HTTP,
	 "later (HTTP 503)", ""},
	{"away, by a known code", 503, "{\"code\":\"input.field.range\",\"detail\":\"odd\"}",
	 ERR_FIELD_RANGE, "odd (HTTP 503)", ""},
	{"too many requests", 429, "", ERR_HTTP, "the server answered 429", ""},
	{"redirect", 302, "", ERR_HTTP_STATUS, "the server answered 302", ""},
};

static void test_problems(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(problem_rows); i++) {
		const struct problem_row *row = &problem_rows[i];
		struct http_reply reply = {.status = row->status,
					   .body = xstrdup(row->body),
					   .body_bytes = strlen(row->body)};
		struct err err = ERR_INIT;

		CHECK_ERR(row->name, http_reply_check(&reply, &err), row->code);
		CHECK_STR(row->name, err.msg, row->msg);
		CHECK_STR(row->name, err.pointer, row->pointer);
		http_reply_done(&reply);
	}
}

static void test_nobody_there(void **state)
{
	AUTO(http_client) struct http_client *c = client_of_socket(NULL);
	struct http_call call = {.path = "/x"};
	struct http_reply reply;
	struct err err = ERR_INIT;

	(void)state;
	unlink(socket_path);
	CHECK_ERR("no socket", http_client_call(c, &call, &reply, &err), ERR_HTTP);
	CHECK_INT("no socket", err.sys_errno, ENOENT);
	CHECK("no socket", strstr(err.msg, socket_path));
	assert_null(reply.body);
}

static int set_up(void **state)
{
	(void)state;
	/* A proxy of the environment must change nothing. */
	setenv("http_proxy", "http://127.0.0.1:9", 1);
	setenv("https_proxy", "http://127.0.0.1:9", 1);
	if (!mkdtemp(folder))
		return -1;
	snprintf(socket_path, sizeof(socket_path), "%s/sock", folder);
	return 0;
}

static int tear_down(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	if (running > 0)
		stop(running);
	return file_remove_tree(folder, &err);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_replies),      cmocka_unit_test(test_requests),
		cmocka_unit_test(test_upload),       cmocka_unit_test(test_sink),
		cmocka_unit_test(test_options),      cmocka_unit_test(test_problems),
		cmocka_unit_test(test_nobody_there),
	};

	return cmocka_run_group_tests_name("base/http_client", tests, set_up, tear_down);
}
