/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HTTP for programs that call out (agent, CLI, lab, Redfish), over libcurl with OpenSSL.
 *
 * One struct http_client keeps its connection, its key and its pin between requests. TLS is either
 * pinned by public key (dates and names are then ignored: a new host's clock says 1970) or checked
 * against the system's roots. No redirects, no proxies, http and https only, bodies capped.
 */
#ifndef BASE_HTTP_CLIENT_H
#define BASE_HTTP_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <base/cleanup.h>
#include <base/err.h>

struct http_client;

struct http_client_options {
	const char *base_url;    /* "https://10.0.0.1"; paths are appended */
	const char *unix_socket; /* path; NULL for TCP */
	const char *pin; /* "sha256//BASE64" of the server's SPKI, https only; NULL: roots */
	const char *client_cert_path; /* PEM, for sessions; NULL: none */
	const char *client_key_path;
	const char *bearer_token;   /* NULL: none */
	int64_t connect_timeout_ms; /* 0: 5 s */
	int64_t timeout_ms;         /* whole request, 0: 60 s */
};

MUST_CHECK struct http_client *http_client_new(const struct http_client_options *options,
					       struct err *err);
void http_client_free(struct http_client *c);
DEFINE_AUTO(http_client, struct http_client, http_client_free);

struct http_reply {
	int status;
	char *body; /* NUL-terminated, never NULL */
	size_t body_bytes;
	char content_type[64];
	char etag[80];
	int64_t retry_after_s; /* 0: not said */
};
void http_reply_done(struct http_reply *r);

struct http_call {
	const char *method; /* "GET" when NULL */
	const char *path;   /* absolute, with query */
	const void *body;
	size_t body_bytes;
	const char *content_type;   /* application/json when NULL and there is a body */
	const char *const *headers; /* further "Name: value" lines, NULL-terminated, or NULL */
	int upload_fd;              /* body streamed from here when upload_bytes > 0 */
	uint64_t upload_bytes;
	size_t max_reply_bytes; /* 0: 16 MiB */
	int64_t timeout_ms;     /* 0: the client's */
	/* When set, the body of a 2xx answer goes here in pieces instead of into reply->body; false
	 * stops. */
	bool (*sink)(void *arg, const void *p, size_t n_bytes);
	void *sink_arg;
};
/* Any complete answer is success: look at ret->status. errors: ERR_HTTP, ERR_HTTP_PIN, ERR_TIMEOUT,
 * ERR_TOO_BIG, ERR_CANCELLED (the sink said no). owns: http_reply_done(). blocks. */
MUST_CHECK int http_client_call(struct http_client *c, const struct http_call *call,
				struct http_reply *ret, struct err *err);

/* Turn any answer but 2xx into an error: takes code, detail and pointer from problem+json where it
 * has them; without, ERR_HTTP (try again) for 429 and 5xx, ERR_HTTP_STATUS for the rest. 0 for 2xx. */
MUST_CHECK int http_reply_check(const struct http_reply *r, struct err *err);

#endif
