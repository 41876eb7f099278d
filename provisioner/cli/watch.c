/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A view that renews itself; see watch.h. Input: texts that are already fit for a terminal.
 */
#include "watch.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <base/cleanup.h>
#include <base/str.h>

#include "command.h"
#include "display.h"

#define LOOK_EVERY_S  2
#define LINES_DEFAULT 24

static unsigned screen_lines(void)
{
	struct winsize size;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 2)
		return size.ws_row;
	return LINES_DEFAULT;
}

/* Line by line over the old view, each cleared to its end, so that nothing flickers. Two lines stay
 * free: for the note below and for the cursor. */
static void show(const char *text, const char *note)
{
	unsigned n_free = screen_lines() - 2, n_hidden = 0;
	struct sv rest = sv_of(text);

	printf("\033[H");
	while (rest.n > 0) {
		struct sv line = sv_split(&rest, '\n');

		if (n_free == 0) {
			n_hidden++;
			continue;
		}
		n_free--;
		printf("%.*s\033[K\n", (int)line.n, line.p);
	}
	printf("\033[J");
	if (note)
		printf("%s", note);
	else if (n_hidden)
		printf("%u more lines; narrow the list with filters or --limit", n_hidden);
}

static bool may_pass(const struct err *err)
{
	return err->code == ERR_CLI_NO_DAEMON || err_class(err->code) == ERR_CLASS_RETRY;
}

int watch_run(watch_look look, void *arg)
{
	autofree char *shown = NULL;
	bool is_screen = isatty(STDOUT_FILENO);

	for (bool first = true;; first = false) {
		struct err err = ERR_INIT;
		autofree char *text = NULL, *note = NULL;

		if (look(arg, &text, &err) < 0) {
			if (first || !may_pass(&err))
				return command_fail(&err);
			autofree char *why = display_text(err.msg);
			note = xasprintf("server unreachable, trying again: %s", why);
		}
		if (text) {
			free(shown);
			shown = take_ptr(text);
		}
		if (first && is_screen)
			printf("\033[2J");
		if (is_screen && shown)
			show(shown, note);
		else if (note)
			fprintf(stderr, "slipway: %s\n", note);
		else if (shown)
			printf("%s%s", first ? "" : "\n", shown);
		if (fflush(stdout) != 0)
			return EXIT_OUTPUT;
		(void)sleep(LOOK_EVERY_S);
	}
}
