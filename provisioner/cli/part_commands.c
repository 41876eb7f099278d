/* SPDX-License-Identifier: Apache-2.0 */
/*
 * slipway part, placement, sku, location: what hosts are made of, what they should be made of, and
 * where they stand.
 */
#include "command.h"

#include <stdio.h>

#include <base/json.h>
#include <base/str.h>

#include "api.h"
#include "collections.h"
#include "listing.h"
#include "name_value.h"
#include "page.h"

static const struct column places_columns[] = {{"HOST", "host", COLUMN_KEY},
					       {"SLOT", "slot", COLUMN_TEXT},
					       {"FROM", "from", COLUMN_TEXT},
					       {"UNTIL", "until", COLUMN_TEXT},
					       {NULL, NULL, COLUMN_TEXT}};

/* The part, and every host and slot that it was in. */
static int part_show(int argc, char **argv)
{
	struct err err = ERR_INIT;
	autojson json_t *doc = NULL;
	struct words words;
	bool json;
	int status = words_read_json(argc, argv, 1, 1, &json, &words);

	if (status)
		return status;
	autofree char *path = api_path("/api/v1/parts/", words.items[0], "");
	autofree char *places = api_path("/api/v1/parts/", words.items[0], "/placements");
	status = page_show(path, json);
	if (status != EXIT_WELL || json)
		return status;
	if (api_get(places, &doc, &err) < 0)
		return command_fail(&err);
	printf("\n");
	table_print(json_object_get(doc, "items"), places_columns);
	return EXIT_WELL;
}

static int sku_learn(int argc, char **argv)
{
	struct err err = ERR_INIT;
	autojson json_t *doc = NULL;
	struct words words;
	int status = words_read(argc, argv, 2, 2, &words);

	if (status)
		return status;
	autofree char *path = api_path("/api/v1/hosts/", words.items[0], "/learn-sku");
	if (api_send("POST", path, json_pack("{s:s}", "name", words.items[1]), &doc, &err) < 0)
		return command_fail(&err);
	printf("SKU %s, version %lld\n", words.items[1], api_number(doc, "version"));
	return EXIT_WELL;
}

static int location_set(int argc, char **argv)
{
	static const struct value_row values[] = {{"unit", VALUE_NUMBER}, {NULL, VALUE_NUMBER}};
	struct err err = ERR_INIT;
	autojson json_t *body = json_object();
	struct words words;
	int status = words_read(argc, argv, 1, OPTION_WORDS_ANY, &words);

	if (!status)
		status = name_value_json(&words, values, body);
	if (status)
		return status;
	if (api_send("POST", "/api/v1/locations", json_incref(body), NULL, &err) < 0)
		return command_fail(&err);
	printf("stored\n");
	return EXIT_WELL;
}

const struct command part_commands[] = {
	{"part", "list", LISTING_ARGUMENTS, "list parts, in hosts and out of them",
	 collection_list},
	{"part", "show", "[--json] ID", "show one part and where it was", part_show},
	{"placement", "list", LISTING_ARGUMENTS,
	 "list which part is in which slot; history=true: past ones too", collection_list},
	{"sku", "list", LISTING_ARGUMENTS, "list SKUs", collection_list},
	{"sku", "show", "[--json] NAME", "show what a host of this kind must contain",
	 collection_show},
	{"sku", "learn", "HOST NAME", "make a SKU from a good host", sku_learn},
	{"difference", "list", LISTING_ARGUMENTS,
	 "list what hosts lack, or have and should not: what=missing type=drive sku=NAME",
	 collection_list},
	{"location", "list", LISTING_ARGUMENTS, "list rack units", collection_list},
	{"location", "set", "rack=R unit=N [site=S] [row=R] [switch=NAME] [port=PORT] [note=TEXT]",
	 "record which switch port belongs to a rack unit", location_set},
	{NULL, NULL, NULL, NULL, NULL},
};
