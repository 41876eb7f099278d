/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Putting the daemon together and taking it apart, in the one order that is safe: folders and keys,
 * the store, the socket, then the boot services that send hosts to it.
 */
#include "app.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <sys/file.h>
#include <systemd/sd-event.h>
#include <unistd.h>
#include <base/file.h>
#include <base/log.h>
#include <base/str.h>
#include <inventory/backup.h>
#include <inventory/upgrade.h>
#include <inventory/wipe.h>
#include <server/api/authorize.h>
#include <server/api/deprecated.h>
#include <server/api/openapi.h>
#include <server/boot/dhcp_alarm.h>
#include <server/boot/service_urls.h>
#include <server/boot/services.h>
#include <server/flow/checkpoints.h>
#include <server/flow/deadlines.h>
#include <server/flow/fleet.h>
#include <server/flow/image_check.h>
#include <server/flow/latest.h>
#include <server/flow/live.h>
#include <server/flow/profile_secret.h>
#include <server/flow/quota.h>
#include <server/flow/sightings.h>
#include <server/notify/webhook_sender.h>
#include <server/reader/readers.h>
#include <server/reader/retention.h>
#include <server/session/session.h>
#include "routes.h"
#include "self_check.h"

#define LATEST_TICKS     30
#define SAMPLE_TICKS     15 /* half a minute, for one table: a fleet grows */
#define CHECK_TICKS      30
#define FILES_LOOK_TICKS 5 /* boot files may be built while we run */

static int lock_run_dir(struct app *a, struct err *err)
{
	autofree char *path = xasprintf("%s/lock", a->config.run_dir);

	TRY(file_make_dirs(a->config.run_dir, 0755, err));
	a->run_lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (a->run_lock_fd < 0)
		return err_sys(err, ERR_SYS, "cannot open '%s'", path);
	if (flock(a->run_lock_fd, LOCK_EX | LOCK_NB) < 0)
		return err_set(err, ERR_SERVER_RUNNING, "'%s' is locked", path);
	return 0;
}

static void fill_urls(struct flow_urls *ret, const struct service_urls *urls)
{
	(void)str_copy(ret->plain, sizeof(ret->plain), urls->plain);
	(void)str_copy(ret->server, sizeof(ret->server), urls->tls);
	snprintf(ret->objects, sizeof(ret->objects), "%s/objects", ret->plain);
}

/* Of a text that config_resolve() wrote. */
static uint32_t ipv4_number(const char *text)
{
	struct in_addr a = {0};

	(void)inet_pton(AF_INET, text, &a);
	return ntohl(a.s_addr);
}

static void make_urls(struct app *a)
{
	struct flow *flow = &a->flow;
	struct service_urls urls;

	service_urls_of(&a->config.boot, &urls);
	fill_urls(&flow->urls, &urls);
	_Static_assert(BOOT_NETS_MAX <= FLOW_NETWORKS_MAX, "each interface has its URLs");
	for (size_t i = 0; i < a->config.boot.n_nets; i++) {
		const struct boot_net *net = &a->config.boot.nets[i];
		struct flow_network *n = &flow->networks[flow->n_networks++];

		(void)str_copy(n->address, sizeof(n->address), net->address);
		n->network = ipv4_number(net->network);
		n->mask = ipv4_number(net->netmask);
		service_urls_at(&a->config.boot, net->address, &urls);
		fill_urls(&n->urls, &urls);
	}
}

char *app_store_url(const struct app *a)
{
	return str_eq(a->config.store, "sqlite")
		       ? xasprintf("sqlite:%s/slipway.db", a->config.state_dir)
		       : xstrdup(a->config.store);
}

/* ---- the flow: what decides ------------------------------------------------------------------ */

#define CLOCK_BACK_MAX_US (24 * 3600 * 1000000LL)

/* C-02: a clock that is far behind what the store has seen would sign plans that have expired and
 * let what has expired live again. */
static int check_clock(struct app *a, struct err *err)
{
	int64_t last_id, last_us, now_us = flow_now_us(&a->flow);
	char now[TIME_TEXT_BYTES], last[TIME_TEXT_BYTES];

	TRY(db_last_tick(a->flow.db, &last_id, &last_us, err));
	if (now_us >= last_us - CLOCK_BACK_MAX_US || a->trust_clock)
		return 0;
	time_rfc3339(now_us, now);
	time_rfc3339(last_us, last);
	return err_set(err, ERR_CONFIG,
		       "the clock says %s and the store has an event of %s: nothing is signed by "
		       "this clock. Set it, or start once with --trust-clock if it is right",
		       now, last);
}

