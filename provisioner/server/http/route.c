/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finding the row of a request: scope names, pattern matching, and the check that every registered
 * row has a scope, a handler and a pattern that can match. Input: paths from anybody, already
 * percent-decoded by the library.
 */
#include "internal.h"

#include <base/str.h>

static const char *const scope_names[_HTTP_SCOPE_MAX] = {
#define X(name, text) [HTTP_SCOPE_##name] = text,
	HTTP_SCOPES(X)
#undef X
};

const char *http_scope_str(enum http_scope scope)
{
	return scope > _HTTP_SCOPE_MISSING && scope < _HTTP_SCOPE_MAX ? scope_names[scope] : NULL;
}

enum http_scope http_scope_parse(const char *text)
{
	for (unsigned i = _HTTP_SCOPE_MISSING + 1; i < _HTTP_SCOPE_MAX; i++)
		if (str_eq(scope_names[i], text))
			return (enum http_scope)i;
	return _HTTP_SCOPE_MISSING;
}

static bool is_capture(struct sv segment)
{
	return segment.n > 2 && segment.p[0] == '{' && segment.p[segment.n - 1] == '}';
}

/* Put one segment away as a NUL-terminated value. *used counts bytes of params_text. */
static bool capture(struct http_request *r, struct sv name, struct sv value, size_t *used)
{
	if (r->n_params == HTTP_PARAMS_MAX || value.n == 0 || name.n >= sizeof(r->params[0].name) ||
	    value.n >= sizeof(r->params_text) - *used)
		return false;
	memcpy(r->params[r->n_params].name, name.p, name.n);
	r->params[r->n_params].name[name.n] = '\0';
	memcpy(r->params_text + *used, value.p, value.n);
	r->params_text[*used + value.n] = '\0';
	r->params[r->n_params++].value = r->params_text + *used;
	*used += value.n + 1;
	return true;
}

static bool match(struct http_request *r, const char *pattern)
{
	struct sv want = sv_of(pattern), have = sv_of(r->path);
	size_t used = 0;

	r->n_params = 0;
	while (want.n > 0 && have.n > 0) {
		struct sv w = sv_split(&want, '/'), h = sv_split(&have, '/');
		if (is_capture(w)) {
			if (!capture(r, (struct sv){w.p + 1, w.n - 2}, h, &used))
				return false;
		} else if (!sv_eq(w, h)) {
			return false;
		}
	}
	return want.n == 0 && have.n == 0 && !str_ends(r->path, "/");
}

static bool method_fits(const char *have, const char *route)
{
	return str_eq(have, route) || (str_eq(have, "HEAD") && str_eq(route, "GET"));
}

static void allow_add(struct http_request *r, const char *method)
{
	size_t n = strlen(r->allow);

	snprintf(r->allow + n, sizeof(r->allow) - n, "%s%s", n ? ", " : "", method);
}

const struct http_route *http_route_find(struct http_request *r, bool *ret_path_known)
{
	*ret_path_known = false;
	for (const struct http_table *t = r->server->o.tables; t->routes; t++) {
		for (size_t i = 0; i < t->n; i++) {
			if (!match(r, t->routes[i].pattern))
				continue;
			if (method_fits(r->method, t->routes[i].method)) {
				r->context = t->context;
				return &t->routes[i];
			}
			*ret_path_known = true;
			allow_add(r, t->routes[i].method);
		}
	}
	return NULL;
}

static int route_check(const struct http_route *route, struct err *err)
{
	if (!route->method || !route->pattern || route->pattern[0] != '/' || !route->handler)
		return err_set(err, ERR_INVALID, "route '%s' is incomplete",
			       route->pattern ? route->pattern : "?");
	if (!http_scope_str(route->scope))
		return err_set(err, ERR_INVALID, "route '%s %s' has no scope", route->method,
			       route->pattern);
	if (route->scope > HTTP_SCOPE_AGENT && (route->listeners & HTTP_LISTENER_PLAIN))
		return err_set(err, ERR_INVALID, "route '%s %s' would take tokens in plain text",
			       route->method, route->pattern);
	bool reads = str_eq(route->method, "GET") ||
		     (route->is_question && route->scope == HTTP_SCOPE_READ);
	if (route->scope > HTTP_SCOPE_AGENT && !reads && !route->change && !route->audits_itself)
		return err_set(err, ERR_INVALID, "route '%s %s' would change things unrecorded",
			       route->method, route->pattern);
	return 0;
}

int http_tables_check(const struct http_table *tables, struct err *err)
{
	for (const struct http_table *t = tables; t->routes; t++) {
		for (size_t i = 0; i < t->n; i++) {
			int rc = route_check(&t->routes[i], err);
			if (rc < 0)
				return rc;
		}
	}
	return 0;
}
