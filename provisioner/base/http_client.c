/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HTTP over libcurl; see base/http_client.h. One easy handle a client, kept for its connection.
 */
#include <base/http_client.h>

#include <curl/curl.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <base/json.h>
#include <base/limits.h>
#include <base/str.h>

#define DEFAULT_CONNECT_TIMEOUT_MS 5000
#define DEFAULT_TIMEOUT_MS         60000
#define DEFAULT_MAX_REPLY_BYTES    (16 * MIB)

struct http_client {
	CURL *curl;
	char *base_url, *unix_socket, *pin, *cert, *key, *token;
	int64_t connect_timeout_ms, timeout_ms;
};

/* What the callbacks of one request need. */
struct exchange {
	const struct http_call *call;
	struct http_reply *reply;
	struct http_client *client;
	struct str body;
	off_t upload_start;
	bool too_big, sink_stopped;
};

static void init_curl_once(void)
{
	static bool done;

	if (!done)
		curl_global_init(CURL_GLOBAL_DEFAULT);
	done = true;
}

/* libcurl takes a pin without the prefix for the name of a key file, and ignores any pin where
 * there is no TLS. */
static int check_pin(const struct http_client_options *o, struct err *err)
{
	if (!o->pin)
		return 0;
	if (!str_starts(o->pin, "sha256//"))
		return err_set(err, ERR_INVALID, "pin '%s' does not start with sha256//", o->pin);
	if (!str_starts(o->base_url, "https://"))
		return err_set(err, ERR_INVALID, "a pin needs https, not '%s'", o->base_url);
	return 0;
}

struct http_client *http_client_new(const struct http_client_options *o, struct err *err)
{
	struct http_client *c;

	init_curl_once();
	if (check_pin(o, err) < 0)
		return NULL;
	if (!str_starts(o->base_url, "http://") && !str_starts(o->base_url, "https://")) {
		(void)err_set(err, ERR_INVALID, "'%s' is not an http or https address",
			      o->base_url);
		return NULL;
	}
	c = xcalloc(1, sizeof(*c));
	c->curl = curl_easy_init();
	BUG_ON(!c->curl);
	c->base_url = xstrdup(o->base_url);
	c->unix_socket = xstrdup(o->unix_socket);
	c->pin = xstrdup(o->pin);
	c->cert = xstrdup(o->client_cert_path);
	c->key = xstrdup(o->client_key_path);
	c->token = xstrdup(o->bearer_token);
	c->connect_timeout_ms = o->connect_timeout_ms ? o->connect_timeout_ms
						      : DEFAULT_CONNECT_TIMEOUT_MS;
	c->timeout_ms = o->timeout_ms ? o->timeout_ms : DEFAULT_TIMEOUT_MS;
	return c;
}

void http_client_free(struct http_client *c)
{
	if (!c)
		return;
	curl_easy_cleanup(c->curl);
	free(c->base_url);
	free(c->unix_socket);
	free(c->pin);
	free(c->cert);
	free(c->key);
	free(c->token);
	free(c);
}

void http_reply_done(struct http_reply *r)
{
	free(r->body);
	*r = (struct http_reply){0};
}

static size_t on_body(char *p, size_t size, size_t n, void *arg)
{
	struct exchange *x = arg;
	long status = 0;

	n *= size;
	curl_easy_getinfo(x->client->curl, CURLINFO_RESPONSE_CODE, &status);
	if (x->call->sink && status >= 200 && status < 300) {
		if (x->call->sink(x->call->sink_arg, p, n))
			return n;
		x->sink_stopped = true;
		return 0;
	}
	str_addn(&x->body, p, n);
	x->too_big = !str_ok(&x->body);
	return x->too_big ? 0 : n;
}

static bool header_value(struct sv line, const char *name, char *ret, size_t ret_bytes)
{
	size_t n = strlen(name);
	struct sv value;

	if (line.n <= n || strncasecmp(line.p, name, n) != 0 || line.p[n] != ':')
		return false;
	value = sv_trim((struct sv){line.p + n + 1, line.n - n - 1});
	if (value.n >= ret_bytes)
		return false;
	memcpy(ret, value.p, value.n);
	ret[value.n] = '\0';
	return true;
}

static size_t on_header(char *p, size_t size, size_t n, void *arg)
{
	struct exchange *x = arg;
	struct sv line = {p, n * size};
	char number[24];
	uint64_t seconds;

	(void)header_value(line, "content-type", x->reply->content_type,
			   sizeof(x->reply->content_type));
	(void)header_value(line, "etag", x->reply->etag, sizeof(x->reply->etag));
	if (header_value(line, "retry-after", number, sizeof(number)) &&
	    parse_u64(number, &seconds) && seconds < 86400)
		x->reply->retry_after_s = (int64_t)seconds;
	return n * size;
}

