/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The loop of a scenario. Once a second: ask the server, tend it, do what is due, move each host's
 * phase, show. The phases are few and each has one function; the server's own states are only
 * compared with what the scenario expects, never led.
 */
#include "play.h"

#include <base/clock.h>
#include <base/json.h>
#include <base/str.h>
#include "cage.h"
#include "console.h"
#include "deed.h"

#define LOOK_EVERY_MS 1000
#define LOOK_OFTEN_MS 250 /* while a deed waits for its moment */
#define SETTLE_MAX_MS (60 * 1000)
#define OWN_BOOT_TIMEOUT_MS                                                                        \
	(600 * 1000) /* emulated: 40 to 90 s are usual, several times that under load */
#define BANNER_PATIENCE_MS (120 * 1000) /* ready is reported while the system still starts */
#define POWER_PAUSE_MS     1000
#define API_SILENCE_MAX_MS (120 * 1000)

/* What the installed system prints when it is up, and nothing else on the console ever does. */
static bool banner_seen(const struct bench_host *h)
{
	autofree char *banner = xasprintf("slipway-%s login:", h->spec->name);

	return console_has(h->console_path, h->console_mark, banner);
}

static void host_trouble(struct bench_host *h, const char *what)
{
	(void)snprintf(h->trouble, sizeof(h->trouble), "%s", what);
	h->phase = PHASE_DONE;
}

static void note_times(struct bench_host *h)
{
	int64_t now_ms = time_boot_ms();

	if (!h->ready_seen_ms && view_is_final(&h->view)) {
		h->ready_seen_ms = now_ms;
		h->total_s = (double)(now_ms - h->power_on_ms) / 1000.0;
	}
	if (h->contact_s < 0 && h->view.known && !str_eq(h->view.state, "discovered") &&
	    !str_eq(h->view.state, "expected"))
		h->contact_s = (double)(now_ms - h->power_on_ms) / 1000.0;
}

static int get_of_host(struct bench *b, const struct bench_host *h, const char *what, json_t **ret,
		       struct err *err)
{
	autofree char *path = xasprintf("/api/v1/hosts/%s%s", h->spec->mac, what);

	return api_get(b->api, path, ret, err);
}

/* When its agent first spoke, how often it was imaged, and its repair orders. */
static int look_back(struct bench *b, struct bench_host *h, struct err *err)
{
	autojson json_t *events = NULL;
	autojson json_t *receipts = NULL;
	autojson json_t *orders = NULL;
	int64_t first_us;

	TRY(get_of_host(b, h, "/events?kind=session.opened&limit=1000", &events, err));
	TRY(get_of_host(b, h, "/receipts?work=image&limit=1000", &receipts, err));
	TRY(get_of_host(b, h, "/faults?limit=1000", &orders, err));
	h->imaged_times = view_page_count(receipts);
	h->n_orders = view_orders(orders, h->orders);
	if (view_events_count(events, "session.opened", &first_us) &&
	    first_us > h->power_on_wall_us)
		h->contact_s = (double)(first_us - h->power_on_wall_us) / 1e6;
	return 0;
}

/* A missing answer is not an error here: daemons die in some scenarios. */
static bool look(struct bench *b)
{
	for (size_t i = 0; i < b->n_hosts; i++) {
		struct bench_host *h = &b->hosts[i];
		autojson json_t *host = NULL;
		struct err err = ERR_INIT;

		if (get_of_host(b, h, "", &host, &err) < 0)
			return false;
		if (host && view_read(host, &h->view, &h->stages))
			note_times(h);
	}
	return true;
}

/* ---- phases ---------------------------------------------------------------------------------- */

/* A state that the server does not call final can be where a story ends: a host that waits for
 * somebody. The scenario says what it must be waiting for. */
static bool waits_as_expected(const struct bench_host *h)
{
	const struct lab_expect *e = &h->spec->expect;

	return *e->detail && str_eq(h->view.state, e->state) && str_glob(e->detail, h->view.detail);
}

