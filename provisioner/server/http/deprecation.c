/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Deprecation (RFC 9745) is a structured date, Sunset (RFC 8594) an HTTP date. A field counts when
 * the query names it: as a filter or parameter, or in a list such as fields= or sort=. Input: query
 * parameters from anybody.
 */
#include "deprecation.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include <base/str.h>

struct search {
	const char *field;
	bool found;
};

static bool lists(const char *values, const char *field)
{
	struct sv rest = sv_of(values);

	while (rest.n > 0) {
		struct sv one = sv_trim(sv_split(&rest, ','));
		if (sv_starts(one, "-"))
			one = (struct sv){one.p + 1, one.n - 1};
		if (sv_eq_str(one, field))
			return true;
	}
	return false;
}

static void look(void *arg, const char *name, const char *value)
{
	static const char *const list_words[] = {"fields", "sort", "group_by", "sum"};
	struct search *s = arg;

	s->found = s->found || sv_eq_str((struct sv){name, strcspn(name, "!<>")}, s->field);
	for (size_t i = 0; i < ARRAY_LEN(list_words); i++)
		if (value && str_eq(name, list_words[i]) && lists(value, s->field))
			s->found = true;
}

static bool is_named(const struct http_request *r, const char *field)
{
	struct search s = {field, false};

	http_query_each(r, look, &s);
	return s.found;
}

static const struct http_deprecation *find(const struct http_request *r)
{
	const struct http_deprecation *found = NULL, *d = r->server->o.deprecations;

	for (; d && d->method; d++)
		if (str_eq(d->method, r->route->method) && str_eq(d->pattern, r->route->pattern) &&
		    (!d->field || is_named(r, d->field)) &&
		    (!found || d->sunset_s < found->sunset_s))
			found = d;
	return found;
}

void http_deprecation_add(const struct http_request *r, struct MHD_Response *response)
{
	const struct http_deprecation *d = r->route ? find(r) : NULL;
	char text[64];
	struct tm tm;

	if (!d)
		return;
	(void)snprintf(text, sizeof(text), "@%lld", (long long)d->since_s);
	(void)MHD_add_response_header(response, "Deprecation", text);
	time_t sunset = (time_t)d->sunset_s;
	BUG_ON(!gmtime_r(&sunset, &tm) ||
	       strftime(text, sizeof(text), "%a, %d %b %Y %H:%M:%S GMT", &tm) == 0);
	(void)MHD_add_response_header(response, "Sunset", text);
	(void)MHD_add_response_header(response, "Link",
				      "</api/v1/openapi.json>; rel=\"deprecation\"; "
				      "type=\"application/json\"");
}
