/* SPDX-License-Identifier: Apache-2.0 */
/*
 * slipway fault, run: repair orders, and the burn-in runs that they come from.
 */
#include "command.h"

#include <stdio.h>

#include <base/json.h>
#include <base/str.h>

#include "api.h"
#include "collections.h"
#include "listing.h"
#include "name_value.h"
#include "option_table.h"

static int fault_close(int argc, char **argv)
{
	struct err err = ERR_INIT;
	struct words words;
	int status = words_read(argc, argv, 1, 2, &words);

	if (status)
		return status;
	autofree char *path = api_path("/api/v1/faults/", words.items[0], "/close");
	json_t *body = words.n == 2 ? json_pack("{s:s}", "note", words.items[1]) : json_object();
	if (api_send("POST", path, body, NULL, &err) < 0)
		return command_fail(&err);
	printf("closed\n");
	return EXIT_WELL;
}

static int fault_set(int argc, char **argv)
{
	autojson json_t *body = json_object(), *doc = NULL;
	struct err err = ERR_INIT;
	struct words words;
	bool json;
	int status = words_read_json(argc, argv, 2, 3, &json, &words);

	if (status)
		return status;
	struct words values = words_after(&words, 1);
	status = name_value_json(&values, NULL, body);
	if (status)
		return status;
	autofree char *path = api_path("/api/v1/faults/", words.items[0], "");
	if (api_send("PATCH", path, json_incref(body), &doc, &err) < 0)
		return command_fail(&err);
	if (json)
		api_print_json(doc);
	else
		printf("stored\n");
	return EXIT_WELL;
}

const struct command fault_commands[] = {
	{"fault", "list", LISTING_ARGUMENTS, "list repair orders", collection_list},
	{"fault", "show", "[--json] ID", "show one repair order", collection_show},
	{"fault", "set", "[--json] ID [rma=TEXT] [note=TEXT]",
	 "write RMA reference and note on a repair order", fault_set},
	{"fault", "close", "ID [NOTE]", "close a repair order: the fault is repaired", fault_close},
	{"run", "list", LISTING_ARGUMENTS, "list burn-in runs", collection_list},
	{"run", "show", "[--json] ID", "show one burn-in run", collection_show},
	{NULL, NULL, NULL, NULL, NULL},
};
