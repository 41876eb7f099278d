/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is heard from switches gets into facts documents, at once or later; and the frames of a real
 * lldpd, over a cable between two network namespaces' ends (root and lldpd, else that test skips).
 */
#include <tests/harness/check.h>

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <base/clock.h>
#include <base/file.h>
#include <base/child.h>
#include <base/process.h>
#include <base/str.h>
#include <agent/facts/neighbours.h>

#define SECOND 1000

/* Chassis and port of one letter each. */
static void hear(struct neighbours *n, const char *nic, char port, uint8_t ttl_s, int64_t now_ms)
{
	uint8_t frame[] = {1, 0x80, 0xc2, 0,   0, 0x0e, 2, 0, 0, 0, 0, 1, 0x88, 0xcc,
			   2, 2,    7,    'c', 4, 2,    5, 0, 6, 2, 0, 0, 0,    0};

	frame[21] = (uint8_t)port;
	frame[25] = ttl_s;
	neighbours_heard(n, nic, frame, sizeof(frame), now_ms);
}

static json_t *facts_of_two_cards(void)
{
	return json_pack("{s:[{s:s}, {s:s}]}", "nics", "Name", "eth0", "Name", "eth1");
}

/* "eth0=a eth1=-": the port of each card. */
static char *ports_of(const json_t *facts)
{
	struct str s;
	json_t *nic;
	size_t i;

	str_init(&s, 200);
	json_array_foreach (json_object_get(facts, "nics"), i, nic) {
		const char *port = json_string_value(
			json_object_get(json_object_get(nic, "lldp"), "PortId"));

		str_addf(&s, "%s%s=%s", i ? " " : "",
			 json_string_value(json_object_get(nic, "Name")), port ? port : "-");
	}
	return str_take(&s);
}

static void need_ports(const char *row, const json_t *facts, const char *wanted)
{
	autofree char *got = ports_of(facts);

	CHECK_STR(row, got, wanted);
}

static void need_news(const char *row, struct neighbours *n, int64_t now_ms, const char *wanted)
{
	autojson json_t *facts = neighbours_news(n, now_ms);

	CHECK_INT(row, facts != NULL, wanted != NULL);
	if (facts)
		need_ports(row, facts, wanted);
}

static void test_facts_get_what_is_known(void **state)
{
	struct facts_nic nics[] = {{.name = "eth0"}, {.name = "eth1", .lldp = {.port_id = "old"}}};
	struct neighbours n = {.fd = -1};
	autojson json_t *facts = facts_of_two_cards();

	(void)state;
	need_news("no facts yet", &n, 0, NULL);
	hear(&n, "eth0", 'a', 120, 0);
	hear(&n, "eth7", 'x', 120, 0); /* no card of the document */
	need_news("still none", &n, 100 * SECOND, NULL);
	neighbours_add(&n, facts, 100 * SECOND);
	need_ports("at once", facts, "eth0=a eth1=-");
	neighbours_fill(&n, nics, ARRAY_LEN(nics));
	CHECK("a card that heard a switch", nics[0].lldp.port_id[0] == 'a');
	CHECK("a card that heard none", !nics[1].lldp.port_id[0]);
	need_news("nothing new", &n, 101 * SECOND, NULL);
	neighbours_close(&n);
}

static void test_news(void **state)
{
	struct neighbours n = {.fd = -1};
	autojson json_t *facts = facts_of_two_cards();

	(void)state;
	neighbours_add(&n, facts, 0);
	hear(&n, "eth0", 'a', 120, 1 * SECOND);
	need_news("others may follow", &n, 2 * SECOND, NULL);
	hear(&n, "eth1", 'b', 200, 3 * SECOND);
	need_news("both", &n, 6 * SECOND, "eth0=a eth1=b");
	hear(&n, "eth0", 'a', 120, 31 * SECOND);
	need_news("said again", &n, 100 * SECOND, NULL);
	hear(&n, "eth0", 'c', 120, 101 * SECOND);
	need_news("moved", &n, 106 * SECOND, "eth0=c eth1=b");
	hear(&n, "eth0", 'd', 120, 107 * SECOND);
	need_news("not so fast", &n, 112 * SECOND, NULL);
	need_news("later", &n, 166 * SECOND, "eth0=d eth1=b");
	hear(&n, "eth0", 'd', 0, 170 * SECOND);
	need_news("takes its leave", &n, 230 * SECOND, "eth0=- eth1=b");
	neighbours_close(&n);
}

/* Behind a switch that hands on LLDP several are heard on one card. */
static void test_several_on_one_card(void **state)
{
	static const struct {
		char chassis, port;
		bool is_switch;
		int at_s;
		const char *ports;
	} frames[] = {
		{'h', 'a', false, 1, "eth0=a eth1=-"}, /* another host */
		{'i', 'b', false, 2, "eth0=a eth1=-"}, /* a third one */
		{'s', 'c', true, 3, "eth0=c eth1=-"},  /* a switch */
		{'h', 'a', false, 31, "eth0=c eth1=-"},  {'t', 'd', true, 32, "eth0=c eth1=-"},
		{'s', 'e', true, 33, "eth0=e eth1=-"},   /* its cable was moved */
		{'h', 'a', false, 153, "eth0=a eth1=-"}, /* the switch is silent */
	};
	struct neighbours n = {.fd = -1};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(frames); i++) {
		autojson json_t *facts = facts_of_two_cards();
		uint8_t frame[] = {1,    0x80,
				   0xc2, 0,
				   0,    0x0e,
				   2,    0,
				   0,    0,
				   0,    1,
				   0x88, 0xcc,
				   2,    2,
				   7,    (uint8_t)frames[i].chassis,
				   4,    2,
				   5,    (uint8_t)frames[i].port,
				   6,    2,
				   0,    120,
				   14,   4,
				   0,    0x94,
				   0,    frames[i].is_switch ? 0x14 : 0x80,
				   0,    0};

		neighbours_heard(&n, "eth0", frame, sizeof(frame), frames[i].at_s * SECOND);
		neighbours_add(&n, facts, frames[i].at_s * SECOND);
		need_ports(frames[i].ports, facts, frames[i].ports);
	}
	neighbours_close(&n);
}

