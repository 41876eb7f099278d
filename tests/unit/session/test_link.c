/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The calls of a session against a server in a child process that answers with the bytes of a row
 * and keeps the request. Pin and client certificate are tests/flow/agent_session.sh's.
 */
#include <tests/harness/check.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <base/clock.h>
#include <base/file.h>
#include <base/str.h>
#include <session/link.h>

static char folder[] = "/tmp/slipway-link-XXXXXX";
static char socket_path[64], request_path[64];
static pid_t server = -1;

static int make_folder(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	(void)snprintf(socket_path, sizeof(socket_path), "%s/socket", folder);
	(void)snprintf(request_path, sizeof(request_path), "%s/request", folder);
	return 0;
}

static void end_server(void)
{
	if (server < 0)
		return;
	(void)kill(server, SIGKILL);
	(void)waitpid(server, NULL, 0);
	server = -1;
}

static int remove_folder(void **state)
{
	(void)state;
	end_server();
	return file_remove_tree(folder, NULL);
}

/* One request with its body, kept; one answer. */
static void answer_one(int listener, const char *reply)
{
	char request[65536];
	const char *end = NULL, *length;
	size_t n = 0, body = 0;
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

	do {
		ssize_t got = read(fd, request + n, sizeof(request) - 1 - n);

		if (got <= 0)
			_exit(1);
		n += (size_t)got;
		request[n] = '\0';
		end = strstr(request, "\r\n\r\n");
		length = strstr(request, "Content-Length: ");
		body = length ? strtoul(length + 16, NULL, 10) : 0;
	} while (!end || n < (size_t)(end + 4 - request) + body);
	IGNORE_RESULT(file_write_atomic(request_path, request, n, 0600, NULL));
	IGNORE_RESULT(file_write_all(fd, reply, strlen(reply), NULL));
	(void)close(fd);
}

/* A request for each of the answers. */
static void serve_all(const char *const *replies, size_t n)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	end_server();
	(void)unlink(socket_path);
	assert_true(str_copy(address.sun_path, sizeof(address.sun_path), socket_path));
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(fd, 1), 0);
	server = fork();
	if (server == 0) {
		for (size_t i = 0; i < n; i++)
			answer_one(fd, replies[i]);
		_exit(0);
	}
	(void)close(fd);
}

static void serve(const char *reply)
{
	serve_all(&reply, 1);
}

static struct link open_link(void)
{
	static const char *const front[] = {"X-Front: played", NULL};
	const struct link_options o = {
		.server = "http://slipway", .unix_socket = socket_path, .headers = front};
	struct link l = {.session = {.session_id = "id/1", .epoch = 3}};

	assert_int_equal(link_open(&l, &o, NULL), 0);
	return l;
}

enum call { START, HEARTBEAT, EVENTS, PERMIT, NEXT };

/* What an answer brings, in one number and one text. */
static int call(struct link *l, enum call which, int64_t *number, char **text, struct err *err)
{
	struct session_request sr = {.boot_id = "boot-1"};
	struct heartbeat_request hr = {.epoch = 3, .stage = "image", .eta_s = -1};
	struct heartbeat_reply h = {0};
	struct permit_request pr = {.epoch = 3, .plan_id = "plan-1", .arm_id = "arm-1"};
	struct permit_reply p = {0};
	size_t n = 0;
	int r = -1;

	*text = NULL;
	*number = 0;
	switch (which) {
	case START:
		r = link_start_session(l, &sr, err);
		*number = l->session.epoch;
		*text = xstrdup(l->session.session_id);
		break;
	case HEARTBEAT:
		r = link_heartbeat(l, &hr, &h, err);
		*number = h.lease_s + h.may_write;
		break;
	case EVENTS:
		r = link_send_events(l, "{\"epoch\":3}", number, err);
		break;
	case PERMIT:
		r = link_permit(l, &pr, NULL, &p, err);
		*text = xstrdup(p.permit_id);
		break;
	case NEXT:
		r = link_next(l, 7, 30, text, &n, err);
		*number = (int64_t)n;
		break;
	}
	return r;
}

#define REPLY(status, type, body)                                                                  \
	"HTTP/1.1 " status "\r\nContent-Type: application/" type                                   \
	"\r\nConnection: close\r\n\r\n" body
#define OK(body) REPLY("200 OK", "json", body)
#define PROBLEM(s, c)                                                                              \
	REPLY(s, "problem+json",                                                                   \
	      "{\"type\":\"about:blank\",\"title\":\"t\",\"status\":409,\"code\":\"" c "\","       \
	      "\"detail\":\"d\"}")
#define SESSION(time)                                                                              \
	OK("{\"session_id\":\"s-2\",\"host_id\":\"h\",\"short_code\":\"ABCD2345\",\"epoch\":4,"    \
	   "\"state\":\"discovered\",\"heartbeat_s\":5,\"lease_s\":30,\"server_time\":\"" time     \
	   "\"}")
