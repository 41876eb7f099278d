/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One HTTP client a run, made from the environment that main.c prepared; see api.h.
 */
#include "api.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <base/json.h>
#include <base/str.h>

#define ANSWER_MAX_BYTES (64 * 1024 * 1024)
#define CALL_TIMEOUT_MS  90000 /* longer than a long poll's 60 s */

/* Made on first use and kept; NULL and *err when it cannot be made. */
static struct http_client *client_of_this_run(struct err *err)
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

/* Why the admin socket does not open is nearly always one of these. */
static const struct {
	int sys_errno;
	enum err_code code;
} socket_errors[] = {
	{ENOENT, ERR_CLI_NO_DAEMON},
	{ECONNREFUSED, ERR_CLI_NO_DAEMON},
	{EACCES, ERR_CLI_NOT_ROOT},
};

static int explain(struct err *err)
{
	for (size_t i = 0; i < ARRAY_LEN(socket_errors); i++)
		if (err->code == ERR_HTTP && err->sys_errno == socket_errors[i].sys_errno)
			return err_set(err, socket_errors[i].code, "%s", err->msg);
	return -err->code;
}

int api_call(const struct http_call *call, struct http_reply *ret, struct err *err)
{
	struct http_client *client = client_of_this_run(err);

	*ret = (struct http_reply){0};
	if (!client)
		return -err->code;
	if (http_client_call(client, call, ret, err) < 0)
		return explain(err);
	return http_reply_check(ret, err);
}

static int exchange(const struct http_call *call, json_t **ret_doc, struct err *err)
{
	struct http_reply reply;
	int status = api_call(call, &reply, err);

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
	autojson json_t *owned = body;
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

const char *api_text(const json_t *doc, const char *key)
{
	const char *text = json_string_value(json_object_get(doc, key));

	return text ? text : "";
}

long long api_number(const json_t *doc, const char *key)
{
	return (long long)json_integer_value(json_object_get(doc, key));
}

void api_print_json(const json_t *doc)
{
	size_t flags = JSON_INDENT(2) | JSON_SORT_KEYS | JSON_ENCODE_ANY;

	/* What a host has said may hold characters that a terminal obeys (U+009B starts a control
	 * sequence); a program gets them as they are. */
	if (isatty(STDOUT_FILENO))
		flags |= JSON_ENSURE_ASCII;
	(void)json_dumpf(doc, stdout, flags);
	(void)putchar('\n');
}
