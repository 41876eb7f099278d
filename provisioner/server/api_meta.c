/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the API says about itself: OpenAPI 3.1, made from the same tables that serve it, and metrics
 * for Prometheus. Input: nothing from outside.
 */
#include "api_request.h"
#include "api_tables.h"
#include "routes.h"

#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include <base/json.h>
#include <base/limits.h>
#include <base/str.h>

/* ---- OpenAPI --------------------------------------------------------------------------------- */

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

/* Members of hosts that are no fields of the store: what is in it, in short, and how far it is. */
static const struct {
	const char *name, *about, *type, *or_type;
} host_members[] = {
	{"macs", "of its network ports", "array", NULL},
	{"drives", "in short; /parts has all", "array", NULL},
	{"nics", "in short; /parts has all", "array", NULL},
	{"progress", "of what it does now", "object", NULL},
	{"stages", "seconds in each state; one host only", "object", NULL},
	{"fault", "the latest open one; one host only", "object", "null"},
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
	const char *pattern, *name, *about;
} own_parameters[] = {
	{"/api/v1/events", "since", "only events after this id"},
	{"/api/v1/changes", "since", "only events after this id"},
	{"/api/v1/changes", "wait", "seconds to wait for the first one, at most 60"},
	{"/api/v1/summary", "of", "a collection; default hosts"},
	{"/api/v1/summary", "group_by", "fields, separated by commas"},
	{"/api/v1/summary", "sum", "fields, separated by commas"},
	{"/api/v1/diff", "from", "a moment"},
	{"/api/v1/diff", "to", "a later moment; default now"},
	{"/api/v1/diff", "after", "next of the page before"},
	{"/api/v1/diff", "limit", "rows of a page"},
	{"/api/v1/export.ndjson", "of", "a collection; default hosts"},
	{"/api/v1/export.csv", "of", "a collection; default hosts"},
	{"/api/v1/runs/{id}/ocp.jsonl", "after", "only records after this one"},
	{"/api/v1/runs/{id}/ocp.jsonl", "limit", "records at most"},
	{"/api/v1/audit", "after", "next of the page before"},
	{"/api/v1/audit", "limit", "rows of a page"},
	{"/api/v1/images/{name}", "arch", "x86_64 or aarch64"},
	{"/api/v1/placements", "history", "true: also those that ended"},
	{"/api/v1/hosts/{id}/placements", "history", "true: also those that ended"},
};

static void add_own_parameters(const struct http_route *route, json_t *list)
{
	for (size_t i = 0; i < ARRAY_LEN(own_parameters); i++)
		if (str_eq(route->method, "GET") &&
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
		return json_object();
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
	json_t *j = json_object();
	(void)json_object_set_new(j, "2XX",
				  answer("well", answer_type(route), answer_schema(route)));
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
	(void)json_object_set_new(types, file ? "application/octet-stream" : "application/json",
				  json_pack("{s:{}}", "schema"));
	if (str_eq(route->pattern, "/api/v1/deliveries"))
		(void)json_object_set_new(types, "text/csv", json_pack("{s:{}}", "schema"));
	return json_pack("{s:b, s:o}", "required", 0, "content", types);
}

static json_t *operation(const struct http_route *route)
{
	autofree char *id = operation_id(route);
	json_t *parameters = json_array();
	path_parameters(route->pattern, parameters);
	if (is_list(route))
		query_parameters(route->doc, parameters);
	add_own_parameters(route, parameters);
	json_t *j = json_pack("{s:s, s:s, s:o, s:s, s:o}", "operationId", id, "summary",
			      route->summary, "parameters", parameters, "x-scope",
			      http_scope_str(route->scope), "responses", answers(route));
	if (route->scope > HTTP_SCOPE_AGENT)
		(void)json_object_set_new(j, "security", json_pack("[{s:[]}]", "token"));
	else
		(void)json_object_set_new(j, "security", json_array());
	if (route->max_body_bytes && !str_eq(route->method, "GET"))
		(void)json_object_set_new(j, "requestBody", request_body(route));
	return j;
}

static void add_route(const struct http_route *route, json_t *paths)
{
	char method[8];
	size_t i = 0;
	if (!str_starts(route->pattern, "/api/") && !str_eq(route->pattern, "/metrics") &&
	    !str_eq(route->pattern, "/healthz"))
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

static json_t *problem_schema(void)
{
	static const char *const texts[] = {"type", "title", "code", "detail", "pointer", "hint"};
	json_t *properties = json_pack("{s:{s:s}}", "status", "type", "integer");
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		(void)json_object_set_new(properties, texts[i], string_schema());
	return json_pack("{s:s, s:[s,s,s], s:o}", "type", "object", "required", "title", "status",
			 "code", "properties", properties);
}

static json_t *openapi_doc(void)
{
	json_t *paths = json_object(), *schemas = json_object();
	for (const struct http_table *t = routes_all(); t->routes; t++)
		for (size_t i = 0; i < t->n; i++)
			add_route(&t->routes[i], paths);
	for (size_t i = 0; i < n_collections; i++)
		(void)json_object_set_new(schemas, collections[i]->name,
					  collection_schema(collections[i]));
	(void)json_object_set_new(schemas, "problem", problem_schema());
	return json_pack("{s:s, s:{s:s, s:s, s:s, s:{s:s, s:s}}, s:[{s:s}], s:o, s:{s:o, "
			 "s:{s:{s:s, s:s}}}}",
			 "openapi", "3.1.0", "info", "title", "Slipway", "version", SLIPWAY_VERSION,
			 "description", "Bare servers to ready hosts: inventory, burn-in, images.",
			 "license", "name", "Apache-2.0", "identifier", "Apache-2.0", "servers",
			 "url", "/", "paths", paths, "components", "schemas", schemas,
			 "securitySchemes", "token", "type", "http", "scheme", "bearer");
}

static int get_openapi(struct http_request *r, struct err *err)
{
	(void)err;
	return http_reply_json(r, 200, openapi_doc());
}

/* ---- metrics --------------------------------------------------------------------------------- */

static void label(struct str *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '\\' || *text == '"')
			str_addc(out, '\\');
		str_addc(out, *text == '\n' ? ' ' : *text);
	}
}