#define PATH "/agent/v1/sessions/id%2F1/"

static const struct {
	const char *name;
	enum call call;
	const char *reply;
	enum err_code code;
	const char *request; /* its first words */
	int64_t number;
	const char *text; /* NULL: none */
} rows[] = {
	{"session", START, SESSION("2026-11-23T09:00:00Z"), 0, "POST /agent/v1/sessions HTTP", 4,
	 "s-2"},
	{"session, time not understood", START, SESSION("yesterday"), ERR_INVALID,
	 "POST /agent/v1/sessions ", 3, "id/1"},
	{"session refused", START, PROBLEM("403 No", "enrol.refused"), ERR_ENROL_REFUSED,
	 "POST /agent/v1/sessions ", 3, "id/1"},
	{"heartbeat", HEARTBEAT,
	 OK("{\"epoch\":3,\"may_write\":true,\"stop\":false,\"lease_s\":30}"), 0,
	 "POST " PATH "heartbeat ", 31, NULL},
	{"heartbeat with a word too many", HEARTBEAT,
	 OK("{\"epoch\":3,\"may_write\":true,\"stop\":false,\"lease_s\":30,\"x\":1}"),
	 ERR_FIELD_UNKNOWN, "POST " PATH "heartbeat ", -1, NULL},
	{"heartbeat that is not JSON", HEARTBEAT, OK("yes"), ERR_JSON, "POST " PATH "heartbeat ",
	 -1, NULL},
	{"session over", HEARTBEAT, PROBLEM("410 Gone", "session.over"), ERR_SESSION_OVER,
	 "POST " PATH "heartbeat ", -1, NULL},
	{"stale epoch", EVENTS, PROBLEM("409 Conflict", "session.stale_epoch"), ERR_SESSION_EPOCH,
	 "POST " PATH "events ", 0, NULL},
	{"events", EVENTS, OK("{\"acked\":9}"), 0, "POST " PATH "events ", 9, NULL},
	{"permit", PERMIT, OK("{\"permit_id\":\"p-1\"}"), 0, "POST " PATH "permits ", 0, "p-1"},
	{"permit refused", PERMIT, PROBLEM("403 No", "guard.data"), ERR_GUARD_DATA,
	 "POST " PATH "permits ", 0, ""},
	{"next", NEXT, OK("{\"payload\":\"x\"}"), 0, "GET " PATH "next?wait=30&after=7 ", 15,
	 "{\"payload\":\"x\"}"},
	{"nothing to do", NEXT, "HTTP/1.1 204 No Content\r\n\r\n", 0, "GET " PATH "next?", 0, NULL},
	{"next, session over", NEXT, PROBLEM("410 Gone", "session.over"), ERR_SESSION_OVER,
	 "GET " PATH "next?", -1, NULL},
	{"next, cut off", NEXT, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc", ERR_HTTP,
	 "GET " PATH "next?", -1, NULL},
	{"next, a redirect", NEXT,
	 "HTTP/1.1 302 Found\r\nLocation: http://elsewhere/\r\nContent-Length: 0\r\n\r\n",
	 ERR_HTTP_STATUS, "GET " PATH "next?", -1, NULL},
};

static void check_request(const char *row, const char *wanted)
{
	autofree char *request = NULL;
	size_t n = 0;

	CHECK_ERR(row, file_read(request_path, 65536, &request, &n, NULL), 0);
	if (!str_starts(request, wanted))
		fail_msg("row '%s': the request is '%.80s'", row, request);
	CHECK(row, strstr(request, "\r\nX-Front: played\r\n"));
}

static void test_calls(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const char *row = rows[i].name;
		struct link l = open_link();
		struct err err = ERR_INIT;
		autofree char *text = NULL;
		int64_t number;

		serve(rows[i].reply);
		CHECK_ERR(row, call(&l, rows[i].call, &number, &text, &err), rows[i].code);
		check_request(row, rows[i].request);
		CHECK_INT(row, l.status,
			  rows[i].code == ERR_HTTP ? 0 : strtol(rows[i].reply + 9, NULL, 10));
		if (rows[i].number >= 0)
			CHECK_INT(row, number, rows[i].number);
		if (rows[i].text)
			CHECK_STR(row, text, rows[i].text);
		else
			CHECK(row, !text);
		link_close(&l);
		CHECK(row, !l.http);
	}
}

/* Nobody there: an error of its own, not a wait. */
static void test_no_server(void **state)
{
	struct link l = open_link();
	struct heartbeat_request request = {.epoch = 1};
	struct heartbeat_reply reply;

	(void)state;
	end_server();
	(void)unlink(socket_path);
	assert_int_equal(link_heartbeat(&l, &request, &reply, NULL), -ERR_HTTP);
	link_close(&l);
}

