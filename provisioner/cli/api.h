/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The appliance's public API, as the commands call it: on the appliance itself over its admin
 * socket (root needs no token), from elsewhere over TLS with a pinned key and a token.
 *
 * Where it is comes from the options before the noun, or from the environment:
 *   --socket PATH   SLIPWAY_SOCKET   admin socket (default /run/slipway/admin.sock)
 *   --server URL    SLIPWAY_SERVER   https://ADDRESS instead of the socket
 *   --pin PIN       SLIPWAY_PIN      sha256//BASE64 of the server's key; default: system roots
 *                   SLIPWAY_TOKEN    bearer token; never an option: other users can read options
 */
#ifndef CLI_API_H
#define CLI_API_H

#include <jansson.h>
#include <base/cleanup.h>
#include <base/err.h>
#include <base/http_client.h>

#define API_DEFAULT_SOCKET "/run/slipway/admin.sock"

/* A call of any kind that requires a 2xx answer. owns: http_reply_done(), also after an error.
 * errors: ERR_CLI_NO_DAEMON, ERR_CLI_NOT_ROOT (on the admin socket), ERR_HTTP (unreachable),
 * whatever code the server's problem+json names. blocks. */
MUST_CHECK int api_call(const struct http_call *call, struct http_reply *ret, struct err *err);

/* Call and require a 2xx answer; ret_doc may be NULL, else it is the caller's (NULL after 204).
 * errors: of api_call(). blocks. */
MUST_CHECK int api_get(const char *path, json_t **ret_doc, struct err *err);
/* body: taken over (decref'd); NULL sends none. */
MUST_CHECK int api_send(const char *method, const char *path, json_t *body, json_t **ret_doc,
			struct err *err);
/* The same with header lines ("If-Match: ..."), NULL-terminated. */
MUST_CHECK int api_send_with(const char *method, const char *path, json_t *body,
			     const char *const *headers, json_t **ret_doc, struct err *err);

/* "/api/v1/hosts/" + text, percent-encoded. The caller frees. */
MUST_CHECK char *api_path(const char *prefix, const char *segment, const char *suffix);

/* A text or a whole number of an answer; "" and 0 when it is not there. The text is doc's. */
const char *api_text(const json_t *doc, const char *key);
long long api_number(const json_t *doc, const char *key);

/* Print a document for programs: indented JSON with sorted keys. */
void api_print_json(const json_t *doc);

#endif
