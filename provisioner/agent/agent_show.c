/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The agent's state in words, for screen.h; see agent_show.h.
 */
#include "agent_show.h"

#include <base/cleanup.h>
#include <base/str.h>

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

	agent_show(a, wait_headline(a), text);
}

void agent_show_progress(struct agent *a)
{
	autostr struct str line = {0};

	str_init(&line, 1024);
	progress_text(&a->progress, &line);
	screen_progress(&a->screen, line.p);
}

void agent_show_server_lost(struct agent *a, const struct err *err)
{
	autofree char *line = xasprintf("no answer from %s (%s); trying again", a->options.server,
					err->msg);

	if (!a->server_lost && a->phase == AGENT_NO_SESSION)
		agent_show_error(a, "NO SERVER", err);
	a->server_lost = true;
	screen_progress(&a->screen, line);
}

void agent_show_server_found(struct agent *a)
{
	if (a->server_lost)
		screen_progress(&a->screen, "the server answers again");
	a->server_lost = false;
}
