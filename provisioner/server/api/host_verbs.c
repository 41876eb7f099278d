/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What people do to hosts: approve, retry, serve, release, maintain, retire, and arm
 * (arm_routes.c). Each verb is a row: its lifecycle event, and whether a host in service needs the
 * extra word. Input: bodies from authenticated people and programs.
 */
#include <server/routes.h>

#include <base/json.h>
#include <base/limits.h>
#include <base/str.h>
#include <inventory/flow.h>
#include <inventory/host.h>
#include <inventory/identity.h>
#include <proto/record.h>
#include <server/flow/arm_ask.h>
#include <server/flow/engine.h>
#include "host_verbs.h"

#define SMALL_BODY (64 * KIB)

static int answer_host(struct write *w, int64_t host_num, struct err *err)
{
	struct host h;
	TRY(host_get(w->app->db, host_num, &h, err));
	w->doc = json_pack("{s:s, s:s, s:s, s:s, s:s, s:I}", "id", h.id, "short_code", h.short_code,
			   "state", h.state, "state_detail", h.state_detail, "turn", h.turn,
			   "revision", (json_int_t)h.revision);
	return 0;
}

int host_override_of(const char *named, const char *key, const struct host *h, unsigned *ret_guards,
		     struct err *err)
{
	if (!named[0])
		return 0;
	if (str_eq(named, h->name) || str_eq(named, h->short_code) || str_eq(named, h->id)) {
		*ret_guards |= GUARD_OVERRIDE;
		return 0;
	}
	autofree char *pointer = xasprintf("/%s", key);
	(void)err_set(err, ERR_GUARD_IN_SERVICE, "'%s' is not this host's name", named);
	return err_at(err, pointer);
}

int host_in_use(struct app *a, const struct host *h, bool *ret, struct err *err)
{
	struct flow_host f;
	TRY(flow_host_get(a->db, h->num, &f, err));
	*ret = f.in_use || str_eq(h->state, lifecycle_state_str(STATE_IN_SERVICE));
	return 0;
}

int host_in_service_refusal(const struct host *h, bool in_use, unsigned guards, struct err *err)
{
	if (!in_use || (guards & GUARD_OVERRIDE))
		return 0;
	return err_set(err, ERR_GUARD_IN_SERVICE, "host %s is in service%s; name it in in_service",
		       h->short_code,
		       str_eq(h->state, lifecycle_state_str(STATE_IN_SERVICE))
			       ? ""
			       : ", taken out for work");
}

/* ---- verbs without more than a reason -------------------------------------------------------- */

struct verb {
	enum lifecycle_event event;
	bool needs_override; /* for a host in service */
	bool accepts_identity;
};

struct verb_ask {
	char reason[257], in_service[129];
};

static const struct field verb_fields[] = {
	F_STR(struct verb_ask, "reason", reason, 0, .about = "for the host's record"),
	F_STR(struct verb_ask, "in_service", in_service, 0,
	      .about = "name, short code or id of a host in service, typed again"),
	F_END,
};

static int check_in_use(struct write *w, const struct host *h, unsigned guards, struct err *err)
{
	bool in_use = false;
	TRY(host_in_use(w->app, h, &in_use, err));
	return host_in_service_refusal(h, in_use, guards, err);
}

static int run_verb(struct write *w, const struct verb *v, struct err *err)
{
	const struct verb_ask *ask = w->ask;
	struct host h;
	struct engine_event e = {.event = v->event, .actor = w->who, .rehearsal = w->dry_run};
	TRY(host_find_any(w->app->db, http_param(w->request, "id"), &h, err));
	w->host_num = h.num;
	TRY(host_override_of(ask->in_service, "in_service", &h, &e.extra_guards, err));
	if (v->needs_override)
		TRY(check_in_use(w, &h, e.extra_guards, err));
	if (ask->reason[0])
		e.detail = ask->reason;
	if (v->accepts_identity && str_eq(h.state, lifecycle_state_str(STATE_QUARANTINED))) {
		int rc = identity_accept(w->app->db, h.num, e.actor, app_now_us(w->app), err);
		if (rc < 0 && rc != -ERR_IDENTITY_PENDING)
			return rc;
	}
	TRY(engine_command(w->app, h.num, &e, err));
	return answer_host(w, h.num, err);
}

#define VERB(name, ...)                                                                            \
	static int name##_work(struct write *w, struct err *err)                                   \
	{                                                                                          \
		static const struct verb v = {__VA_ARGS__};                                        \
		return run_verb(w, &v, err);                                                       \
	}
VERB(approve, HOST_EVENT_APPROVE, false, true)
VERB(retry, HOST_EVENT_RETRY, true, false)
VERB(serve, HOST_EVENT_SERVE, false, false)
VERB(release, HOST_EVENT_RELEASE, true, false)
VERB(maintain, HOST_EVENT_MAINTAIN, false, false)
VERB(retire, HOST_EVENT_RETIRE, true, false)

#define VERB_ROUTE(name, about)                                                                    \
	API_CHANGE(POST, "/api/v1/hosts/{id}/" #name, APPROVE, SMALL_BODY, name##_work, about,     \
		   API_BODY(verb_fields, struct verb_ask))

const struct http_route host_verb_routes[] = {
	VERB_ROUTE(approve, "let a host in"),
	API_CHANGE(POST, "/api/v1/hosts/{id}/arm", ARM, SMALL_BODY, arm_work,
		   "permit one image on one disk, once", API_BODY(arm_ask_fields, struct arm_ask)),
	API_CHANGE(POST, "/api/v1/hosts/arm", ARM, ARM_ORDER_BODY_BYTES, arm_order_work,
		   "permit one image on one disk each of several hosts, all or none",
		   API_BODY(arm_order_fields, struct arm_order_ask)),
	API_CHANGE(POST, "/api/v1/hosts/{id}/erase", ERASE, SMALL_BODY, erase_work,
		   "permit one disk to be erased, once; the host retires after it",
		   API_BODY(erase_ask_fields, struct erase_ask)),
	VERB_ROUTE(retry, "start over from the inspection"),
	VERB_ROUTE(serve, "take a ready host into service"),
	VERB_ROUTE(release, "give a host back to provisioning"),
	VERB_ROUTE(maintain, "take a host out for work"),
	VERB_ROUTE(retire, "take a host out of the fleet"),
};
const size_t n_host_verb_routes = ARRAY_LEN(host_verb_routes);
