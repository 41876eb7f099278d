/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a webhook may go: kinds of addresses, IPv4 inside IPv6, the operator's list, and URLs whose
 * host is an address in one of the forms that libcurl reads.
 */
#include "tests/harness/check.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>
#include <base/str.h>
#include "provisioner/server/flow/outbound.h"

static struct outbound allowing(const char *words)
{
	struct outbound o;
	struct err err = ERR_INIT;

	assert_int_equal(outbound_parse(words, &o, &err), 0);
	return o;
}

static int check_text(const struct outbound *o, const char *text, struct err *err)
{
	struct sockaddr_in in = {.sin_family = AF_INET};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};

	if (inet_pton(AF_INET, text, &in.sin_addr) == 1)
		return outbound_check(o, (const struct sockaddr *)&in, err);
	assert_int_equal(inet_pton(AF_INET6, text, &in6.sin6_addr), 1);
	return outbound_check(o, (const struct sockaddr *)&in6, err);
}

static void test_addresses(void **state)
{
	static const struct {
		const char *name, *allow;
		int code;
		const char *says;
	} rows[] = {
		{"10.1.2.3", "", 0, ""},
		{"172.16.0.1", "", 0, ""},
		{"192.168.0.1", "", 0, ""},
		{"203.0.113.9", "", 0, ""},
		{"fd00::1", "", 0, ""},
		{"2001:db8::1", "", 0, ""},
		{"::ffff:10.1.2.3", "", 0, ""},
		{"64:ff9b::a01:203", "", 0, ""},
		{"0.0.0.0", "", ERR_OUTBOUND, "this machine"},
		{"0.1.2.3", "", ERR_OUTBOUND, "this machine"},
		{"127.0.0.1", "", ERR_OUTBOUND, "127.0.0.1 (loopback)"},
		{"127.255.255.255", "", ERR_OUTBOUND, "loopback"},
		{"128.0.0.1", "", 0, ""},
		{"169.254.169.254", "", ERR_OUTBOUND, "link-local"},
		{"169.253.0.1", "", 0, ""},
		{"224.0.0.251", "", ERR_OUTBOUND, "multicast"},
		{"255.255.255.255", "", ERR_OUTBOUND, "reserved"},
		{"::", "", ERR_OUTBOUND, "this machine"},
		{"::1", "", ERR_OUTBOUND, "::1 (loopback)"},
		{"::ffff:127.0.0.1", "", ERR_OUTBOUND, "127.0.0.1 (loopback)"},
		{"::127.0.0.1", "", ERR_OUTBOUND, "127.0.0.1 (loopback)"},
		{"64:ff9b::7f00:1", "", ERR_OUTBOUND, "127.0.0.1 (loopback)"},
		{"64:ff9b::a9fe:a9fe", "", ERR_OUTBOUND, "169.254.169.254 (link-local)"},
		{"64:ff9b:1::1", "", ERR_OUTBOUND, "NAT64"},
		{"2002:7f00:1::", "", ERR_OUTBOUND, "127.0.0.1 (loopback)"},
		{"2001::1", "", ERR_OUTBOUND, "Teredo"},
		{"fe80::1", "", ERR_OUTBOUND, "link-local"},
		{"febf::1", "", ERR_OUTBOUND, "link-local"},
		{"fec0::1", "", ERR_OUTBOUND, "site-local"},
		{"ff02::1", "", ERR_OUTBOUND, "multicast"},
		{"127.0.0.1", "127.0.0.1", 0, ""},
		{"127.0.0.2", "127.0.0.1", ERR_OUTBOUND, "loopback"},
		{"127.0.0.2", "10.0.0.0/8 ::1, 127.0.0.0/30", 0, ""},
		{"127.0.0.4", "127.0.0.0/30", ERR_OUTBOUND, "loopback"},
		{"::ffff:127.0.0.1", "127.0.0.1/32", 0, ""},
		{"::1", "127.0.0.0/8", ERR_OUTBOUND, "loopback"},
		{"fe80::9", "fe80::/10", 0, ""},
		{"::1", "::/0", 0, ""},
		{"127.0.0.1", "0.0.0.0/0", 0, ""},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct outbound o = allowing(rows[i].allow);
		struct err err = ERR_INIT;
		CHECK_ERR(rows[i].name, check_text(&o, rows[i].name, &err), rows[i].code);
		CHECK(rows[i].name, strstr(err.msg, rows[i].says) != NULL);
	}
}