static int grouped(struct app *a, struct str *out, const char *metric, const char *about,
		   const char *key, const char *sql, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	str_addf(out, "# HELP %s %s\n# TYPE %s gauge\n", metric, about, metric);
	TRY(db_query_n(a->db, sql, NULL, 0, &rows, err));
	int r;
	while ((r = db_rows_next(rows, err)) == 1) {
		str_addf(out, "%s{%s=\"", metric, key);
		label(out, db_text(rows, 0));
		str_addf(out, "\"} %lld\n", (long long)db_int(rows, 1));
	}
	return r;
}

static void one(struct str *out, const char *metric, const char *type, const char *about,
		long long value)
{
	str_addf(out, "# HELP %s %s\n# TYPE %s %s\n%s %lld\n", metric, about, metric, type, metric,
		 value);
}

static int get_metrics(struct http_request *r, struct err *err)
{
	struct app *a = http_context(r);
	struct http_counters c = http_server_counters(http_request_server(r));
	struct rusage u;
	int64_t tick = 0, at_us = 0;
	autostr struct str out;
	str_init(&out, MIB);
	TRY(grouped(a, &out, "slipway_hosts", "Hosts by state.", "state",
		    "SELECT state, count(*) FROM host GROUP BY state ORDER BY state", err));
	TRY(grouped(a, &out, "slipway_open_faults", "Open faults by code.", "code",
		    "SELECT code, count(*) FROM fault WHERE state = 'open' GROUP BY code ORDER BY "
		    "code",
		    err));
	TRY(db_last_tick(a->db, &tick, &at_us, err));
	(void)getrusage(RUSAGE_SELF, &u);
	one(&out, "slipway_changes_total", "counter", "Changes of the inventory.", tick);
	one(&out, "slipway_http_requests_total", "counter", "Requests.", (long long)c.requests);
	one(&out, "slipway_http_client_errors_total", "counter",
	    "Answers with a status of 400 to 499.", (long long)c.status_4xx);
	one(&out, "slipway_http_server_errors_total", "counter",
	    "Answers with a status of 500 to 599.", (long long)c.status_5xx);
	one(&out, "slipway_http_waiting", "gauge", "Requests that wait.", (long long)c.waiting);
	one(&out, "slipway_http_connections", "gauge", "Open connections.",
	    (long long)c.connections);
	one(&out, "slipway_writing_stopped", "gauge", "1 after stop-all.", a->stopped);
	one(&out, "slipway_max_resident_bytes", "gauge", "Largest resident memory.",
	    (long long)u.ru_maxrss * 1024);
	size_t n = out.n_bytes;
	return http_reply_text(r, 200, "text/plain; version=0.0.4", str_take(&out), n);
}

const struct http_route api_meta_routes[] = {
	HTTP_ROUTE(GET, "/api/v1/openapi.json", PUBLIC, 0, get_openapi, "this document"),
	HTTP_ROUTE(GET, "/metrics", READ, 0, get_metrics, "for Prometheus"),
};
const size_t n_api_meta_routes = ARRAY_LEN(api_meta_routes);
