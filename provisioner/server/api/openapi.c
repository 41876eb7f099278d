/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The API's description of itself: OpenAPI 3.1, made from the route tables that serve it, the
 * collections that answer it and the record tables that read its bodies. Input: our own tables.
 */
#include "openapi.h"

#include <stdio.h>
#include <string.h>

#include <base/json.h>
#include <base/str.h>
#include <inventory/collection.h>
#include "write.h"
#include "error_manual.h"
#include "openapi_answer.h"
#include "openapi_body.h"
#include "tables.h"

static json_t *type_schema(const struct collection_field *f)
{
	json_t *j;

	switch (f->type) {
	case COLLECTION_INT:
		j = json_pack("{s:s, s:s}", "type", "integer", "format", "int64");
		break;
	case COLLECTION_TIME:
		j = json_pack("{s:s, s:s}", "type", "string", "format", "date-time");
		break;
	case COLLECTION_BOOL:
		j = json_pack("{s:s}", "type", "boolean");
		break;
	case COLLECTION_JSON:
		j = json_object();
		break;
	case COLLECTION_TEXT:
	default:
		j = json_pack("{s:s}", "type", "string");
		break;
	}
	if (f->about[0])
		(void)json_object_set_new(j, "description", json_string(f->about));
	return j;
}

/* Members of hosts that are not fields of the store: what is in it, in short, and how far it is. */
static const struct {
	const char *name, *about, *type, *or_type;
} host_members[] = {
	{"macs", "of its network ports", "array", NULL},
	{"drives", "in short; /parts has all", "array", NULL},
	{"nics", "in short; /parts has all", "array", NULL},
	{"progress", "of what it is doing now", "object", NULL},
	{"last_heard", "when its agent made contact last", "string", NULL},
	{"silent", "its agent should make contact and does not", "boolean", NULL},
	{"advice", "whose turn it is and what to do; one host only", "object", NULL},
	{"burn_in_waived", "the latest waiver of its burn-in; one host only", "object", "null"},
	{"stages", "seconds in each state; one host only", "object", NULL},
	{"fault", "the latest open one; one host only", "object", "null"},
	{"in_use", "in service, or taken out of service for work; one host only", "boolean", NULL},
	{"orders", "what waits for a second person; one host only", "array", NULL},
	{"codes", "on the screens of machines that say they are it; one host only", "object", NULL},
	{"view", "of what a person decides by; sent with a decision; one host only", "string",
	 NULL},
	{"receipt", "of the last work on its disk; one host only", "object", "null"},
};

static void add_host_members(json_t *properties)
{
	for (size_t i = 0; i < ARRAY_LEN(host_members); i++) {
		json_t *types = json_pack("[s]", host_members[i].type);
		if (host_members[i].or_type)
			(void)json_array_append_new(types, json_string(host_members[i].or_type));
		(void)json_object_set_new(properties, host_members[i].name,
					  json_pack("{s:o, s:s}", "type", types, "description",
						    host_members[i].about));
	}
}

static json_t *collection_schema(const struct collection *c)
{
	json_t *properties = json_object();

	for (size_t i = 0; i < c->n_fields; i++) {
		const char *name = c->fields[i].name, *dot = strchr(name, '.');
		if (!dot) {
			(void)json_object_set_new(properties, name, type_schema(&c->fields[i]));
			continue;
		}
		autofree char *outer = xstrndup(name, (size_t)(dot - name));
		json_t *object = json_object_get(properties, outer);
		if (!object) {
			object = json_pack("{s:[s,s], s:{}}", "type", "object", "null",
					   "properties");
			(void)json_object_set_new(properties, outer, object);
		}
		(void)json_object_set_new(json_object_get(object, "properties"), dot + 1,
					  type_schema(&c->fields[i]));
	}
	if (c == &collection_hosts)
		add_host_members(properties);
	return json_pack("{s:s, s:s, s:o}", "type", "object", "description", c->about, "properties",
			 properties);
}

