/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What people do to one host: approve, arm, retry, serve, release, maintain, retire. Each verb is a
 * row: its lifecycle event, and whether a host in service needs the extra word. Input: bodies from
 * authenticated people and programs.
 */
#include "routes.h"

#include <base/json.h>
#include <base/limits.h>
#include <base/log.h>
#include <base/str.h>
#include <inventory/host.h>
#include <inventory/identity.h>
#include "arm.h"
#include "engine.h"

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

/* A host in service is touched only by who names it: reimage_in_service or in_service with its
 * name. */
static int override_of(struct json_reader *reader, const char *key, const struct host *h,
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

static int in_service_refusal(const struct host *h, unsigned guards, struct err *err)
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
	TRY(override_of(&reader, "in_service", &h, &e.extra_guards));
	TRY(json_reader_end(&reader));
	if (v->needs_override)
		TRY(in_service_refusal(&h, e.extra_guards, err));
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

/* ---- arm
 * ------------------------------------------------------------------------------------------ */

struct arm_body {
	struct arm_request q;
	unsigned guards;
	bool dry_run;
};

static int read_arm_disk(struct json_reader *parent, struct disk_rule *rule)
{
	json_t *obj = json_need_obj(parent, "disk");
	if (!obj)
		return parent->status;
	struct json_reader r = json_reader_sub(parent, obj, "disk");
	const char *serial = json_opt_str(&r, "serial", 128, "");
	const char *wwn = json_opt_str(&r, "wwn", 128, "");
	if (r.status == 0 && !serial[0] && !wwn[0])
		json_reader_fail(&r, "serial", ERR_GUARD_SELECTOR,
				 "name the disk by serial or WWN");
	else if (r.status == 0 && (strpbrk(serial, "*?") || strpbrk(wwn, "*?")))
		json_reader_fail(&r, "serial", ERR_GUARD_SELECTOR,
				 "an arm names one disk, no pattern");
	(void)str_copy(rule->serial, sizeof(rule->serial), serial ? serial : "");
	(void)str_copy(rule->wwn, sizeof(rule->wwn), wwn ? wwn : "");
	return json_reader_end(&r);
}

static int read_arm(json_t *body, const struct host *h, struct arm_body *b, struct err *err)
{
	struct json_reader r = json_reader_root(body, err);
	b->q.image = json_need_str(&r, "image", 1, 160);
	b->q.reason = json_opt_str(&r, "reason", 256, "");
	b->q.ttl_s = json_opt_int(&r, "ttl_s", 60, ARM_TTL_MAX_S, ARM_TTL_DEFAULT_S);
	b->q.wipe_consent = json_opt_str(&r, "wipe_consent", 128, "");
	b->q.new_disk = json_opt_bool(&r, "new_disk", false);
	b->dry_run = json_opt_bool(&r, "dry_run", false);
	TRY(override_of(&r, "reimage_in_service", h, &b->guards));
	TRY(r.status);
	TRY(read_arm_disk(&r, &b->q.disk));
	return json_reader_end(&r);
}

static json_t *arm_json(const struct flow_arm *a)
{
	return json_pack("{s:s, s:{s:s, s:s, s:s}, s:{s:s, s:s, s:I}, s:s, s:s, s:I}", "arm_id",
			 a->id, "image", "digest", a->image_digest, "line", a->line, "version",
			 a->version, "disk", "wwn", a->disk_wwn, "serial", a->disk_serial,
			 "size_bytes", (json_int_t)a->disk_bytes, "wipe_consent", a->wipe_consent,
			 "who", a->who, "expires", (json_int_t)(a->expires_us / 1000000));
}

/* The engine first, so that an impossible state is refused before an arm exists. */
static int arm_in_transaction(struct app *a, const struct host *h, struct arm_body *b,
			      struct flow_arm *ret, struct err *err)
{
	struct engine_event e = {.event = HOST_EVENT_ARM,
				 .actor = b->q.who,
				 .detail = b->q.reason && b->q.reason[0] ? b->q.reason : NULL,
				 .extra_guards = b->guards,
				 .rehearsal = b->dry_run};
	TRY(in_service_refusal(h, b->guards, err));
	TRY(engine_command(a, h->num, &e, err));
	return arm_make(a, h, &b->q, ret, err);
}

/* Everything that an arm goes through, and then undone: what it would be, or why it is refused. */
static int rehearse_arm(struct http_request *r, const struct host *h, struct arm_body *b,
			struct err *err)
{
	struct app *a = http_context(r);
	struct flow_arm arm;
	TRY(db_begin(a->db, err));
	int rc = arm_in_transaction(a, h, b, &arm, err);
	db_rollback(a->db);
	if (rc < 0)
		return rc;
	json_t *doc = arm_json(&arm);
	(void)json_object_del(doc, "arm_id");
	(void)json_object_set_new(doc, "dry_run", json_true());
	return http_reply_json(r, 200, doc);
}

static int post_arm(struct http_request *r, struct err *err)
{
	struct app *a = http_context(r);
	struct host h;
	struct flow_arm arm;
	struct arm_body b = {.q = {.who = http_identity(r)->who}};
	AUTO(json) json_t *body = NULL;
	TRY(http_body_json(r, &body, err));
	TRY(host_find_any(a->db, http_param(r, "id"), &h, err));
	TRY(read_arm(body, &h, &b, err));
	if (b.dry_run)
		return rehearse_arm(r, &h, &b, err);
	TRY(db_begin(a->db, err));
	TRY(db_end(a->db, arm_in_transaction(a, &h, &b, &arm, err), err));
	app_host_changed(a, h.num);
	log_ev(LOG_NOTICE, "host.armed", KV("host", (const char *)h.id), KV("who", b.q.who),
	       KV("image", (const char *)arm.image_digest),
	       KV("disk", (const char *)arm.disk_serial));
	return http_reply_json(r, 201, arm_json(&arm));
}

const struct http_route host_verb_routes[] = {
	HTTP_ROUTE(POST, "/api/v1/hosts/{id}/approve", APPROVE, SMALL_BODY, post_approve,
		   "let a host in"),
	HTTP_ROUTE(POST, "/api/v1/hosts/{id}/arm", ARM, SMALL_BODY, post_arm,
		   "permit one image on one disk, once"),
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
