/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Record tables (proto/record.h) as JSON Schema 2020-12. A length in bytes becomes a length in
 * characters, which is never less strict than what it describes allows. Input: our own tables.
 */
#include "openapi_body.h"

#include <string.h>

#include <base/json.h>
#include <base/limits.h>
#include <base/str.h>
#include <inventory/entry.h>
#include <inventory/expect.h>
#include <proto/record.h>
#include "write.h"

static json_t *object_schema(const struct field *fields);

static json_t *typed(const char *type)
{
	return json_pack("{s:s}", "type", type);
}

static void set(json_t *schema, const char *key, json_t *value)
{
	(void)json_object_set_new(schema, key, value);
}

static json_t *text_schema(const struct field *f, size_t max_bytes)
{
	json_t *j = typed("string");
	bool empty_is_a_word = !(f->flags & FIELD_NEEDED);

	set(j, "maxLength", json_integer((json_int_t)max_bytes));
	if (f->flags & FIELD_NEEDED)
		set(j, "minLength", json_integer(f->min > 1 ? f->min : 1));
	if (!f->choices)
		return j;
	json_t *words = json_array();
	for (const char *const *c = f->choices; *c; c++)
		(void)json_array_append_new(words, json_string(*c));
	if (empty_is_a_word)
		(void)json_array_append_new(words, json_string(""));
	set(j, "enum", words);
	return j;
}

static json_t *hex_schema(const struct field *f)
{
	json_t *j = typed("string");
	autofree char *pattern = xasprintf("^[0-9a-f]{%zu}$", f->size - 1);

	set(j, "pattern", json_string(pattern));
	return j;
}

/* Bounds that 53 bits cannot hold are none for readers in JavaScript. */
#define SAFE_MAX ((int64_t)1 << 53)

static json_t *number_schema(const struct field *f)
{
	json_t *j = typed("integer");

	set(j, "minimum", json_integer(f->min));
	if (f->max < SAFE_MAX)
		set(j, "maximum", json_integer(f->max));
	if (f->flags & FIELD_NULLABLE)
		set(j, "type", json_pack("[s,s]", "integer", "null"));
	return j;
}

static json_t *array_schema(const struct field *f)
{
	json_t *j = typed("array");

	set(j, "maxItems", json_integer(f->max));
	set(j, "items",
	    f->type == FIELD_STRINGS ? json_pack("{s:s, s:i}", "type", "string", "maxLength", 64)
	    : f->sub                 ? object_schema(f->sub)
				     : typed("string"));
	return j;
}

static json_t *view_schema(const struct field *f)
{
	json_t *text = text_schema(f, (size_t)f->max);

	return f->sub ? json_pack("{s:[o,o]}", "oneOf", text, object_schema(f->sub)) : text;
}

static json_t *field_schema(const struct field *f)
{
	switch (f->type) {
	case FIELD_STR:
		return text_schema(f, f->size - 1);
	case FIELD_VIEW:
		return view_schema(f);
	case FIELD_HEX:
		return hex_schema(f);
	case FIELD_INT:
		return number_schema(f);
	case FIELD_BOOL:
	case FIELD_TRI:
		return typed("boolean");
	case FIELD_LIST:
	case FIELD_STRINGS:
	case FIELD_ARRAY:
		return array_schema(f);
	case FIELD_OBJ:
	case FIELD_JSON:
		break;
	}
	return f->sub ? object_schema(f->sub) : typed("object");
}

static json_t *object_schema(const struct field *fields)
{
	json_t *properties = json_object(), *needed = json_array();

	for (const struct field *f = fields; f->key; f++) {
		json_t *one = field_schema(f);
		if (f->about)
			set(one, "description", json_string(f->about));
		set(properties, f->key, one);
		if (f->flags & FIELD_NEEDED)
			(void)json_array_append_new(needed, json_string(f->key));
	}
	return json_pack("{s:s, s:o, s:o, s:b}", "type", "object", "properties", properties,
			 "required", needed, "additionalProperties", 0);
}

/* Each member that people may set; null takes its value away. */
static json_t *host_edit_schema(void)
{
	json_t *properties = json_object();
	bool number = false;
	const char *name;

	for (size_t i = 0; (name = host_editable(i, &number)); i++) {
		json_t *one = json_pack("{s:[s,s]}", "type", number ? "integer" : "string", "null");
		set(one, number ? "maximum" : "maxLength",
		    json_integer(number ? HOST_UNIT_MAX : LIMIT_NAME_BYTES));
		if (number)
			set(one, "minimum", json_integer(0));
		set(properties, name, one);
	}
	set(properties, "custom", json_pack("{s:s}", "type", "object"));
	return json_pack("{s:s, s:o, s:b}", "type", "object", "properties", properties,
			 "additionalProperties", 0);
}

/* The same of what people enter: /api/v1/deliveries/{id} and the like. */
static json_t *entry_schema(const struct http_route *route)
{
	json_t *properties = json_pack("{s:{s:s}}", "custom", "type", "object");
	enum entry_kind k = 0;
	const char *name;
	bool time = false;

	while (k + 1 < _ENTRY_KIND_MAX && !strstr(route->pattern, entry_collection(k)->name))
		k++;
	for (size_t i = 0; (name = entry_member(k, i, &time)); i++)
		set(properties, name,
		    json_pack("{s:[s,s], s:i}", "type", "string", "null", "maxLength",
			      LIMIT_NAME_BYTES));
	return json_pack("{s:s, s:o, s:b}", "type", "object", "properties", properties,
			 "additionalProperties", 0);
}

json_t *openapi_body(const struct http_route *route)
{
	if (route->change == api_patch_entry_work)
		return entry_schema(route);
	if (route->change == api_patch_host_work)
		return host_edit_schema();
	return route->fields ? object_schema(route->fields) : json_object();
}

bool openapi_body_needed(const struct http_route *route)
{
	for (const struct field *f = route->fields; f && f->key; f++)
		if (f->flags & FIELD_NEEDED)
			return !route->takes_csv;
	return false;
}