static json_t *parameter(const char *name, const char *in, const char *about, json_t *schema)
{
	return json_pack("{s:s, s:s, s:b, s:s, s:o}", "name", name, "in", in, "required",
			 str_eq(in, "path"), "description", about, "schema", schema);
}

static json_t *string_schema(void)
{
	return json_pack("{s:s}", "type", "string");
}

static void path_parameters(const char *pattern, json_t *list)
{
	for (const char *p = strchr(pattern, '{'); p; p = strchr(p + 1, '{')) {
		autofree char *name = xstrndup(p + 1, strcspn(p + 1, "}"));
		(void)json_array_append_new(list,
					    parameter(name, "path", "which one", string_schema()));
	}
}

static const struct {
	const char *name, *about;
} list_parameters[] = {
	{"cursor", "of the page before"}, {"sort", "fields, separated by commas; - for descending"},
	{"fields", "only these members"}, {"q", "search"},
	{"at", "as of this moment"},      {"total", "true: count them all"},
};

/* What single routes take besides. */
static const struct {
	const char *method, *pattern, *name, *about;
} own_parameters[] = {
	{"GET", "/api/v1/events", "since", "only events after this id"},
	{"GET", "/api/v1/changes", "since", "only events after this id"},
	{"GET", "/api/v1/changes", "wait", "seconds to wait for the first one, at most 60"},
	{"GET", "/api/v1/space", "by", "site, row (default) or rack"},
	{"GET", "/api/v1/summary", "of", "a collection; default hosts"},
	{"GET", "/api/v1/summary", "group_by", "fields, separated by commas"},
	{"GET", "/api/v1/summary", "sum", "fields, separated by commas"},
	{"GET", "/api/v1/summary", "capacity",
	 "true: delivered, healthy, reserved and active hosts, too"},
	{"GET", "/api/v1/summary", "reliability",
	 "true: of parts or hosts, failures per 1,000 months with 95 % limits, MTBF, MTTR, burn-ins"},
	{"GET", "/api/v1/summary", "min_count", "only groups of at least so many rows"},
	{"GET", "/api/v1/summary", "avg", "averages of fields, separated by commas"},
	{"GET", "/api/v1/summary", "min", "smallest values of fields"},
	{"GET", "/api/v1/summary", "max", "largest values of fields"},
	{"GET", "/api/v1/summary", "p50", "medians of fields, by nearest rank"},
	{"GET", "/api/v1/summary", "p90", "90th percentiles of fields"},
	{"GET", "/api/v1/summary", "p95", "95th percentiles of fields"},
	{"GET", "/api/v1/summary", "p99", "99th percentiles of fields"},
	{"GET", "/api/v1/diff", "host",
	 "only this one: an id, short code, MAC, serial or name; filters of hosts work, too"},
	{"GET", "/api/v1/diff", "from", "a moment"},
	{"GET", "/api/v1/diff", "to", "a later moment; default now"},
	{"GET", "/api/v1/diff", "after", "next of the page before"},
	{"GET", "/api/v1/diff", "limit", "rows of a page"},
	{"GET", "/api/v1/export.ndjson", "of", "a collection; default hosts"},
	{"GET", "/api/v1/export.csv", "of", "a collection; default hosts"},
	{"GET", "/api/v1/runs/{id}/ocp.jsonl", "after", "only records after this one"},
	{"GET", "/api/v1/runs/{id}/ocp.jsonl", "limit", "records at most"},
	{"GET", "/api/v1/audit", "after", "next of the page before"},
	{"GET", "/api/v1/audit", "before",
	 "newest first: next of the page before, or 0 for the newest"},
	{"GET", "/api/v1/audit", "limit", "rows of a page"},
	{"GET", "/api/v1/images/{name}", "arch", "x86_64 or aarch64"},
	{"GET", "/api/v1/placements", "history", "true: also those that ended"},
	{"GET", "/api/v1/hosts/{id}/placements", "history", "true: also those that ended"},
	{"DELETE", "/api/v1/images/{name}", "arch", "x86_64 or aarch64"},
	{"POST", "/api/v1/images", "rollback_reason", "why an older image is let in, this once"},
	{"POST", "/api/v1/images", "upload", "import what /uploads/{id} has, instead of a body"},
	{"PUT", "/api/v1/uploads/{id}", "offset", "how much was here before; default 0"},
	{"POST", "/api/v1/deliveries", "name", "of the delivery, when it comes as CSV"},
	{"POST", "/api/v1/deliveries", "vendor", "when it comes as CSV"},
	{"POST", "/api/v1/deliveries", "purchase_order", "when it comes as CSV"},
	{"POST", "/api/v1/deliveries", "site", "when it comes as CSV"},
	{"POST", "/api/v1/deliveries", "note", "when it comes as CSV"},
	{"POST", "/api/v1/deliveries", "due", "a moment, when it comes as CSV"},
};

