/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One object as lines; see page.h. Input: the server's answers.
 */
#include "page.h"

#include <stdint.h>
#include <stdio.h>

#include <base/json.h>
#include <base/str.h>

#include "api.h"
#include "command.h"
#include "display.h"
#include "table.h"

static void print_value(const char *name, const json_t *value)
{
	autojson json_t *row = json_pack("{s:O}", "value", value);
	autofree char *text = table_cell(row, "value");
	autofree char *shown = display_text(name);

	printf("%-28s  %s\n", shown, text);
}

/* Members of objects in objects are named "image.line", items of lists "macs[0]". */
static void print_member(const char *prefix, const char *key, const json_t *value)
{
	autofree char *name = xasprintf("%s%s%s", prefix, prefix[0] ? "." : "", key);
	const char *inner;
	json_t *j;
	size_t i;

	if (json_is_object(value)) {
		json_object_foreach ((json_t *)(uintptr_t)value, inner, j)
			print_member(name, inner, j);
		return;
	}
	if (!json_is_array(value)) {
		print_value(name, value);
		return;
	}
	json_array_foreach (value, i, j) {
		autofree char *index = xasprintf("%s[%zu]", key, i);
		print_member(prefix, index, j);
	}
}

int page_show(const char *path, bool json)
{
	struct err err = ERR_INIT;
	autojson json_t *doc = NULL;
	const char *key;
	json_t *value;

	if (api_get(path, &doc, &err) < 0)
		return command_fail(&err);
	if (json) {
		api_print_json(doc);
		return EXIT_WELL;
	}
	json_object_foreach (doc, key, value)
		print_member("", key, value);
	return EXIT_WELL;
}

int page_show_of(int argc, char **argv, listing_path path_of, const char *suffix)
{
	struct err err = ERR_INIT;
	autofree char *path = NULL;
	struct words words;
	bool json;
	int status = words_read_json(argc, argv, 1, 1, &json, &words);

	if (status)
		return status;
	if (path_of(words.items[0], suffix, &path, &err) < 0)
		return command_fail(&err);
	return page_show(path, json);
}
