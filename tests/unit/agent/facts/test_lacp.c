/* SPDX-License-Identifier: Apache-2.0 */
/*
 * LACP of switch ports: frames as switches send them, frames that are none, what the screen says of
 * them, and that they come in through the agent's own socket over a cable (root, else that test skips).
 */
#include <tests/harness/check.h>

#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include <agent/facts/lacp.h>
#include <agent/facts/neighbours.h>
#include <base/clock.h>
#include <base/process.h>

#define FRAME_BYTES 124
#define SYNC_AND_UP 0x3d
#define WAITING     0x47 /* active, fast, aggregation, defaulted */

static void make(uint8_t state, uint8_t p[static FRAME_BYTES])
{
	static const uint8_t head[] = {0x01, 0x80, 0xc2, 0,    0,    0x02, 0x00, 0x1c,
				       0x73, 0xaa, 0xbb, 0x01, 0x88, 0x09, 0x01, 0x01,
				       0x01, 0x14, 0x80, 0,    0x00, 0x1c, 0x73, 0xaa,
				       0xbb, 0x00, 0,    10,   0x80, 0,    0,    7};

	memset(p, 0, FRAME_BYTES);
	memcpy(p, head, sizeof(head));
	p[sizeof(head)] = state;
	p[36] = 2; /* the partner, of whom it knows nothing */
	p[37] = 0x14;
}

static void test_frames(void **state)
{
	static const struct {
		const char *name;
		uint8_t state;
		bool waits;
	} rows[] = {
		{"waits", WAITING, true},
		{"is up", SYNC_AND_UP, false},
		{"collects and does not send", 0x1d, true},
		{"sends and does not collect", 0x2d, true},
		{"passive", 0x04, true},
	};
	uint8_t p[FRAME_BYTES];
	struct lacp_port port;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		make(rows[i].state, p);
		CHECK_INT(rows[i].name, lacp_parse(p, sizeof(p), &port), true);
		CHECK_STR(rows[i].name, port.system, "00:1c:73:aa:bb:00");
		CHECK_INT(rows[i].name, port.key, 10);
		CHECK_INT(rows[i].name, port.port, 7);
		CHECK_INT(rows[i].name, port.waits, rows[i].waits);
	}
}

static void test_not_lacp(void **state)
{
	static const struct {
		const char *name;
		size_t at;
		uint8_t byte;
	} rows[] = {
		{"LLDP", 13, 0xcc},
		{"the marker protocol", 14, 2},
		{"OAM", 14, 3},
		{"version 0", 15, 0},
		{"another first part", 16, 2},
		{"of another length", 17, 0x13},
		{"a group as system", 20, 1},
	};
	uint8_t p[FRAME_BYTES];
	struct lacp_port port;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		make(WAITING, p);
		p[rows[i].at] = rows[i].byte;
		CHECK_INT(rows[i].name, lacp_parse(p, sizeof(p), &port), false);
	}
	make(WAITING, p);
	for (size_t n = 0; n < 36; n++)
		CHECK_INT("cut", lacp_parse(p, n, &port), false);
	p[15] = 2; /* a newer version */
	assert_true(lacp_parse(p, sizeof(p), &port));
}

static void need_advice(const struct lacp_ports *ports, const char *wanted)
{
	struct str out;

	str_init(&out, 4096);
	lacp_ports_advise(ports, &out);
	if (*wanted ? !strstr(out.p, wanted) : out.n_bytes != 0)
		fail_msg("'%s' is not in '%s'", wanted, out.p);
	str_done(&out);
}

static void test_advice(void **state)
{
	struct lacp_ports ports = {0};
	uint8_t p[FRAME_BYTES];

	(void)state;
	make(WAITING, p);
	assert_true(lacp_ports_heard(&ports, "eth0", p, sizeof(p), 1000));
	assert_false(lacp_ports_heard(&ports, "eth0", p, sizeof(p), 2000)); /* nothing new */
	need_advice(&ports,
		    "eth0: port 7 of switch 00:1c:73:aa:bb:00 waits for LACP (group 10).\n");
	need_advice(&ports, "fallback");
	lacp_ports_forget(&ports, 2000 + 89999);
	assert_int_equal(ports.n, 1);
	make(SYNC_AND_UP, p);
	assert_true(lacp_ports_heard(&ports, "eth0", p, sizeof(p), 3000));
	need_advice(&ports, "");
	lacp_ports_forget(&ports, 3000 + 90000);
	assert_int_equal(ports.n, 0);
}

/* However many cards there are, and whatever they are called. */
static void test_many_cards(void **state)
{
	struct lacp_ports ports = {0};
	uint8_t p[FRAME_BYTES];
	char nic[64];

	(void)state;
	make(WAITING, p);
	for (int i = 0; i < LACP_PORTS_MAX + 5; i++) {
		(void)snprintf(nic, sizeof(nic), "eth%d", i);
		CHECK_INT(nic, lacp_ports_heard(&ports, nic, p, sizeof(p), 0), i < LACP_PORTS_MAX);
	}
	ports.n = 0;
	assert_false(lacp_ports_heard(&ports, "a-name-that-is-longer-than-any-card-has", p,
				      sizeof(p), 0));
}

static void ip(const char *const *argv)
{
	assert_int_equal(process_check(argv, 10000, NULL), 0);
}

static void send_frame(const char *nic, const uint8_t *p, size_t n_bytes)
{
	struct sockaddr_ll to = {.sll_family = AF_PACKET, .sll_ifindex = (int)if_nametoindex(nic)};
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(sendto(fd, p, n_bytes, 0, (struct sockaddr *)&to, sizeof(to)), n_bytes);
	close(fd);
}

static void test_over_a_cable(void **state)
{
	static const char *const add[] = {"ip",   "link", "add",  "host0",   "type",
					  "veth", "peer", "name", "switch0", NULL};
	static const char *const up0[] = {"ip", "link", "set", "host0", "up", NULL};
	static const char *const up1[] = {"ip", "link", "set", "switch0", "up", NULL};
	struct neighbours n;
	uint8_t p[FRAME_BYTES];

	(void)state;
	if (geteuid() != 0 || unshare(CLONE_NEWNET) < 0)
		skip();
	ip(add);
	ip(up0);
	ip(up1);
	assert_int_equal(neighbours_open(&n, NULL), 0);
	neighbours_listen(&n, 5000);
	make(WAITING, p);
	send_frame("switch0", p, sizeof(p));
	for (int i = 0; i < 100 && !n.lacp_news; i++) {
		neighbours_listen(&n, 5000);
		usleep(20000);
	}
	assert_true(n.lacp_news);
	need_advice(&n.lacp, "host0: port 7");
	assert_int_equal(n.lacp.n, 1); /* what this machine sent is not heard */
	neighbours_close(&n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_frames),       cmocka_unit_test(test_not_lacp),
		cmocka_unit_test(test_advice),       cmocka_unit_test(test_many_cards),
		cmocka_unit_test(test_over_a_cable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
