/* SPDX-License-Identifier: Apache-2.0 */
/*
 * LLDP by a packet socket over all network cards; see neighbours.h. Input: frames from the wire.
 */
#include "neighbours.h"

#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <base/cleanup.h>
#include <base/json.h>
#include <base/str.h>

#include "lldp.h"

#define JOIN_EVERY_MS   2000  /* drivers may bring cards at any time */
#define GATHER_MS       5000  /* ports of one switch speak at about the same time */
#define NEWS_EVERY_MS   60000 /* a flapping cable does not flood the server */
#define FRAMES_A_LISTEN 64
#define FRAME_BYTES     1600

/* Nearest bridge, nearest non-TPMR bridge, nearest customer bridge. */
static const uint8_t groups[][6] = {
	{0x01, 0x80, 0xc2, 0x00, 0x00, 0x0e},
	{0x01, 0x80, 0xc2, 0x00, 0x00, 0x03},
	{0x01, 0x80, 0xc2, 0x00, 0x00, 0x00},
};

static const uint8_t slow_group[] = {0x01, 0x80, 0xc2, 0x00, 0x00, 0x02};

static int listen_for(uint16_t ethertype)
{
	return socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, htons(ethertype));
}

int neighbours_open(struct neighbours *n, struct err *err)
{
	*n = (struct neighbours){.fd = -1, .lacp_fd = -1};
	n->fd = listen_for(LLDP_ETHERTYPE);
	if (n->fd < 0)
		return err_sys(err, ERR_SYS, "cannot listen for LLDP");
	n->lacp_fd = listen_for(LACP_ETHERTYPE);
	return 0;
}

void neighbours_close(struct neighbours *n)
{
	if (n->fd >= 0 && n->lacp_fd >= 0)
		(void)close(n->lacp_fd);
	if (n->fd >= 0)
		(void)close(n->fd);
	json_decref(n->facts);
	*n = (struct neighbours){.fd = -1, .lacp_fd = -1};
}

/* ---- the socket ------------------------------------------------------------------------------ */

static bool is_joined(const struct neighbours *n, int index)
{
	for (size_t i = 0; i < n->n_joined; i++)
		if (n->joined[i] == index)
			return true;
	return false;
}

static void join_group(int fd, int index, const uint8_t group[static 6])
{
	struct packet_mreq request = {
		.mr_ifindex = index, .mr_type = PACKET_MR_MULTICAST, .mr_alen = 6};

	memcpy(request.mr_address, group, 6);
	(void)setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &request, sizeof(request));
}

static void join(struct neighbours *n, int index)
{
	for (size_t i = 0; i < ARRAY_LEN(groups); i++)
		join_group(n->fd, index, groups[i]);
	if (n->lacp_fd >= 0)
		join_group(n->lacp_fd, index, slow_group);
	n->joined[n->n_joined++] = index;
}

static void join_all(struct neighbours *n)
{
	struct if_nameindex *all = if_nameindex();

	for (struct if_nameindex *i = all; i && i->if_index && n->n_joined < FACTS_MAX_NICS; i++)
		if (!is_joined(n, (int)i->if_index) && !str_eq(i->if_name, "lo"))
			join(n, (int)i->if_index);
	if_freenameindex(all);
}

static bool take_frame(struct neighbours *n, int fd, int64_t now_ms)
{
	uint8_t frame[FRAME_BYTES];
	struct sockaddr_ll from = {0};
	socklen_t from_bytes = sizeof(from);
	char nic[IF_NAMESIZE];
	ssize_t got = recvfrom(fd, frame, sizeof(frame), 0, (struct sockaddr *)&from, &from_bytes);

	if (got < 0)
		return errno == EINTR;
	/* What this machine sends itself says nothing about the other end. */
	if (from.sll_pkttype != PACKET_OUTGOING && if_indextoname((unsigned)from.sll_ifindex, nic))
		neighbours_heard(n, nic, frame, (size_t)got, now_ms);
	return true;
}

/* ---- the table ------------------------------------------------------------------------------- */

static void note_change(struct neighbours *n, int64_t now_ms)
{
	if (!n->changed && n->due_boot_ms < now_ms + GATHER_MS)
		n->due_boot_ms = now_ms + GATHER_MS;
	n->changed = true;
}

static size_t place_of(const struct neighbours *n, const char *nic)
{
	size_t i = 0;

	while (i < n->n && !str_eq(n->items[i].nic, nic))
		i++;
	return i;
}

static struct neighbour *find(struct neighbours *n, const char *nic)
{
	size_t i = place_of(n, nic);

	return i < n->n ? &n->items[i] : NULL;
}

