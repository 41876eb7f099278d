/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Answers: one per request. Errors become application/problem+json (RFC 9457) with the stable name,
 * the offending field and the hint of the error list.
 */
#include "cors.h"
#include "deprecation.h"
#include "internal.h"

#include <base/json.h>
#include <base/str.h>

#define STREAM_BLOCK_BYTES (32 * 1024)
#define STREAM_TICK_MS     15000

void http_reply_header(struct http_request *r, const char *name, const char *value)
{
	BUG_ON(r->n_headers == HTTP_HEADERS_MAX);
	r->headers[r->n_headers].name = name;
	r->headers[r->n_headers++].value = xstrdup(value);
}

/* Takes response. */
int http_reply_queue(struct http_request *r, int status, struct MHD_Response *response)
{
	BUG_ON(r->answered);
	http_cors_add(r, response);
	http_deprecation_add(r, response);
	for (size_t i = 0; i < r->n_headers; i++)
		(void)MHD_add_response_header(response, r->headers[i].name, r->headers[i].value);
	r->answered = MHD_queue_response(r->connection, (unsigned)status, response) == MHD_YES;
	r->status = status;
	MHD_destroy_response(response);
	return 0;
}

/* ---- answers that the client has already ----------------------------------------------------- */

static const char *etag_of(const struct http_request *r)
{
	for (size_t i = 0; i < r->n_headers; i++)
		if (str_eq(r->headers[i].name, "ETag"))
			return r->headers[i].value;
	return NULL;
}

/* nginx makes a strong tag weak when it compresses the answer: both count (RFC 9110, 13.1.2). */
static struct sv opaque_tag(struct sv tag)
{
	return sv_starts(tag, "W/") ? (struct sv){tag.p + 2, tag.n - 2} : tag;
}

static bool is_known(const struct http_request *r, int status)
{
	const char *etag = etag_of(r), *match = http_request_header(r, "If-None-Match");
	struct sv rest = sv_of(match ? match : "");

	if (!etag || !match || status != 200 ||
	    (!str_eq(r->method, "GET") && !str_eq(r->method, "HEAD")))
		return false;
	while (rest.n > 0) {
		struct sv one = sv_trim(sv_split(&rest, ','));
		if (sv_eq_str(one, "*") || sv_eq(opaque_tag(one), opaque_tag(sv_of(etag))))
			return true;
	}
	return false;
}

static int reply_owned(struct http_request *r, int status, const char *content_type, char *body,
		       size_t n_bytes)
{
	bool known = is_known(r, status);
	struct MHD_Response *response = MHD_create_response_from_buffer(known ? 0 : n_bytes, body,
									MHD_RESPMEM_MUST_FREE);

	BUG_ON(!response);
	if (known)
		return http_reply_queue(r, 304, response);
	if (content_type)
		(void)MHD_add_response_header(response, "Content-Type", content_type);
	return http_reply_queue(r, status, response);
}

int http_reply_empty(struct http_request *r, int status)
{
	return reply_owned(r, status, NULL, xstrdup(""), 0);
}

int http_reply_text(struct http_request *r, int status, const char *content_type, char *body,
		    size_t n_bytes)
{
	return reply_owned(r, status, content_type, body, n_bytes);
}

int http_reply_json(struct http_request *r, int status, json_t *doc)
{
	struct err err = ERR_INIT;

	if (!doc) {
		(void)err_set(&err, ERR_JSON, "the answer cannot be written as JSON");
		return http_reply_problem(r, 500, &err);
	}
	char *text = json_text(doc);
	json_decref(doc);
	return reply_owned(r, status, "application/json", text, strlen(text));
}

static json_t *problem_doc(int status, const struct err *e)
{
	const char *meaning = err_meaning(e->code), *hint = err_hint(e->code);
	autofree char *type = xasprintf("/api/v1/errors/%s", err_name(e->code));
	json_t *doc = json_pack("{s:s, s:s, s:i, s:s}", "type", type, "title",
				meaning ? meaning : "error", "status", status, "code",
				err_name(e->code));

	json_object_set_new(doc, "detail", json_string_of(e->msg[0] ? e->msg : "no detail"));
	if (e->pointer[0])
		json_object_set_new(doc, "pointer", json_string_of(e->pointer));
	if (hint && hint[0])
		json_object_set_new(doc, "hint", json_string(hint));
	return doc;
}

int http_reply_problem(struct http_request *r, int status, const struct err *e)
{
	if (status == 0)
		status = http_status_of(e->code);
	autojson json_t *doc = problem_doc(status, e);
	char *text = json_text(doc);
	return reply_owned(r, status, "application/problem+json", text, strlen(text));
}

static ssize_t stream_read(void *cls, uint64_t pos, char *buf, size_t max)
{
	struct http_request *r = cls;

	(void)pos;
	int64_t n = r->stream.read(r->stream.arg, buf, max);
	if (n > 0)
		return (ssize_t)n;
	if (n == HTTP_STREAM_END)
		return MHD_CONTENT_READER_END_OF_STREAM;
	if (n < 0)
		return MHD_CONTENT_READER_END_WITH_ERROR;
	int64_t tick_ms = r->stream.tick_ms > 0 ? r->stream.tick_ms : STREAM_TICK_MS;
	http_wait_enter(r, r->stream_topic, http_now_us() + (uint64_t)tick_ms * 1000);
	return 0;
}

int http_reply_stream(struct http_request *r, int status, const char *content_type,
		      const struct http_stream *stream)
{
	r->stream = *stream;
	r->has_stream = true;
	(void)str_copy(r->stream_topic, sizeof(r->stream_topic),
		       stream->topic ? stream->topic : "");
	struct MHD_Response *response = MHD_create_response_from_callback(
		MHD_SIZE_UNKNOWN, STREAM_BLOCK_BYTES, stream_read, r, NULL);
	BUG_ON(!response);
	(void)MHD_add_response_header(response, "Content-Type", content_type);
	(void)MHD_add_response_header(response, "X-Accel-Buffering", "no");
	return http_reply_queue(r, status, response);
}