static void add_own_parameters(const struct http_route *route, json_t *list)
{
	for (size_t i = 0; i < ARRAY_LEN(own_parameters); i++)
		if (str_eq(own_parameters[i].method, route->method) &&
		    str_eq(own_parameters[i].pattern, route->pattern))
			(void)json_array_append_new(list, parameter(own_parameters[i].name, "query",
								    own_parameters[i].about,
								    string_schema()));
}

/* A field of this name cannot be a filter: the word already says something else. */
static bool is_list_word(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(list_parameters); i++)
		if (str_eq(list_parameters[i].name, name))
			return true;
	return str_eq(name, "limit");
}

static void query_parameters(const struct collection *c, json_t *list)
{
	(void)json_array_append_new(list,
				    parameter("limit", "query", "rows of a page",
					      json_pack("{s:s, s:i, s:i}", "type", "integer",
							"minimum", 1, "maximum", QUERY_LIMIT_MAX)));
	for (size_t i = 0; i < ARRAY_LEN(list_parameters); i++)
		(void)json_array_append_new(list,
					    parameter(list_parameters[i].name, "query",
						      list_parameters[i].about, string_schema()));
	for (size_t i = 0; i < c->n_fields; i++)
		if (c->fields[i].type != COLLECTION_JSON && !is_list_word(c->fields[i].name))
			(void)json_array_append_new(
				list,
				parameter(c->fields[i].name, "query",
					  "filter: values, prefix*, or with ! > < behind the name",
					  string_schema()));
}

static bool is_list(const struct http_route *route)
{
	return route->doc && !str_ends(route->pattern, "/{id}");
}

static json_t *reference(const char *name)
{
	autofree char *text = xasprintf("#/components/schemas/%s", name);

	return json_pack("{s:s}", "$ref", text);
}

static json_t *answer_schema(const struct http_route *route)
{
	const struct collection *c = route->doc;

	if (!c)
		return openapi_answer(route);
	if (!is_list(route))
		return reference(c->name);
	return json_pack("{s:s, s:[s,s], s:{s:{s:s, s:o}, s:{s:[s,s]}, s:{s:s}, s:{s:s}}}", "type",
			 "object", "required", "items", "next", "properties", "items", "type",
			 "array", "items", reference(c->name), "next", "type", "string", "null",
			 "total", "type", "integer", "as_of", "type", "string");
}

static const char *answer_type(const struct http_route *route)
{
	return str_ends(route->pattern, ".ndjson") || str_ends(route->pattern, ".jsonl")
		       ? "application/x-ndjson"
	       : str_ends(route->pattern, ".csv")   ? "text/csv"
	       : str_ends(route->pattern, ".html")  ? "text/html"
	       : str_eq(route->pattern, "/metrics") ? "text/plain"
						    : "application/json";
}

