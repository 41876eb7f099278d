/* SPDX-License-Identifier: Apache-2.0 */
/*
 * POST .../partners: whom a host under test loads the network with. The hosts are those that are
 * under test here and made contact just now; which of them, burnin/pairs decides by their switches.
 * Where a port ends is read from the host's facts once and then remembered, a few hosts for each
 * request, so that no request takes long. Input: the session's own agent; facts and LLDP texts of
 * other agents.
 */
#include "session.h"

#include <base/json.h>
#include <base/str.h>
#include <base/vec.h>
#include <burnin/pairs.h>
#include <inventory/facts.h>
#include <inventory/host.h>
#include <proto/session.h>
#include <server/flow/live.h>

#define FRESH_US   (3 * AGENT_HEARTBEAT_S * 1000000LL)
#define READ_MAX   16  /* documents of facts for one request */
#define LOOK_MAX   512 /* hosts that are looked at */
#define STAGE_TEST "burn_in"

typedef VEC(struct live_host *) live_list;
typedef VEC(struct pair_host) pair_list;

struct looking {
	int64_t host_num, now_us;
	live_list hosts;
};

static const char *text_at(const json_t *obj, const char *key)
{
	const char *text = json_string_value(json_object_get(obj, key));

	return text ? text : "";
}

/* ---- where a port ends ----------------------------------------------------------------------- */

/* The card with that address; else the first with a link that a switch has named itself on. */
static const json_t *port_of(const json_t *facts, const char *mac)
{
	const json_t *nic, *found = NULL;
	size_t i;

	json_array_foreach (json_object_get(facts, "nics"), i, nic) {
		if (*mac && strcasecmp(text_at(nic, "MACAddress"), mac) == 0)
			return nic;
		if (!found && json_is_true(json_object_get(nic, "LinkUp")) &&
		    *text_at(json_object_get(nic, "lldp"), "ChassisId"))
			found = nic;
	}
	return found;
}

static int read_port(struct flow *flow, struct live_host *h, const char *mac, struct err *err)
{
	autojson json_t *facts = NULL;
	int rc = facts_load(flow->db, h->host_num, 0, &facts, err);

	h->port = (struct live_port){.known = true};
	if (rc == -ERR_NOT_FOUND) {
		err_clear(err);
		return 0;
	}
	TRY(rc);
	const json_t *nic = port_of(facts, mac), *lldp = json_object_get(nic, "lldp");
	const char *name = text_at(lldp, "SysName");
	(void)text_fit(h->port.chassis, sizeof(h->port.chassis), text_at(lldp, "ChassisId"));
	h->port.speed_mbps = json_integer_value(json_object_get(nic, "SpeedMbps"));
	if (*h->port.chassis)
		text_print(h->port.far_end, sizeof(h->port.far_end), "%.120s %.120s",
			   *name ? name : h->port.chassis, text_at(lldp, "PortId"));
	return 0;
}

/* ---- who is there ---------------------------------------------------------------------------- */

static void look_at(void *arg, struct live_host *h)
{
	struct looking *l = arg;

	if (h->host_num != l->host_num && h->address[0] && str_eq(h->stage, STAGE_TEST) &&
	    l->now_us - h->seen_us < FRESH_US && l->hosts.n < LOOK_MAX)
		VEC_PUSH(&l->hosts, h);
}

/* Evenly, so that they are of all racks. */
static int read_some(struct flow *flow, const live_list *hosts, struct err *err)
{
	size_t n_unknown = 0, at = 0;

	for (size_t i = 0; i < hosts->n; i++)
		n_unknown += !hosts->items[i]->port.known;
	size_t stride = n_unknown / READ_MAX + 1;
	for (size_t i = 0; i < hosts->n; i++)
		if (!hosts->items[i]->port.known && at++ % stride == 0)
			TRY(read_port(flow, hosts->items[i], "", err));
	return 0;
}

static struct pair_host pair_host_of(const struct live_host *h)
{
	struct pair_host p = {.num = h->host_num, .speed_mbps = h->port.speed_mbps};

	(void)str_copy(p.chassis, sizeof(p.chassis), h->port.chassis);
	return p;
}

/* 0: it has no run any more. */
static int describe(struct flow *flow, const struct live_host *h, struct partner *ret,
		    struct err *err)
{
	struct flow_host row;
	struct host host;

	TRY(flow_host_get(flow->db, h->host_num, &row, err));
	TRY(host_get(flow->db, h->host_num, &host, err));
	(void)str_copy(ret->name, sizeof(ret->name), host.short_code);
	(void)str_copy(ret->address, sizeof(ret->address), h->address);
	(void)str_copy(ret->far_end, sizeof(ret->far_end), h->port.far_end);
	ret->speed_mbps = h->port.speed_mbps;
	partner_ticket(row.run_id, ret->ticket);
	return row.run_id[0] != '\0';
}

static int choose(struct flow *flow, const struct live_host *self, const live_list *hosts,
		  struct partners_reply *ret, struct err *err)
{
	const struct pair_host host = pair_host_of(self);
	pair_list others = {0};
	size_t chosen[PAIRS_MAX], n;
	int rc = 0;

	for (size_t i = 0; i < hosts->n; i++)
		if (hosts->items[i]->port.known)
			VEC_PUSH(&others, pair_host_of(hosts->items[i]));
	n = pairs_choose(&host, others.items, others.n, chosen);
	for (size_t i = 0; i < n && rc >= 0; i++) {
		struct partner p = {.speed_mbps = 0};
		const struct live_host *h = live_find(flow->live, others.items[chosen[i]].num);

		rc = h ? describe(flow, h, &p, err) : 0;
		if (rc > 0)
			VEC_PUSH(&ret->partners, p);
	}
	VEC_DONE(&others);
	return rc < 0 ? rc : 0;
}

static int find_partners(struct flow *flow, const struct flow_session *s, const char *mac,
			 struct partners_reply *ret, struct err *err)
{
	struct live_host *self = live_at(flow->live, s->host_num);
	struct looking l = {.host_num = s->host_num, .now_us = flow_now_us(flow)};
	struct flow_host row;

	TRY(flow_host_get(flow->db, s->host_num, &row, err));
	if (!row.run_id[0])
		return err_set(err, ERR_CONFLICT, "no burn-in run is open");
	live_each(flow->live, look_at, &l);
	int rc = read_port(flow, self, mac, err);
	if (rc >= 0)
		rc = read_some(flow, &l.hosts, err);
	if (rc >= 0)
		rc = choose(flow, self, &l.hosts, ret, err);
	(void)str_copy(ret->far_end, sizeof(ret->far_end), self->port.far_end);
	VEC_DONE(&l.hosts);
	return rc;
}

static int partners(struct http_request *r, const void *message, struct err *err)
{
	const struct partners_request *q = message;
	struct flow *flow = http_context(r);
	struct partners_reply reply = {0};
	struct flow_session s;

	TRY(agent_session(r, &s, err));
	TRY(agent_check_epoch(&s, q->epoch, err));
	int rc = find_partners(flow, &s, q->mac, &reply, err);
	if (rc >= 0)
		rc = http_reply_json(r, 200, record_encode(partners_reply_fields, &reply));
	record_done(partners_reply_fields, &reply);
	return rc;
}

int agent_post_partners(struct http_request *r, struct err *err)
{
	struct partners_request q = {0};

	return agent_take_message(r, partners_request_fields, &q, partners, err);
}
