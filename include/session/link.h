/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The calls of an agent session, one function each. Every answer comes from a pinned server, and is
 * decoded as if it were hostile all the same.
 *
 * An error's code is the server's own where it sent one (problem+json), so "session.over" and
 * "session.stale_epoch" reach the caller by name.
 */
#ifndef SESSION_LINK_H
#define SESSION_LINK_H

#include <base/http_client.h>
#include <base/err.h>
#include <proto/session.h>

struct link_options {
	const char *server;    /* "https://ADDRESS" */
	const char *pin;       /* "sha256//BASE64" of the server's public key */
	const char *cert_path; /* of this boot's key: what the session is bound to */
	const char *key_path;
	const char *unix_socket; /* NULL: the network. For what plays an agent beside the server */
	/* "Name: value" lines of every call, NULL at the end, or NULL; borrowed. For what plays the
	 * front of a server, too, which names the listener and the certificate. */
	const char *const *headers;
	int64_t timeout_ms; /* of every call; 0: 15 s, of a heartbeat 4 s */
};

struct link {
	struct http_client *http;
	struct session_reply session; /* session_id "" when there is none */
	char nonce[65];
	int64_t wall_us_at_boot; /* server's wall clock minus boot clock, 0 until a session */
	const char *const *headers;
	int64_t timeout_ms;
	int status; /* of the last answer, as HTTP numbers it; 0: none came */
};

/* May be called in a forked child too: connections are not shared. */
MUST_CHECK int link_open(struct link *l, const struct link_options *o, struct err *err);
void link_close(struct link *l);

/* Each call below blocks up to its timeout. errors: ERR_HTTP*, ERR_TIMEOUT, the server's codes.
 *
 * Open a session. in: request: evidence, agent and boot id; the protocol is filled in here, and a new nonce where
 * there is none. The same nonce and key again: the same session. */
MUST_CHECK int link_start_session(struct link *l, struct session_request *request, struct err *err);
MUST_CHECK int link_heartbeat(struct link *l, const struct heartbeat_request *request,
			      struct heartbeat_reply *ret, struct err *err);
MUST_CHECK int link_send_events(struct link *l, const char *body, int64_t *ret_acked,
				struct err *err);
/* How long to go on asking while the server is away: no answer, a gateway's, or one that it is busy. NULL:
 * not at all. */
struct link_patience {
	int64_t wait_ms;
	bool (*goes_on)(void *arg); /* false ends the waiting */
	void *arg;
};
/* A permit is one session's and one plan's: asked for again, after an answer that was lost, it is the same. */
MUST_CHECK int link_permit(struct link *l, const struct permit_request *request,
			   const struct link_patience *patience, struct permit_reply *ret,
			   struct err *err);
/* Whom to load the network with. owns: record_done(partners_reply_fields, ret), also after an error. */
MUST_CHECK int link_partners(struct link *l, const char *mac, struct partners_reply *ret,
			     struct err *err);
/* out: *ret_envelope is the caller's to free; NULL when there is nothing to do yet. */
MUST_CHECK int link_next(struct link *l, int64_t after, int wait_s, char **ret_envelope,
			 size_t *ret_n_bytes, struct err *err);

/* The agent's best idea of now, in microseconds since 1970. */
int64_t link_wall_us(const struct link *l);

#endif
