/* SPDX-License-Identifier: Apache-2.0 */
/*
 * slipway field, space: what people define of hosts, parts, SKUs, deliveries and locations, its
 * values, and what racks have left by them.
 */
#include "command.h"

#include <stdio.h>

#include <base/json.h>
#include <base/str.h>

#include "api.h"
#include "host_ref.h"
#include "listing.h"
#include "name_value.h"
#include "table.h"

#define FIELDS    "/api/v1/fields"
#define URL_BYTES 8192

static const char *const objects[] = {"hosts", "parts", "skus", "deliveries", "locations"};

static int field_list(int argc, char **argv)
{
	static const struct column columns[] = {{"OBJECT", "object", COLUMN_TEXT},
						{"NAME", "name", COLUMN_KEY},
						{"TYPE", "type", COLUMN_TEXT},
						{"UNIT", "unit", COLUMN_TEXT},
						{"CHOICES", "choices", COLUMN_WRAPPED},
						{"ABOUT", "about", COLUMN_WRAPPED},
						{NULL, NULL, COLUMN_TEXT}};

	return listing_whole(argc, argv, FIELDS, "items", columns);
}

static int field_add(int argc, char **argv)
{
	static const struct value_row values[] = {{"choices", VALUE_LIST}, {NULL, VALUE_LIST}};
	struct err err = ERR_INIT;
	struct words words;
	int status = words_read(argc, argv, 3, OPTION_WORDS_ANY, &words);

	if (status)
		return status;
	autojson json_t *body = json_pack("{s:s, s:s, s:s}", "object", words.items[0], "name",
					  words.items[1], "type", words.items[2]);
	struct words rest = words_after(&words, 3);
	status = name_value_json(&rest, values, body);
	if (status)
		return status;
	if (api_send("POST", FIELDS, json_incref(body), NULL, &err) < 0)
		return command_fail(&err);
	printf("defined: custom.%s of %s\n", words.items[1], words.items[0]);
	return EXIT_WELL;
}

static int field_remove(int argc, char **argv)
{
	struct err err = ERR_INIT;
	struct words words;
	int status = words_read(argc, argv, 2, 2, &words);

	if (status)
		return status;
	autofree char *object = api_path(FIELDS "/", words.items[0], "/");
	autofree char *path = api_path(object, words.items[1], "");
	if (api_send("DELETE", path, NULL, NULL, &err) < 0)
		return command_fail(&err);
	printf("removed\n");
	return EXIT_WELL;
}

/* ---- values ---------------------------------------------------------------------------------- */

/* The fields of an object whose values are not texts. The names are doc's; the caller frees. */
static struct value_row *kinds_of(const json_t *doc, const char *object)
{
	const json_t *items = json_object_get(doc, "items"), *one;
	struct value_row *rows = xcalloc(json_array_size(items) + 1, sizeof(*rows));
	size_t i, n = 0;

	json_array_foreach (items, i, one) {
		const char *type = api_text(one, "type");

		if (str_eq(api_text(one, "object"), object) &&
		    (str_eq(type, "number") || str_eq(type, "tags")))
			rows[n++] = (struct value_row){api_text(one, "name"),
						       str_eq(type, "tags") ? VALUE_LIST
									    : VALUE_NUMBER};
	}
	return rows;
}

static bool is_object(const char *word)
{
	for (size_t i = 0; i < ARRAY_LEN(objects); i++)
		if (str_eq(objects[i], word))
			return true;
	return false;
}

static int path_of(const char *object, const char *id, char **ret, struct err *err)
{
	autofree char *prefix = xasprintf("/api/v1/%s/", object);

	if (str_eq(object, "hosts"))
		return host_ref_path(id, "", ret, err);
	*ret = api_path(prefix, id, "");
	return 0;
}

static int store(const char *object, const char *id, json_t *custom)
{
	struct err err = ERR_INIT;
	autofree char *path = NULL;
	autojson json_t *body = json_pack("{s:O}", "custom", custom);

	if (path_of(object, id, &path, &err) < 0 ||
	    api_send("PATCH", path, json_incref(body), NULL, &err) < 0)
		return command_fail(&err);
	printf("stored\n");
	return EXIT_WELL;
}

static int field_set(int argc, char **argv)
{
	struct err err = ERR_INIT;
	struct words words;
	int status = words_read(argc, argv, 3, OPTION_WORDS_ANY, &words);

	if (status)
		return status;
	if (!is_object(words.items[0]))
		return command_usage(
			"'%s' is not one of: hosts, parts, skus, deliveries, locations",
			words.items[0]);
	autojson json_t *defined = NULL;
	if (api_get(FIELDS, &defined, &err) < 0)
		return command_fail(&err);
	autofree struct value_row *kinds = kinds_of(defined, words.items[0]);
	autojson json_t *custom = json_object();
	struct words values = words_after(&words, 2);
	status = name_value_json(&values, kinds, custom);
	return status ? status : store(words.items[0], words.items[1], custom);
}

/* ---- what is left ---------------------------------------------------------------------------- */

static int space_show(int argc, char **argv)
{
	static const struct column columns[] = {
		{"SITE", "site", COLUMN_TEXT},   {"ROW", "row", COLUMN_TEXT},
		{"RACK", "rack", COLUMN_KEY},    {"HOSTS", "hosts", COLUMN_TEXT},
		{"UNITS", "units", COLUMN_TEXT}, {"UNITS LEFT", "units_left", COLUMN_TEXT},
		{"WATTS", "watts", COLUMN_TEXT}, {"WATTS LEFT", "watts_left", COLUMN_TEXT},
		{NULL, NULL, COLUMN_TEXT}};
	struct err err = ERR_INIT;
	autojson json_t *doc = NULL;
	autostr struct str url;
	struct words words;
	bool json;
	int status = words_read_json(argc, argv, 0, 1, &json, &words);

	if (status)
		return status;
	str_init(&url, URL_BYTES);
	str_add(&url, "/api/v1/space");
	name_value_add_query(&url, &words);
	if (api_get(url.p, &doc, &err) < 0)
		return command_fail(&err);
	if (json)
		api_print_json(doc);
	else
		table_print(json_object_get(doc, "items"), columns);
	return EXIT_WELL;
}

const struct command field_commands[] = {
	{"field", "list", "[--json|--csv]", "list the fields that people define", field_list},
	{"field", "add", "OBJECT NAME TYPE [unit=TEXT] [about=TEXT] [choices=A,B]",
	 "define a field: text, number, date, choice, link or tags of hosts, parts, skus, "
	 "deliveries or locations",
	 field_add},
	{"field", "remove", "OBJECT NAME", "remove a field that nothing has a value of",
	 field_remove},
	{"field", "set", "OBJECT ID NAME=VALUE...", "set values of fields; NAME= removes one",
	 field_set},
	{"space", "show", "[--json] [by=site|row|rack]", "show which rack units and watts are left",
	 space_show},
	{NULL, NULL, NULL, NULL, NULL},
};
