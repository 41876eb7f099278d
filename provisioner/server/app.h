/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The running daemon: what every route and timer may use. One struct, one thread; handlers get it
 * with http_context().
 */
#ifndef SERVER_APP_H
#define SERVER_APP_H

#include <stdbool.h>
#include <stdint.h>
#include <images/object_store.h>
#include <images/trust_root.h>
#include <inventory/db.h>
#include <pxe/boot.h>
#include "config.h"
#include <server/http/http.h>
#include <server/flow/protected.h>
#include "site.h"

struct child;
struct dhcp_alarm;
struct image_check;
struct dhcp_watch;
struct readers;
struct live;
struct webhook_sender;
struct sd_event;
struct sd_event_source;

struct app {
	struct config config;
	struct site site;
	struct sd_event *event;
	struct db *db;
	struct http_server *http;
	struct object_store *objects;
	struct trust_root *root;
	struct live *live;             /* what is known of hosts in RAM: progress, last heartbeat */
	struct dhcp_watch *dhcp_watch; /* the follower of dnsmasq's log */
	struct dhcp_alarm *dhcp_alarm; /* mode full: who else answers DHCP here */
	struct child *nginx, *dnsmasq;
	struct webhook_sender *webhooks;
	struct readers *readers;          /* NULL: every question is answered on the spot */
	struct image_check *image_checks; /* running */
	struct sd_event_source *tick, *fleet_notices, *fleet_post;
	int64_t fleet_last_id; /* of the fleet's clock, at the last tick */
	bool stopped;          /* stop-all: nobody may write */
	bool stop_unstored;    /* and the store has not taken it (yet) */
	bool files_ready[_BOOT_ARCH_MAX];
	int64_t wall_anchor_us, boot_anchor_us;
	int64_t started_us;
	int64_t silence_us; /* a writer not heard of for this long was interrupted */
	int64_t next_import;
	uint64_t channel_seq;      /* what latest_tick() saw last */
	int64_t channel_expires_s; /* since 1970; 0: there is none, or none is demanded */
	int channel_freshness;
	int64_t next_checkpoint_us; /* of the audit log */
	char plain_url[64], server_url[64], objects_url[80];
	struct protected protected; /* machines that are never a target */
	int run_lock_fd;
};

/* Now, in microseconds since 1970 UTC, counted by the boot clock from the wall time at our start: a
 * deadline does not jump when somebody sets the clock. Use it for every time that is stored. */
int64_t app_now_us(const struct app *a);

/* The topic that changes with a host ("host:NUM"), for http_wait(). */
#define APP_TOPIC_BYTES 48
void app_topic_of_host(int64_t host_num, char ret[static APP_TOPIC_BYTES]);
/* Wake who waits for this host, and who waits for any event (topic "events"). */
void app_host_changed(struct app *a, int64_t host_num);

#endif
