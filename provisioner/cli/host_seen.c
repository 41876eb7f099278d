/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The list of machines that were not let in, and writing the profile that the server proposes for
 * one of them. Input: the command line, the server's answers, which hold texts of strangers.
 */
#include "host_seen.h"

#include <stdio.h>

#include <base/hw_id.h>
#include <base/json.h>
#include <base/str.h>

#include "api.h"
#include "command.h"
#include "display.h"
#include "listing.h"
#include "option_table.h"

static const struct column columns[] = {
	{"MAC", "mac", COLUMN_KEY},
	{"SEEN", "last_seen", COLUMN_AGE},
	{"TIMES", "times", COLUMN_TEXT},
	{"MANUFACTURER", "manufacturer", COLUMN_TEXT},
	{"MODEL", "model", COLUMN_TEXT},
	{"SERIAL", "serial", COLUMN_TEXT},
	{"ARCH", "arch", COLUMN_TEXT},
	{"FIRMWARE", "firmware", COLUMN_TEXT},
	{"WHY NOT LET IN", "why", COLUMN_WRAPPED},
	{NULL, NULL, COLUMN_TEXT},
};

int host_seen(int argc, char **argv)
{
	return listing_whole(argc, argv, "/api/v1/seen", "items", columns);
}

static int find(const json_t *doc, const char *word, const json_t **ret, struct err *err)
{
	char mac[MAC_TEXT_BYTES] = "";
	size_t i;
	json_t *item;

	(void)hw_mac_parse(sv_of(word), MAC_ANY, mac);
	json_array_foreach (json_object_get(doc, "items"), i, item)
		if (str_eq(api_text(item, "mac"), mac)) {
			*ret = item;
			return 0;
		}
	return err_set(err, ERR_NOT_FOUND,
		       "no machine with MAC '%.64s' was seen and not let in; 'slipway host seen' "
		       "lists them",
		       word);
}

/* Before its firmware asks again nothing more happens, so the next step is said. */
static void print_outcome(const json_t *answer)
{
	const json_t *order = json_object_get(answer, "order");
	autofree char *name = display_text(api_text(answer, "name"));

	if (order)
		printf("the profile waits for a second person: slipway order approve %s\n",
		       api_text(order, "id"));
	else
		printf("profile '%s' stored: let the machine boot from the network again, then "
		       "'slipway host approve'\n",
		       name);
}

int host_let_in(int argc, char **argv)
{
	autojson json_t *doc = NULL, *answer = NULL;
	struct err err = ERR_INIT;
	const json_t *item = NULL;
	struct words words;
	bool json;
	int status = words_read_json(argc, argv, 1, 1, &json, &words);

	if (status)
		return status;
	if (api_get("/api/v1/seen", &doc, &err) < 0 || find(doc, words.items[0], &item, &err) < 0)
		return command_fail(&err);
	json_t *profile = json_object_get(item, "profile_to_let_it_in");
	if (!profile) {
		(void)err_set(&err, ERR_INVALID, "no profile is missing: %s",
			      api_text(item, "why"));
		return command_fail(&err);
	}
	if (api_send("POST", "/api/v1/profiles", json_incref(profile), &answer, &err) < 0)
		return command_fail(&err);
	if (json)
		api_print_json(answer);
	else
		print_outcome(answer);
	return EXIT_WELL;
}
