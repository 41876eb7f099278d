/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which loader never asks; see silent_loader.h. Firmware and loader are told apart by the line of
 * their own that precedes each message; the exchange's number joins both. What is remembered is
 * bounded, and a flood of invented MACs writes at most TOLD_MAX events a day.
 */
#include "silent_loader.h"

#include <string.h>
#include <base/json.h>
#include <base/log.h>
#include <base/str.h>
#include <inventory/event.h>
#include <inventory/host.h>
#include <pxe/boot_files.h>

#define CLIENTS_MAX  64 /* exchanges whose message has not come yet; the oldest gives way */
#define MACHINES_MAX 256
#define TRIES        3 /* boots of firmware without one of the loader between them */
#define TOLD_MAX     64
#define AGAIN_US     (24LL * 3600 * 1000000)

struct machine {
	char mac[18], exchange[12]; /* the last exchange that was counted */
	unsigned tries;
	int64_t at_us, told_us; /* 0: never */
};

struct silent_loader {
	struct flow *flow;
	struct dnsmasq_client clients[CLIENTS_MAX];
	size_t next;
	struct machine machines[MACHINES_MAX];
	unsigned told; /* since told_us */
	int64_t told_us;
};

struct silent_loader *silent_loader_new(struct flow *flow)
{
	struct silent_loader *s = xcalloc(1, sizeof(*s));

	s->flow = flow;
	return s;
}

void silent_loader_free(struct silent_loader *s)
{
	free(s);
}

static struct dnsmasq_client *find(struct silent_loader *s, const char *exchange)
{
	for (size_t i = 0; exchange[0] && i < CLIENTS_MAX; i++)
		if (str_eq(s->clients[i].exchange, exchange))
			return &s->clients[i];
	return NULL;
}

/* iPXE says what it was built for as well: its user class decides. */
void silent_loader_client(struct silent_loader *s, const struct dnsmasq_client *client)
{
	struct dnsmasq_client *known = find(s, client->exchange);

	if (known && known->is_ipxe)
		return;
	if (!known) {
		known = &s->clients[s->next];
		s->next = (s->next + 1) % CLIENTS_MAX;
	}
	*known = *client;
}

/* The machine of that MAC, or the place of the one that was quiet longest. */
static struct machine *machine_of(struct silent_loader *s, const char *mac)
{
	struct machine *oldest = &s->machines[0];

	for (size_t i = 0; i < MACHINES_MAX; i++) {
		struct machine *m = &s->machines[i];
		if (str_eq(m->mac, mac))
			return m;
		if (m->at_us < oldest->at_us)
			oldest = m;
	}
	*oldest = (struct machine){.tries = 0};
	(void)str_copy(oldest->mac, sizeof(oldest->mac), mac);
	return oldest;
}

/* Is it time to write about this machine? Then note that it was done. */
static bool is_due(struct silent_loader *s, struct machine *m, int64_t now_us)
{
	if (m->tries < TRIES || (m->told_us && now_us - m->told_us < AGAIN_US))
		return false;
	if (now_us - s->told_us >= AGAIN_US) {
		s->told_us = now_us;
		s->told = 0;
	}
	if (s->told >= TOLD_MAX)
		return false;
	s->told++;
	m->told_us = now_us;
	return true;
}

static int append(struct flow *flow, const char *mac, struct err *err)
{
	static const char todo[] =
		"look at its screen while it boots: 'Access Denied' or 'Security Violation' is "
		"Secure Boot, which takes only a loader that the firmware's keys signed. Switch Secure "
		"Boot off, or put a signed loader into [boot] files_dir; Slipway offers no way around it";
	struct err unknown = ERR_INIT;
	struct host h = {0};
	int64_t host_num = host_find(flow->db, HOST_BY_MAC, mac, &h, &unknown) < 0 ? 0 : h.num;
	autojson json_t *detail = json_pack("{s:s, s:s}", "mac", mac, "hint", todo);
	autofree char *summary = xasprintf(
		"the firmware of %s asked for the boot loader %d times, and the loader never "
		"started; %s",
		mac, TRIES, todo);
	struct event_draft e = {host_num, "boot.loader_silent", "dnsmasq", summary, detail};

	log_ev(LOG_WARNING, "boot.loader_silent", KV("mac", mac));
	return event_append(flow->db, &e, flow_now_us(flow), NULL, err);
}

static void tell(struct flow *flow, const char *mac)
{
	struct err err = ERR_INIT;
	int rc = db_begin(flow->db, &err);

	if (rc >= 0)
		rc = db_end(flow->db, append(flow, mac, &err), &err);
	if (rc < 0)
		log_err(LOG_WARNING, "dhcp.events", &err);
	else
		notices_events(flow);
}

void silent_loader_message(struct silent_loader *s, const struct dnsmasq_line *line)
{
	const struct dnsmasq_client *client = find(s, line->exchange);
	const struct boot_loader *l = client ? boot_loader_of(client->client_arch) : NULL;

	if (!client || (!client->is_ipxe && (!l || !l->file || l->client_arch == 0)))
		return; /* BIOS knows no Secure Boot, and who has no loader is told so elsewhere */
	struct machine *m = machine_of(s, line->mac);
	m->at_us = flow_now_us(s->flow);
	if (client->is_ipxe)
		m->tries = 0;
	else if (!str_eq(m->exchange, line->exchange))
		m->tries++;
	(void)str_copy(m->exchange, sizeof(m->exchange), line->exchange);
	if (is_due(s, m, m->at_us))
		tell(s->flow, m->mac);
}
