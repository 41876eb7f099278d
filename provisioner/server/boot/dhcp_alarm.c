/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Following the prober (dhcp_prober.c). One event when a server is first heard and one when it has
 * gone, however often it answers in between. Input: the prober's lines.
 */
#include "dhcp_alarm.h"

#include <arpa/inet.h>
#include <string.h>
#include <systemd/sd-event.h>
#include <base/hw_id.h>
#include <base/json.h>
#include <base/log.h>
#include <base/str.h>
#include <inventory/event.h>
#include <inventory/facts.h>
#include <pxe/dhcp_relay.h>
#include <server/flow/sightings.h>
#include "line_pipe.h"

#define STRANGERS_MAX 16                /* more than these at once say nothing new */
#define SILENT_US     (150 * 1000000LL) /* five questions without an answer: it is gone */
#define LOOK_EVERY_US (30 * 1000000ULL)

struct stranger {
	struct dhcp_alarm_line said; /* address "": free */
	int64_t heard_us;
};

struct dhcp_alarm {
	struct flow *flow;
	const struct boot_config *config;
	struct line_pipe *pipe;
	sd_event_source *timer;
	struct stranger strangers[STRANGERS_MAX];
};

/* ---- lines ----------------------------------------------------------------------------------- */

static bool take_address(struct sv w, char ret[static 16])
{
	struct in_addr unused;

	if (w.n == 0 || w.n >= 16)
		return false;
	memcpy(ret, w.p, w.n);
	ret[w.n] = '\0';
	return inet_pton(AF_INET, ret, &unused) == 1;
}

static bool take_interface(struct sv w, char ret[static 16])
{
	if (w.n == 0 || w.n >= 16 || memchr(w.p, ' ', w.n))
		return false;
	memcpy(ret, w.p, w.n);
	return true;
}

bool dhcp_alarm_line_parse(const char *line, struct dhcp_alarm_line *ret)
{
	struct sv rest = sv_of(line);

	memset(ret, 0, sizeof(*ret));
	return sv_eq_str(sv_split(&rest, ' '), "answer") &&
	       take_address(sv_split(&rest, ' '), ret->address) &&
	       hw_mac_parse(sv_split(&rest, ' '), MAC_COLON, ret->mac) &&
	       take_address(sv_split(&rest, ' '), ret->offered) &&
	       take_interface(rest, ret->interface);
}

/* ---- events ---------------------------------------------------------------------------------- */

static void tell(struct dhcp_alarm *d, const struct dhcp_alarm_line *said, bool gone)
{
	struct flow *flow = d->flow;
	const char *kind = gone ? "dhcp.foreign.gone" : "dhcp.foreign";
	struct err err = ERR_INIT;
	autojson json_t *detail = json_pack("{s:s, s:s, s:s, s:s}", "address", said->address, "mac",
					    said->mac, "offered", said->offered, "interface",
					    said->interface);
	autofree char *summary = xasprintf("another DHCP server %s on %s: %s (%s)",
					   gone ? "has fallen silent" : "answers", said->interface,
					   said->address, said->mac);
	struct event_draft e = {.kind = kind, .summary = summary, .detail = detail};
	int rc = db_begin(flow->db, &err);

	log_ev(gone ? LOG_NOTICE : LOG_WARNING, kind, KV("address", said->address),
	       KV("mac", said->mac), KV("offered", said->offered));
	if (rc >= 0)
		rc = db_end(flow->db, event_append(flow->db, &e, flow_now_us(flow), NULL, &err),
			    &err);
	if (rc < 0)
		log_err(LOG_WARNING, "dhcp.events", &err);
	else
		notices_events(flow);
}

static struct stranger *find(struct dhcp_alarm *d, const struct dhcp_alarm_line *said)
{
	struct stranger *free_place = NULL;