static int open_store(struct app *a, struct err *err)
{
	autofree char *url = app_store_url(a);

	TRY(db_open(url, DB_CREATE | DB_CHECK, &a->flow.db, err));
	TRY(upgrade_finish(a->flow.db, err));
	if (!db_is_sqlite(a->flow.db)) {
		autofree char *mark = xasprintf("%s/" APP_MARK_FILE, a->config.state_dir);
		TRY(backup_guard(a->flow.db, mark, err));
	}
	if (db_warning(a->flow.db)[0])
		log_ev(LOG_WARNING, "store.warning", KV("text", db_warning(a->flow.db)));
	return check_clock(a, err);
}

static void lend_site(struct app *a)
{
	struct flow *flow = &a->flow;

	flow->plan_key = a->site.plan_key;
	flow->seal_key = a->site.seal_key;
	flow->pin = a->site.pin;
	flow->audit_dir = a->site.audit_dir;
	flow->burn_in_dir = a->config.burn_in_dir;
}

static void wake(void *arg, const char *topic)
{
	struct app *a = arg;

	if (a->http)
		http_notify(a->http, topic);
}

static int open_flow(struct app *a, struct err *err)
{
	struct flow *flow = &a->flow;

	flow->event = a->event;
	if (!flow->silence_us)
		flow->silence_us = (AGENT_LEASE_S + AGENT_GRACE_S) * 1000000LL;
	flow->orders = (struct flow_order_policy){str_eq(a->config.second_person, "on"),
						  a->config.second_person_above};
	flow->erase_methods = a->config.erase_methods;
	flow->notices.wake = wake;
	flow->notices.arg = a;
	make_urls(a);
	lend_site(a);
	TRY(outbound_parse(a->config.webhook_allow, &flow->outbound, err));
	protected_load(&flow->protected, a->config.store, a->config.protect);
	TRY(trust_root_load(a->site.root_path, &flow->root, err));
	TRY(object_store_open(a->site.objects_dir, &flow->objects, err));
	flow->live = live_new();
	flow->quota = quota_new();
	TRY(open_store(a, err));
	notices_open(flow);
	TRY(profile_secret_seal_stored(flow, err));
	TRY(store_wipe_old(flow->db, err));
	TRY(deadlines_rebuild(flow, err));
	return sightings_new(flow, &flow->sightings, err);
}

static void close_flow(struct flow *flow)
{
	sightings_free(flow->sightings);
	notices_close(flow);
	db_close(flow->db);
	object_store_free(flow->objects);
	trust_root_free(flow->root);
	live_free(flow->live);
	quota_free(flow->quota);
	protected_done(&flow->protected);
}

/* ---- what listens ---------------------------------------------------------------------------- */

static void open_boot(struct app *a)
{
	struct boot_server *b = &a->boot;

	b->flow = &a->flow;
	b->config = &a->config.boot;
	b->run_dir = a->config.run_dir;
	b->place = a->halves.place;
	b->web_user = a->halves.web;
	b->dhcp_user = a->halves.dhcp;
	b->supervisor_fd = a->halves.fd;
	boot_server_open(b);
}

static unsigned foreign_dhcp_servers(void *arg)
{
	const struct boot_server *b = arg;

	return dhcp_alarm_count(b->dhcp_alarm);
}

static void fill_api(struct app *a)
{
	a->api = (struct api){.flow = &a->flow,
			      .http = a->http,
			      .read_budget_ms = a->config.read_budget_ms,
			      .rate_per_s = a->config.rate_per_s,
			      .rate_burst = a->config.rate_burst,
			      .plan_public = a->site.plan_public,
			      .backup_dir = a->site.backup_dir,
			      .archive_dir = a->site.archive_dir,
			      .foreign_dhcp_servers = foreign_dhcp_servers,
			      .foreign_dhcp_arg = &a->boot};
}

static int open_http(struct app *a, struct err *err)
{
	autofree char *front = xasprintf("%s/http.sock", a->config.run_dir);
	autofree char *admin = xasprintf("%s/admin.sock", a->config.run_dir);
	const struct route_contexts contexts = {&a->api, &a->flow, &a->boot};
	struct http_options o = {
		.event = a->event,
		.socket_path = front,
		.admin_socket_path = admin,
		.spool_dir = a->site.spool_dir,
		.tables = routes_all(&contexts),
		.authorize = api_authorize,
		.authorize_arg = &a->api,
		.cors_origins = a->config.cors_origins,
		.deprecations = api_deprecations,
		.max_connections = 4096,
	};

	services_front_ids(&a->boot, &o.front_uid, &o.front_gid);
	TRY(http_server_new(&o, &a->http, err));
	fill_api(a);
	api_describe(a->http);
	return 0;
}

