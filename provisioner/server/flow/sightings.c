/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sightings of MACs; see sightings.h. A host that boots in a loop must not fill the store: the same
 * message of the same MAC is written down at most once a minute. Input: words that hosts choose.
 */
#include "sightings.h"

#include <systemd/sd-event.h>
#include <base/json.h>
#include <base/log.h>
#include <base/str.h>
#include <inventory/event.h>
#include <inventory/expect.h>
#include <inventory/facts.h>
#include <inventory/host.h>
#include "flow.h"
#include "quota.h"

#define SIGHTING_TEXT_BYTES 768  /* two texts of a relay, escaped */
#define KEPT_MAX            2048 /* messages of unknown MACs; the oldest gives way */
#define THROTTLE_US         (60 * 1000000LL)
#define BATCH_US            300000
#define BATCH_MAX           64 /* others want the loop, too */
#define SEEN_BATCH          64 /* machines that were not let in, in one batch; more are not noted */

struct kept {
	char mac[18], what[24], text[SIGHTING_TEXT_BYTES];
	int64_t first_us, last_us; /* since it was last stored */
	bool stored, pending;      /* pending: to be looked at with the next batch */
};

struct sightings {
	struct flow *flow;
	sd_event_source *timer;
	bool soon; /* there is something to write down, and time is moved by hand */
	struct kept kept[KEPT_MAX];
	size_t next;
	struct seen_host seen[SEEN_BATCH];
	size_t n_seen;
};

static struct kept *find(struct sightings *w, const char *mac, const char *what)
{
	for (size_t i = 0; i < KEPT_MAX; i++)
		if (w->kept[i].mac[0] && str_eq(w->kept[i].mac, mac) &&
		    str_eq(w->kept[i].what, what))
			return &w->kept[i];
	return NULL;
}

static const char *text_of(const json_t *j, const char *key)
{
	const char *text = json_string_value(json_object_get(j, key));

	return text ? text : "";
}

/* Where a relay saw the host, once; a host that was moved says so by its next packet. */
static int append_relayed(struct flow *flow, int64_t host_num, const struct kept *k,
			  struct err *err)
{
	static const char *const members[] = {"mac", "relay", "circuit_id", "remote_id"};
	autojson json_t *detail = json_loads(k->text, 0, NULL), *before = NULL;
	bool news = false;

	TRY(event_latest(flow->db, host_num, FACTS_RELAYED_EVENT, &before, err));
	for (size_t i = 0; i < ARRAY_LEN(members); i++)
		news |= !str_eq(text_of(before, members[i]), text_of(detail, members[i]));
	if (!detail || !news)
		return 0;
	autofree char *summary = xasprintf(
		"the relay %s saw %s at port '%s' of '%s'", text_of(detail, "relay"), k->mac,
		text_of(detail, "circuit_id"), text_of(detail, "remote_id"));
	struct event_draft e = {host_num, FACTS_RELAYED_EVENT, "dnsmasq", summary, detail};

	TRY(event_append(flow->db, &e, flow_now_us(flow), NULL, err));
	return host_refresh_differences(flow->db, host_num, err);
}

static int append(struct flow *flow, int64_t host_num, const struct kept *k, struct err *err)
{
	if (str_eq(k->what, FACTS_RELAYED_EVENT))
		return append_relayed(flow, host_num, k, err);
	autojson json_t *detail = json_pack("{s:s, s:s, s:s, s:I}", "mac", k->mac, "message",
					    k->what, "address", k->text, "at_us",
					    (json_int_t)k->first_us);
	autofree char *summary = xasprintf("%s %s", k->what, k->text);
	bool boot = str_starts(k->what, "boot.");
	struct event_draft e = {.host_num = host_num,
				.kind = boot ? k->what : "dhcp.message",
				.actor = boot ? "server" : "dnsmasq",
				.summary = summary,
				.detail = detail};

	return event_append(flow->db, &e, flow_now_us(flow), NULL, err);
}

/* Write down what came since the last batch, for hosts that are known: one transaction for many. */
static int flush(struct sightings *w, bool *ret_more, struct err *err)
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
		int rc = host_find(w->flow->db, HOST_BY_MAC, k->mac, &h, err);
		if (rc == -ERR_HOST_UNKNOWN || rc == -ERR_HOST_AMBIGUOUS)
			continue;
		TRY(rc);
		TRY(append(w->flow, h.num, k, err));
		TRY(seen_host_forget(w->flow->db, k->mac, err));
		k->stored = true;
	}
	return 0;
}

