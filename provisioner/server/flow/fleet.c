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

static void look_again(struct flow *flow)
{
	struct err err = ERR_INIT;

	if (fleet_read_stopped(flow, &err) < 0)
		log_err(LOG_ERR, "fleet.stopped", &err);
	notices_all_hosts(flow);
}

static void take_notices(struct flow *flow)
{
	if (db_notified(flow->db))
		look_again(flow);
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

int fleet_open(struct flow *flow, struct err *err)
{
	char stopped[8];

	TRY(flow_setting_get(flow->db, "stopped", "0", stopped, sizeof(stopped), err));
	flow->stopped = str_eq(stopped, "1");
	int fd = db_notify_fd(flow->db);
	if (fd < 0)
		return 0;
	if (sd_event_add_io(flow->event, &flow->fleet.notices, fd, EPOLLIN, on_readable, flow) <
		    0 ||
	    sd_event_add_post(flow->event, &flow->fleet.post, on_any_event, flow) < 0)
		return err_set(err, ERR_SYS, "cannot watch the store");
	return 0;
}

void fleet_close(struct flow *flow)
{
	flow->fleet.notices = sd_event_source_disable_unref(flow->fleet.notices);
	flow->fleet.post = sd_event_source_disable_unref(flow->fleet.post);
}

void fleet_tick(struct flow *flow)
{
	struct err err = ERR_INIT;
	int64_t last_id = 0, at_us = 0;

	if (db_is_sqlite(flow->db))
		return;
	if (db_last_tick(flow->db, &last_id, &at_us, &err) < 0) {
		log_err(LOG_ERR, "fleet.clock", &err);
		return;
	}
	if (last_id != flow->fleet.last_id)
		look_again(flow);
	flow->fleet.last_id = last_id;
}

int fleet_read_stopped(struct flow *flow, struct err *err)
{
	char stopped[8];

	/* an order to stop that the store did not take holds here all the same */
	if (db_is_sqlite(flow->db) || flow->stop_unstored)
		return 0;
	TRY(flow_setting_get(flow->db, "stopped", "0", stopped, sizeof(stopped), err));
	flow->stopped = str_eq(stopped, "1");
	return 0;
}

int fleet_tell_heard(struct flow *flow, struct live_host *h, struct err *err)
{
	int64_t now_us = flow_now_us(flow);

	if (db_is_sqlite(flow->db) || now_us - h->told_us < flow->silence_us / TELL_FRACTION)
		return 0;
	TRY(host_touch(flow->db, h->host_num, now_us, err));
	h->told_us = now_us;
	return 0;
}

int fleet_ask_heard(struct flow *flow, struct live_host *h, struct err *err)
{
	int64_t seen_us = 0;

	if (db_is_sqlite(flow->db))
		return 0;
	TRY(host_last_seen(flow->db, h->host_num, &seen_us, err));
	if (seen_us > h->seen_us)
		h->seen_us = seen_us;
	return 0;
}
