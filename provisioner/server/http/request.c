/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A request: who sent it, its path, parameters and body. Believes the X-Slipway-* headers only on
 * the front socket, where nginx has set them; everything else is hostile.
 */
#include "internal.h"

#include <fcntl.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <sys/socket.h>
#include <base/digest.h>
#include <base/file.h>
#include <base/json.h>
#include <base/limits.h>
#include <base/str.h>

#define CERT_HEADER_MAX_BYTES (12 * 1024) /* an escaped RSA-4096 certificate has about 3 KiB */

struct http_request *http_request_new(struct http_server *s, struct MHD_Connection *c,
				      const char *path, const char *method)
{
	struct http_request *r = xcalloc(1, sizeof(*r));

	r->server = s;
	r->connection = c;
	r->body_fd = -1;
	r->begun_us = http_now_us();
	if (!str_copy(r->path, sizeof(r->path), path) ||
	    !str_copy(r->method, sizeof(r->method), method)) {
		r->early_set = true;
		err_set(&r->early, ERR_HTTP_ROUTE, "path or method too long");
	} else if (!text_is_utf8(r->path)) {
		r->early_set = true;
		err_set(&r->early, ERR_HTTP_ROUTE, "the path is not UTF-8");
	}
	return r;
}

void http_request_free(struct http_request *r)
{
	if (!r)
		return;
	if (r->is_waiting)
		http_wait_leave(r);
	if (r->has_stream && r->stream.free)
		r->stream.free(r->stream.arg);
	if (r->free_state && r->state)
		r->free_state(r->state);
	for (size_t i = 0; i < r->n_headers; i++)
		free(r->headers[i].value);
	free(r->body);
	if (r->body_fd >= 0)
		close(r->body_fd);
	free(r);
}

/* ---- the client certificate ------------------------------------------------------------------ */

static bool spki_of_pem(char *pem, char ret[static SHA256_HEX_BYTES])
{
	BIO *bio = BIO_new_mem_buf(pem, -1);
	X509 *cert = bio ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;
	unsigned char *der = NULL;
	int n = cert ? i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert), &der) : -1;

	if (n > 0)
		sha256_hex_of(der, (size_t)n, ret);
	OPENSSL_free(der);
	X509_free(cert);
	BIO_free(bio);
	return n > 0;
}

/* The same agent sends the same certificate with every heartbeat: remember what it hashed to. */
static int client_key_from(struct http_request *r, const char *escaped, struct err *err)
{
	size_t n = strlen(escaped);

	if (n > CERT_HEADER_MAX_BYTES)
		return err_set(err, ERR_AUTH_CERT, "client certificate is larger than %d bytes",
			       CERT_HEADER_MAX_BYTES);
	char digest[SHA256_HEX_BYTES];
	sha256_hex_of(escaped, n, digest);
	unsigned slot = 0;
	for (int i = 0; i < 4; i++)
		slot = slot * 31 + (unsigned char)digest[i];
	struct http_key_cache *cached = &r->server->key_cache[slot % HTTP_KEY_CACHE_SLOTS];
	if (!str_eq(cached->cert_digest, digest)) {
		autofree char *pem = xstrdup(escaped);
		MHD_http_unescape(pem);
		char spki[SHA256_HEX_BYTES];
		if (!spki_of_pem(pem, spki))
			return err_set(err, ERR_AUTH_CERT, "client certificate cannot be read");
		(void)str_copy(cached->cert_digest, sizeof(cached->cert_digest), digest);
		(void)str_copy(cached->spki, sizeof(cached->spki), spki);
	}
	(void)str_copy(r->client_key, sizeof(r->client_key), cached->spki);
	return 0;
}

int http_request_identify(struct http_request *r, struct err *err)
{
	if (!r->socket || !r->socket->allowed)
		return err_set(err, ERR_AUTH_PEER, "user id %lld may not use this socket",
			       (long long)(r->socket ? r->socket->uid : -1));
	if (r->listener == HTTP_LISTENER_ADMIN)
		return 0;
	const char *side = http_request_header(r, "X-Slipway-Listener");
	r->listener = str_eq(side, "tls") ? HTTP_LISTENER_TLS : HTTP_LISTENER_PLAIN;
	const char *cert = http_request_header(r, "X-Slipway-Client-Cert");
	if (r->listener == HTTP_LISTENER_TLS && cert && cert[0])
		return client_key_from(r, cert, err);
	return 0;
}

/* ---- accessors ------------------------------------------------------------------------------- */

void *http_context(const struct http_request *r)
{
	return r->context;
}

const struct http_route *http_request_route(const struct http_request *r)
{
	return r->route;
}

struct http_server *http_request_server(const struct http_request *r)
{
	return r->server;
}

const char *http_method(const struct http_request *r)
{
	return r->method;
}

const char *http_path(const struct http_request *r)
{
	return r->path;
}

enum http_listener http_listener(const struct http_request *r)
{
	return r->listener;
}

const char *http_peer(const struct http_request *r)
{
	const char *peer = http_request_header(r, "X-Real-IP");

	return r->listener != HTTP_LISTENER_ADMIN && peer ? peer : "local";
}

const char *http_param(const struct http_request *r, const char *name)
{
	for (size_t i = 0; i < r->n_params; i++)
		if (str_eq(r->params[i].name, name))
			return r->params[i].value;
	return "";
}

const char *http_query(const struct http_request *r, const char *name)
{
	return MHD_lookup_connection_value(r->connection, MHD_GET_ARGUMENT_KIND, name);
}

