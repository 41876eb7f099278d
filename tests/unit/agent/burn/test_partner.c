/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bytes between two hosts under test, over the loopback: the right ticket, another one, an end that
 * is busy, that is not there, that never answers, and a sender that must stop.
 */
#include <tests/harness/check.h>

#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <base/clock.h>
#include <agent/burn/partner.h>
#include <proto/session.h>

static char ticket[65], other_ticket[65];
static struct child taker;
static uint16_t port;
static bool goes_on;

static int setup(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	goes_on = true;
	partner_ticket("run-1", ticket);
	partner_ticket("run-2", other_ticket);
	return partner_take_start(0, ticket, &taker, &port, &err);
}

static int teardown(void **state)
{
	(void)state;
	partner_take_stop(&taker);
	return 0;
}

static bool tick(void *arg)
{
	(void)arg;
	return goes_on;
}

static int send_to(const char *address, const char *with, int64_t *ret_mbps, struct err *err)
{
	const struct partner_send s = {
		.address = address, .port = port, .ticket = with, .for_ms = 150, .tick = tick};

	*err = ERR_INIT;
	*ret_mbps = -1;
	return partner_send(&s, ret_mbps, err);
}

static void test_send(void **state)
{
	static const char *const addresses[] = {"127.0.0.1", "::1"};
	struct err err;
	int64_t mbps;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(addresses); i++) {
		int64_t before_ms = time_boot_ms();

		CHECK_INT(addresses[i], send_to(addresses[i], ticket, &mbps, &err), 0);
		CHECK_INT(addresses[i], mbps > 0, true);
		CHECK_INT(addresses[i], time_boot_ms() - before_ms >= 150, true);
	}
}

static void test_refused(void **state)
{
	struct err err;
	int64_t mbps;

	(void)state;
	assert_int_equal(send_to("127.0.0.1", other_ticket, &mbps, &err), -ERR_INVALID);
	assert_int_equal(send_to("10.0.0", ticket, &mbps, &err), -ERR_INVALID);
	assert_int_equal(send_to("localhost", ticket, &mbps, &err), -ERR_INVALID);
	goes_on = false;
	assert_int_equal(send_to("127.0.0.1", ticket, &mbps, &err), -ERR_CANCELLED);
	goes_on = true;
	assert_int_equal(send_to("127.0.0.1", ticket, &mbps, &err), 0);
	partner_take_stop(&taker);
	assert_int_equal(send_to("127.0.0.1", ticket, &mbps, &err), -ERR_SYS);
	assert_int_equal(mbps, -1);
}

/* Connections with the right ticket that stay open. */
static int hold(void)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
				 .sin_port = htons(port),
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char answer = 0;

	assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
	assert_int_equal(send(fd, ticket, 64, 0), 64);
	assert_int_equal(recv(fd, &answer, 1, 0), 1);
	assert_int_equal(answer, '+');
	return fd;
}

static void test_busy(void **state)
{
	int fds[PARTNER_TAKES_MAX];
	struct err err;
	int64_t mbps;

	(void)state;
	for (size_t i = 0; i < PARTNER_TAKES_MAX; i++)
		fds[i] = hold();
	assert_int_equal(send_to("127.0.0.1", ticket, &mbps, &err), -ERR_BUSY);
	for (size_t i = 0; i < PARTNER_TAKES_MAX; i++)
		close(fds[i]);
	/* Its place is free once it has seen the end. */
	for (int i = 0; i < 50 && send_to("127.0.0.1", ticket, &mbps, &err) < 0; i++)
		usleep(20000);
	assert_int_equal(err.code, 0);
}

static void test_own_port(void **state)
{
	char name[33];

	(void)state;
	assert_true(partner_port_to("127.0.0.1", name));
	assert_string_equal(name, "lo");
	assert_false(partner_port_to("not an address", name));
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {T(test_send), T(test_refused), T(test_busy),
					   T(test_own_port)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