static size_t on_upload(char *p, size_t size, size_t n, void *arg)
{
	struct exchange *x = arg;
	ssize_t got;

	do
		got = read(x->call->upload_fd, p, size * n);
	while (got < 0 && errno == EINTR);
	return got < 0 ? CURL_READFUNC_ABORT : (size_t)got;
}

/* libcurl starts an upload over when a kept connection turns out to be dead. */
static int on_upload_seek(void *arg, curl_off_t offset, int origin)
{
	struct exchange *x = arg;

	return origin == SEEK_SET &&
			       lseek(x->call->upload_fd, x->upload_start + offset, SEEK_SET) >= 0
		       ? CURL_SEEKFUNC_OK
		       : CURL_SEEKFUNC_CANTSEEK;
}

static void set_peer(struct http_client *c)
{
	if (c->unix_socket)
		curl_easy_setopt(c->curl, CURLOPT_UNIX_SOCKET_PATH, c->unix_socket);
	if (c->pin) {
		/* The pin is the whole check: a new host's clock and name tables are worth nothing.
		 */
		curl_easy_setopt(c->curl, CURLOPT_PINNEDPUBLICKEY, c->pin);
		curl_easy_setopt(c->curl, CURLOPT_SSL_VERIFYPEER, 0L);
		curl_easy_setopt(c->curl, CURLOPT_SSL_VERIFYHOST, 0L);
	}
	if (c->cert) {
		curl_easy_setopt(c->curl, CURLOPT_SSLCERT, c->cert);
		curl_easy_setopt(c->curl, CURLOPT_SSLKEY, c->key);
	}
}

static void set_request(struct http_client *c, const struct http_call *call)
{
	if (call->upload_bytes) {
		curl_easy_setopt(c->curl, CURLOPT_UPLOAD, 1L);
		curl_easy_setopt(c->curl, CURLOPT_READFUNCTION, on_upload);
		curl_easy_setopt(c->curl, CURLOPT_SEEKFUNCTION, on_upload_seek);
		curl_easy_setopt(c->curl, CURLOPT_INFILESIZE_LARGE, (curl_off_t)call->upload_bytes);
	} else if (call->body) {
		curl_easy_setopt(c->curl, CURLOPT_POST, 1L);
		curl_easy_setopt(c->curl, CURLOPT_POSTFIELDS, call->body);
		curl_easy_setopt(c->curl, CURLOPT_POSTFIELDSIZE_LARGE,
				 (curl_off_t)call->body_bytes);
	} else if (call->method && !strcmp(call->method, "POST")) {
		curl_easy_setopt(c->curl, CURLOPT_POST, 1L);
		curl_easy_setopt(c->curl, CURLOPT_POSTFIELDS, "");
		curl_easy_setopt(c->curl, CURLOPT_POSTFIELDSIZE, 0L);
	} else if (call->method && !strcmp(call->method, "HEAD")) {
		curl_easy_setopt(c->curl, CURLOPT_NOBODY, 1L);
	}
	if (call->method)
		curl_easy_setopt(c->curl, CURLOPT_CUSTOMREQUEST, call->method);
}

static struct curl_slist *make_headers(const struct http_client *c, const struct http_call *call)
{
	struct curl_slist *list = NULL;
	autofree char *type = NULL, *authorization = NULL;

	if (call->body || call->upload_bytes) {
		type = xasprintf("Content-Type: %s",
				 call->content_type ? call->content_type : "application/json");
		list = curl_slist_append(list, type);
	}
	if (c->token) {
		authorization = xasprintf("Authorization: Bearer %s", c->token);
		list = curl_slist_append(list, authorization);
	}
	for (const char *const *h = call->headers; h && *h; h++)
		list = curl_slist_append(list, *h);
	return curl_slist_append(list, "Expect:"); /* no 100-continue round trip */
}

