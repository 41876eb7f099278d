/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What people do to hosts: approve, retry, serve, release, maintain, retire, and arm
 * (arm_routes.c). Each verb is a row: its lifecycle event, and whether a host in service needs the
 * extra word. Input: bodies from authenticated people and programs.
 */
#include "routes.h"

#include <base/json.h>
#include <base/limits.h>
#include <base/log.h>
#include <base/str.h>
#include <inventory/host.h>
#include <inventory/identity.h>
#include "engine.h"
#include "host_verbs.h"

#define SMALL_BODY (64 * KIB)

/* An empty body is an empty object. */
static int body_or_empty(const struct http_request *r, json_t **ret, struct err *err)
{
	size_t n;
	(void)http_body(r, &n);
	if (n > 0)
		return http_body_json(r, ret, err);
	*ret = json_object();
	return 0;
}

static int reply_host(struct http_request *r, struct app *a, int64_t host_num, struct err *err)
{
	struct host h;
	TRY(host_get(a->db, host_num, &h, err));
	return http_reply_json(r, 200,
			       json_pack("{s:s, s:s, s:s, s:s, s:s, s:I}", "id", h.id, "short_code",
					 h.short_code, "state", h.state, "state_detail",
					 h.state_detail, "turn", h.turn, "revision",
					 (json_int_t)h.revision));
}

int host_override_of(struct json_reader *reader, const char *key, const struct host *h,
		     unsigned *ret_guards)
{
	const char *named = json_opt_str(reader, key, 128, "");
	if (reader->status < 0 || !named[0])
		return reader->status;
	if (str_eq(named, h->name) || str_eq(named, h->short_code) || str_eq(named, h->id))
		*ret_guards |= GUARD_OVERRIDE;
	else
		json_reader_fail(reader, key, ERR_GUARD_IN_SERVICE, "'%s' is not this host's name",
				 named);
	return reader->status;
}

int host_in_service_refusal(const struct host *h, unsigned guards, struct err *err)
{
	if (!str_eq(h->state, lifecycle_state_str(STATE_IN_SERVICE)) || (guards & GUARD_OVERRIDE))
		return 0;
	return err_set(err, ERR_GUARD_IN_SERVICE, "host %s is in service; name it in in_service",
		       h->short_code);
}

/* ---- verbs without more than a reason ----------------------------------------------------------
 */

struct verb {
	enum lifecycle_event event;
	bool needs_override; /* for a host in service */
	bool accepts_identity;
};

static int run_verb(struct http_request *r, const struct verb *v, struct err *err)
{
	struct app *a = http_context(r);
	struct host h;
	AUTO(json) json_t *body = NULL;
	struct engine_event e = {.event = v->event, .actor = http_identity(r)->who};
	TRY(body_or_empty(r, &body, err));
	TRY(host_find_any(a->db, http_param(r, "id"), &h, err));
	struct json_reader reader = json_reader_root(body, err);
	const char *reason = json_opt_str(&reader, "reason", 256, "");
	TRY(host_override_of(&reader, "in_service", &h, &e.extra_guards));
	TRY(json_reader_end(&reader));
	if (v->needs_override)
		TRY(host_in_service_refusal(&h, e.extra_guards, err));
	if (reason && reason[0])
		e.detail = reason;
	TRY(db_begin(a->db, err));
	int rc = 0;
	if (v->accepts_identity && str_eq(h.state, lifecycle_state_str(STATE_QUARANTINED))) {
		rc = identity_accept(a->db, h.num, e.actor, app_now_us(a), err);
		rc = rc == -ERR_IDENTITY_PENDING ? 0 : rc;
	}
	if (rc >= 0)
		rc = engine_command(a, h.num, &e, err);
	TRY(db_end(a->db, rc, err));
	return reply_host(r, a, h.num, err);
}

#define VERB(name, ...)                                                                            \
	static int post_##name(struct http_request *r, struct err *err)                            \
	{                                                                                          \
		static const struct verb v = {__VA_ARGS__};                                        \
		return run_verb(r, &v, err);                                                       \
	}
VERB(approve, HOST_EVENT_APPROVE, false, true)
VERB(retry, HOST_EVENT_RETRY, true, false)
VERB(serve, HOST_EVENT_SERVE, false, false)
VERB(release, HOST_EVENT_RELEASE, true, false)
VERB(maintain, HOST_EVENT_MAINTAIN, false, false)
VERB(retire, HOST_EVENT_RETIRE, true, false)

const struct http_route host_verb_routes[] = {
	HTTP_ROUTE(POST, "/api/v1/hosts/{id}/approve", APPROVE, SMALL_BODY, post_approve,
		   "let a host in"),
	HTTP_ROUTE(POST, "/api/v1/hosts/{id}/arm", ARM, SMALL_BODY, arm_post,
		   "permit one image on one disk, once"),
	HTTP_ROUTE(POST, "/api/v1/hosts/arm", ARM, ARM_ORDER_BODY_BYTES, arm_post_order,
		   "permit one image on one disk each of several hosts, all or none"),
	HTTP_ROUTE(POST, "/api/v1/hosts/{id}/retry", APPROVE, SMALL_BODY, post_retry,
		   "start over from the inspection"),
	HTTP_ROUTE(POST, "/api/v1/hosts/{id}/serve", APPROVE, SMALL_BODY, post_serve,
		   "take a ready host into service"),
	HTTP_ROUTE(POST, "/api/v1/hosts/{id}/release", APPROVE, SMALL_BODY, post_release,
		   "give a host back to provisioning"),
	HTTP_ROUTE(POST, "/api/v1/hosts/{id}/maintain", APPROVE, SMALL_BODY, post_maintain,
		   "take a host out for work"),
	HTTP_ROUTE(POST, "/api/v1/hosts/{id}/retire", APPROVE, SMALL_BODY, post_retire,
		   "take a host out of the fleet"),
};
const size_t n_host_verb_routes = ARRAY_LEN(host_verb_routes);