/* In a final state with nothing more to be done to it or the daemons. A deed whose moment the host
 * has left behind will not come any more. */
static bool flow_is_over(struct bench *b, struct bench_host *h)
{
	const char *missed;
	char what[ERR_MSG_MAX_BYTES];

	/* What was the end before a deed took its power is not the end of what came of it. */
	if (view_is_final(&h->left) && str_eq(h->left.state, h->view.state) &&
	    str_eq(h->left.detail, h->view.detail))
		return false;
	if (!h->view.known || (!view_is_final(&h->view) && !waits_as_expected(h)))
		return false;
	missed = deeds_missed(b, h);
	if (*missed) {
		(void)snprintf(what, sizeof(what),
			       "action '%s' never came: its moment was not seen", missed);
		host_trouble(h, what);
		return false;
	}
	return deeds_all_done(b);
}

static void flow_phase(struct bench *b, struct bench_host *h)
{
	bool on = hypervisor_is_on(b->hypervisor, h->spec->name);

	if (!on && !h->off_by_deed) {
		host_trouble(h, "the host switched itself off");
		return;
	}
	if (!flow_is_over(b, h))
		return;
	if (str_eq(h->view.state, "ready") && guest_is_busy(h->spec, &h->guest)) {
		h->phase = PHASE_COMMANDS;
		return;
	}
	if (h->spec->power_cycles == 0 || !str_eq(h->view.state, "ready")) {
		h->phase = PHASE_DONE;
		return;
	}
	/* let the system come up all the way before the plug is pulled for the first time */
	if (banner_seen(h) || time_boot_ms() - h->ready_seen_ms > BANNER_PATIENCE_MS)
		h->phase = PHASE_CYCLE;
}

/* What is asked of the guest belongs to the flow: afterwards it is where it was. */
static void commands_phase(struct bench *b, struct bench_host *h)
{
	struct guest_way way = {.folder = b->folder,
				.key_path = b->guest_key,
				.user = b->s->ssh_user,
				.ssh = "ssh",
				.neighbours = "/proc/net/arp"};

	guest_step(&way, h->spec, &h->guest);
	if (!guest_is_busy(h->spec, &h->guest))
		h->phase = PHASE_FLOW;
}

static int cycle_start(struct bench *b, struct bench_host *h, struct err *err)
{
	TRY(hypervisor_power_off(b->hypervisor, h->spec->name, err));
	hypervisor_wait(b->hypervisor, POWER_PAUSE_MS);
	h->cycle_started_ms = time_boot_ms();
	return bench_power_on(b, h, err);
}

static int cycle_phase(struct bench *b, struct bench_host *h, struct err *err)
{
	if (!h->cycle_started_ms)
		return cycle_start(b, h, err);
	if (banner_seen(h)) {
		h->own_boots++;
		h->cycle_started_ms = 0;
		if (h->own_boots >= h->spec->power_cycles)
			h->phase = PHASE_DONE;
	} else if (time_boot_ms() - h->cycle_started_ms > OWN_BOOT_TIMEOUT_MS) {
		host_trouble(h, "did not come up from its own disk within 600 s");
	}
	return 0;
}

static int phase_step(struct bench *b, struct bench_host *h, struct err *err)
{
	if (h->power_due_ms && time_boot_ms() >= h->power_due_ms) {
		TRY(hypervisor_power_off(b->hypervisor, h->spec->name,
					 err)); /* it may not have listened */
		TRY(bench_power_on(b, h, err));
	}
	if (h->phase != PHASE_DONE && console_is_at_its_end(h->console_path, h->console_mark))
		host_trouble(h, "its firmware found nothing to start; see its console file");
	switch (h->phase) {
	case PHASE_FLOW:
		flow_phase(b, h);
		return 0;
	case PHASE_COMMANDS:
		commands_phase(b, h);
		return 0;
	case PHASE_CYCLE:
		return b->s->appliance_off && !b->appliance_is_off ? 0 : cycle_phase(b, h, err);
	case PHASE_DONE:
		break;
	}
	return 0;
}

