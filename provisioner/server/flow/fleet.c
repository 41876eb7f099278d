/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Notices of PostgreSQL arrive on the connection's socket, but also in the middle of our own
 * queries, where libpq keeps them without the socket turning readable again. So they are looked for
 * after every event of the loop, and once a tick the fleet's clock is compared besides.
 */
#include "fleet.h"

#include <systemd/sd-event.h>
#include <base/log.h>
#include <base/str.h>
#include <inventory/flow.h>
#include <inventory/host.h>
#include "live.h"

#define TELL_FRACTION 5

static void wake_host(void *arg, struct live_host *h)
{
	app_host_changed(arg, h->host_num);
}

static void look_again(struct app *a)
{
	struct err err = ERR_INIT;
	if (fleet_read_stopped(a, &err) < 0)
		log_err(LOG_ERR, "fleet.stopped", &err);
	live_each(a->live, wake_host, a);
	http_notify(a->http, "events");
}

static void take_notices(struct app *a)
{
	if (db_notified(a->db))
		look_again(a);
}

static int on_readable(sd_event_source *source, int fd, uint32_t events, void *arg)
{
	(void)source;
	(void)fd;
	(void)events;
	take_notices(arg);
	return 0;
}

static int on_any_event(sd_event_source *source, void *arg)
{
	(void)source;
	take_notices(arg);
	return 0;
}

int fleet_open(struct app *a, struct err *err)
{
	char stopped[8];
	TRY(flow_setting_get(a->db, "stopped", "0", stopped, sizeof(stopped), err));
	a->stopped = str_eq(stopped, "1");
	int fd = db_notify_fd(a->db);
	if (fd < 0)
		return 0;
	if (sd_event_add_io(a->event, &a->fleet_notices, fd, EPOLLIN, on_readable, a) < 0 ||
	    sd_event_add_post(a->event, &a->fleet_post, on_any_event, a) < 0)
		return err_set(err, ERR_SYS, "cannot watch the store");
	return 0;
}

void fleet_close(struct app *a)
{
	a->fleet_notices = sd_event_source_disable_unref(a->fleet_notices);
	a->fleet_post = sd_event_source_disable_unref(a->fleet_post);
}

void fleet_tick(struct app *a)
{
	struct err err = ERR_INIT;
	int64_t last_id = 0, at_us = 0;
	if (db_is_sqlite(a->db))
		return;
	if (db_last_tick(a->db, &last_id, &at_us, &err) < 0) {
		log_err(LOG_ERR, "fleet.clock", &err);
		return;
	}
	if (last_id != a->fleet_last_id)
		look_again(a);
	a->fleet_last_id = last_id;
}

int fleet_read_stopped(struct app *a, struct err *err)
{
	char stopped[8];
	/* an order to stop that the store did not take holds here all the same */
	if (db_is_sqlite(a->db) || a->stop_unstored)
		return 0;
	TRY(flow_setting_get(a->db, "stopped", "0", stopped, sizeof(stopped), err));
	a->stopped = str_eq(stopped, "1");
	return 0;
}

int fleet_tell_heard(struct app *a, struct live_host *h, struct err *err)
{
	int64_t now_us = app_now_us(a);
	if (db_is_sqlite(a->db) || now_us - h->told_us < a->silence_us / TELL_FRACTION)
		return 0;
	TRY(host_touch(a->db, h->host_num, now_us, err));
	h->told_us = now_us;
	return 0;
}

int fleet_ask_heard(struct app *a, struct live_host *h, struct err *err)
{
	int64_t seen_us = 0;
	if (db_is_sqlite(a->db))
		return 0;
	TRY(host_last_seen(a->db, h->host_num, &seen_us, err));
	if (seen_us > h->seen_us)
		h->seen_us = seen_us;
	return 0;
}
