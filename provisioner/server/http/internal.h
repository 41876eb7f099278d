/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files http_*.c share: the server and request structs. Nobody else includes this.
 */
#ifndef SERVER_HTTP_INTERNAL_H
#define SERVER_HTTP_INTERNAL_H

#include <microhttpd.h>
#include <systemd/sd-event.h>
#include <base/err.h>
#include "http.h"

#define HTTP_PARAMS_MAX  4
#define HTTP_HEADERS_MAX 12
#define HTTP_TOPIC_BYTES 96
#define HTTP_PATH_BYTES  1024
#define HTTP_EARLY_DISCARD                                                                         \
	(256 * 1024)            /* bodies up to this are read and dropped before a refusal */
#define HTTP_REFUSED_BODY_S 2U  /* within this time */
#define HTTP_BODY_GRACE_S   120 /* other bodies come in this time, or at this rate */
#define HTTP_BODY_MIN_BPS   1024

struct http_daemon {
	struct http_server *server;
	struct MHD_Daemon *mhd;
	sd_event_source *io;
	sd_event_source *timer;
	bool admin;
	char path[108];
};

/* One accepted socket. */
struct http_socket {
	bool allowed;
	int64_t uid;
};

struct http_key_cache {
	char cert_digest[65];
	char spki[65];
};

#define HTTP_KEY_CACHE_SLOTS 64

struct http_server {
	struct http_options o;
	char spool_dir[256];
	struct http_daemon front, admin;
	sd_event_source *kick;       /* run the library soon */
	sd_event_source *again;      /* the next slices of long work, when nothing else is due */
	sd_event_source *wait_timer; /* the earliest waiter's */
	uint64_t wait_timer_us;      /* 0: not set */
	struct http_request *waiting;
	struct http_counters counters;
	struct http_key_cache key_cache[HTTP_KEY_CACHE_SLOTS];
};

struct http_request {
	struct http_server *server;
	struct MHD_Connection *connection;
	struct http_socket *socket;
	const struct http_route *route;
	void *context; /* of its table */
	enum http_listener listener;
	char method[8];
	char path[HTTP_PATH_BYTES];
	char params_text[HTTP_PATH_BYTES];
	struct {
		char name[24];
		const char *value;
	} params[HTTP_PARAMS_MAX];
	size_t n_params;
	char client_key[65];
	struct http_identity identity;

	char *body;
	size_t body_bytes, body_cap;
	int body_fd;
	uint64_t body_fd_bytes;
	uint64_t begun_us, received_bytes; /* of a body, also of one that is dropped */

	struct err early; /* refuse with this once the body was dropped */
	bool early_set;
	char allow[48];

	struct {
		const char *name;
		char *value;
	} headers[HTTP_HEADERS_MAX];
	size_t n_headers;
	bool answered;
	int status;

	bool is_waiting; /* suspended and on server->waiting */
	bool wait_started, wait_over;
	char topic[HTTP_TOPIC_BYTES];
	uint64_t wake_us;     /* boot clock, of the present wait */
	uint64_t deadline_us; /* of the first http_wait() */
	struct http_request *next, **back;

	struct http_stream stream;
	char stream_topic[HTTP_TOPIC_BYTES];
	bool has_stream;

	void *state;
	void (*free_state)(void *);
};

uint64_t http_now_us(void);
/* http_route.c */
const struct http_route *http_route_find(struct http_request *r, bool *ret_path_known);
MUST_CHECK int http_tables_check(const struct http_table *tables, struct err *err);
/* http_request.c */
MUST_CHECK struct http_request *http_request_new(struct http_server *s, struct MHD_Connection *c,
						 const char *path, const char *method);
void http_request_free(struct http_request *r);
MUST_CHECK int http_request_identify(struct http_request *r, struct err *err);
MUST_CHECK int http_request_body_feed(struct http_request *r, const char *p, size_t n,
				      struct err *err);
/* http_reply.c */
int http_reply_queue(struct http_request *r, int status, struct MHD_Response *response);
/* http_wait.c */
void http_wait_enter(struct http_request *r, const char *topic, uint64_t wake_us);
void http_wait_leave(struct http_request *r);
int http_wait_init(struct http_server *s);
void http_kick(struct http_server *s);

#endif
