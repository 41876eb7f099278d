/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Following dnsmasq. A host that boots in a loop must not fill the store: the same message of the
 * same MAC is written down at most once a minute. Input: log lines, in which hosts choose words.
 */
#include "dhcp_watch.h"

#include <base/json.h>
#include <base/log.h>
#include <base/str.h>
#include <inventory/event.h>
#include <inventory/host.h>
#include <pxe/dnsmasq.h>
#include "line_pipe.h"

#define KEPT_MAX    2048 /* messages of unknown MACs; the oldest gives way */
#define THROTTLE_US (60 * 1000000LL)

struct kept {
	char mac[18], what[24], address[46];
	int64_t first_us, last_us; /* last_us: of the last one that was dropped as a repetition */
	bool stored;
};

struct dhcp_watch {
	struct app *app;
	struct line_pipe *pipe;
	struct kept kept[KEPT_MAX];
	size_t next;
};

static struct kept *find(struct dhcp_watch *w, const char *mac, const char *what)
{
	for (size_t i = 0; i < KEPT_MAX; i++)
		if (w->kept[i].mac[0] && str_eq(w->kept[i].mac, mac) &&
		    str_eq(w->kept[i].what, what))
			return &w->kept[i];
	return NULL;
}

static int append(struct app *a, int64_t host_num, const struct kept *k, struct err *err)
{
	AUTO(json)
	json_t *detail = json_pack("{s:s, s:s, s:s, s:I}", "mac", k->mac, "message", k->what,
				   "address", k->address, "at_us", (json_int_t)k->first_us);
	autofree char *summary = xasprintf("%s %s", k->what, k->address);
	bool boot = str_starts(k->what, "boot.");
	struct event_draft e = {.host_num = host_num,
				.kind = boot ? k->what : "dhcp.message",
				.actor = boot ? "server" : "dnsmasq",
				.summary = summary,
				.detail = detail};
	TRY(db_begin(a->db, err));
	return db_end(a->db, event_append(a->db, &e, app_now_us(a), NULL, err), err);
}

static void store(struct app *a, int64_t host_num, struct kept *k)
{
	struct err err = ERR_INIT;
	if (append(a, host_num, k, &err) < 0)
		log_err(LOG_WARNING, "dhcp.event", &err);
	k->stored = true;
}

void dhcp_watch_note(struct app *a, const char *mac, const char *what, const char *address)
{
	struct dhcp_watch *w = a->dhcp_watch;
	struct err err = ERR_INIT;
	struct host h;
	int64_t now_us = app_now_us(a);
	if (!w || !mac[0])
		return;
	struct kept *k = find(w, mac, what);
	if (k && now_us - k->first_us < THROTTLE_US) {
		k->last_us = now_us;
		return;
	}
	if (!k) {
		k = &w->kept[w->next];
		w->next = (w->next + 1) % KEPT_MAX;
	}
	memset(k, 0, sizeof(*k));
	(void)str_copy(k->mac, sizeof(k->mac), mac);
	(void)str_copy(k->what, sizeof(k->what), what);
	(void)str_copy(k->address, sizeof(k->address), address);
	k->first_us = k->last_us = now_us;
	if (host_find(a->db, HOST_BY_MAC, mac, &h, &err) >= 0)
		store(a, h.num, k);
}

void dhcp_watch_adopt(struct app *a, int64_t host_num, const char *macs)
{
	struct dhcp_watch *w = a->dhcp_watch;
	for (size_t i = 0; w && i < KEPT_MAX; i++) {
		/* oldest first: the ring starts at next */
		struct kept *k = &w->kept[(w->next + i) % KEPT_MAX];
		if (k->mac[0] && !k->stored && strstr(macs, k->mac))
			store(a, host_num, k);
	}
}

static void on_line(void *arg, const char *line)
{
	struct dhcp_watch *w = arg;
	struct dnsmasq_line l;
	if (dnsmasq_line_parse(line, &l))
		dhcp_watch_note(w->app, l.mac, l.what, l.address);
	else if (strstr(line, "error") || strstr(line, "fail") || strstr(line, "cannot"))
		log_ev(LOG_WARNING, "dnsmasq.says", KV("text", line));
	else
		log_ev(LOG_DEBUG, "dnsmasq.says", KV("text", line));
}

int dhcp_watch_new(struct app *a, struct dhcp_watch **ret, struct err *err)
{
	struct dhcp_watch *w = xcalloc(1, sizeof(*w));
	w->app = a;
	int rc = line_pipe_new(a->event, on_line, w, &w->pipe, err);
	if (rc < 0) {
		free(w);
		return rc;
	}
	*ret = w;
	return 0;
}

int dhcp_watch_fd(const struct dhcp_watch *w)
{
	return line_pipe_write_fd(w->pipe);
}

void dhcp_watch_free(struct dhcp_watch *w)
{
	if (!w)
		return;
	line_pipe_free(w->pipe);
	free(w);
}