static char *operation_id(const struct http_route *route)
{
	char *id = xasprintf("%s%s", route->method, route->pattern);

	for (char *p = id; *p; p++)
		*p = *p >= 'A' && *p <= 'Z'                               ? (char)(*p + 32)
		     : strchr("abcdefghijklmnopqrstuvwxyz0123456789", *p) ? *p
									  : '_';
	return id;
}

static json_t *answer(const char *about, const char *type, json_t *schema)
{
	return json_pack("{s:s, s:{s:{s:o}}}", "description", about, "content", type, "schema",
			 schema);
}

static json_t *answers(const struct http_route *route)
{
	json_t *j = json_object(), *schema = answer_schema(route);

	if (schema)
		(void)json_object_set_new(j, "2XX", answer("well", answer_type(route), schema));
	if (str_starts(route->pattern, ERROR_MANUAL_PATH))
		(void)json_object_set_new(json_object_get(json_object_get(j, "2XX"), "content"),
					  "text/html",
					  json_pack("{s:o}", "schema", string_schema()));
	if (str_eq(route->method, "DELETE"))
		(void)json_object_set_new(
			j, "204", json_pack("{s:s}", "description", "well; nothing to say"));
	(void)json_object_set_new(j, "4XX",
				  answer("the request is refused (RFC 9457)",
					 "application/problem+json", reference("problem")));
	(void)json_object_set_new(j, "5XX",
				  answer("the server cannot, now (RFC 9457)",
					 "application/problem+json", reference("problem")));
	return j;
}

static json_t *request_body(const struct http_route *route)
{
	json_t *types = json_object();
	bool file = route->body == HTTP_BODY_FILE;

	(void)json_object_set_new(
		types, file ? "application/octet-stream" : "application/json",
		json_pack("{s:o}", "schema", file ? json_object() : openapi_body(route)));
	if (route->takes_csv)
		(void)json_object_set_new(types, "text/csv",
					  json_pack("{s:o}", "schema", string_schema()));
	return json_pack("{s:b, s:o}", "required", file || openapi_body_needed(route), "content",
			 types);
}

/* What every change understands. */
static void change_parameters(const struct http_route *route, json_t *list)
{
	if (!route->change)
		return;
	(void)json_array_append_new(list, parameter("dry_run", "query",
						    "true: go through everything and keep nothing",
						    json_pack("{s:s}", "type", "boolean")));
	if (!route->answer_secret && !route->body_secret)
		(void)json_array_append_new(
			list,
			parameter("Idempotency-Key", "header",
				  "the same key again, within a day, gets the same answer and "
				  "does nothing",
				  json_pack("{s:s, s:i, s:i}", "type", "string", "minLength", 1,
					    "maxLength", API_KEY_MAX_BYTES)));
	if (api_takes_match(route))
		(void)json_array_append_new(
			list, parameter("If-Match", "header",
					"the ETag that was read: refused if it has changed since",
					string_schema()));
}

/* The first word of the path behind the version. */
static char *tag_of(const struct http_route *route)
{
	const char *p = route->pattern + (str_starts(route->pattern, "/api/v1/") ? 8 : 1);

	return xstrndup(p, strcspn(p, "/."));
}

static json_t *operation(const struct http_route *route)
{
	autofree char *tag = tag_of(route);
	autofree char *id = operation_id(route);
	json_t *parameters = json_array();

	path_parameters(route->pattern, parameters);
	if (is_list(route))
		query_parameters(route->doc, parameters);
	add_own_parameters(route, parameters);
	change_parameters(route, parameters);
	json_t *j = json_pack("{s:s, s:s, s:[s], s:o, s:s, s:o}", "operationId", id, "summary",
			      route->summary, "tags", tag, "parameters", parameters, "x-scope",
			      http_scope_str(route->scope), "responses", answers(route));
	if (route->scope > HTTP_SCOPE_AGENT)
		(void)json_object_set_new(j, "security", json_pack("[{s:[]}]", "token"));
	else
		(void)json_object_set_new(j, "security", json_array());
	if (route->max_body_bytes)
		(void)json_object_set_new(j, "requestBody", request_body(route));
	return j;
}

