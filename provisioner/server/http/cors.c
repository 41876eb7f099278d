/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CORS (the Fetch standard, "HTTP extensions"). An origin is compared byte by byte with the list: no
 * patterns, no "*", no null. Input: headers from anybody.
 */
#include "cors.h"

#include <base/str.h>

bool http_origin_is_listed(const struct http_request *r)
{
	const char *origin = http_request_header(r, "Origin");
	struct sv rest = sv_of(r->server->o.cors_origins ? r->server->o.cors_origins : "");

	while (origin && origin[0] && rest.n > 0)
		if (sv_eq_str(sv_split(&rest, ' '), origin))
			return true;
	return false;
}

static void add(struct MHD_Response *response, const char *name, const char *value)
{
	(void)MHD_add_response_header(response, name, value);
}

void http_cors_add(const struct http_request *r, struct MHD_Response *response)
{
	if (!r->server->o.cors_origins || !r->server->o.cors_origins[0])
		return;
	add(response, "Vary", "Origin");
	if (!http_origin_is_listed(r))
		return;
	add(response, "Access-Control-Allow-Origin", http_request_header(r, "Origin"));
	add(response, "Access-Control-Expose-Headers",
	    "ETag, Retry-After, RateLimit, RateLimit-Policy, Idempotency-Replayed, Deprecation, "
	    "Sunset");
}

bool http_cors_is_preflight(const struct http_request *r)
{
	return str_eq(r->method, "OPTIONS") && r->early.code == ERR_HTTP_METHOD &&
	       http_request_header(r, "Access-Control-Request-Method") && http_origin_is_listed(r);
}
