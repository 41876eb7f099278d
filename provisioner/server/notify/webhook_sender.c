/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the queue in the store to the network and back. Input: events, which may hold text from
 * hosts and are sent as JSON; status codes of receivers.
 */
#include "webhook_sender.h"

#include <stdio.h>
#include <string.h>
#include <systemd/sd-event.h>
#include <base/clock.h>
#include <base/digest.h>
#include <base/log.h>
#include <base/secret_box.h>
#include <base/str.h>
#include <inventory/webhook.h>
#include "webhook_post.h"

#define LOOK_EVERY_US 1000000ULL
#define TIMEOUT_MS    10000
#define LEASE_US      (20 * 1000000LL) /* longer than any request */
#define PER_LOOK      64

struct webhook_sender {
	struct flow *flow;
	struct webhook_post *post;
	sd_event_source *timer;
	struct delivery *first;
};

struct delivery {
	struct webhook_sender *sender;
	struct webhook_job job;
	int64_t started_us;
	struct delivery *next;
};

static void delivery_free(struct delivery *d)
{
	struct delivery **p = &d->sender->first;

	while (*p && *p != d)
		p = &(*p)->next;
	if (*p)
		*p = d->next;
	webhook_job_done(&d->job);
	free(d);
}

/* ---- afterwards ------------------------------------------------------------------------------ */

static void settle(struct delivery *d, int status, const char *why)
{
	struct flow *flow = d->sender->flow;
	struct err err = ERR_INIT;
	char text[32];
	struct webhook_outcome o = {.status = status, .well = status >= 200 && status < 300};

	(void)snprintf(text, sizeof(text), "answered %d", status);
	o.result = status ? text : why;
	o.took_ms = (flow_now_us(flow) - d->started_us) / 1000;
	random_bytes(&o.random, sizeof(o.random));
	if (webhook_settle(flow->db, &d->job, &o, flow_now_us(flow), &err) < 0)
		log_err(LOG_ERR, "webhook.settle", &err); /* the claim ends; it is sent again */
	else if (!o.well && d->job.tries + 1 >= d->job.max_tries)
		log_ev(LOG_WARNING, "webhook.dead", KV("name", (const char *)d->job.name),
		       KV("id", d->job.event_id), KV("why", o.result));
}

static void on_end(void *arg, int status, const char *why)
{
	struct delivery *d = arg;
	sd_event_source *timer = d->sender->timer;

	settle(d, status, why);
	delivery_free(d);
	/* look for the next one at once, but from the loop: others have their turn between */
	(void)sd_event_source_set_time_relative(timer, 0);
	(void)sd_event_source_set_enabled(timer, SD_EVENT_ONESHOT);
}

/* ---- sending --------------------------------------------------------------------------------- */

static int start(struct delivery *d, struct err *err)
{
	const struct webhook_job *job = &d->job;
	char mac[SHA256_HEX_BYTES], secret[WEBHOOK_SECRET_MAX_BYTES + 1];
	long long now_s = (long long)(d->started_us / 1000000);
	autofree char *message = xasprintf("%lld.%s", now_s, job->body);

	TRY(secret_open(d->sender->flow->seal_key, job->name, job->secret, secret, sizeof(secret),
			err));
	hmac_sha256_hex_of(secret, strlen(secret), message, strlen(message), mac);
	explicit_bzero(secret, sizeof(secret));
	autofree char *name = xasprintf("Slipway-Webhook: %s", job->name);
	autofree char *event = xasprintf("Slipway-Event: %lld", (long long)job->event_id);
	autofree char *try = xasprintf("Slipway-Try: %lld", (long long)job->tries + 1);
	autofree char *time = xasprintf("Slipway-Timestamp: %lld", now_s);
	autofree char *signature = xasprintf("Slipway-Signature: v1=%s", mac);
	const char *const headers[] = {"Content-Type: application/json",
				       "User-Agent: slipway/" SLIPWAY_VERSION,
				       name,
				       event,
				       try,
				       time,
				       signature,
				       NULL};
	struct webhook_post_call call = {.url = job->url,
					 .headers = headers,
					 .body = job->body,
					 .timeout_ms = TIMEOUT_MS,
					 .end = on_end,
					 .arg = d};
	return webhook_post_start(d->sender->post, &call, err);
}

/* 1: one was sent, 0: nothing is due */
static int send_one(struct webhook_sender *s, struct err *err)
{
	struct delivery *d = xcalloc(1, sizeof(*d));

	*d = (struct delivery){.sender = s, .started_us = flow_now_us(s->flow), .next = s->first};
	s->first = d;
	int r = webhook_take(s->flow->db, d->started_us, LEASE_US, &d->job, err);
	if (r == 1) {
		struct err own = ERR_INIT;
		if (start(d, &own) == 0)
			return 1;
		settle(d, 0, own.msg);
	}
	delivery_free(d);
	return r;
}

static int on_look(sd_event_source *source, uint64_t usec, void *arg)
{
	struct webhook_sender *s = arg;
	struct err err = ERR_INIT;
	int r = 1;

	(void)usec;
	for (int i = 0; r == 1 && i < PER_LOOK; i++)
		r = send_one(s, &err);
	if (r < 0)
		log_err(LOG_ERR, "webhook.take", &err);
	(void)sd_event_source_set_time_relative(source, LOOK_EVERY_US);
	return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

/* ---- life ------------------------------------------------------------------------------------ */

static int open_sender(struct webhook_sender *s, struct err *err)
{
	struct flow *flow = s->flow;

	/* on one store of several appliances a claim may be another one's, and ends by itself */
	if (db_is_sqlite(flow->db))
		TRY(webhook_forget_claims(flow->db, err));
	TRY(webhook_post_new(flow->event, &flow->outbound, &s->post, err));
	if (sd_event_add_time_relative(flow->event, &s->timer, CLOCK_BOOTTIME, LOOK_EVERY_US,
				       100000, on_look, s) < 0)
		return err_set(err, ERR_SYS, "cannot add a timer");
	(void)sd_event_source_set_description(s->timer, "webhooks");
	return 0;
}

int webhook_sender_new(struct flow *flow, struct webhook_sender **ret, struct err *err)
{
	struct webhook_sender *s = xcalloc(1, sizeof(*s));

	s->flow = flow;
	int r = open_sender(s, err);
	if (r < 0)
		webhook_sender_free(s);
	else
		*ret = s;
	return r;
}

void webhook_sender_free(struct webhook_sender *s)
{
	if (!s)
		return;
	webhook_post_free(s->post);
	sd_event_source_disable_unref(s->timer);
	while (s->first)
		delivery_free(s->first);
	free(s);
}