static int flush_seen(struct sightings *w, struct err *err)
{
	for (size_t i = 0; i < w->n_seen; i++)
		TRY(seen_host_put(w->flow->db, &w->seen[i], err));
	w->n_seen = 0;
	return 0;
}

static int flush_all(struct sightings *w, bool *ret_more, struct err *err)
{
	TRY(flush_seen(w, err));
	return flush(w, ret_more, err);
}

static bool flush_in_transaction(struct sightings *w)
{
	struct err err = ERR_INIT;
	bool more = false;
	int rc = db_begin(w->flow->db, &err);

	if (rc >= 0)
		rc = db_end(w->flow->db, flush_all(w, &more, &err), &err);
	w->n_seen = 0; /* of a batch that failed, too: the machines ask again */
	if (rc < 0)
		log_err(LOG_WARNING, "dhcp.events", &err);
	else
		notices_events(w->flow);
	return more;
}

static int on_timer(sd_event_source *source, uint64_t usec, void *arg)
{
	(void)usec;
	if (!flush_in_transaction(arg))
		return 0;
	(void)sd_event_source_set_time_relative(source, BATCH_US);
	return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

void sightings_tick(struct flow *flow)
{
	while (flow->sightings->soon && flush_in_transaction(flow->sightings))
		;
	flow->sightings->soon = false;
}

static void flush_soon(struct sightings *w)
{
	int enabled = SD_EVENT_OFF;

	if (w->flow->timers_by_hand) {
		w->soon = true;
		return;
	}
	(void)sd_event_source_get_enabled(w->timer, &enabled);
	if (enabled != SD_EVENT_OFF)
		return;
	(void)sd_event_source_set_time_relative(w->timer, BATCH_US);
	(void)sd_event_source_set_enabled(w->timer, SD_EVENT_ONESHOT);
}

bool sightings_note(struct flow *flow, const char *mac, const char *what, const char *text)
{
	struct sightings *w = flow->sightings;
	int64_t now_us = flow_now_us(flow);

	if (!w || !mac[0])
		return false;
	struct kept *k = find(w, mac, what);
	if (k && now_us - k->last_us < THROTTLE_US)
		return false;
	if (!k) {
		k = &w->kept[w->next];
		w->next = (w->next + 1) % KEPT_MAX;
	}
	int64_t first_us = k->mac[0] && !k->stored && str_eq(k->mac, mac) && str_eq(k->what, what)
				   ? k->first_us
				   : now_us;
	memset(k, 0, sizeof(*k));
	(void)str_copy(k->mac, sizeof(k->mac), mac);
	(void)str_copy(k->what, sizeof(k->what), what);
	(void)str_copy(k->text, sizeof(k->text), text);
	k->first_us = first_us;
	k->last_us = now_us;
	k->pending = true;
	flush_soon(w);
	return true;
}

/* Strangers pay from their address's budget first, so that one machine which invents MACs cannot
 * take what is there for all. */
void sightings_seen(struct flow *flow, const struct seen_host *h)
{
	struct sightings *w = flow->sightings;
	int64_t now_us = flow_now_us(flow);

	if (!w || !h->mac[0] || w->n_seen == SEEN_BATCH ||
	    !quota_take_address(flow->quota, QUOTA_ADDRESS_SEEN, h->address, 1, now_us) ||
	    !quota_take(flow->quota, QUOTA_ALL_SEEN, "", 1, now_us))
		return;
	w->seen[w->n_seen] = *h;
	w->seen[w->n_seen++].last_us = now_us;
	flush_soon(w);
}

/* Oldest first: the ring starts at next. The batch finds the host by its MAC now. */
void sightings_adopt(struct flow *flow, const char *macs)
{
	struct sightings *w = flow->sightings;

	for (size_t i = 0; w && i < KEPT_MAX; i++) {
		struct kept *k = &w->kept[(w->next + i) % KEPT_MAX];
		if (!k->mac[0] || k->stored || !strstr(macs, k->mac))
			continue;
		k->pending = true;
		flush_soon(w);
	}
}

int sightings_new(struct flow *flow, struct sightings **ret, struct err *err)
{
	struct sightings *w = xcalloc(1, sizeof(*w));

	w->flow = flow;
	if (sd_event_add_time_relative(flow->event, &w->timer, CLOCK_BOOTTIME, 0, 10000, on_timer,
				       w) < 0 ||
	    sd_event_source_set_enabled(w->timer, SD_EVENT_OFF) < 0) {
		sightings_free(w);
		return err_set(err, ERR_SYS, "cannot add a timer");
	}
	*ret = w;
	return 0;
}

void sightings_free(struct sightings *w)
{
	if (!w)
		return;
	sd_event_source_disable_unref(w->timer);
	free(w);
}