void neighbours_fill(const struct neighbours *n, struct facts_nic *nics, size_t n_nics)
{
	for (size_t i = 0; i < n_nics; i++) {
		size_t at = place_of(n, nics[i].name);

		nics[i].lldp = at < n->n ? n->items[at].lldp : (struct facts_lldp){.vlan_id = 0};
	}
}

static bool same_lldp(const struct facts_lldp *a, const struct facts_lldp *b)
{
	return str_eq(a->chassis_id, b->chassis_id) && str_eq(a->port_id, b->port_id) &&
	       str_eq(a->sys_name, b->sys_name) &&
	       str_eq(a->port_description, b->port_description) && a->vlan_id == b->vlan_id;
}

static void forget(struct neighbours *n, struct neighbour *one, int64_t now_ms)
{
	*one = n->items[--n->n];
	note_change(n, now_ms);
}

/* HW: a switch that knows no LLDP hands on what others behind it say. Then who is at the other end
 * is not known: one that is a switch stays before one that is not, and of two alike the first stays
 * until it is silent, so that facts do not change with each frame. */
static bool stays(const struct neighbour *one, const struct facts_lldp *next, int64_t now_ms)
{
	if (now_ms >= one->until_boot_ms || str_eq(one->lldp.chassis_id, next->chassis_id))
		return false;
	return one->lldp.is_switch || !next->is_switch;
}

void neighbours_heard(struct neighbours *n, const char *nic, const void *frame, size_t n_bytes,
		      int64_t now_ms)
{
	struct neighbour *one = find(n, nic);
	struct facts_lldp lldp;
	unsigned ttl_s;

	n->lacp_news |= lacp_ports_heard(&n->lacp, nic, frame, n_bytes, now_ms);
	if (!lldp_parse(frame, n_bytes, &lldp, &ttl_s))
		return;
	if (one && stays(one, &lldp, now_ms))
		return;
	if (!ttl_s) {
		if (one)
			forget(n, one, now_ms);
		return;
	}
	if (!one) {
		if (n->n == ARRAY_LEN(n->items) || strlen(nic) >= sizeof(one->nic))
			return;
		one = &n->items[n->n++];
		*one = (struct neighbour){0};
		(void)str_copy(one->nic, sizeof(one->nic), nic);
	}
	one->until_boot_ms = now_ms + ttl_s * 1000LL;
	if (!same_lldp(&one->lldp, &lldp)) {
		one->lldp = lldp;
		note_change(n, now_ms);
	}
}

void neighbours_listen(struct neighbours *n, int64_t now_ms)
{
	if (n->fd < 0)
		return;
	if (now_ms >= n->join_boot_ms) {
		n->join_boot_ms = now_ms + JOIN_EVERY_MS;
		join_all(n);
	}
	for (int i = 0; i < FRAMES_A_LISTEN && take_frame(n, n->fd, now_ms); i++)
		;
	for (int i = 0; i < FRAMES_A_LISTEN && n->lacp_fd >= 0 && take_frame(n, n->lacp_fd, now_ms);
	     i++)
		;
	lacp_ports_forget(&n->lacp, now_ms);
	for (size_t i = n->n; i-- > 0;)
		if (now_ms >= n->items[i].until_boot_ms)
			forget(n, &n->items[i], now_ms);
}

/* ---- facts ----------------------------------------------------------------------------------- */

static void write_into(struct neighbours *n, json_t *facts)
{
	json_t *nic;
	size_t i;

	json_array_foreach (json_object_get(facts, "nics"), i, nic) {
		const char *name = json_string_value(json_object_get(nic, "Name"));
		const struct neighbour *one = name ? find(n, name) : NULL;

		(void)json_object_del(nic, "lldp");
		if (one)
			json_object_set_new(nic, "lldp",
					    record_encode(facts_lldp_fields, &one->lldp));
	}
}

void neighbours_add(struct neighbours *n, json_t *facts, int64_t now_ms)
{
	write_into(n, facts);
	json_decref(n->facts);
	n->facts = json_deep_copy(facts);
	n->changed = false;
	n->due_boot_ms = now_ms;
}

json_t *neighbours_news(struct neighbours *n, int64_t now_ms)
{
	if (!n->changed || !n->facts || now_ms < n->due_boot_ms)
		return NULL;
	n->changed = false;
	n->due_boot_ms = now_ms + NEWS_EVERY_MS;
	json_t *before = json_deep_copy(n->facts);
	write_into(n, n->facts);
	bool same = json_equal(before, n->facts);
	json_decref(before);
	return same ? NULL : json_deep_copy(n->facts);
}
