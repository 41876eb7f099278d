/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Putting the daemon together and taking it apart, in the one order that is safe: folders and keys,
 * the store, the socket, then the boot services that send hosts to it.
 */
#include "app.h"
#include <server/api/authorize.h>

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <systemd/sd-event.h>
#include <unistd.h>
#include <base/clock.h>
#include <base/file.h>
#include <base/json.h>
#include <base/log.h>
#include <base/str.h>
#include <pxe/boot_files.h>
#include <server/session/session.h>
#include "app_open.h"
#include "checkpoints.h"
#include <server/flow/deadlines.h>
#include <server/boot/dhcp_watch.h>
#include <server/flow/fleet.h>
#include <server/flow/image_check.h>
#include <server/flow/latest.h>
#include <server/flow/live.h>
#include <server/reader/readers.h>
#include "routes.h"
#include <server/boot/services.h>
#include <server/notify/webhook_sender.h>

#define LATEST_TICKS     30
#define SAMPLE_TICKS     15 /* half a minute, for one table: a fleet grows */
#define FILES_LOOK_TICKS 5  /* boot files may be built while we run */

int64_t app_now_us(const struct app *a)
{
	return a->wall_anchor_us + clock_boot_us(&clock_system) - a->boot_anchor_us;
}

void app_topic_of_host(int64_t host_num, char ret[static APP_TOPIC_BYTES])
{
	snprintf(ret, APP_TOPIC_BYTES, "host:%lld", (long long)host_num);
}

void app_host_changed(struct app *a, int64_t host_num)
{
	char topic[APP_TOPIC_BYTES];
	app_topic_of_host(host_num, topic);
	if (!a->http)
		return;
	http_notify(a->http, topic);
	http_notify(a->http, "events");
}

static void look_for_boot_files(struct app *a)
{
	for (unsigned i = BOOT_ARCH_UNKNOWN + 1; i < _BOOT_ARCH_MAX; i++)
		a->files_ready[i] = boot_files_ready(a->config.files_dir, (enum boot_arch)i);
}

/* They may come while we run; who forgot them, or mistyped their folder, is told now and not by a
 * host that does not start. */
static void warn_of_missing_files(const struct app *a)
{
	for (unsigned i = BOOT_ARCH_UNKNOWN + 1; i < _BOOT_ARCH_MAX; i++)
		if (!a->files_ready[i])
			log_ev(LOG_WARNING, "boot.files_missing",
			       KV("dir", (const char *)a->config.files_dir),
			       KV("arch", boot_arch_str((enum boot_arch)i)),
			       KV("hint",
				  "build them with make boot, or correct [boot] files_dir"));
}

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

static void make_urls(struct app *a)
{
	const struct config *c = &a->config;
	char port[16] = "";
	if (c->http_port != 80)
		snprintf(port, sizeof(port), ":%d", (int)c->http_port);
	snprintf(a->plain_url, sizeof(a->plain_url), "http://%s%s", c->address, port);
	port[0] = '\0';
	if (c->https_port != 443)
		snprintf(port, sizeof(port), ":%d", (int)c->https_port);
	snprintf(a->server_url, sizeof(a->server_url), "https://%s%s", c->address, port);
	snprintf(a->objects_url, sizeof(a->objects_url), "%s/objects", a->plain_url);
}

/* The caller frees. */
static char *store_url(const struct app *a)
{
	return str_eq(a->config.store, "sqlite")
		       ? xasprintf("sqlite:%s/slipway.db", a->config.state_dir)
		       : xstrdup(a->config.store);
}

static int open_store(struct app *a, struct err *err)
{
	autofree char *url = store_url(a);
	TRY(db_open(url, DB_CREATE | DB_CHECK, &a->db, err));
	if (db_warning(a->db)[0])
		log_ev(LOG_WARNING, "store.warning", KV("text", db_warning(a->db)));
	return deadlines_rebuild(a, err);
}

