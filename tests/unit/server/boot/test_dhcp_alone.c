/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Firmware that gets no further than DHCP, from dnsmasq's own lines: who is listed after a minute, with
 * what to look at and since when, and who is not.
 */
#include <tests/harness/check.h>

#include <stdlib.h>

#include <base/str.h>
#include <server/boot/dhcp_alone.h>
#include <server/flow/sightings.h>

#define SECOND_US 1000000LL
#define FIRST_US  (1000 * SECOND_US)
#define FIRMWARE  "dnsmasq-dhcp: 7 vendor class: PXEClient:Arch:00007:UNDI:003016"
#define DISCOVER  "dnsmasq-dhcp: 7 DHCPDISCOVER(eno2) 52:54:00:aa:00:01"
#define OFFER     "dnsmasq-dhcp: 7 DHCPOFFER(eno2) 10.20.0.101 52:54:00:aa:00:01"
#define ACK       "dnsmasq-dhcp: 7 DHCPACK(eno2) 10.20.0.101 52:54:00:aa:00:01"
#define SYSTEM    "dnsmasq-dhcp: 7 vendor class: MSFT 5.0"

/* ---- neighbours ------------------------------------------------------------------------------ */

static int64_t now_us;
static struct seen_host listed;
static unsigned n_listed;

int64_t flow_now_us(const struct flow *flow)
{
	(void)flow;
	return now_us;
}

void sightings_seen(struct flow *flow, const struct seen_host *h)
{
	(void)flow;
	listed = *h;
	n_listed++;
}

/* ---- lines ----------------------------------------------------------------------------------- */

static void say(struct dhcp_alone *d, const char *line)
{
	struct dnsmasq_client client;
	struct dnsmasq_line l;

	if (dnsmasq_client_parse(line, &client))
		dhcp_alone_client(d, &client);
	else if (dnsmasq_line_parse(line, &l))
		dhcp_alone_message(d, &l);
}

static void test_who_is_listed(void **state)
{
	static const struct {
		const char *name;
		const char *lines[5];
		const char *asked; /* the MAC that asks what to boot, or NULL */
		int seconds;
		unsigned n;
		const char *answer, *address;
	} rows[] = {
		{"no address",
		 {FIRMWARE, DISCOVER},
		 NULL,
		 61,
		 1,
		 "asked for an address and took none",
		 ""},
		{"an offer that is not taken",
		 {FIRMWARE, DISCOVER, OFFER},
		 NULL,
		 61,
		 1,
		 "asked for an address and took none",
		 "10.20.0.101"},
		{"an address, and no loader",
		 {FIRMWARE, DISCOVER, OFFER, ACK},
		 NULL,
		 61,
		 1,
		 "has an address and never asked what to boot",
		 "10.20.0.101"},
		{"within the minute", {FIRMWARE, DISCOVER}, NULL, 59, 0, "", ""},
		{"it asked what to boot",
		 {FIRMWARE, DISCOVER, ACK},
		 "52:54:00:aa:00:01",
		 61,
		 0,
		 "",
		 ""},
		{"another one asked",
		 {FIRMWARE, DISCOVER, ACK},
		 "52:54:00:aa:00:02",
		 61,
		 1,
		 "has an address and never asked",
		 "10.20.0.101"},
		{"an installed system", {SYSTEM, DISCOVER, ACK}, NULL, 61, 0, "", ""},
		{"nothing said about itself", {DISCOVER, ACK}, NULL, 61, 0, "", ""},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct dhcp_alone *d = dhcp_alone_new(NULL);

		now_us = FIRST_US;
		n_listed = 0;
		listed = (struct seen_host){.mac = ""};
		for (size_t k = 0; k < 5 && rows[i].lines[k]; k++)
			say(d, rows[i].lines[k]);
		if (rows[i].asked)
			dhcp_alone_asked(d, rows[i].asked, "no profile");
		now_us += rows[i].seconds * SECOND_US;
		dhcp_alone_tick(d);
		dhcp_alone_tick(d); /* once */
		CHECK_INT(rows[i].name, n_listed, rows[i].n);
		CHECK(rows[i].name, strstr(listed.answer, rows[i].answer));
		CHECK_STR(rows[i].name, listed.address, rows[i].address);
		CHECK_STR(rows[i].name, listed.mac, rows[i].n ? "52:54:00:aa:00:01" : "");
		CHECK_INT(rows[i].name, listed.first_us, rows[i].n ? FIRST_US : 0);
		CHECK(rows[i].name, strlen(listed.answer) < sizeof(listed.answer) - 1);
		dhcp_alone_free(d);
	}
}

/* What the list says of it follows: an address after all, then a question. */
static void test_it_goes_on(void **state)
{
	struct dhcp_alone *d = dhcp_alone_new(NULL);

	(void)state;
	now_us = FIRST_US;
	n_listed = 0;
	say(d, FIRMWARE);
	say(d, DISCOVER);
	now_us += 61 * SECOND_US;
	dhcp_alone_tick(d);
	say(d, ACK);
	dhcp_alone_tick(d);
	CHECK_INT("an address", n_listed, 2);
	CHECK("an address", strstr(listed.answer, "never asked what to boot"));
	CHECK_INT("since the first packet", listed.first_us, FIRST_US);
	dhcp_alone_asked(d, "52:54:00:aa:00:01", "profile 'p' lets it in");
	CHECK_INT("it asked", n_listed, 3);
	CHECK_STR("it asked", listed.answer, "profile 'p' lets it in");
	dhcp_alone_asked(d, "52:54:00:aa:00:01", "again");
	dhcp_alone_tick(d);
	CHECK_INT("and that is all", n_listed, 3);
	dhcp_alone_asked(NULL, "x", "y");
	dhcp_alone_tick(NULL);
	dhcp_alone_free(d);
}

/* A flood keeps the newest, and nothing is written beyond what is kept. */
static void test_flood(void **state)
{
	struct dhcp_alone *d = dhcp_alone_new(NULL);

	(void)state;
	now_us = FIRST_US;
	n_listed = 0;
	for (unsigned i = 0; i < 5000; i++) {
		autofree char *line = xasprintf(
			"dnsmasq-dhcp: 7 DHCPDISCOVER(eno2) 02:00:00:00:%02x:%02x", i / 256,
			i % 256);
		say(d, FIRMWARE);
		say(d, line);
	}
	now_us += 61 * SECOND_US;
	dhcp_alone_tick(d);
	CHECK_INT("listed", n_listed, 256);
	dhcp_alone_free(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_who_is_listed),
		cmocka_unit_test(test_it_goes_on),
		cmocka_unit_test(test_flood),
	};

	return cmocka_run_group_tests_name("server dhcp_alone", tests, NULL, NULL);
}
