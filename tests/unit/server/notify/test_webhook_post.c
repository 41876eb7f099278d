/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One POST on the event loop, to a listener of the test's own: what may be reached is asked for, and
 * a refused address is never connected to, whatever name or form the URL has for it.
 */
#include "tests/harness/check.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <systemd/sd-event.h>
#include <unistd.h>
#include <base/str.h>
#include "provisioner/server/flow/outbound.h"
#include "provisioner/server/notify/webhook_post.h"

struct end {
	bool over;
	int status;
	char why[256];
};

static int listener, port;

static int setup(void **state)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	socklen_t n = sizeof(at);

	(void)state;
	listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (listener < 0 || bind(listener, (const struct sockaddr *)&at, n) < 0 ||
	    listen(listener, 8) < 0 || getsockname(listener, (struct sockaddr *)&at, &n) < 0)
		return -1;
	port = ntohs(at.sin_port);
	return 0;
}

static void on_end(void *arg, int status, const char *why)
{
	struct end *end = arg;

	end->over = true;
	end->status = status;
	(void)str_copy(end->why, sizeof(end->why), why);
}

static bool is_ready(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	return poll(&p, 1, 0) > 0;
}

/* Takes a connection or answers the one that it has; true for a new one. It never waits: the other
 * end is on the same thread. */
static bool serve(int *fd, const char *answer)
{
	char request[4096];

	if (*fd < 0 && is_ready(listener)) {
		*fd = accept(listener, NULL, NULL);
		assert_true(*fd >= 0);
		return true;
	}
	if (*fd >= 0 && is_ready(*fd)) {
		assert_true(read(*fd, request, sizeof(request)) > 0);
		assert_int_equal(write(*fd, answer, strlen(answer)), (ssize_t)strlen(answer));
		close(*fd);
		*fd = -1;
	}
	return false;
}

/* Returns how many connections came. */
static int post(const char *url, const char *allow, const char *answer, struct end *end)
{
	struct outbound outbound;
	struct err err = ERR_INIT;
	struct webhook_post *w = NULL;
	sd_event *event = NULL;
	int n = 0, fd = -1;

	assert_int_equal(outbound_parse(allow, &outbound, &err), 0);
	assert_true(sd_event_new(&event) >= 0);
	assert_int_equal(webhook_post_new(event, &outbound, &w, &err), 0);
	struct webhook_post_call call = {
		.url = url, .body = "{}", .timeout_ms = 5000, .end = on_end, .arg = end};
	assert_int_equal(webhook_post_start(w, &call, &err), 0);
	while (!end->over) {
		assert_true(sd_event_run(event, 20000) >= 0);
		n += serve(&fd, answer);
	}
	n += serve(&fd, answer);
	webhook_post_free(w);
	sd_event_unref(event);
	return n;
}

static void test_addresses(void **state)
{
	static const char ok[] = "HTTP/1.1 204 No\r\nConnection: close\r\n\r\n";
	static const char away[] =
		"HTTP/1.1 302 Found\r\nLocation: /x\r\nConnection: close\r\n\r\n";

	static const struct {
		const char *name, *host, *allow, *answer;
		int connections, status;
		const char *why;
	} rows[] = {
		{"what is allowed", "127.0.0.1", "127.0.0.1", ok, 1, 204, ""},
		{"by a name", "localhost", "127.0.0.1 ::1", ok, 1, 204, ""},
		{"a redirect ends there", "127.0.0.1", "127.0.0.1", away, 1, 302, ""},
		{"loopback", "127.0.0.1", "", ok, 0, 0, "127.0.0.1 (loopback) is not allowed"},
		{"as a number", "2130706433", "", ok, 0, 0, "127.0.0.1 (loopback)"},
		{"inside IPv6", "[::ffff:127.0.0.1]", "", ok, 0, 0, "127.0.0.1 (loopback)"},
		{"a name of it", "localhost", "", ok, 0, 0, "(loopback) is not allowed"},
		{"another is allowed", "127.0.0.1", "127.0.0.2", ok, 0, 0, "(loopback)"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct end end = {0};
		autofree char *url = xasprintf("http://%s:%d/", rows[i].host, port);
		CHECK_INT(rows[i].name, post(url, rows[i].allow, rows[i].answer, &end),
			  rows[i].connections);
		CHECK_INT(rows[i].name, end.status, rows[i].status);
		CHECK(rows[i].name, strstr(end.why, rows[i].why) != NULL);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_addresses)};

	return cmocka_run_group_tests(tests, setup, NULL);
}
