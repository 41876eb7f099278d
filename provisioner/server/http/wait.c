/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Waiting requests: suspended connections on one list, woken by topic or by their time. One timer
 * for the earliest of them. Topics are compared as text: thousands of waiters are a few
 * microseconds.
 */
#include "internal.h"

#include <base/clock.h>
#include <base/str.h>

#define NEVER_US    UINT64_MAX
#define AGAIN_TOPIC "again"

uint64_t http_now_us(void)
{
	return (uint64_t)clock_boot_us(&clock_system);
}

static void timer_set(struct http_server *s, uint64_t at_us)
{
	s->wait_timer_us = at_us;
	if (at_us == NEVER_US) {
		(void)sd_event_source_set_enabled(s->wait_timer, SD_EVENT_OFF);
		return;
	}
	(void)sd_event_source_set_time(s->wait_timer, at_us);
	(void)sd_event_source_set_enabled(s->wait_timer, SD_EVENT_ONESHOT);
}

void http_wait_enter(struct http_request *r, const char *topic, uint64_t wake_us)
{
	struct http_server *s = r->server;

	BUG_ON(r->is_waiting || r->server == NULL);
	BUG_ON(!str_copy(r->topic, sizeof(r->topic), topic));
	r->wake_us = wake_us;
	r->is_waiting = true;
	r->next = s->waiting;
	r->back = &s->waiting;
	if (r->next)
		r->next->back = &r->next;
	s->waiting = r;
	s->counters.waiting++;
	MHD_suspend_connection(r->connection);
	if (wake_us < s->wait_timer_us)
		timer_set(s, wake_us);
}

void http_wait_leave(struct http_request *r)
{
	*r->back = r->next;
	if (r->next)
		r->next->back = r->back;
	r->is_waiting = false;
	r->server->counters.waiting--;
}

static void wake(struct http_request *r)
{
	http_wait_leave(r);
	MHD_resume_connection(r->connection);
	http_kick(r->server);
}

void http_notify(struct http_server *s, const char *topic)
{
	for (struct http_request *r = s->waiting, *next; r; r = next) {
		next = r->next;
		if (str_eq(r->topic, topic))
			wake(r);
	}
}

unsigned http_waiting(const struct http_server *s, const char *topic)
{
	unsigned n = 0;

	for (const struct http_request *r = s->waiting; r; r = r->next)
		n += str_eq(r->topic, topic);
	return n;
}

static int on_wait_timer(sd_event_source *source, uint64_t usec, void *arg)
{
	struct http_server *s = arg;

	(void)source;
	(void)usec;
	uint64_t now = http_now_us(), earliest = NEVER_US;
	for (struct http_request *r = s->waiting, *next; r; r = next) {
		next = r->next;
		if (r->wake_us <= now)
			wake(r);
		else if (r->wake_us < earliest)
			earliest = r->wake_us;
	}
	timer_set(s, earliest);
	return 0;
}

static int on_again(sd_event_source *source, void *arg)
{
	(void)source;
	http_notify(arg, AGAIN_TOPIC);
	return 0;
}

int http_wait_init(struct http_server *s)
{
	s->wait_timer_us = NEVER_US;
	int rc = sd_event_add_time(s->o.event, &s->wait_timer, CLOCK_BOOTTIME, 0, 20000,
				   on_wait_timer, s);
	if (rc >= 0)
		rc = sd_event_source_set_enabled(s->wait_timer, SD_EVENT_OFF);
	if (rc >= 0)
		rc = sd_event_add_defer(s->o.event, &s->again, on_again, s);
	if (rc >= 0)
		rc = sd_event_source_set_priority(s->again, SD_EVENT_PRIORITY_IDLE);
	if (rc >= 0)
		rc = sd_event_source_set_enabled(s->again, SD_EVENT_OFF);
	if (rc < 0)
		return rc;
	(void)sd_event_source_set_description(s->wait_timer, "http-wait");
	(void)sd_event_source_set_description(s->again, "http-again");
	return 0;
}

int http_wait(struct http_request *r, const char *topic, int64_t timeout_ms)
{
	if (!r->wait_started) {
		r->wait_started = true;
		r->deadline_us = http_now_us() + (uint64_t)(timeout_ms > 0 ? timeout_ms : 0) * 1000;
	}
	http_wait_enter(r, topic, r->deadline_us);
	return 0;
}

int http_again(struct http_request *r)
{
	http_wait_enter(r, AGAIN_TOPIC, NEVER_US);
	(void)sd_event_source_set_enabled(r->server->again, SD_EVENT_ONESHOT);
	return 0;
}

bool http_wait_over(const struct http_request *r)
{
	return r->wait_started && http_now_us() >= r->deadline_us;
}
