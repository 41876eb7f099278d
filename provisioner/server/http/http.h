/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one seam over libmicrohttpd: route tables, requests, answers. Handlers never see the library,
 * never block, and run on the daemon's single thread. It knows nothing of hosts or the database.
 *
 * A handler looks at the request, answers with ONE http_reply_*() call and returns 0; or it calls
 * http_wait() and returns 0, and is then called again when its topic is notified or the time is up;
 * or it returns an error (negative), which becomes application/problem+json with the status of
 * http_status_of(code). A handler that returns 0 without any of these is answered with 500.
 *
 * How to add a route: 1. write `static int get_x(struct http_request *r, struct err *err)`.
 * 2. add a row HTTP_ROUTE(GET, "/api/v1/x/{id}", READ, 0, get_x, "one line for people") to your
 * const table. 3. list the table in routes.c,
 * with its context. A row without a scope does not compile, nor does one
 * that changes something: that is an API_CHANGE() of api/write.h, which is written into the audit
 * log, or an agent's HTTP_REPORT().
 *
 * Three listeners share the tables: PLAIN and TLS are nginx's two sides, told apart by a header
 * that nginx sets and that is believed only on the unix socket from an allowed uid; ADMIN is the
 * root-only admin socket, which has every scope.
 */
#ifndef SERVER_HTTP_H
#define SERVER_HTTP_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <base/err.h>

struct http_server;
struct http_request;
struct sd_event;

/* ---- scopes: who may call a route ------------------------------------------------------------ */
#define HTTP_SCOPES(X)                                                                             \
	X(PUBLIC, "public")   /* anybody; nothing secret, nothing changes hosts */                 \
	X(AGENT, "agent")     /* TLS client certificate; the handler ties it to its session */     \
	X(READ, "read")       /* bearer token or admin socket from here on */                      \
	X(APPROVE, "approve") /* let hosts in, profiles */                                         \
	X(ARM, "arm")         /* permit a disk to be overwritten */                                \
	X(ERASE, "erase")     /* permit a disk to be erased: apart from imaging */                 \
	X(IMAGE_IMPORT, "image:import")                                                            \
	X(INVENTORY, "inventory") /* edit hosts, SKUs, deliveries, locations */                    \
	X(ADMIN, "admin")         /* tokens, settings */                                           \
	X(AUDIT, "audit")

enum http_scope {
	_HTTP_SCOPE_MISSING = 0, /* a zeroed row: refused when tables are registered */
#define X(name, text) HTTP_SCOPE_##name,
	HTTP_SCOPES(X)
#undef X
		_HTTP_SCOPE_MAX
};
const char *http_scope_str(enum http_scope scope);  /* "image:import"; NULL outside the list */
enum http_scope http_scope_parse(const char *text); /* _HTTP_SCOPE_MISSING if there is none */

enum http_listener { HTTP_LISTENER_PLAIN = 1, HTTP_LISTENER_TLS = 2, HTTP_LISTENER_ADMIN = 4 };

/* ---- routes ---------------------------------------------------------------------------------- */
typedef int (*http_handler)(struct http_request *r, struct err *err);
struct write;
typedef int (*http_change)(struct write *w, struct err *err); /* see api/write.h */
struct field;                                                 /* of proto/record.h */

enum http_body_kind {
	HTTP_BODY_MEMORY, /* whole body in memory, at most max_body_bytes; 0: a body is refused */
	HTTP_BODY_FILE,   /* streamed into an unnamed file of the spool folder: http_body_fd() */
};

struct http_route {
	const char *method;  /* "GET" (answers HEAD too), "POST", "PUT", "PATCH", "DELETE" */
	const char *pattern; /* "/api/v1/hosts/{id}/events": {name} captures one whole segment */
	enum http_scope scope;
	uint64_t max_body_bytes;
	http_handler handler;
	const char *summary; /* one line, for the OpenAPI document */
	enum http_body_kind body;
	unsigned listeners; /* mask of enum http_listener; 0: TLS and ADMIN */
	const void *doc; /* the table owner's own (parameters and schemas for OpenAPI), or NULL */
	http_change change; /* of an API_CHANGE: what it does, inside the frame of api_write.c */
	bool audits_itself; /* it changes something in its own time, and says so in the log */
	bool is_question;   /* it changes nothing, whatever its method: READ alone */
	bool answer_secret; /* the answer is shown once: it is never kept */
	bool body_secret;   /* it holds a password: not even its digest is kept */
	bool takes_csv;     /* text/csv besides JSON; the change reads it */
	/* a list of thousands of objects in the body, which the change reads one by one */
	const char *rows_member;
	bool compares_revision; /* the change compares If-Match with its row's revision */
	bool in_slices;         /* the change may say that it is not at its end: see api/write.h */
	const struct field *fields; /* what the body holds: it is read and described by this */
	size_t record_bytes;        /* of the struct that fields fill */
};

