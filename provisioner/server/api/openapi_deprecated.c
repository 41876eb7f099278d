/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `deprecated: true` in the OpenAPI document. Input: our own document and table.
 */
#include "deprecated.h"

#include <ctype.h>
#include <string.h>
#include <time.h>

#include <base/json.h>
#include <base/str.h>

static void mark(json_t *at, const struct http_deprecation *d)
{
	const char *about = json_string_value(json_object_get(at, "description"));
	char day[16] = "";
	struct tm tm;
	time_t sunset = (time_t)d->sunset_s;

	if (gmtime_r(&sunset, &tm))
		(void)strftime(day, sizeof(day), "%Y-%m-%d", &tm);
	autofree char *text = xasprintf("%s%sremoved on %s or later; %s", about ? about : "",
					about && about[0] ? "; " : "", day, d->instead);
	(void)json_object_set_new(at, "deprecated", json_true());
	(void)json_object_set_new(at, "description", json_string(text));
}

static json_t *operation_of(const json_t *doc, const struct http_deprecation *d)
{
	autofree char *method = xstrdup(d->method);

	for (char *p = method; *p; p++)
		*p = (char)tolower((unsigned char)*p);
	return json_object_get(json_object_get(json_object_get(doc, "paths"), d->pattern), method);
}

static json_t *parameter_of(const json_t *operation, const char *name)
{
	const json_t *list = json_object_get(operation, "parameters");

	for (size_t i = 0; i < json_array_size(list); i++) {
		json_t *one = json_array_get(list, i);
		const char *in = json_string_value(json_object_get(one, "in"));
		const char *its = json_string_value(json_object_get(one, "name"));
		if (str_eq(in ? in : "", "query") && str_eq(its ? its : "", name))
			return one;
	}
	return NULL;
}

/* "#/components/schemas/hosts", of one row or of a list's items. */
static json_t *rows_of(const json_t *doc, json_t *operation)
{
	static const char prefix[] = "#/components/schemas/";
	json_t *schema = NULL, *items = NULL;

	if (json_unpack(operation, "{s:{s:{s:{s:{s:o}}}}}", "responses", "2XX", "content",
			"application/json", "schema", &schema) < 0)
		return NULL;
	if (json_unpack(schema, "{s:{s:{s:o}}}", "properties", "items", "items", &items) == 0)
		schema = items;
	const char *name = json_string_value(json_object_get(schema, "$ref"));
	if (!name || !str_starts(name, prefix))
		return NULL;
	return json_object_get(json_object_get(json_object_get(doc, "components"), "schemas"),
			       name + sizeof(prefix) - 1);
}

static json_t *member_of(const json_t *rows, const char *field)
{
	const char *dot = strchr(field, '.');
	const json_t *properties = json_object_get(rows, "properties");

	if (!dot)
		return json_object_get(properties, field);
	autofree char *outer = xstrndup(field, (size_t)(dot - field));
	return json_object_get(json_object_get(json_object_get(properties, outer), "properties"),
			       dot + 1);
}

static bool mark_row(const json_t *doc, const struct http_deprecation *d)
{
	json_t *operation = operation_of(doc, d);

	if (!operation)
		return false;
	if (!d->field) {
		mark(operation, d);
		return true;
	}
	json_t *parameter = parameter_of(operation, d->field);
	json_t *member = member_of(rows_of(doc, operation), d->field);
	if (parameter)
		mark(parameter, d);
	if (member)
		mark(member, d);
	return parameter || member;
}

size_t openapi_mark_deprecated(json_t *doc, const struct http_deprecation *list)
{
	size_t n = 0;

	for (; list->method; list++)
		n += mark_row(doc, list) ? 1 : 0;
	return n;
}
