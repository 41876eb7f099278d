/* SPDX-License-Identifier: Apache-2.0 */
/*
 * slipway summary: counts and sums of hosts, a row a group and the whole below.
 */
#include "command.h"

#include <base/json.h>
#include <base/limits.h>
#include <base/str.h>

#include "api.h"
#include "name_value.h"
#include "page.h"
#include "table.h"

#define COLUMNS_MAX 16

static const struct column capacity_columns[] = {
	{"delivered", "capacity.delivered", COLUMN_TEXT},
	{"healthy", "capacity.healthy", COLUMN_TEXT},
	{"reserved", "capacity.reserved", COLUMN_TEXT},
	{"active", "capacity.active", COLUMN_TEXT},
};

/* The columns of a list of fields, each a member of `inside`. texts: theirs, the caller frees. */
static size_t add_columns(const char *fields, const char *inside, struct column *columns, size_t n,
			  char **texts)
{
	struct sv rest = sv_of(fields ? fields : "");

	while (rest.n > 0 && n < COLUMNS_MAX - ARRAY_LEN(capacity_columns) - 2) {
		struct sv one = sv_split(&rest, ',');

		texts[n] = xasprintf("%s%.*s", inside, (int)one.n, one.p);
		columns[n] = (struct column){texts[n] + strlen(inside), texts[n], COLUMN_TEXT};
		n++;
	}
	return n;
}

static int print_sums(const char *path, const char *groups, const char *sums)
{
	struct err err = ERR_INIT;
	autojson json_t *doc = NULL;
	struct column columns[COLUMNS_MAX + 1] = {{NULL, NULL, COLUMN_TEXT}};
	char *texts[COLUMNS_MAX] = {NULL};

	if (api_get(path, &doc, &err) < 0)
		return command_fail(&err);
	json_t *items = json_object_get(doc, "items"), *total = json_object_get(doc, "total");
	size_t n = add_columns(groups, "", columns, 0, texts);
	columns[n++] = (struct column){"count", "count", COLUMN_TEXT};
	n = add_columns(sums, "sum.", columns, n, texts);
	json_t *capacity = json_object_get(doc, "capacity");
	for (size_t i = 0; capacity && i < ARRAY_LEN(capacity_columns); i++)
		columns[n++] = capacity_columns[i];
	if (capacity)
		(void)json_object_set(total, "capacity", capacity);
	(void)json_object_set_new(total, columns[0].member, json_string("(all)"));
	(void)json_array_append(items, total);
	table_print(items, columns);
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		free(texts[i]);
	return EXIT_WELL;
}

/* The value of the last word that has this name; NULL without one. */
static const char *value_of(const struct words *words, const char *wanted)
{
	const char *found = NULL, *value;
	struct sv name;

	for (int i = 0; i < words->n; i++)
		if (name_value_split(words->items[i], &name, &value) && sv_eq_str(name, wanted))
			found = value;
	return found;
}

static int show(int argc, char **argv)
{
	autostr struct str path;
	struct words words;
	bool json;

	str_init(&path, LIMIT_URL_BYTES);
	str_add(&path, "/api/v1/summary");
	int status = words_read_json(argc, argv, 0, OPTION_WORDS_ANY, &json, &words);
	if (status)
		return status;
	name_value_add_query(&path, &words);
	const char *groups = value_of(&words, "group_by");
	if (json || !groups || !*groups)
		return page_show(path.p, json);
	return print_sums(path.p, groups, value_of(&words, "sum"));
}

const struct command summary_commands[] = {
	{"summary", "show", "[--json] [group_by=FIELDS] [sum=FIELDS] [capacity=true] [FILTER]...",
	 "counts and sums of hosts", show},
	{NULL, NULL, NULL, NULL, NULL},
};