static void test_silence(void **state)
{
	struct neighbours n = {.fd = -1};
	autojson json_t *facts = facts_of_two_cards();

	(void)state;
	assert_int_equal(geteuid() == 0 ? neighbours_open(&n, NULL) : 0, 0);
	hear(&n, "eth0", 'a', 120, 0);
	hear(&n, "eth1", 'b', 60, 0);
	neighbours_add(&n, facts, 0);
	need_ports("both", facts, "eth0=a eth1=b");
	if (n.fd < 0)
		return;
	neighbours_listen(&n, 59 * SECOND);
	assert_int_equal(n.n, 2);
	neighbours_listen(&n, 60 * SECOND);
	need_news("one is silent", &n, 70 * SECOND, "eth0=a eth1=-");
	neighbours_close(&n);
}

/* A flood of cards that are none of ours stops at the table's end. */
static void test_many(void **state)
{
	struct neighbours n = {.fd = -1};

	(void)state;
	for (int i = 0; i < 2 * FACTS_MAX_NICS; i++) {
		char nic[16];

		snprintf(nic, sizeof(nic), "eth%d", i);
		hear(&n, nic, 'a', 120, 0);
	}
	assert_int_equal(n.n, FACTS_MAX_NICS);
	neighbours_close(&n);
}

/* ---- with a real lldpd ----------------------------------------------------------------------- */

static void run(const char *const *argv)
{
	struct err err = ERR_INIT;

	if (process_check(argv, 20000, &err))
		fail_msg("%s: %s", argv[0], err.msg);
}

#define RUN(...) run((const char *const[]){__VA_ARGS__, NULL})

static struct child start_lldpd(const char *config)
{
	static const char text[] = "configure system hostname lab-switch\n"
				   "configure lldp portidsubtype ifname\n"
				   "configure lldp tx-interval 1\n";
	const char *const argv[] = {"/usr/sbin/lldpd",   "-d", "-I",   "port7", "-u",
				    "/run/lldpd.socket", "-O", config, NULL};
	struct child_program o = {.argv = argv, .stdin_fd = -1, .stdout_fd = -1};
	struct child c;

	assert_int_equal(file_write_atomic(config, text, strlen(text), 0644, NULL), 0);
	o.stderr_fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	assert_int_equal(child_spawn(&o, &c, NULL), 0);
	(void)close(o.stderr_fd);
	return c;
}

static void test_a_real_lldpd(void **state)
{
	struct neighbours n;
	autojson json_t *facts = json_pack("{s:[{s:s}]}", "nics", "Name", "card0");
	int64_t deadline_ms;

	(void)state;
	if (geteuid() != 0 || access("/usr/sbin/lldpd", X_OK) < 0) {
		print_message("needs root and lldpd\n");
		skip();
	}
	assert_int_equal(unshare(CLONE_NEWNET | CLONE_NEWNS), 0);
	assert_int_equal(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
	assert_int_equal(mount("tmpfs", "/run", "tmpfs", 0, NULL), 0);
	assert_int_equal(file_make_dirs("/run/lldpd", 0755, NULL), 0);
	RUN("ip", "link", "add", "card0", "type", "veth", "peer", "name", "port7");
	RUN("ip", "link", "set", "card0", "up");
	RUN("ip", "link", "set", "port7", "up");
	assert_int_equal(neighbours_open(&n, NULL), 0);
	struct child lldpd = start_lldpd("/run/lldpd.conf");
	deadline_ms = time_boot_ms() + 20000;
	while (time_boot_ms() < deadline_ms && (!n.n || !str_eq(n.items[0].lldp.port_id, "port7") ||
						!str_eq(n.items[0].lldp.sys_name, "lab-switch"))) {
		neighbours_listen(&n, time_boot_ms());
		(void)usleep(20000);
	}
	child_signal(&lldpd, SIGTERM);
	(void)child_reap(&lldpd);
	neighbours_add(&n, facts, time_boot_ms());
	need_ports("lldpd", facts, "card0=port7");
	assert_string_equal(n.items[0].lldp.sys_name, "lab-switch");
	assert_int_equal(strlen(n.items[0].lldp.chassis_id), 17);
	neighbours_close(&n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_facts_get_what_is_known),
		cmocka_unit_test(test_news),
		cmocka_unit_test(test_several_on_one_card),
		cmocka_unit_test(test_silence),
		cmocka_unit_test(test_many),
		cmocka_unit_test(
			test_a_real_lldpd), /* last: it leaves this process a network of its own */
	};

	return cmocka_run_group_tests_name("agent/neighbours", tests, NULL, NULL);
}