/* The appliance goes off when nobody needs it for getting ready any more. */
static void appliance_step(struct bench *b)
{
	if (!b->s->appliance_off || b->appliance_is_off)
		return;
	for (size_t i = 0; i < b->n_hosts; i++)
		if (b->hosts[i].phase == PHASE_FLOW || b->hosts[i].phase == PHASE_COMMANDS)
			return;
	server_stop(&b->server);
	b->appliance_is_off = true;
}

static int appliance_back(struct bench *b, struct err *err)
{
	if (!b->appliance_is_off)
		return 0;
	b->appliance_is_off = false;
	return server_resume(&b->server, err);
}

static bool all_done(const struct bench *b)
{
	for (size_t i = 0; i < b->n_hosts; i++)
		if (b->hosts[i].phase != PHASE_DONE)
			return false;
	return true;
}

/* ---- the loop -------------------------------------------------------------------------------- */

static int power_all_on(struct bench *b, struct err *err)
{
	for (size_t i = 0; i < b->n_hosts; i++)
		if (!b->hosts[i].power_on_ms)
			TRY(bench_power_on(b, &b->hosts[i], err));
	return 0;
}

static int check_limits(const struct bench *b, int64_t last_answer_ms, struct err *err)
{
	int64_t now_ms = time_boot_ms();

	if (cage_stopping())
		return err_set(err, ERR_CANCELLED, "stopped on request");
	if (now_ms - b->started_ms > b->s->timeout_s * 1000LL)
		return err_set(err, ERR_TIMEOUT, "the scenario's %u s are over", b->s->timeout_s);
	if (now_ms - last_answer_ms > API_SILENCE_MAX_MS)
		return err_set(err, ERR_LAB_SERVER, "the API has not answered for 120 s");
	return 0;
}

static int play_round(struct bench *b, struct err *err)
{
	server_tend(&b->server);
	TRY(deeds_do(b, err));
	for (size_t i = 0; i < b->n_hosts; i++)
		TRY(phase_step(b, &b->hosts[i], err));
	appliance_step(b);
	return 0;
}

static void look_back_at_all(struct bench *b)
{
	for (size_t i = 0; i < b->n_hosts; i++) {
		struct bench_host *h = &b->hosts[i];
		struct err err = ERR_INIT;

		if (h->view.known && look_back(b, h, &err) < 0 && !*h->trouble)
			host_trouble(h, err.msg);
	}
}

/* A daemon may have been killed in the last round: the story's end is told by a server that runs.
 */
static void settle(struct bench *b)
{
	int64_t deadline_ms = time_boot_ms() + SETTLE_MAX_MS;

	while (!look(b) && time_boot_ms() < deadline_ms && !cage_stopping()) {
		server_tend(&b->server);
		hypervisor_wait(b->hypervisor, LOOK_OFTEN_MS);
	}
}

int play(struct bench *b, struct screen *screen, struct err *err)
{
	int64_t last_answer_ms = time_boot_ms();
	int rc = power_all_on(b, err);

	while (rc >= 0 && !all_done(b)) {
		if (b->appliance_is_off || look(b))
			last_answer_ms = time_boot_ms();
		rc = check_limits(b, last_answer_ms, err);
		if (rc >= 0)
			rc = play_round(b, err);
		screen_show(screen, b);
		hypervisor_wait(b->hypervisor, deeds_all_done(b) ? LOOK_EVERY_MS : LOOK_OFTEN_MS);
	}
	if (rc >= 0)
		rc = appliance_back(b, err);
	settle(b); /* what is judged is what is true now */
	look_back_at_all(b);
	screen_end(screen, b);
	return rc;
}
