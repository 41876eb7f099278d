/* SPDX-License-Identifier: Apache-2.0 */
/*
 * slipway spare: parts on a shelf, which people enter before any machine shows them. Input: the
 * command line, the server's answers.
 */
#include "command.h"

#include <stdio.h>

#include <base/json.h>
#include <base/str.h>

#include "api.h"
#include "listing.h"
#include "name_value.h"

#define PARTS "/api/v1/parts"

static const struct column columns[] = {{"ID", "id", COLUMN_KEY},
					{"TYPE", "type", COLUMN_TEXT},
					{"MANUFACTURER", "Manufacturer", COLUMN_TEXT},
					{"PART", "PartNumber", COLUMN_TEXT},
					{"MODEL", "Model", COLUMN_TEXT},
					{"SERIAL", "SerialNumber", COLUMN_KEY},
					{"LOT", "lot", COLUMN_TEXT},
					{"SHELF", "custom.shelf", COLUMN_TEXT},
					{NULL, NULL, COLUMN_TEXT}};

/* Parts that are in no host: a filter of ours before those of the command line. */
static int spare_list(int argc, char **argv)
{
	char ours[] = "spare=true";
	autofree char **words = xcalloc((size_t)argc + 2, sizeof(*words));

	words[0] = argv[0];
	words[1] = ours;
	for (int i = 1; i < argc; i++)
		words[i + 1] = argv[i];
	return listing_run(argc + 1, words, PARTS, columns);
}

/* "shelf=S4" is short for "custom.shelf=S4". */
static void move_shelf(json_t *body)
{
	json_t *shelf = json_object_get(body, "shelf"), *custom = json_object_get(body, "custom");

	if (!shelf)
		return;
	if (!json_is_object(custom)) {
		custom = json_object();
		(void)json_object_set_new(body, "custom", custom);
	}
	(void)json_object_set(custom, "shelf", shelf);
	(void)json_object_del(body, "shelf");
}

static int spare_add(int argc, char **argv)
{
	static const struct value_row values[] = {{"CapacityMiB", VALUE_NUMBER},
						  {"CapacityBytes", VALUE_NUMBER},
						  {NULL, VALUE_NUMBER}};
	struct err err = ERR_INIT;
	autojson json_t *doc = NULL;
	struct words words;
	bool json;
	int status = words_read_json(argc, argv, 2, OPTION_WORDS_ANY, &json, &words);

	if (status)
		return status;
	autojson json_t *body = json_pack("{s:s}", "type", words.items[0]);
	if (!body)
		return command_usage("the type is not UTF-8");
	struct words rest = words_after(&words, 1);
	status = name_value_json(&rest, values, body);
	if (status)
		return status;
	move_shelf(body);
	if (api_send("POST", PARTS, json_incref(body), &doc, &err) < 0)
		return command_fail(&err);
	if (json)
		api_print_json(doc);
	else
		printf("stored: part %lld\n", api_number(doc, "id"));
	return EXIT_WELL;
}

static int spare_move(int argc, char **argv)
{
	struct err err = ERR_INIT;
	struct words words;
	int status = words_read(argc, argv, 2, 2, &words);

	if (status)
		return status;
	autofree char *path = api_path(PARTS "/", words.items[0], "");
	json_t *body = json_pack("{s:{s:s}}", "custom", "shelf", words.items[1]);
	if (!body)
		return command_usage("the shelf is not UTF-8");
	if (api_send("PATCH", path, body, NULL, &err) < 0)
		return command_fail(&err);
	printf("stored\n");
	return EXIT_WELL;
}

static int spare_remove(int argc, char **argv)
{
	struct err err = ERR_INIT;
	struct words words;
	int status = words_read(argc, argv, 1, 1, &words);

	if (status)
		return status;
	autofree char *path = api_path(PARTS "/", words.items[0], "");
	if (api_send("DELETE", path, NULL, NULL, &err) < 0)
		return command_fail(&err);
	printf("removed\n");
	return EXIT_WELL;
}

const struct command spare_commands[] = {
	{"spare", "list", LISTING_ARGUMENTS, "list parts that are in no host", spare_list},
	{"spare", "add",
	 "[--json] TYPE SerialNumber=S [Manufacturer=M] [PartNumber=P] [Model=M] [WWN=W] "
	 "[CapacityMiB=N|CapacityBytes=N] [shelf=TEXT] [custom.NAME=VALUE]...",
	 "enter a part on a shelf: processor, memory, drive, nic, board or pci", spare_add},
	{"spare", "move", "ID SHELF", "record on which shelf a part lies", spare_move},
	{"spare", "remove", "ID", "remove a spare that was in no host; its history stays",
	 spare_remove},
	{NULL, NULL, NULL, NULL, NULL},
};
