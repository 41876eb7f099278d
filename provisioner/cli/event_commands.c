/* SPDX-License-Identifier: Apache-2.0 */
/*
 * slipway event: what happened, as a list and as it happens. Input: events, whose texts hosts
 * wrote.
 */
#include "command.h"

#include <stdio.h>
#include <unistd.h>

#include <base/json.h>
#include <base/str.h>

#include "api.h"
#include "collections.h"
#include "display.h"
#include "listing.h"
#include "option_table.h"

#define WAIT_S      30
#define TRY_AGAIN_S 2

static void print_event(const json_t *e)
{
	autofree char *at = display_text(api_text(e, "at"));
	autofree char *host = display_text(api_text(e, "host"));
	autofree char *kind = display_text(api_text(e, "kind"));
	autofree char *summary = display_text(api_text(e, "summary"));

	printf("%-27s %-8s %-20s %s\n", at, host, kind, summary);
}

static void print_all(const json_t *items, bool json)
{
	size_t i;
	json_t *e;

	json_array_foreach (items, i, e) {
		autofree char *text = json ? json_text(e) : NULL;

		if (json)
			printf("%s\n", text);
		else
			print_event(e);
	}
}

/* The next changes after *since; those of the past at once. */
static int look(int64_t *since, bool first, bool json, struct err *err)
{
	autojson json_t *doc = NULL;
	autofree char *path = xasprintf("/api/v1/changes?since=%lld&wait=%d&limit=1000",
					(long long)*since, first ? 0 : WAIT_S);

	TRY(api_get(path, &doc, err));
	print_all(json_object_get(doc, "items"), json);
	*since = api_number(doc, "next");
	return 0;
}

/* A server that restarts is waited for: the numbers of changes outlive it. */
static int follow(int argc, char **argv)
{
	struct words words;
	bool json, first = true;
	int64_t since = 0;
	int status = words_read_json(argc, argv, 0, 0, &json, &words);

	if (status)
		return status;
	for (;;) {
		struct err err = ERR_INIT;

		status = look(&since, first, json, &err);
		if (status < 0 && (first || err_class(err.code) != ERR_CLASS_RETRY))
			return command_fail(&err);
		if (status < 0)
			(void)sleep(TRY_AGAIN_S);
		first = false;
		if (fflush(stdout) != 0)
			return EXIT_OUTPUT;
	}
}

const struct command event_commands[] = {
	{"event", "list", LISTING_ARGUMENTS, "list what happened, oldest first", collection_list},
	{"event", "follow", "[--json]", "print events as they happen", follow},
	{NULL, NULL, NULL, NULL, NULL},
};
