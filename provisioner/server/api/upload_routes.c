/* SPDX-License-Identifier: Apache-2.0 */
/*
 * /api/v1/uploads/{id}: archives that arrive in parts and go on after a broken connection. A client
 * asks how much is here, sends the next part at exactly that offset, and imports the whole with
 * POST /api/v1/images?upload={id}. Parts mean nothing until then: the audit log has an upload's
 * beginning, its end, and the import. Input: bytes and names from authenticated people.
 */
#include "tables.h"

#include <base/json.h>
#include <inventory/token.h>
#include "write.h"

#define PART_MAX_BYTES (8ULL * 1024 * 1024)

static int answer(struct http_request *r, int status, uint64_t n_bytes)
{
	return http_reply_json(
		r, status,
		json_pack("{s:s, s:I}", "id", http_param(r, "id"), "bytes", (json_int_t)n_bytes));
}

static int audit(struct http_request *r, int status, struct err *err)
{
	struct api *api = http_context(r);
	const struct audit_entry e = {.who = http_identity(r)->who,
				      .peer = http_peer(r),
				      .method = http_request_route(r)->method,
				      .path = http_path(r),
				      .status = status};

	TRY(db_begin(api->flow->db, err));
	return db_end(api->flow->db, audit_append(api->flow->db, &e, flow_now_us(api->flow), err),
		      err);
}

static int get_upload(struct http_request *r, struct err *err)
{
	struct api *api = http_context(r);
	uint64_t n_bytes;

	TRY(object_upload_offset(api->flow->objects, http_param(r, "id"), &n_bytes, err));
	return answer(r, 200, n_bytes);
}

static int put_part(struct http_request *r, struct err *err)
{
	static const char *const names[] = {"offset", NULL};
	struct api *api = http_context(r);
	int64_t offset;
	uint64_t n;

	TRY(api_check_match(r, err));
	TRY(http_query_only(r, names, err));
	TRY(http_query_int(r, &(struct http_int){"offset", 0, OBJECT_UPLOAD_MAX_BYTES, 0}, &offset,
			   err));
	int fd = http_body_fd(r, &n);
	if (fd < 0 || n == 0)
		return err_set(err, ERR_INVALID, "the part is empty");
	TRY(object_upload_append_fd(api->flow->objects, http_param(r, "id"), (uint64_t)offset, fd,
				    n, err));
	if (offset == 0)
		TRY(audit(r, 200, err));
	return answer(r, 200, (uint64_t)offset + n);
}

static int delete_upload(struct http_request *r, struct err *err)
{
	struct api *api = http_context(r);

	TRY(api_check_match(r, err));
	object_upload_remove(api->flow->objects, http_param(r, "id"));
	TRY(audit(r, 204, err));
	return http_reply_empty(r, 204);
}

const struct http_route upload_routes[] = {
	HTTP_ROUTE(GET, "/api/v1/uploads/{id}", IMAGE_IMPORT, 0, get_upload,
		   "how much of an upload is here"),
	API_CHANGE_BY(PUT, "/api/v1/uploads/{id}", IMAGE_IMPORT, PART_MAX_BYTES, put_part, NULL,
		      "the next part of an upload", .body = HTTP_BODY_FILE, .audits_itself = true),
	API_CHANGE_BY(DELETE, "/api/v1/uploads/{id}", IMAGE_IMPORT, 0, delete_upload, NULL,
		      "give an upload up", .audits_itself = true),
};
const size_t n_upload_routes = ARRAY_LEN(upload_routes);
