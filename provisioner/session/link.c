/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Session calls over base's HTTP client; see link.h. Stateless but for the connection: retries,
 * backoff and what an error means belong to the caller.
 */
#include <session/link.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <base/cleanup.h>
#include <base/clock.h>
#include <base/digest.h>
#include <base/json.h>
#include <base/limits.h>
#include <base/str.h>
#include <proto/events.h>

#define CALL_TIMEOUT_MS      15000
#define ASK_AGAIN_MS         500
#define HEARTBEAT_TIMEOUT_MS 4000 /* below the interval: a late heartbeat is worth nothing */

int link_open(struct link *l, const struct link_options *o, struct err *err)
{
	struct http_client_options options = {
		.base_url = o->server,
		.pin = o->pin,
		.client_cert_path = o->cert_path,
		.client_key_path = o->key_path,
		.unix_socket = o->unix_socket,
		.timeout_ms = o->timeout_ms ? o->timeout_ms : CALL_TIMEOUT_MS,
	};

	l->headers = o->headers;
	l->timeout_ms = o->timeout_ms;
	l->status = 0;
	l->http = http_client_new(&options, err);
	return l->http ? 0 : -err->code;
}

void link_close(struct link *l)
{
	http_client_free(l->http);
	l->http = NULL;
}

static int call(struct link *l, struct http_call *request, struct http_reply *reply,
		struct err *err)
{
	request->headers = l->headers;
	l->status = 0;
	TRY(http_client_call(l->http, request, reply, err));
	l->status = reply->status;
	return http_reply_check(reply, err);
}

/* A message to one of the server's routes for agents. */
struct message {
	const char *path, *body;
	int64_t timeout_ms; /* 0: the link's own */
};

/* POST a message and decode the answer. */
static int post(struct link *l, const struct message *m, const struct field *reply_fields,
		void *ret, struct err *err)
{
	struct http_call request = {
		.method = "POST",
		.path = m->path,
		.body = m->body,
		.body_bytes = strlen(m->body),
		.timeout_ms = m->timeout_ms,
		.max_reply_bytes = LIMIT_JSON_BODY_BYTES,
	};
	struct http_reply reply = {0};
	int r = call(l, &request, &reply, err);

	if (r >= 0)
		r = message_decode(reply_fields, reply.body, reply.body_bytes,
				   LIMIT_JSON_BODY_BYTES, ret, err);
	http_reply_done(&reply);
	return r;
}

static char *session_path(const struct link *l, const char *verb)
{
	struct str path;

	str_init(&path, LIMIT_URL_BYTES);
	str_add(&path, "/agent/v1/sessions/");
	str_add_url(&path, l->session.session_id);
	str_addf(&path, "/%s", verb);
	return str_take(&path);
}

int link_start_session(struct link *l, struct session_request *request, struct err *err)
{
	struct session_reply reply = {0};
	uint8_t nonce[32];
	int64_t server_us;

	if (!request->nonce[0]) {
		random_bytes(nonce, sizeof(nonce));
		hex_encode(nonce, sizeof(nonce), request->nonce);
	}
	(void)str_copy(l->nonce, sizeof(l->nonce), request->nonce);
	request->protocol = PROTO_VERSION;
	autofree char *body = message_encode(session_request_fields, request);
	const struct message message = {.path = "/agent/v1/sessions", .body = body};
	TRY(post(l, &message, session_reply_fields, &reply, err));
	if (!time_parse_rfc3339(reply.server_time, &server_us))
		return err_set(err, ERR_INVALID, "the server's time '%s' is not understood",
			       reply.server_time);
	l->session = reply;
	l->wall_us_at_boot = server_us - time_boot_ms() * 1000;
	return 0;
}

int link_heartbeat(struct link *l, const struct heartbeat_request *request,
		   struct heartbeat_reply *ret, struct err *err)
{
	autofree char *path = session_path(l, "heartbeat");
	autofree char *body = message_encode(heartbeat_request_fields, request);

	const struct message message = {path, body,
					l->timeout_ms ? l->timeout_ms : HEARTBEAT_TIMEOUT_MS};
	return post(l, &message, heartbeat_reply_fields, ret, err);
}

int link_send_events(struct link *l, const char *body, int64_t *ret_acked, struct err *err)
{
	autofree char *path = session_path(l, "events");
	struct events_reply reply = {0};

	TRY(post(l, &(struct message){path, body, 0}, events_reply_fields, &reply, err));
	*ret_acked = reply.acked;
	return 0;
}

/* Did the server judge the request? Whoever restarts it, or stands before it, does not. */
static bool is_away(int r)
{
	return r == -ERR_HTTP || r == -ERR_TIMEOUT || r == -ERR_BUSY;
}

int link_permit(struct link *l, const struct permit_request *request,
		const struct link_patience *patience, struct permit_reply *ret, struct err *err)
{
	autofree char *path = session_path(l, "permits");
	autofree char *body = message_encode(permit_request_fields, request);
	const struct message message = {.path = path, .body = body};
	int64_t deadline_ms = patience ? time_boot_ms() + patience->wait_ms : 0;

	for (;;) {
		int r = post(l, &message, permit_reply_fields, ret, err);

		if (!is_away(r) || time_boot_ms() >= deadline_ms ||
		    !patience->goes_on(patience->arg))
			return r;
		err_clear(err);
		(void)usleep(ASK_AGAIN_MS * 1000);
	}
}

int link_partners(struct link *l, const char *mac, struct partners_reply *ret, struct err *err)
{
	struct partners_request request = {.epoch = l->session.epoch};
	autofree char *path = session_path(l, "partners");

	(void)text_fit(request.mac, sizeof(request.mac), mac);
	autofree char *body = message_encode(partners_request_fields, &request);
	return post(l, &(struct message){path, body, 0}, partners_reply_fields, ret, err);
}

int link_next(struct link *l, int64_t after, int wait_s, char **ret_envelope, size_t *ret_n_bytes,
	      struct err *err)
{
	autofree char *base = session_path(l, "next");
	autofree char *path = xasprintf("%s?wait=%d&after=%lld", base, wait_s, (long long)after);
	struct http_call request = {
		.path = path,
		.timeout_ms = (wait_s + 15) * 1000LL,
		.max_reply_bytes = LIMIT_JSON_BODY_BYTES,
	};
	struct http_reply reply = {0};
	int r = call(l, &request, &reply, err);

	*ret_envelope = NULL;
	*ret_n_bytes = reply.body_bytes;
	if (r >= 0 && reply.status != 204)
		*ret_envelope = take_ptr(reply.body);
	http_reply_done(&reply);
	return r;
}

int64_t link_wall_us(const struct link *l)
{
	return l->wall_us_at_boot ? l->wall_us_at_boot + time_boot_ms() * 1000 : time_wall_us();
}
