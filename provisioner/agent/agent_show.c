/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The agent's state in words, for screen.h; see agent_show.h.
 */
#include "agent_show.h"

#include <base/cleanup.h>
#include <base/file.h>
#include <base/str.h>

#include <agent/facts/sysfs.h>

#include "step_text.h"

void agent_show(struct agent *a, const char *headline, const char *text)
{
	screen_show(&a->screen, headline, a->code, text);
}

void agent_show_error(struct agent *a, const char *headline, const struct err *err)
{
	screen_show_error(&a->screen, headline, a->code, err);
}

void agent_show_step(struct agent *a)
{
	autostr struct str text = {0};

	str_init(&text, 2048);
	step_text(&a->plan, &text);
	agent_show(a, step_headline(a->plan.kind), text.p);
}

/* A host that waits for a person must not look busy. */
static const char *wait_headline(const struct agent *a)
{
	if (str_eq(a->plan.wait.turn, "technician"))
		return "NEEDS HANDS";
	return a->failed ? "FAILED" : "WAITING";
}

void agent_show_wait(struct agent *a)
{
	autofree char *text = xasprintf("%s\nNext: the %s.", a->plan.wait.message,
					a->plan.wait.turn);
	struct wait_words words;

	wait_words_read(text, &words);
	const struct screen_view view = {.headline = words.verb[0] ? words.verb : wait_headline(a),
					 .code = a->code,
					 .slot = words.slot,
					 .serial = words.serial,
					 .text = words.rest};
	screen_show_view(&a->screen, &view);
	wait_words_done(&words);
}

/* ---- progress -------------------------------------------------------------------------------- */

static int64_t percent_of(const struct event_progress *p)
{
	return p->total > 0 ? (int64_t)((double)p->done * 100.0 / (double)p->total) : -1;
}

static bool same_work(const struct event_progress *a, const struct event_progress *b)
{
	return str_eq(a->stage, b->stage) && str_eq(a->message, b->message) &&
	       str_eq(a->unit, b->unit);
}

void agent_take_progress(struct agent *a, const struct event_progress *now)
{
	int64_t before = percent_of(&a->progress);
	bool same = same_work(&a->progress, now);

	a->progress = *now;
	if (same && percent_of(now) >= 0 && percent_of(now) < before)
		a->progress.done = (int64_t)((double)now->total * (double)before / 100.0 + 0.999);
	if (a->progress.done > now->total && now->total > 0)
		a->progress.done = now->total;
	agent_show_progress(a);
}

/* Short enough for the start of a line that says more. */
#define LOST_WORDS "NETWORK LOST: check the cable"

void agent_show_progress(struct agent *a)
{
	autostr struct str whole = {0}, brief = {0};

	str_init(&whole, 2048);
	str_init(&brief, 1024);
	if (a->server_lost)
		str_add(&whole, LOST_WORDS "  ");
	str_add(&brief, whole.p);
	progress_text(&a->progress, &whole);
	progress_brief(&a->progress, &brief);
	screen_progress(&a->screen, &(struct screen_line){whole.p, brief.p});
}

/* ---- the network ----------------------------------------------------------------------------- */

static bool has_link(void)
{
	autonames struct sysfs_names ports = sysfs_list("", "/sys/class/net");
	char carrier[8];

	for (size_t i = 0; i < ports.n; i++) {
		autofree char *path = xasprintf("/sys/class/net/%s/carrier", ports.names[i]);
		if (str_eq(ports.names[i], "lo"))
			continue;
		file_read_line(path, carrier, sizeof(carrier));
		if (str_eq(carrier, "1"))
			return true;
	}
	return false;
}

static void show_network_lost(struct agent *a, const struct err *err)
{
	autostr struct str lacp = {0};

	str_init(&lacp, 4096);
	lacp_ports_advise(&a->neighbours.lacp, &lacp);
	autofree char *text = xasprintf(
		"%s%s\nThe host goes on by itself when the server answers.\nServer: %s\n%s: %s",
		has_link()
			? "The cable has a link and the server does not answer. Check the switch "
			  "port's network (VLAN), then the server."
			: "No port of this host has a link. Check the cable and the switch.",
		lacp.p, a->options.server, err_name(err->code), err->msg);

	agent_show(a, has_link() ? "NO SERVER" : "NETWORK LOST", text);
}

void agent_show_server_lost(struct agent *a, const struct err *err)
{
	if (!a->server_lost && a->phase == AGENT_NO_SESSION)
		show_network_lost(a, err);
	a->server_lost = true;
	a->lost = *err;
	screen_progress(
		&a->screen,
		&(struct screen_line){has_link() ? "NO SERVER: trying again" : LOST_WORDS, NULL});
}

void agent_show_lacp(struct agent *a)
{
	if (a->server_lost && a->phase == AGENT_NO_SESSION)
		show_network_lost(a, &a->lost);
}

void agent_show_server_found(struct agent *a)
{
	if (a->server_lost)
		screen_progress(&a->screen,
				&(struct screen_line){"the server answers again", NULL});
	a->server_lost = false;
}
