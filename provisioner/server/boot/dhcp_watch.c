/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Following dnsmasq. A host that boots in a loop must not fill the store: the same message of the
 * same MAC is written down at most once a minute. Input: log lines, in which hosts choose words.
 */
#include "dhcp_watch.h"

#include <systemd/sd-event.h>
#include <base/json.h>
#include <base/log.h>
#include <base/str.h>
#include <inventory/event.h>
#include <inventory/host.h>
#include <pxe/dnsmasq.h>
#include "line_pipe.h"

#define KEPT_MAX    2048 /* messages of unknown MACs; the oldest gives way */
#define THROTTLE_US (60 * 1000000LL)
#define BATCH_US    300000
#define BATCH_MAX   64 /* others want the loop, too */

struct kept {
	char mac[18], what[24], address[46];
	int64_t first_us;
	bool stored, pending; /* pending: to be looked at with the next batch */
};

struct dhcp_watch {
	struct app *app;
	struct line_pipe *pipe;
	sd_event_source *timer;
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
	return event_append(a->db, &e, app_now_us(a), NULL, err);
}

/* Write down what came since the last batch, for hosts that are known: one transaction for many. */
static int flush(struct dhcp_watch *w, bool *ret_more, struct err *err)
{
	size_t n = 0;
	for (size_t i = 0; i < KEPT_MAX; i++) {
		struct kept *k = &w->kept[(w->next + i) % KEPT_MAX];
		struct host h;
		if (!k->pending)
			continue;
		*ret_more = n++ >= BATCH_MAX;
		if (*ret_more)
			return 0;
		k->pending = false;
		int rc = host_find(w->app->db, HOST_BY_MAC, k->mac, &h, err);
		if (rc == -ERR_HOST_UNKNOWN || rc == -ERR_HOST_AMBIGUOUS)
			continue;
		TRY(rc);
		TRY(append(w->app, h.num, k, err));
		k->stored = true;
	}
	return 0;
}

static int on_timer(sd_event_source *source, uint64_t usec, void *arg)
{
	struct dhcp_watch *w = arg;
	struct err err = ERR_INIT;
	bool more = false;
	(void)usec;
	int rc = db_begin(w->app->db, &err);
	if (rc >= 0)
		rc = db_end(w->app->db, flush(w, &more, &err), &err);
	if (rc < 0)
		log_err(LOG_WARNING, "dhcp.events", &err);
	else
		http_notify(w->app->http, "events");
	if (!more)
		return 0;
	(void)sd_event_source_set_time_relative(source, BATCH_US);
	return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

static void flush_soon(struct dhcp_watch *w)
{
	int enabled = SD_EVENT_OFF;
	(void)sd_event_source_get_enabled(w->timer, &enabled);
	if (enabled != SD_EVENT_OFF)
		return;
	(void)sd_event_source_set_time_relative(w->timer, BATCH_US);
	(void)sd_event_source_set_enabled(w->timer, SD_EVENT_ONESHOT);
}

/* No lookup and no write here: a boot answer must not wait for a disk. */
void dhcp_watch_note(struct app *a, const char *mac, const char *what, const char *address)
{
	struct dhcp_watch *w = a->dhcp_watch;
	int64_t now_us = app_now_us(a);
	if (!w || !mac[0])
		return;
	struct kept *k = find(w, mac, what);
	if (k && now_us - k->first_us < THROTTLE_US)
		return;
	if (!k) {
		k = &w->kept[w->next];
		w->next = (w->next + 1) % KEPT_MAX;
	}
	memset(k, 0, sizeof(*k));
	(void)str_copy(k->mac, sizeof(k->mac), mac);
	(void)str_copy(k->what, sizeof(k->what), what);
	(void)str_copy(k->address, sizeof(k->address), address);
	k->first_us = now_us;
	k->pending = true;
	flush_soon(w);
}

/* Oldest first: the ring starts at next. The batch finds the host by its MAC now. */
void dhcp_watch_adopt(struct app *a, const char *macs)
{
	struct dhcp_watch *w = a->dhcp_watch;
	for (size_t i = 0; w && i < KEPT_MAX; i++) {
		struct kept *k = &w->kept[(w->next + i) % KEPT_MAX];
		if (!k->mac[0] || k->stored || !strstr(macs, k->mac))
			continue;
		k->pending = true;
		flush_soon(w);
	}
}

static void on_line(void *arg, const char *line)
{
	struct dhcp_watch *w = arg;
	struct dnsmasq_line l;
	if (dnsmasq_line_parse(line, &l))
		dhcp_watch_note(w->app, l.mac, l.what, l.address);
	else if (strstr(line, "User aborted")) /* firmware asks for a file's size and hangs up */
		log_ev(LOG_DEBUG, "dnsmasq.says", KV("text", line));
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
	if (rc >= 0 && (sd_event_add_time_relative(a->event, &w->timer, CLOCK_BOOTTIME, 0, 10000,
						   on_timer, w) < 0 ||
			sd_event_source_set_enabled(w->timer, SD_EVENT_OFF) < 0))
		rc = err_set(err, ERR_SYS, "cannot add a timer");
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

void dhcp_watch_free(struct dhcp_watch *w)
{
	if (!w)
		return;
	sd_event_source_disable_unref(w->timer);
	line_pipe_free(w->pipe);
	free(w);
}