/* In a network of its own, with an address that nobody else has. */
static void test_own(void **state)
{
	struct outbound none = allowing(""), some = allowing("10.98.0.1");
	struct err err = ERR_INIT;
	struct ifreq r = {.ifr_name = "lo"};
	struct sockaddr_in own = {.sin_family = AF_INET};

	(void)state;
	if (unshare(CLONE_NEWNET) < 0)
		skip();
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	CHECK_ERR("before", check_text(&none, "10.98.0.1", &err), 0);
	assert_int_equal(inet_pton(AF_INET, "10.98.0.1", &own.sin_addr), 1);
	memcpy(&r.ifr_addr, &own, sizeof(own));
	assert_int_equal(ioctl(fd, SIOCSIFADDR, &r), 0);
	close(fd);
	CHECK_ERR("its own", check_text(&none, "10.98.0.1", &err), ERR_OUTBOUND);
	CHECK("its own", strstr(err.msg, "10.98.0.1 (this machine)") != NULL);
	err_clear(&err);
	CHECK_ERR("a neighbour", check_text(&none, "10.98.0.2", &err), 0);
	CHECK_ERR("inside IPv6", check_text(&none, "::ffff:10.98.0.1", &err), ERR_OUTBOUND);
	err_clear(&err);
	CHECK_ERR("what is allowed", check_text(&some, "10.98.0.1", &err), 0);
}

static void test_other_families(void **state)
{
	struct outbound o = allowing("0.0.0.0/0 ::/0");
	struct sockaddr local = {.sa_family = AF_UNIX};
	struct err err = ERR_INIT;

	(void)state;
	CHECK_ERR("a unix socket", outbound_check(&o, &local, &err), ERR_OUTBOUND);
	err_clear(&err);
	CHECK_ERR("none", outbound_check(&o, NULL, &err), ERR_OUTBOUND);
}

static void test_list(void **state)
{
	static const struct {
		const char *name;
		int code;
	} rows[] = {
		{"", 0},
		{"  ,, ", 0},
		{"10.0.0.0/8,192.168.0.1  fd00::/8", 0},
		{"localhost", ERR_CONFIG},
		{"127.0.0.1/33", ERR_CONFIG},
		{"::1/129", ERR_CONFIG},
		{"127.0.0.1/-1", ERR_CONFIG},
		{"127.0.0.1/x", ERR_CONFIG},
		{"127.0.0.1/00000000000", ERR_CONFIG},
		{"/8", ERR_CONFIG},
		{"127.0.0.1/", ERR_CONFIG},
		{"10.0.0.0/8/8", ERR_CONFIG},
	};
	char many[33 * 8 + 1] = "";

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct outbound o;
		struct err err = ERR_INIT;
		CHECK_ERR(rows[i].name, outbound_parse(rows[i].name, &o, &err), rows[i].code);
	}
	for (size_t i = 0; i <= OUTBOUND_NETWORKS_MAX; i++)
		memcpy(many + i * 8, "1.2.3.4 ", 9);
	struct outbound o;
	struct err err = ERR_INIT;
	CHECK_ERR("too many", outbound_parse(many, &o, &err), ERR_CONFIG);
}

static void test_urls(void **state)
{
	static const struct {
		const char *name;
		int code;
	} rows[] = {
		{"http://receiver.example:8080/x?y=1", 0},
		{"https://10.0.0.5/", 0},
		{"http://[fd00::5]:80/", 0},
		{"http://localhost.example/", 0},
		{"http://127.0.0.1/", ERR_OUTBOUND},
		{"http://127.1/", ERR_OUTBOUND},
		{"http://2130706433/", ERR_OUTBOUND},
		{"http://0x7f000001/", ERR_OUTBOUND},
		{"http://0177.0.0.1:80/", ERR_OUTBOUND},
		{"http://0/", ERR_OUTBOUND},
		{"http://%31%32%37.0.0.1/", ERR_OUTBOUND},
		{"http://127.0.0.1./", ERR_OUTBOUND},
		{"https://[::1]/", ERR_OUTBOUND},
		{"https://[::ffff:7f00:1]/", ERR_OUTBOUND},
		{"http://[fe80::1%25eth0]/", ERR_OUTBOUND},
		{"http://localhost/", ERR_OUTBOUND},
		{"http://LocalHost.:80/", ERR_OUTBOUND},
		{"http://a.localhost/", ERR_OUTBOUND},
		{"http://[1/", ERR_INVALID},
		{"http://x:99999/", ERR_INVALID},
		{"", ERR_INVALID},
	};
	struct outbound o = allowing("");

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct err err = ERR_INIT;
		CHECK_ERR(rows[i].name, outbound_check_url(&o, rows[i].name, &err), rows[i].code);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_addresses),      cmocka_unit_test(test_own),
		cmocka_unit_test(test_other_families), cmocka_unit_test(test_list),
		cmocka_unit_test(test_urls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