static int explain(const struct exchange *x, CURLcode code, const char *url, const char *text,
		   struct err *err)
{
	if (x->too_big)
		return err_set(err, ERR_TOO_BIG, "the answer of '%s' is too long", url);
	if (x->sink_stopped)
		return err_set(err, ERR_CANCELLED, "'%s': stopped by the receiver", url);
	if (code == CURLE_OPERATION_TIMEDOUT)
		return err_set(err, ERR_TIMEOUT, "'%s': %s", url, text);
	if (code == CURLE_COULDNT_CONNECT && x->client->unix_socket) {
		long why = 0;

		curl_easy_getinfo(x->client->curl, CURLINFO_OS_ERRNO, &why);
		errno = (int)why;
		return err_sys(err, ERR_HTTP, "cannot connect to '%s'", x->client->unix_socket);
	}
	if (code == CURLE_SSL_PINNEDPUBKEYNOTMATCH)
		return err_set(err, ERR_HTTP_PIN, "'%s': the server shows another key", url);
	if (code == CURLE_PEER_FAILED_VERIFICATION) /* an appliance makes its own certificate */
		return err_set(
			err, ERR_HTTP,
			"'%s': this machine does not trust its certificate; give the pin of its "
			"key: 'slipway doctor' on the appliance prints --pin",
			url);
	return err_set(err, ERR_HTTP, "'%s': %s", url, *text ? text : curl_easy_strerror(code));
}

static void set_limits(const struct http_client *c, const struct http_call *call)
{
	curl_easy_setopt(c->curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(c->curl, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(c->curl, CURLOPT_PROXY, "");
	curl_easy_setopt(c->curl, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(c->curl, CURLOPT_CONNECTTIMEOUT_MS, (long)c->connect_timeout_ms);
	curl_easy_setopt(c->curl, CURLOPT_TIMEOUT_MS,
			 (long)(call->timeout_ms ? call->timeout_ms : c->timeout_ms));
}

int http_client_call(struct http_client *c, const struct http_call *call, struct http_reply *ret,
		     struct err *err)
{
	struct exchange x = {.call = call, .reply = ret, .client = c};
	autofree char *url = xasprintf("%s%s", c->base_url, call->path);
	struct curl_slist *headers = make_headers(c, call);
	char text[CURL_ERROR_SIZE] = "";
	CURLcode code;
	long status = 0;

	*ret = (struct http_reply){0};
	str_init(&x.body, call->max_reply_bytes ? call->max_reply_bytes : DEFAULT_MAX_REPLY_BYTES);
	curl_easy_reset(c->curl); /* keeps the connection and the TLS session */
	set_limits(c, call);
	set_peer(c);
	set_request(c, call);
	if (call->upload_bytes)
		x.upload_start = lseek(call->upload_fd, 0, SEEK_CUR);
	curl_easy_setopt(c->curl, CURLOPT_READDATA, &x);
	curl_easy_setopt(c->curl, CURLOPT_SEEKDATA, &x);
	curl_easy_setopt(c->curl, CURLOPT_URL, url);
	curl_easy_setopt(c->curl, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(c->curl, CURLOPT_ERRORBUFFER, text);
	curl_easy_setopt(c->curl, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(c->curl, CURLOPT_WRITEDATA, &x);
	curl_easy_setopt(c->curl, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(c->curl, CURLOPT_HEADERDATA, &x);
	code = curl_easy_perform(c->curl);
	curl_easy_getinfo(c->curl, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_setopt(c->curl, CURLOPT_ERRORBUFFER, NULL);
	curl_slist_free_all(headers);
	if (code != CURLE_OK) {
		str_done(&x.body);
		*ret = (struct http_reply){0};
		return explain(&x, code, url, text, err);
	}
	ret->status = (int)status;
	ret->body_bytes = x.body.n_bytes;
	ret->body = str_take(&x.body);
	return 0;
}

/* A server that has no answer, or too many requests, has not judged this one: ERR_HTTP, to be tried again. */
int http_reply_check(const struct http_reply *r, struct err *err)
{
	autojson json_t *doc = NULL;
	const char *code = NULL, *detail = NULL, *pointer = NULL;
	enum err_code otherwise = r->status >= 500 || r->status == 429 ? ERR_HTTP : ERR_HTTP_STATUS;
	int known;

	if (r->status >= 200 && r->status < 300)
		return 0;
	if (json_load_strict(r->body, r->body_bytes, LIMIT_JSON_BODY_BYTES, &doc, NULL) == 0) {
		code = json_string_value(json_object_get(doc, "code"));
		detail = json_string_value(json_object_get(doc, "detail"));
		pointer = json_string_value(json_object_get(doc, "pointer"));
	}
	known = code ? err_code_by_name(code) : 0;
	if (!detail)
		return err_set(err, otherwise, "the server answered %d", r->status);
	(void)err_set(err, known ? (enum err_code)known : otherwise, "%s (HTTP %d)", detail,
		      r->status);
	return pointer ? err_at(err, pointer) : -err->code;
}
