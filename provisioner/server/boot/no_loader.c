/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which client asks for a loader that does not exist; see no_loader.h. dnsmasq prints what the client
 * says about itself before it prints the message with the MAC; the exchange's number joins both. What
 * is remembered is bounded: a flood of invented MACs writes at most TOLD_MAX events a day.
 */
#include "no_loader.h"

#include <string.h>
#include <base/json.h>
#include <base/log.h>
#include <base/str.h>
#include <inventory/event.h>
#include <inventory/host.h>
#include <pxe/boot_files.h>

#define CLIENTS_MAX 64 /* exchanges whose message has not come yet; the oldest gives way */
#define TOLD_MAX    256
#define AGAIN_US    (24LL * 3600 * 1000000)

struct told {
	char mac[18];
	unsigned client_arch;
	int64_t at_us;
};

struct no_loader {
	struct flow *flow;
	struct dnsmasq_client clients[CLIENTS_MAX];
	size_t next;
	struct told told[TOLD_MAX];
};

struct no_loader *no_loader_new(struct flow *flow)
{
	struct no_loader *n = xcalloc(1, sizeof(*n));

	n->flow = flow;
	return n;
}

void no_loader_free(struct no_loader *n)
{
	free(n);
}

static struct dnsmasq_client *find(struct no_loader *n, const char *exchange)
{
	for (size_t i = 0; exchange[0] && i < CLIENTS_MAX; i++)
		if (str_eq(n->clients[i].exchange, exchange))
			return &n->clients[i];
	return NULL;
}

void no_loader_client(struct no_loader *n, const struct dnsmasq_client *client)
{
	struct dnsmasq_client *known = find(n, client->exchange);

	if (client->is_ipxe) { /* it gets the script, whatever it was built for */
		if (known)
			memset(known, 0, sizeof(*known));
		return;
	}
	const struct boot_loader *l = boot_loader_of(client->client_arch);
	if (l && l->file)
		return;
	if (!known) {
		known = &n->clients[n->next];
		n->next = (n->next + 1) % CLIENTS_MAX;
	}
	*known = *client;
}

/* Is it time to write about this client? Then note that it was done. */
static bool is_due(struct no_loader *n, const char *mac, unsigned client_arch)
{
	int64_t now_us = flow_now_us(n->flow);
	struct told *free_place = NULL;

	for (size_t i = 0; i < TOLD_MAX; i++) {
		struct told *t = &n->told[i];
		bool over = !t->mac[0] || now_us - t->at_us >= AGAIN_US;

		if (str_eq(t->mac, mac) && t->client_arch == client_arch && !over)
			return false;
		if (over && !free_place)
			free_place = t;
	}
	if (!free_place)
		return false;
	(void)str_copy(free_place->mac, sizeof(free_place->mac), mac);
	free_place->client_arch = client_arch;
	free_place->at_us = now_us;
	return true;
}

static int append(struct flow *flow, const char *mac, unsigned client_arch, struct err *err)
{
	const struct boot_loader *l = boot_loader_of(client_arch);
	const char *what = l ? l->what : "unknown";
	const char *todo = l ? l->todo
			     : "look up the number in IANA's list of processor "
			       "architecture types, and set the firmware to UEFI PXE";
	struct err unknown = ERR_INIT;
	struct host h = {0};
	int64_t host_num = host_find(flow->db, HOST_BY_MAC, mac, &h, &unknown) < 0 ? 0 : h.num;
	autojson json_t *detail = json_pack("{s:s, s:i, s:s, s:s}", "mac", mac, "client_arch",
					    (int)client_arch, "architecture", what, "hint", todo);
	autofree char *summary = xasprintf(
		"there is no boot loader for %s: architecture %u (%s); %s", mac, client_arch, what,
		todo);
	struct event_draft e = {host_num, "dhcp.no_loader", "dnsmasq", summary, detail};

	log_ev(LOG_WARNING, "dhcp.no_loader", KV("mac", mac), KV("architecture", what));
	return event_append(flow->db, &e, flow_now_us(flow), NULL, err);
}

void no_loader_message(struct no_loader *n, const struct dnsmasq_line *line)
{
	struct dnsmasq_client *client = find(n, line->exchange);
	struct err err = ERR_INIT;

	if (!client || !is_due(n, line->mac, client->client_arch))
		return;
	int rc = db_begin(n->flow->db, &err);
	if (rc >= 0)
		rc = db_end(n->flow->db, append(n->flow, line->mac, client->client_arch, &err),
			    &err);
	if (rc < 0)
		log_err(LOG_WARNING, "dhcp.events", &err);
	else
		notices_events(n->flow);
}