/* ---- what happens by itself ------------------------------------------------------------------ */

static void sample_one(struct app *a)
{
	struct err err = ERR_INIT;
	int r = db_sample_table(a->flow.db, a->next_sample, &err);

	if (r < 0)
		log_err(LOG_WARNING, "store.sample", &err);
	a->next_sample = r == 1 ? a->next_sample + 1 : 0;
}

void app_tick(struct app *a)
{
	fleet_tick(&a->flow);
	deadlines_tick(&a->flow);
	checkpoint_tick(&a->flow);
	sightings_tick(&a->flow);
	retention_tick(a->retention);
	if (++a->n_ticks % FILES_LOOK_TICKS == 0)
		boot_server_tick(&a->boot);
	if (a->n_ticks % SAMPLE_TICKS == 0)
		sample_one(a);
	if (a->self_check && a->n_ticks % CHECK_TICKS == 0)
		self_check_tick(a->self_check);
	if (a->n_ticks % LATEST_TICKS == 0)
		latest_tick(&a->flow);
}

static int on_tick(sd_event_source *source, uint64_t usec, void *arg)
{
	(void)usec;
	app_tick(arg);
	(void)sd_event_source_set_time_relative(source, DEADLINES_TICK_S * 1000000ULL);
	return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

static int start_tick(struct app *a, struct err *err)
{
	if (a->flow.timers_by_hand)
		return 0;
	if (sd_event_add_time_relative(a->event, &a->tick, CLOCK_BOOTTIME,
				       DEADLINES_TICK_S * 1000000ULL, 100000, on_tick, a) < 0)
		return err_set(err, ERR_SYS, "cannot add a timer");
	(void)sd_event_source_set_description(a->tick, "deadlines");
	return 0;
}

/* ---- all of it ------------------------------------------------------------------------------- */

int app_open_core(struct app *a, struct err *err)
{
	flow_start_clock(&a->flow);
	TRY(lock_run_dir(a, err));
	TRY(site_open(&a->config, a->halves.web.gid, &a->site, err));
	TRY(open_flow(a, err));
	open_boot(a);
	TRY(open_http(a, err));
	if (!a->flow.timers_by_hand)
		TRY(webhook_sender_new(&a->flow, &a->webhooks, err));
	TRY(fleet_open(&a->flow, err));
	latest_tick(&a->flow);
	return start_tick(a, err);
}

/* We are the program: a reader starts as we did. */
static int open_readers(struct app *a, struct err *err)
{
	static const char *const argv[] = {"/proc/self/exe", "--reader", NULL};
	autofree char *url = app_store_url(a);
	struct readers_options o = {a->event, a->http, url, argv};

	TRY(readers_new(&o, &a->readers, err));
	a->api.readers = a->readers;
	struct retention_options kept = {
		.flow = &a->flow, .readers = a->readers, .dir = a->site.archive_dir};
	memcpy(kept.days, a->config.retention_days, sizeof(kept.days));
	return retention_new(&kept, &a->retention, err);
}

int app_open(struct app *a, void (*on_services)(void *arg, const struct err *err), struct err *err)
{
	TRY(app_open_core(a, err));
	TRY(open_readers(a, err));
	boot_server_warn_of_missing_files(&a->boot);
	a->self_check = self_check_new(a->event, &a->config);
	a->api.machine_rows = self_check_rows;
	a->api.machine_arg = a->self_check;
	TRY(services_open(&a->boot, err));
	return services_start(&a->boot, on_services, a, err);
}

void app_close(struct app *a)
{
	services_stop(&a->boot);
	image_check_stop(&a->flow);
	self_check_free(a->self_check);
	a->self_check = NULL;
	webhook_sender_free(a->webhooks);
	a->webhooks = NULL;
	sd_event_source_disable_unref(a->tick);
	fleet_close(&a->flow);
	http_server_free(a->http);
	a->http = NULL;
	retention_free(a->retention);
	readers_free(a->readers);
	close_flow(&a->flow);
	site_done(&a->site);
	config_done(&a->config);
	if (a->run_lock_fd >= 0)
		close(a->run_lock_fd);
}