	for (size_t i = 0; i < STRANGERS_MAX; i++) {
		struct stranger *s = &d->strangers[i];

		if (str_eq(s->said.address, said->address) && str_eq(s->said.mac, said->mac) &&
		    str_eq(s->said.interface, said->interface))
			return s;
		if (!s->said.address[0] && !free_place)
			free_place = s;
	}
	return free_place;
}

static void note_relayed(struct flow *flow, const struct dhcp_relayed *r)
{
	autojson json_t *detail = json_pack("{s:s, s:s, s:s, s:s}", "mac", r->mac, "relay",
					    r->relay, "circuit_id", r->circuit, "remote_id",
					    r->remote);
	autofree char *text = json_text(detail);

	(void)sightings_note(flow, r->mac, FACTS_RELAYED_EVENT, text);
}

static bool is_ours(const struct boot_config *c, const char *address)
{
	if (str_eq(c->address, address))
		return true;
	for (size_t i = 0; i < c->n_nets; i++)
		if (str_eq(c->nets[i].address, address))
			return true;
	return false;
}

static void on_line(void *arg, const char *line)
{
	struct dhcp_alarm *d = arg;
	struct dhcp_alarm_line said;
	struct dhcp_relayed relayed;
	struct stranger *s;

	if (dhcp_relay_line_parse(line, &relayed)) {
		note_relayed(d->flow, &relayed);
		return;
	}
	if (!dhcp_alarm_line_parse(line, &said)) {
		log_ev(LOG_WARNING, "dhcp.prober.says", KV("text", line));
		return;
	}
	if (is_ours(d->config, said.address) || !(s = find(d, &said)))
		return;
	if (!s->said.address[0])
		tell(d, &said, false);
	s->said = said;
	s->heard_us = flow_now_us(d->flow);
}

static int on_timer(sd_event_source *source, uint64_t usec, void *arg)
{
	struct dhcp_alarm *d = arg;
	int64_t now_us = flow_now_us(d->flow);

	(void)usec;
	for (size_t i = 0; i < STRANGERS_MAX; i++) {
		struct stranger *s = &d->strangers[i];

		if (!s->said.address[0] || now_us - s->heard_us < SILENT_US)
			continue;
		tell(d, &s->said, true);
		memset(s, 0, sizeof(*s));
	}
	(void)sd_event_source_set_time_relative(source, LOOK_EVERY_US);
	return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

unsigned dhcp_alarm_count(const struct dhcp_alarm *d)
{
	unsigned n = 0;

	for (size_t i = 0; d && i < STRANGERS_MAX; i++)
		n += d->strangers[i].said.address[0] != '\0';
	return n;
}

/* ---- life ------------------------------------------------------------------------------------ */

static int start(struct dhcp_alarm *d, const struct dhcp_alarm_options *o, struct err *err)
{
	const struct line_pipe_options pipe = {o->fifo, o->group, on_line, d};

	TRY(line_pipe_new(d->flow->event, &pipe, &d->pipe, err));
	if (sd_event_add_time_relative(d->flow->event, &d->timer, CLOCK_BOOTTIME, LOOK_EVERY_US, 0,
				       on_timer, d) < 0)
		return err_set(err, ERR_SYS, "cannot add a timer");
	return 0;
}

int dhcp_alarm_start(struct flow *flow, const struct dhcp_alarm_options *o, struct dhcp_alarm **ret,
		     struct err *err)
{
	struct dhcp_alarm *d = xcalloc(1, sizeof(*d));
	int rc;

	d->flow = flow;
	d->config = o->config;
	rc = start(d, o, err);
	if (rc < 0) {
		dhcp_alarm_stop(d);
		return rc;
	}
	*ret = d;
	return 0;
}

int dhcp_alarm_fd(const struct dhcp_alarm *d)
{
	return line_pipe_write_fd(d->pipe);
}

void dhcp_alarm_stop(struct dhcp_alarm *d)
{
	if (!d)
		return;
	sd_event_source_disable_unref(d->timer);
	line_pipe_free(d->pipe);
	free(d);
}
