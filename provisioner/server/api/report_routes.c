/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The acceptance report of a host or a delivery, as JSON and as a page that prints. Readers make it.
 * Input: names in paths.
 */
#include "read.h"
#include "request.h"
#include "tables.h"

#include <base/str.h>
#include <inventory/host.h>

/* The page has no script and loads nothing; a browser is told so, whatever a text in it tries. */
#define PAGE_POLICY "default-src 'none'; style-src 'unsafe-inline'"

static int reply(struct http_request *r, struct read_job *job, struct err *err)
{
	struct api *api = http_context(r);
	static const char *const own[] = {NULL};
	char *text = NULL;
	size_t n = 0;

	TRY(http_query_only(r, own, err));
	job->kind = READ_BURN_REPORT;
	job->now_us = flow_now_us(api->flow);
	job->page = str_ends(http_path(r), ".html");
	if (!job->page)
		return api_read(r, job, 200, err);
	int rc = api_read_text(r, job, &text, &n, err);
	if (rc != 1)
		return rc;
	http_reply_header(r, "Content-Security-Policy", PAGE_POLICY);
	return http_reply_text(r, 200, "text/html; charset=utf-8", text, n);
}

static int get_host_report(struct http_request *r, struct err *err)
{
	struct host h;
	struct read_job job = {.host = h.id};

	TRY(api_host(r, &h, err));
	return reply(r, &job, err);
}

static int get_delivery_report(struct http_request *r, struct err *err)
{
	struct read_job job = {.delivery = http_param(r, "id")};

	return reply(r, &job, err);
}

#define REPORT(path, handler, about)                                                               \
	HTTP_ROUTE(GET, path, READ, 0, handler, about),                                            \
		HTTP_ROUTE(GET, path ".html", READ, 0, handler, about ", as a page that prints")

const struct http_route report_routes[] = {
	REPORT("/api/v1/hosts/{id}/burnin-report", get_host_report,
	       "the acceptance report of a host"),
	REPORT("/api/v1/deliveries/{id}/burnin-report", get_delivery_report,
	       "the acceptance report of a delivery: failures by part number, lot and firmware"),
};
const size_t n_report_routes = ARRAY_LEN(report_routes);
