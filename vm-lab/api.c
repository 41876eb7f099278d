/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests to slipwayd's public API. Bodies of requests are made here; what comes back is parsed
 * strictly as JSON and handed on.
 */
#include "api.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <base/http_client.h>
#include <base/json.h>
#include <base/limits.h>
#include <base/str.h>

#define IMPORT_TIMEOUT_MS (15 * 60 * 1000)
#define REPLY_MAX_BYTES   (16 * MIB)

struct api {
	struct http_client *http;
};

int api_new(const char *socket_path, struct api **ret, struct err *err)
{
	struct http_client_options options = {
		.base_url = "http://localhost", .unix_socket = socket_path, .timeout_ms = 20000};
	struct api *a = xcalloc(1, sizeof(*a));

	a->http = http_client_new(&options, err);
	if (!a->http) {
		free(a);
		return err ? -err->code : -ERR_HTTP;
	}
	*ret = a;
	return 0;
}

void api_free(struct api *a)
{
	if (!a)
		return;
	http_client_free(a->http);
	free(a);
}

static int call_checked(struct api *a, const struct http_call *call, json_t **ret, struct err *err)
{
	struct http_reply reply = {0};
	int rc = http_client_call(a->http, call, &reply, err);

	if (rc >= 0 && reply.status == 404 && ret) {
		http_reply_done(&reply);
		return 0;
	}
	if (rc >= 0)
		rc = http_reply_check(&reply, err);
	if (rc >= 0 && ret)
		rc = json_load_strict(reply.body, reply.body_bytes, REPLY_MAX_BYTES, ret, err);
	http_reply_done(&reply);
	return rc < 0 ? err_wrap(err, "%s %s", call->method ? call->method : "GET", call->path) : 0;
}

int api_post(struct api *a, const char *path, json_t *body, struct err *err)
{
	autofree char *text = json_text(body);
	struct http_call call = {
		.method = "POST", .path = path, .body = text, .body_bytes = strlen(text)};

	json_decref(body);
	return call_checked(a, &call, NULL, err);
}

int api_post_image(struct api *a, const char *path, struct err *err)
{
	autoclose int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return err_sys(err, ERR_LAB_MISSING, "no image '%s'", path);
	struct http_call call = {.method = "POST",
				 .path = "/api/v1/images",
				 .content_type = "application/vnd.slipway.image",
				 .upload_fd = fd,
				 .upload_bytes = (uint64_t)st.st_size,
				 .timeout_ms = IMPORT_TIMEOUT_MS};

	return call_checked(a, &call, NULL, err);
}

int api_get(struct api *a, const char *path, json_t **ret, struct err *err)
{
	struct http_call call = {.path = path};

	return call_checked(a, &call, ret, err);
}
