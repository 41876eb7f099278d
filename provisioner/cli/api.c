/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One HTTP client a run, made from the environment that main.c prepared; see api.h.
 */
#include "api.h"

#include <stdio.h>
#include <stdlib.h>

#include <base/json.h>
#include <base/str.h>

#define ANSWER_MAX_BYTES (64 * 1024 * 1024)
#define CALL_TIMEOUT_MS  90000 /* longer than a long poll's 60 s */

struct http_client *api_client(struct err *err)
{
	static struct http_client *kept;
	const char *server = getenv("SLIPWAY_SERVER"), *socket = getenv("SLIPWAY_SOCKET");
	struct http_client_options options = {
		.base_url = server ? server : "http://localhost",
		.unix_socket = server   ? NULL
			       : socket ? socket
					: API_DEFAULT_SOCKET,
		.pin = getenv("SLIPWAY_PIN"),
		.bearer_token = getenv("SLIPWAY_TOKEN"),
		.timeout_ms = CALL_TIMEOUT_MS,
	};

	if (!kept)
		kept = http_client_new(&options, err);
	return kept;
}

static int exchange(const struct http_call *call, json_t **ret_doc, struct err *err)
{
	struct http_client *client = api_client(err);
	struct http_reply reply;
	int status;

	if (!client)
		return -err->code;
	TRY(http_client_call(client, call, &reply, err));
	status = http_reply_check(&reply, err);
	if (ret_doc)
		*ret_doc = NULL;
	if (!status && ret_doc && reply.body_bytes)
		status = json_load_strict(reply.body, reply.body_bytes, ANSWER_MAX_BYTES, ret_doc,
					  err);
	http_reply_done(&reply);
	return status;
}

int api_get(const char *path, json_t **ret_doc, struct err *err)
{
	struct http_call call = {.path = path, .max_reply_bytes = ANSWER_MAX_BYTES};

	return exchange(&call, ret_doc, err);
}

int api_send_with(const char *method, const char *path, json_t *body, const char *const *headers,
		  json_t **ret_doc, struct err *err)
{
	AUTO(json) json_t *owned = body;
	autofree char *text = owned ? json_text(owned) : NULL;
	struct http_call call = {.method = method,
				 .path = path,
				 .body = text,
				 .body_bytes = text ? strlen(text) : 0,
				 .headers = headers,
				 .max_reply_bytes = ANSWER_MAX_BYTES};

	return exchange(&call, ret_doc, err);
}

int api_send(const char *method, const char *path, json_t *body, json_t **ret_doc, struct err *err)
{
	return api_send_with(method, path, body, NULL, ret_doc, err);
}

char *api_path(const char *prefix, const char *segment, const char *suffix)
{
	struct str s;

	str_init(&s, 4096);
	str_add(&s, prefix);
	str_add_url(&s, segment);
	str_add(&s, suffix);
	return str_take(&s);
}

void api_print_json(const json_t *doc)
{
	(void)json_dumpf(doc, stdout, JSON_INDENT(2) | JSON_SORT_KEYS | JSON_ENCODE_ANY);
	(void)putchar('\n');
}
