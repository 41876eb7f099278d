/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Firmware that gets no further than DHCP; see dhcp_alone.h. dnsmasq prints what a client says about
 * itself before the message with the MAC; the exchange's number joins both. Input: log lines, in which
 * hosts choose words.
 */
#include "dhcp_alone.h"

#include <string.h>

#include <base/str.h>
#include <base/text.h>
#include <server/flow/sightings.h>

#define EXCHANGES_MAX 64  /* of firmware, whose message has not come yet; the oldest gives way */
#define MACHINES_MAX  256 /* that firmware asked for; the oldest gives way */
#define ALONE_US      (60 * 1000000LL)

#define NO_ADDRESS                                                                                    \
	"asked for an address and took none: look at the DHCP range, at another DHCP server, and at " \
	"the switch port"
#define NO_LOADER                                                                                     \
	"has an address and never asked what to boot: look at Secure Boot, and at UDP 69 and TCP 80 " \
	"on the way"

struct machine {
	char mac[18], address[46];
	int64_t first_us;
	bool has_address; /* it took what was offered */
	bool listed;
};

struct dhcp_alone {
	struct flow *flow;
	char exchanges[EXCHANGES_MAX][12];
	size_t next_exchange;
	struct machine machines[MACHINES_MAX];
	size_t next_machine;
};

struct dhcp_alone *dhcp_alone_new(struct flow *flow)
{
	struct dhcp_alone *d = xcalloc(1, sizeof(*d));

	d->flow = flow;
	return d;
}

void dhcp_alone_free(struct dhcp_alone *d)
{
	free(d);
}

static bool is_of_firmware(const struct dhcp_alone *d, const char *exchange)
{
	for (size_t i = 0; exchange[0] && i < EXCHANGES_MAX; i++)
		if (str_eq(d->exchanges[i], exchange))
			return true;
	return false;
}

void dhcp_alone_client(struct dhcp_alone *d, const struct dnsmasq_client *client)
{
	if (!client->exchange[0] || is_of_firmware(d, client->exchange))
		return;
	(void)str_copy(d->exchanges[d->next_exchange], sizeof(d->exchanges[0]), client->exchange);
	d->next_exchange = (d->next_exchange + 1) % EXCHANGES_MAX;
}

static struct machine *find(struct dhcp_alone *d, const char *mac)
{
	for (size_t i = 0; mac[0] && i < MACHINES_MAX; i++)
		if (str_eq(d->machines[i].mac, mac))
			return &d->machines[i];
	return NULL;
}

void dhcp_alone_message(struct dhcp_alone *d, const struct dnsmasq_line *line)
{
	struct machine *m = find(d, line->mac);

	if (!m && !is_of_firmware(d, line->exchange))
		return;
	if (!m) {
		m = &d->machines[d->next_machine];
		d->next_machine = (d->next_machine + 1) % MACHINES_MAX;
		*m = (struct machine){.first_us = flow_now_us(d->flow)};
		(void)str_copy(m->mac, sizeof(m->mac), line->mac);
	}
	if (str_eq(line->what, "DHCPACK") || str_eq(line->what, "PXE")) {
		m->listed = m->listed && m->has_address; /* say so */
		m->has_address = true;
	}
	if (line->address[0])
		(void)str_copy(m->address, sizeof(m->address), line->address);
}

static void list(struct dhcp_alone *d, const struct machine *m, const char *answer)
{
	struct seen_host h = {.first_us = m->first_us};

	(void)str_copy(h.mac, sizeof(h.mac), m->mac);
	(void)str_copy(h.address, sizeof(h.address), m->address);
	text_print(h.answer, sizeof(h.answer), "%s", answer);
	sightings_seen(d->flow, &h);
}

void dhcp_alone_asked(struct dhcp_alone *d, const char *mac, const char *answer)
{
	struct machine *m = d ? find(d, mac) : NULL;

	if (!m)
		return;
	if (m->listed)
		list(d, m, answer);
	memset(m, 0, sizeof(*m));
}

void dhcp_alone_tick(struct dhcp_alone *d)
{
	int64_t now_us = d ? flow_now_us(d->flow) : 0;

	for (size_t i = 0; d && i < MACHINES_MAX; i++) {
		struct machine *m = &d->machines[i];

		if (!m->mac[0] || m->listed || now_us - m->first_us < ALONE_US)
			continue;
		list(d, m, m->has_address ? NO_LOADER : NO_ADDRESS);
		m->listed = true;
	}
}