#define HTTP_READS_GET       "GET"
#define HTTP_REPORTS_PUBLIC_ HTTP_SCOPE_PUBLIC
#define HTTP_REPORTS_AGENT_  HTTP_SCOPE_AGENT

/* Something to read: GET, and nothing else compiles. */
#define HTTP_ROUTE(method_, pattern_, scope_, max_body_, handler_, summary_, ...)                  \
	{                                                                                          \
		.method = HTTP_READS_##method_, .pattern = (pattern_),                             \
		.scope = HTTP_SCOPE_##scope_, .max_body_bytes = (max_body_),                       \
		.handler = (handler_), .summary = (summary_), ##__VA_ARGS__                        \
	}
/* A question that is too long for a URL: it changes nothing, whatever its method suggests. */
#define HTTP_QUESTION(pattern_, max_body_, handler_, summary_, ...)                                \
	{                                                                                          \
		.method = "POST", .pattern = (pattern_), .scope = HTTP_SCOPE_READ,                 \
		.is_question = true, .max_body_bytes = (max_body_), .handler = (handler_),         \
		.summary = (summary_), ##__VA_ARGS__                                               \
	}
/* Something that a machine says about itself; events are its record. PUBLIC or AGENT. */
#define HTTP_REPORT(method_, pattern_, scope_, max_body_, handler_, summary_, ...)                 \
	{                                                                                          \
		.method = #method_, .pattern = (pattern_), .scope = HTTP_REPORTS_##scope_##_,      \
		.max_body_bytes = (max_body_), .handler = (handler_), .summary = (summary_),       \
		##__VA_ARGS__                                                                      \
	}

struct http_table {
	const struct http_route *routes;
	size_t n;
	void *context; /* what http_context() gives to these handlers */
};

/* ---- who is asking --------------------------------------------------------------------------- */
struct http_identity {
	char who[80]; /* "admin", "token:web", "user:anna", "agent:ab12..": for events, the log */
	uint32_t scopes;  /* bit (1u << enum http_scope) */
	char owner[65];   /* the person that the token belongs to, "" for programs and the admin
			    socket */
	int64_t token_id; /* or the account's, of a person who signed in at the page */
	char session[65]; /* names that sign-in; "" for tokens */
};
/* Decide whether a request with `Authorization: Bearer` text (or NULL) has a scope; called before
 * the handler of every route above AGENT on listeners other than ADMIN. out: *ret filled on
 * success. errors: ERR_AUTH_MISSING, ERR_AUTH_TOKEN, ERR_AUTH_SCOPE, ERR_RATE. trust: none of
 * bearer. */
typedef int (*http_authorizer)(void *arg, const char *bearer, enum http_scope need,
			       struct http_request *r, struct http_identity *ret, struct err *err);

/* ---- requests -------------------------------------------------------------------------------- */
/* Strings belong to the request and live until it is answered. trust: none of them, except
 * listener, peer and certificate, which nginx vouches for. */
void *http_context(const struct http_request *r); /* of the route's table */
const struct http_route *http_request_route(const struct http_request *r);
const char *http_method(const struct http_request *r);
const char *http_path(const struct http_request *r);
enum http_listener http_listener(const struct http_request *r);
const char *http_peer(const struct http_request *r); /* address, or "local" */
const char *http_param(const struct http_request *r,
		       const char *name); /* a {capture}; never NULL */
const char *http_query(const struct http_request *r, const char *name); /* decoded, or NULL */
const char *http_request_header(const struct http_request *r, const char *name); /* or NULL */
const char *http_cookie(const struct http_request *r, const char *name);         /* or NULL */
const struct http_identity *http_identity(const struct http_request *r);
/* Hex SHA-256 of the client certificate's SPKI; "" when there is none. */
const char *http_client_key(const struct http_request *r);
/* Visit every query parameter. */
void http_query_each(const struct http_request *r,
		     void (*visit)(void *arg, const char *name, const char *value), void *arg);
/* Refuse query parameters outside a NULL-terminated list. errors: ERR_FIELD_UNKNOWN, named. */
MUST_CHECK int http_query_only(const struct http_request *r, const char *const *names,
			       struct err *err);
/* An integer parameter in [min, max], or the fallback when absent. */
struct http_int {
	const char *name;
	int64_t min, max, fallback;
};
/* errors: ERR_FIELD_TYPE, _RANGE */
MUST_CHECK int http_query_int(const struct http_request *r, const struct http_int *rule,
			      int64_t *ret, struct err *err);

