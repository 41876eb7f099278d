/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which archives there are, and whether one is as it was written. Input: numbers in paths.
 */
#include "read.h"
#include "request.h"
#include "tables.h"

#include <base/json.h>
#include <inventory/store_archive.h>

static int get_archives(struct http_request *r, struct err *err)
{
	struct api *api = http_context(r);
	static const char *const own[] = {NULL};
	json_t *doc = NULL;

	TRY(http_query_only(r, own, err));
	int status = store_archive_list(api->flow->db, &doc, err);
	if (status >= 0)
		return http_reply_json(r, 200, doc);
	json_decref(doc);
	return status;
}

static int get_check(struct http_request *r, struct err *err)
{
	struct api *api = http_context(r);
	struct read_job job = {.kind = READ_ARCHIVE_CHECK, .path = api->archive_dir};
	static const char *const own[] = {NULL};

	TRY(http_query_only(r, own, err));
	if (!parse_i64(http_param(r, "id"), &job.after) || job.after <= 0)
		return err_set(err, ERR_NOT_FOUND, "there is no archive '%.40s'",
			       http_param(r, "id"));
	return api_read(r, &job, 200, err);
}

const struct http_route archive_routes[] = {
	HTTP_ROUTE(GET, "/api/v1/archives", READ, 0, get_archives,
		   "what left the store by age, and the files that hold it"),
	HTTP_ROUTE(GET, "/api/v1/archives/{id}/check", READ, 0, get_check,
		   "read an archive again: its SHA-256 and its rows"),
};
const size_t n_archive_routes = sizeof(archive_routes) / sizeof(archive_routes[0]);
