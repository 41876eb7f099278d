/* SPDX-License-Identifier: Apache-2.0 */
/*
 * NAME=VALUE words; see name_value.h. Input: the command line.
 */
#include "name_value.h"

#include <string.h>

#include <base/json.h>

#include "command.h"

bool name_value_split(const char *word, struct sv *ret_name, const char **ret_value)
{
	const char *eq = strchr(word, '=');

	if (!eq || eq == word)
		return false;
	*ret_name = (struct sv){word, (size_t)(eq - word)};
	*ret_value = eq + 1;
	return true;
}

/* ---- queries --------------------------------------------------------------------------------- */

void name_value_add_pair(struct str *url, const char *name, const char *value)
{
	str_addc(url, strchr(url->p, '?') ? '&' : '?');
	str_add_url(url, name);
	str_addc(url, '=');
	str_add_url(url, value);
}

void name_value_add_query(struct str *url, const struct words *words)
{
	for (int i = 0; i < words->n; i++) {
		struct sv name = sv_of(words->items[i]);
		const char *value = "";

		(void)name_value_split(words->items[i], &name, &value);
		autofree char *text = xstrndup(name.p, name.n);
		name_value_add_pair(url, text, value);
	}
}

/* ---- bodies ---------------------------------------------------------------------------------- */

static json_t *list_of(const char *text)
{
	json_t *list = json_array();
	struct sv rest = sv_of(text);

	while (rest.n > 0) {
		struct sv one = sv_split(&rest, ',');

		(void)json_array_append_new(list, json_stringn(one.p, one.n));
	}
	return list;
}

static json_t *typed(const struct value_row *row, const char *text)
{
	int64_t n = 0;

	if (row && row->kind == VALUE_LIST)
		return list_of(text);
	if (row && row->kind == VALUE_NUMBER && parse_i64(text, &n))
		return json_integer(n);
	if (row && row->kind == VALUE_FLAG && (str_eq(text, "true") || str_eq(text, "false")))
		return json_boolean(text[0] == 't');
	return json_string(text); /* NULL when it is not UTF-8 */
}

static const struct value_row *row_of(const struct value_row *rows, const char *name)
{
	for (; rows && rows->name; rows++)
		if (str_eq(rows->name, name))
			return rows;
	return NULL;
}

/* The object that a name goes into; *name becomes the last part of "disk.serial". */
static json_t *target_of(json_t *body, char **name)
{
	char *dot = strchr(*name, '.');
	json_t *inner;

	if (!dot)
		return body;
	*dot = '\0';
	inner = json_object_get(body, *name);
	if (!inner) {
		inner = json_object();
		(void)json_object_set_new(body, *name, inner);
	}
	*name = dot + 1;
	return inner;
}

int name_value_json(const struct words *words, const struct value_row *rows, json_t *body)
{
	for (int i = 0; i < words->n; i++) {
		struct sv name;
		const char *text;

		if (!name_value_split(words->items[i], &name, &text))
			return command_usage("'%s' is not NAME=VALUE", words->items[i]);
		autofree char *path = xstrndup(name.p, name.n);
		json_t *value = *text ? typed(row_of(rows, path), text) : json_null();
		char *last = path;
		json_t *target = target_of(body, &last);
		if (!value)
			return command_usage("the value of '%s' is not UTF-8", last);
		(void)json_object_set_new(target, last, value);
	}
	return 0;
}