/* A request that is sent again asks for the same session; a new one never does. */
static void test_nonce(void **state)
{
	struct link l = open_link();
	struct session_request first = {0}, second = {0};
	char nonce[65];

	(void)state;
	serve(SESSION("2031-01-01T00:00:00Z"));
	assert_int_equal(link_start_session(&l, &first, NULL), 0);
	(void)str_copy(nonce, sizeof(nonce), l.nonce);
	serve(SESSION("2031-01-01T00:00:00Z"));
	assert_int_equal(link_start_session(&l, &first, NULL), 0);
	assert_string_equal(l.nonce, nonce);
	serve(SESSION("2031-01-01T00:00:00Z"));
	assert_int_equal(link_start_session(&l, &second, NULL), 0);
	assert_string_not_equal(l.nonce, nonce);
	link_close(&l);
}

/* C-01: The server's clock is the agent's from the first session on, whatever the chip says. */
static void test_clock(void **state)
{
	struct link l = open_link();
	struct session_request request = {0};
	int64_t wall_us = time_wall_us(), then_us;

	(void)state;
	assert_true(llabs(link_wall_us(&l) - wall_us) < 10000000);
	assert_true(time_parse_rfc3339("2031-01-01T00:00:00Z", &then_us));
	serve(SESSION("2031-01-01T00:00:00Z"));
	assert_int_equal(link_start_session(&l, &request, NULL), 0);
	assert_true(llabs(link_wall_us(&l) - then_us) < 10000000);
	assert_int_equal(strlen(l.nonce), 64);
	link_close(&l);
}

/* What cannot be a connection is refused before anything is sent. */
static void test_open(void **state)
{
	static const struct {
		const char *name, *server, *pin;
		bool works;
	} opens[] = {
		{"pinned", "https://10.0.0.1",
		 "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", true},
		{"a pin over plain HTTP", "http://10.0.0.1",
		 "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", false},
		{"another scheme", "ftp://10.0.0.1",
		 "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", false},
		{"a pin of another kind", "https://10.0.0.1", "md5//AAAA", false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(opens); i++) {
		const struct link_options o = {.server = opens[i].server,
					       .pin = opens[i].pin,
					       .key_path = "/dev/null",
					       .cert_path = "/dev/null"};
		struct link l = {0};
		struct err err = ERR_INIT;

		CHECK_INT(opens[i].name, link_open(&l, &o, &err) == 0, opens[i].works);
		CHECK_INT(opens[i].name, l.http != NULL, opens[i].works);
		CHECK_INT(opens[i].name, err.code == 0, opens[i].works);
		link_close(&l);
	}
}

static bool goes_on(void *arg)
{
	unsigned *left = arg;

	return (*left)-- > 0;
}

/* While the server restarts it is asked again; what it refuses is not. */
static void test_a_permit_is_asked_for_until_somebody_judges(void **state)
{
#define AWAY  REPLY("502 Bad Gateway", "octet-stream", "<html>")
#define BUSY  PROBLEM("503 Busy", "server.busy")
#define GIVEN OK("{\"permit_id\":\"p-1\"}")
	static const struct {
		const char *name;
		const char *replies[4];
		size_t n;
		unsigned patience; /* answers that may be waited for */
		enum err_code code;
		const char *permit;
	} cases[] = {
		{"at once", {GIVEN}, 1, 9, 0, "p-1"},
		{"behind a gateway", {AWAY, AWAY, GIVEN}, 3, 9, 0, "p-1"},
		{"busy, then refused",
		 {BUSY, PROBLEM("403 No", "guard.arm.used")},
		 2,
		 9,
		 ERR_GUARD_ARM_USED,
		 ""},
		{"stopped meanwhile", {AWAY, AWAY, GIVEN}, 3, 1, ERR_HTTP, ""},
	};
	const struct permit_request request = {.epoch = 3, .plan_id = "plan-1", .arm_id = "arm-1"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		unsigned left = cases[i].patience;
		const struct link_patience patience = {60000, goes_on, &left};
		struct permit_reply reply = {0};
		struct err err = ERR_INIT;

		serve_all(cases[i].replies, cases[i].n);
		struct link l = open_link();
		CHECK_ERR(cases[i].name, link_permit(&l, &request, &patience, &reply, &err),
			  cases[i].code);
		CHECK_STR(cases[i].name, reply.permit_id, cases[i].permit);
		link_close(&l);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_calls),
		cmocka_unit_test(test_no_server),
		cmocka_unit_test(test_nonce),
		cmocka_unit_test(test_clock),
		cmocka_unit_test(test_open),
		cmocka_unit_test(test_a_permit_is_asked_for_until_somebody_judges),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