const char *http_body(const struct http_request *r, size_t *ret_n_bytes); /* NUL-terminated */
/* Strict JSON object of the body. owns: *ret is the caller's. errors: those of json_load_strict. */
MUST_CHECK int http_body_json(const struct http_request *r, json_t **ret, struct err *err);
/* The spooled body (HTTP_BODY_FILE), rewound. owns: the request's; dup() to keep it. */
int http_body_fd(const struct http_request *r, uint64_t *ret_n_bytes);

/* Does the request come from a page of an origin that the operator listed (cors_origins)? */
bool http_origin_is_listed(const struct http_request *r);

/* Has the client closed its end? A waiting request is not told by itself. */
bool http_client_gone(const struct http_request *r);

/* ---- answers: exactly one -------------------------------------------------------------------- */
/* Add a header to the answer that will follow (ETag, Retry-After, ...). A GET whose If-None-Match
 * names the answer's ETag gets 304 without a body instead of 200. */
void http_reply_header(struct http_request *r, const char *name, const char *value);
int http_reply_empty(struct http_request *r, int status);
/* Takes doc (decref'd), also NULL-safe: then null. */
int http_reply_json(struct http_request *r, int status, json_t *doc);
/* Takes body (free'd). content_type is a literal. */
int http_reply_text(struct http_request *r, int status, const char *content_type, char *body,
		    size_t n_bytes);
/* problem+json of an error with another status than its own (0: its own). */
int http_reply_problem(struct http_request *r, int status, const struct err *e);

#define HTTP_STREAM_END   (-1) /* the body is complete */
#define HTTP_STREAM_ABORT (-2) /* cut the connection: the receiver must notice */
struct http_stream {
	/* Fill up to max bytes. Returns how many, 0 for "nothing now: call again after a notify of
	 * topic or after tick_ms", or one of the above. Keep each call short (a page of rows). */
	int64_t (*read)(void *arg, char *buf, size_t max_bytes);
	void (*free)(void *arg); /* once, also when the client goes away */
	void *arg;
	const char *topic; /* copied; NULL: only ticks */
	int64_t tick_ms;   /* 0: 15 s */
};
int http_reply_stream(struct http_request *r, int status, const char *content_type,
		      const struct http_stream *stream);

/* ---- waiting --------------------------------------------------------------------------------- */
/* Suspend; the handler is called again after http_notify(topic) or timeout_ms. Then decide anew:
 * answer, or wait again. topic is copied, < 96 bytes. */
int http_wait(struct http_request *r, const char *topic, int64_t timeout_ms);
/* The handler is called again as soon as the loop has looked at everybody else: for long work that
 * is done in slices. */
int http_again(struct http_request *r);
/* True in a handler that was called again because the time of its FIRST http_wait() is up. */
bool http_wait_over(const struct http_request *r);
/* Wake every request and stream that waits for a topic. Safe from handlers and event sources. */
void http_notify(struct http_server *s, const char *topic);
/* How many wait for it. */
unsigned http_waiting(const struct http_server *s, const char *topic);
struct http_server *http_request_server(const struct http_request *r);
/* State that a handler keeps from one call to the next; freed with the request. */
void http_set_state(struct http_request *r, void *state, void (*free_state)(void *state));
void *http_state(const struct http_request *r);

/* HTTP status of an error code: a const table in http_status.c, 500 outside it. */
int http_status_of(int err_code);

/* ---- the server ------------------------------------------------------------------------------ */
/* What is to be removed. Answers of the route, or to requests that name the field, say so in the
 * headers Deprecation (RFC 9745) and Sunset (RFC 8594). */
struct http_deprecation {
	const char *method, *pattern; /* of the route; NULL ends a table */
	const char *field; /* a query parameter, or a field of its rows; NULL: the whole route */
	int64_t since_s, sunset_s; /* seconds since 1970 */
	const char *instead;       /* for people: what to use */
};

struct http_options {
	struct sd_event *event;          /* kept by reference */
	const char *socket_path;         /* for nginx */
	const char *admin_socket_path;   /* root only */
	const char *spool_dir;           /* for HTTP_BODY_FILE */
	int64_t front_uid, front_gid;    /* nginx's workers; -1: only root and ourselves */
	const struct http_table *tables; /* kept by reference, ends with {NULL, 0} */
	http_authorizer authorize;
	void *authorize_arg;
	const char *cors_origins; /* "https://a https://b:8443", kept by reference; NULL: none */
	unsigned max_connections; /* 0: 1024 */
	const struct http_deprecation *deprecations; /* kept by reference; NULL: none */
};
MUST_CHECK int http_server_new(const struct http_options *o, struct http_server **ret,
			       struct err *err);
void http_server_free(struct http_server *s);

struct http_counters {
	uint64_t requests, status_4xx, status_5xx, waiting, connections;
};
struct http_counters http_server_counters(const struct http_server *s);
/* The tables that it serves, as they were given. */
const struct http_table *http_server_tables(const struct http_server *s);

#endif
