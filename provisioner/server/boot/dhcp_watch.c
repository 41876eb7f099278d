/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Following dnsmasq. Input: log lines, in which hosts choose words.
 */
#include "dhcp_watch.h"

#include <string.h>
#include <base/json.h>
#include <base/log.h>
#include <base/str.h>
#include <inventory/event.h>
#include <pxe/dnsmasq.h>
#include <server/flow/sightings.h>
#include "dhcp_alone.h"
#include "line_pipe.h"
#include "no_loader.h"
#include "silent_loader.h"

#define POOL_AGAIN_US (600 * 1000000LL) /* a flood of strangers is one event, not one a packet */

struct dhcp_watch {
	struct flow *flow;
	int64_t pool_told_us;
	struct line_pipe *pipe;
	struct no_loader *no_loader;
	struct dhcp_alone *alone;
	struct silent_loader *silent_loader;
};

static int append_pool(struct flow *flow, const struct dnsmasq_line *l, struct err *err)
{
	autojson json_t *detail = json_pack("{s:s}", "mac", l->mac);
	struct event_draft e = {
		.kind = "dhcp.pool_empty",
		.actor = "dnsmasq",
		.summary = "every address of the DHCP range is leased: a machine got none. "
			   "Widen range_start and range_end, or find out who takes them",
		.detail = detail};

	TRY(db_begin(flow->db, err));
	return db_end(flow->db, event_append(flow->db, &e, flow_now_us(flow), NULL, err), err);
}

/* Hosts cannot say this: what they choose stands before it, without blanks. */
static void note_pool(struct dhcp_watch *w, const char *line, const struct dnsmasq_line *l)
{
	static const char none[] = " no address available";
	size_t n = strlen(line), end = sizeof(none) - 1;
	struct err err = ERR_INIT;
	int64_t now_us = flow_now_us(w->flow);

	if (n < end || !str_eq(line + n - end, none) ||
	    (w->pool_told_us && now_us - w->pool_told_us < POOL_AGAIN_US))
		return;
	w->pool_told_us = now_us;
	log_ev(LOG_WARNING, "dhcp.pool_empty", KV("mac", l->mac));
	if (append_pool(w->flow, l, &err) < 0)
		log_err(LOG_WARNING, "dhcp.events", &err);
	else
		notices_events(w->flow);
}

static void on_line(void *arg, const char *line)
{
	struct dhcp_watch *w = arg;
	struct dnsmasq_client client;
	struct dnsmasq_line l;

	if (dnsmasq_client_parse(line, &client)) {
		no_loader_client(w->no_loader, &client);
		dhcp_alone_client(w->alone, &client);
		silent_loader_client(w->silent_loader, &client);
		return;
	}
	if (dnsmasq_line_parse(line, &l)) {
		(void)sightings_note(w->flow, l.mac, l.what, l.address);
		no_loader_message(w->no_loader, &l);
		dhcp_alone_message(w->alone, &l);
		silent_loader_message(w->silent_loader, &l);
		note_pool(w, line, &l);
	} else if (strstr(line,
			  "User aborted")) { /* firmware asks for a file's size and hangs up */
		log_ev(LOG_DEBUG, "dnsmasq.says", KV("text", line));
	} else if (strstr(line, "error") || strstr(line, "fail") || strstr(line, "cannot")) {
		log_ev(LOG_WARNING, "dnsmasq.says", KV("text", line));
	} else {
		log_ev(LOG_DEBUG, "dnsmasq.says", KV("text", line));
	}
}

int dhcp_watch_new(struct flow *flow, const char *fifo, gid_t group, struct dhcp_watch **ret,
		   struct err *err)
{
	struct dhcp_watch *w = xcalloc(1, sizeof(*w));
	const struct line_pipe_options o = {fifo, group, on_line, w};

	w->flow = flow;
	w->no_loader = no_loader_new(flow);
	w->alone = dhcp_alone_new(flow);
	w->silent_loader = silent_loader_new(flow);
	int rc = line_pipe_new(flow->event, &o, &w->pipe, err);
	if (rc < 0) {
		dhcp_watch_free(w);
		return rc;
	}
	*ret = w;
	return 0;
}

int dhcp_watch_fd(const struct dhcp_watch *w)
{
	return line_pipe_write_fd(w->pipe);
}

struct dhcp_alone *dhcp_watch_alone(const struct dhcp_watch *w)
{
	return w ? w->alone : NULL;
}

void dhcp_watch_free(struct dhcp_watch *w)
{
	if (!w)
		return;
	line_pipe_free(w->pipe);
	no_loader_free(w->no_loader);
	dhcp_alone_free(w->alone);
	silent_loader_free(w->silent_loader);
	free(w);
}
