/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading LACPDUs; see lacp.h. IEEE 802.1AX-2020, 6.4.2 (structure). Newer versions only append.
 * Input: frames from whoever is on the wire.
 */
#include "lacp.h"

#include <string.h>
#include <base/bytes.h>
#include <base/hw_id.h>

#define HEADER_BYTES 12 /* two MAC addresses */
#define ACTOR_BYTES  20 /* with its type and length */
#define SILENT_MS    90000

enum { SUBTYPE_LACP = 1, TLV_ACTOR = 1 };
enum { STATE_COLLECTING = 0x10, STATE_DISTRIBUTING = 0x20 };

bool lacp_parse(const void *frame, size_t n_bytes, struct lacp_port *ret)
{
	struct cur c = cur_of(frame, n_bytes);

	*ret = (struct lacp_port){0};
	cur_skip(&c, HEADER_BYTES);
	if (cur_be16(&c) != LACP_ETHERTYPE || cur_u8(&c) != SUBTYPE_LACP || cur_u8(&c) == 0 ||
	    cur_u8(&c) != TLV_ACTOR || cur_u8(&c) != ACTOR_BYTES)
		return false;
	cur_skip(&c, 2); /* priority */
	const uint8_t *system = cur_bytes(&c, MAC_BYTES);
	ret->key = cur_be16(&c);
	cur_skip(&c, 2);
	ret->port = cur_be16(&c);
	unsigned state = cur_u8(&c);
	cur_skip(&c, 3);
	if (c.short_read || !hw_mac_is_station(system))
		return false;
	hw_mac_print(system, ret->system);
	ret->waits = (state & (STATE_COLLECTING | STATE_DISTRIBUTING)) !=
		     (STATE_COLLECTING | STATE_DISTRIBUTING);
	return true;
}

static struct lacp_heard *find(struct lacp_ports *ports, const char *nic)
{
	for (size_t i = 0; i < ports->n; i++)
		if (str_eq(ports->items[i].nic, nic))
			return &ports->items[i];
	return NULL;
}

static bool same(const struct lacp_port *a, const struct lacp_port *b)
{
	return str_eq(a->system, b->system) && a->key == b->key && a->port == b->port &&
	       a->waits == b->waits;
}

bool lacp_ports_heard(struct lacp_ports *ports, const char *nic, const void *frame, size_t n_bytes,
		      int64_t now_ms)
{
	struct lacp_heard *one = find(ports, nic);
	struct lacp_port port;

	if (!lacp_parse(frame, n_bytes, &port))
		return false;
	if (!one) {
		if (ports->n == LACP_PORTS_MAX || strlen(nic) >= sizeof(one->nic))
			return false;
		one = &ports->items[ports->n++];
		*one = (struct lacp_heard){0};
		(void)str_copy(one->nic, sizeof(one->nic), nic);
	}
	bool news = !same(&one->port, &port);
	one->port = port;
	one->until_boot_ms = now_ms + SILENT_MS;
	return news;
}

void lacp_ports_forget(struct lacp_ports *ports, int64_t now_ms)
{
	for (size_t i = ports->n; i-- > 0;)
		if (now_ms >= ports->items[i].until_boot_ms)
			ports->items[i] = ports->items[--ports->n];
}

void lacp_ports_advise(const struct lacp_ports *ports, struct str *out)
{
	size_t n = 0;

	for (size_t i = 0; i < ports->n; i++) {
		const struct lacp_heard *h = &ports->items[i];

		if (!h->port.waits)
			continue;
		n++;
		str_addf(out, "%s: port %u of switch %s waits for LACP (group %u).\n", h->nic,
			 h->port.port, h->port.system, h->port.key);
	}
	if (n)
		str_add(out,
			"It passes nothing to a host that does not speak LACP yet. On the switch, let "
			"the group pass frames before LACP is up (\"lacp fallback\", \"force-up\", "
			"\"no lacp suspend-individual\"), or take the port out of the group.\n");
}
