/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The running daemon: the roof over its parts, which know each other only as far as deps.allow
 * says. For app.c and main.c (and tests that start a daemon) alone: everybody else gets the part
 * that it needs.
 *
 *  1. fill config and halves, set event and run_lock_fd (-1); the rest is zero. 2. app_open(). 3. the event
 *  loop. 4. app_close(), also after an error.
 */
#ifndef SERVER_APP_H
#define SERVER_APP_H

#include <server/api/api.h>
#include <server/boot/boot_server.h>
#include <server/flow/flow.h>
#include <base/err.h>
#include "config.h"
#include "halves.h"
#include "site.h"

struct readers;
struct retention;
struct self_check;
struct webhook_sender;
struct sd_event;
struct sd_event_source;

struct app {
	struct config config;
	struct halves halves;
	struct err failed; /* why we end */
	struct site site;
	struct sd_event *event;
	struct flow flow;
	struct api api;
	struct boot_server boot;
	struct http_server *http;
	struct readers *readers;
	struct retention *retention;
	struct webhook_sender *webhooks;
	struct self_check *self_check;
	struct sd_event_source *tick;
	unsigned n_ticks;
	int64_t next_sample; /* table of the store to look at next */
	bool trust_clock;    /* an operator says that it is right, whatever the store says */
	int run_lock_fd;
};

/* The file of the state folder that says how far a PostgreSQL store came (backup_guard()). */
#define APP_MARK_FILE "store.acknowledged"
/* Of the configured store; the caller frees. */
MUST_CHECK char *app_store_url(const struct app *a);
/* in: after config_resolve() and halves_part(). on_services: see boot/services.h */
MUST_CHECK int app_open(struct app *a, void (*on_services)(void *arg, const struct err *err),
			struct err *err);
/* The same without nginx and dnsmasq: for tests. */
MUST_CHECK int app_open_core(struct app *a, struct err *err);
void app_close(struct app *a);
/* What happens every DEADLINES_TICK_S seconds. */
void app_tick(struct app *a);

#endif