const char *http_request_header(const struct http_request *r, const char *name)
{
	return MHD_lookup_connection_value(r->connection, MHD_HEADER_KIND, name);
}

const char *http_cookie(const struct http_request *r, const char *name)
{
	return MHD_lookup_connection_value(r->connection, MHD_COOKIE_KIND, name);
}

const struct http_identity *http_identity(const struct http_request *r)
{
	return &r->identity;
}

const char *http_client_key(const struct http_request *r)
{
	return r->client_key;
}

struct visit {
	void (*fn)(void *, const char *, const char *);
	void *arg;
};

static enum MHD_Result visit_one(void *cls, enum MHD_ValueKind kind, const char *key,
				 const char *value)
{
	struct visit *v = cls;

	(void)kind;
	v->fn(v->arg, key, value ? value : "");
	return MHD_YES;
}

bool http_client_gone(const struct http_request *r)
{
	char one;
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(
		r->connection, MHD_CONNECTION_INFO_CONNECTION_FD);

	return info && recv(info->connect_fd, &one, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

void http_query_each(const struct http_request *r,
		     void (*visit)(void *arg, const char *name, const char *value), void *arg)
{
	struct visit v = {visit, arg};

	MHD_get_connection_values(r->connection, MHD_GET_ARGUMENT_KIND, visit_one, &v);
}

struct only {
	const char *const *names;
	struct err *err;
	int status;
};

static void only_visit(void *arg, const char *name, const char *value)
{
	struct only *o = arg;

	(void)value;
	for (const char *const *n = o->names; *n; n++)
		if (str_eq(*n, name))
			return;
	if (o->status == 0) {
		o->status = err_set(o->err, ERR_FIELD_UNKNOWN, "unknown query parameter '%s'",
				    name);
		autofree char *pointer = xasprintf("/%s", name);
		(void)err_at(o->err, pointer);
	}
}

int http_query_only(const struct http_request *r, const char *const *names, struct err *err)
{
	struct only o = {names, err, 0};

	http_query_each(r, only_visit, &o);
	return o.status;
}

int http_query_int(const struct http_request *r, const struct http_int *rule, int64_t *ret,
		   struct err *err)
{
	const char *text = http_query(r, rule->name);
	autofree char *pointer = xasprintf("/%s", rule->name);

	*ret = rule->fallback;
	if (!text)
		return 0;
	if (!parse_i64(text, ret)) {
		(void)err_set(err, ERR_FIELD_TYPE, "'%s' is not a number", rule->name);
		return err_at(err, pointer);
	}
	if (*ret < rule->min || *ret > rule->max) {
		(void)err_set(err, ERR_FIELD_RANGE, "'%s' must be %lld to %lld", rule->name,
			      (long long)rule->min, (long long)rule->max);
		return err_at(err, pointer);
	}
	return 0;
}

/* ---- the body -------------------------------------------------------------------------------- */

static int body_feed_file(struct http_request *r, const char *p, size_t n, struct err *err)
{
	if (r->body_fd < 0) {
		r->body_fd = open(r->server->spool_dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
		if (r->body_fd < 0)
			return err_sys(err, ERR_IO, "cannot spool an upload in '%s'",
				       r->server->spool_dir);
	}
	if (n > r->route->max_body_bytes - r->body_fd_bytes)
		return err_set(err, ERR_TOO_BIG, "body is larger than %llu bytes",
			       (unsigned long long)r->route->max_body_bytes);
	r->body_fd_bytes += n;
	return file_write_all(r->body_fd, p, n, err);
}

int http_request_body_feed(struct http_request *r, const char *p, size_t n, struct err *err)
{
	if (r->route->body == HTTP_BODY_FILE)
		return body_feed_file(r, p, n, err);
	if (n > r->route->max_body_bytes - r->body_bytes)
		return err_set(err, ERR_TOO_BIG, "body is larger than %llu bytes",
			       (unsigned long long)r->route->max_body_bytes);
	if (n >= r->body_cap - r->body_bytes) {
		r->body_cap = (r->body_bytes + n) * 2 + 1;
		r->body = xrealloc(r->body, r->body_cap);
	}
	memcpy(r->body + r->body_bytes, p, n);
	r->body_bytes += n;
	r->body[r->body_bytes] = '\0';
	return 0;
}

const char *http_body(const struct http_request *r, size_t *ret_n_bytes)
{
	if (ret_n_bytes)
		*ret_n_bytes = r->body_bytes;
	return r->body ? r->body : "";
}

int http_body_json(const struct http_request *r, json_t **ret, struct err *err)
{
	size_t n;
	const char *p = http_body(r, &n);
	autojson json_t *doc = NULL;

	if (n == 0)
		return err_set(err, ERR_JSON, "a JSON object is needed, the body is empty");
	TRY(json_load_strict(p, n, (size_t)r->route->max_body_bytes, &doc, err));
	if (!json_is_object(doc))
		return err_set(err, ERR_FIELD_TYPE, "the body must be a JSON object");
	*ret = take_ptr(doc);
	return 0;
}

int http_body_fd(const struct http_request *r, uint64_t *ret_n_bytes)
{
	if (ret_n_bytes)
		*ret_n_bytes = r->body_fd_bytes;
	if (r->body_fd >= 0)
		(void)lseek(r->body_fd, 0, SEEK_SET);
	return r->body_fd;
}

void http_set_state(struct http_request *r, void *state, void (*free_state)(void *state))
{
	if (r->free_state && r->state && r->state != state)
		r->free_state(r->state);
	r->state = state;
	r->free_state = free_state;
}

void *http_state(const struct http_request *r)
{
	return r->state;
}