/* Of people and programs; agents and firmware have a protocol of their own. */
static bool is_public(const struct http_route *route)
{
	return str_starts(route->pattern, "/api/") || str_eq(route->pattern, "/metrics") ||
	       str_eq(route->pattern, "/healthz");
}

static void add_route(const struct http_route *route, json_t *paths)
{
	char method[8];
	size_t i = 0;

	if (!is_public(route))
		return;
	for (; route->method[i] && i < sizeof(method) - 1; i++)
		method[i] = (char)(route->method[i] + 32);
	method[i] = '\0';
	json_t *path = json_object_get(paths, route->pattern);
	if (!path) {
		path = json_object();
		(void)json_object_set_new(paths, route->pattern, path);
	}
	(void)json_object_set_new(path, method, operation(route));
}

/* Every code that a problem may have. */
static json_t *codes(void)
{
	json_t *list = json_array();

	for (int code = 1; code < _ERR_MAX; code++)
		(void)json_array_append_new(list, json_string(err_name(code)));
	return list;
}

static json_t *problem_schema(void)
{
	json_t *j = openapi_shape("{type:s,title:s,status:i,code:s,detail~:s,pointer~:s,hint~:s,"
				  "errors~:[{code:s,detail:s,pointer~:s}]}");
	json_t *code = json_object_get(json_object_get(j, "properties"), "code");
	json_t *type = json_object_get(json_object_get(j, "properties"), "type");

	(void)json_object_set_new(type, "format", json_string("uri-reference"));
	(void)json_object_set_new(type, "description",
				  json_string("the manual's page of the code: " ERROR_MANUAL_PATH
					      "/{code}, for browsers in HTML"));
	(void)json_object_set_new(code, "enum", codes());
	(void)json_object_set_new(code, "description",
				  json_string("stable; GET /api/v1/errors explains each"));
	return j;
}

static void add_tags(const struct http_table *tables, json_t *list)
{
	autojson json_t *seen = json_object();

	for (const struct http_table *t = tables; t->routes; t++)
		for (size_t i = 0; i < t->n; i++) {
			autofree char *tag = tag_of(&t->routes[i]);
			if (!is_public(&t->routes[i]) || json_object_get(seen, tag))
				continue;
			(void)json_object_set_new(seen, tag, json_true());
			(void)json_array_append_new(list, json_pack("{s:s}", "name", tag));
		}
}

json_t *openapi_doc(const struct http_table *tables)
{
	json_t *paths = json_object(), *schemas = json_object(), *tags = json_array();

	add_tags(tables, tags);

	for (const struct http_table *t = tables; t->routes; t++)
		for (size_t i = 0; i < t->n; i++)
			add_route(&t->routes[i], paths);
	for (size_t i = 0; i < n_collections; i++)
		(void)json_object_set_new(schemas, collections[i]->name,
					  collection_schema(collections[i]));
	(void)json_object_set_new(schemas, "problem", problem_schema());
	return json_pack("{s:s, s:{s:s, s:s, s:s, s:{s:s, s:s}}, s:[{s:s}], s:o, s:o, s:{s:o, "
			 "s:{s:{s:s, s:s}}}}",
			 "openapi", "3.1.0", "info", "title", "Slipway", "version", SLIPWAY_VERSION,
			 "description", "Bare servers to ready hosts: inventory, burn-in, images.",
			 "license", "name", "Apache-2.0", "identifier", "Apache-2.0", "servers",
			 "url", "/", "tags", tags, "paths", paths, "components", "schemas", schemas,
			 "securitySchemes", "token", "type", "http", "scheme", "bearer");
}