static int open_http(struct app *a, struct err *err)
{
	autofree char *front = xasprintf("%s/http.sock", a->config.run_dir);
	autofree char *admin = xasprintf("%s/admin.sock", a->config.run_dir);
	struct http_options o = {
		.event = a->event,
		.socket_path = front,
		.admin_socket_path = admin,
		.spool_dir = a->site.spool_dir,
		.tables = routes_all(),
		.authorize = api_authorize,
		.authorize_arg = a,
		.context = a,
		.max_connections = 4096,
	};
	services_front_ids(a, &o.front_uid, &o.front_gid);
	return http_server_new(&o, &a->http, err);
}

static void sample_one(struct app *a)
{
	static int64_t which;
	struct err err = ERR_INIT;
	int r = db_sample_table(a->db, which, &err);
	if (r < 0)
		log_err(LOG_WARNING, "store.sample", &err);
	which = r == 1 ? which + 1 : 0;
}

static int on_tick(sd_event_source *source, uint64_t usec, void *arg)
{
	struct app *a = arg;
	static unsigned n;
	(void)usec;
	fleet_tick(a);
	deadlines_tick(a);
	checkpoint_tick(a);
	if (++n % FILES_LOOK_TICKS == 0)
		look_for_boot_files(a);
	if (n % SAMPLE_TICKS == 0)
		sample_one(a);
	if (n % LATEST_TICKS == 0)
		latest_tick(a);
	(void)sd_event_source_set_time_relative(source, DEADLINES_TICK_S * 1000000ULL);
	return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

static int start_tick(struct app *a, struct err *err)
{
	if (sd_event_add_time_relative(a->event, &a->tick, CLOCK_BOOTTIME,
				       DEADLINES_TICK_S * 1000000ULL, 100000, on_tick, a) < 0)
		return err_set(err, ERR_SYS, "cannot add a timer");
	(void)sd_event_source_set_description(a->tick, "deadlines");
	return 0;
}

int app_open_core(struct app *a, struct err *err)
{
	a->wall_anchor_us = clock_wall_us(&clock_system);
	a->boot_anchor_us = clock_boot_us(&clock_system);
	a->started_us = a->wall_anchor_us;
	if (!a->silence_us)
		a->silence_us = (AGENT_LEASE_S + AGENT_GRACE_S) * 1000000LL;
	make_urls(a);
	protected_load(&a->protected, &a->config);
	look_for_boot_files(a);
	TRY(lock_run_dir(a, err));
	TRY(site_open(&a->config, &a->site, err));
	TRY(trust_root_load(a->site.root_path, &a->root, err));
	TRY(object_store_open(a->site.objects_dir, &a->objects, err));
	a->live = live_new();
	TRY(open_store(a, err));
	TRY(dhcp_watch_new(a, &a->dhcp_watch, err));
	TRY(open_http(a, err));
	TRY(webhook_sender_new(a, &a->webhooks, err));
	TRY(fleet_open(a, err));
	latest_tick(a);
	return start_tick(a, err);
}

/* We are the program: a reader starts as we did, and ends when we do. */
static int open_readers(struct app *a, struct err *err)
{
	static char parent[16];
	static const char *const argv[] = {"/proc/self/exe", "--exec-child", parent,
					   "/proc/self/exe", "--reader",     NULL};
	autofree char *url = store_url(a);
	snprintf(parent, sizeof(parent), "%d", getpid());
	struct readers_options o = {a->event, a->http, url, argv};
	return readers_new(&o, &a->readers, err);
}

int app_open(struct app *a, struct err *err)
{
	TRY(config_resolve(&a->config, err));
	TRY(app_open_core(a, err));
	TRY(open_readers(a, err));
	TRY(services_write(a, err));
	warn_of_missing_files(a);
	return services_start(a, err);
}

void app_close(struct app *a)
{
	services_stop(a);
	image_check_stop(a);
	webhook_sender_free(a->webhooks);
	a->webhooks = NULL;
	sd_event_source_disable_unref(a->tick);
	fleet_close(a);
	http_server_free(a->http);
	a->http = NULL;
	readers_free(a->readers);
	dhcp_watch_free(a->dhcp_watch);
	db_close(a->db);
	object_store_free(a->objects);
	trust_root_free(a->root);
	live_free(a->live);
	site_done(&a->site);
	protected_done(&a->protected);
	config_done(&a->config);
	if (a->run_lock_fd >= 0)
		close(a->run_lock_fd);
}
