/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The verbs on one host: approve, retry, serve, maintain (flow/host_verb.h), and those that become
 * orders (arm_routes.c, erase_routes.c, host_orders.c). Input: bodies from authenticated people and
 * programs.
 */
#include "tables.h"

#include <base/json.h>
#include <base/limits.h>
#include <proto/record.h>
#include <server/flow/arm_ask.h>
#include <server/flow/host_verb.h>
#include "order_answer.h"
#include "write.h"

#define SMALL_BODY (64 * KIB)

struct approve_ask {
	struct host_verb_ask verb;
	char code[21];
};

static const struct field approve_fields[] = {
	HOST_VERB_FIELDS(struct approve_ask, verb.),
	F_STR(struct approve_ask, "code", code, 0,
	      .about = "on the screen of the machine that is meant; needed when several say that "
		       "they are this host"),
	F_END,
};

static json_t *host_json(const struct host *h)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:I}", "id", h->id, "short_code", h->short_code,
			 "state", h->state, "state_detail", h->state_detail, "turn", h->turn,
			 "revision", (json_int_t)h->revision);
}

static int run_verb(struct write *w, enum lifecycle_event event, struct err *err)
{
	const struct host_verb_ask *ask = w->ask;
	const struct approve_ask *approve = w->ask; /* a struct host_verb_ask is its first member */
	const struct host_verb_call call = {event,
					    w->who,
					    ask->reason,
					    ask->in_service,
					    event == HOST_EVENT_APPROVE ? approve->code : "",
					    ask->view};
	struct host h = {0};
	int rc = host_verb_run(w->flow, http_param(w->request, "id"), &call, &h, err);

	w->host_num = h.num;
	w->doc = rc < 0 ? NULL : host_json(&h);
	return rc;
}

#define VERB(name, event)                                                                          \
	static int name##_work(struct write *w, struct err *err)                                   \
	{                                                                                          \
		return run_verb(w, event, err);                                                    \
	}
VERB(approve, HOST_EVENT_APPROVE)
VERB(retry, HOST_EVENT_RETRY)
VERB(serve, HOST_EVENT_SERVE)
VERB(maintain, HOST_EVENT_MAINTAIN)

#define VERB_ROUTE(name, about) VERB_ROUTE_OF(name, host_verb_fields, struct host_verb_ask, about)
#define VERB_ROUTE_OF(name, fields, type, about)                                                   \
	API_CHANGE(POST, "/api/v1/hosts/{id}/" #name, APPROVE, SMALL_BODY, name##_work, about,     \
		   API_BODY(fields, type))

const struct http_route host_verb_routes[] = {
	VERB_ROUTE_OF(approve, approve_fields, struct approve_ask,
		      "let a host in, and the machine with this code"),
	API_CHANGE(POST, "/api/v1/hosts/{id}/arm", ARM, SMALL_BODY, arm_work,
		   "permit one image on one disk, once", API_BODY(arm_ask_fields, struct arm_ask)),
	API_CHANGE(POST, "/api/v1/hosts/arm", ARM, ARM_ORDER_BODY_BYTES, arm_order_work,
		   "permit one image on one disk each of several hosts, all or none",
		   API_BODY(arm_order_fields, struct arm_order_ask)),
	API_CHANGE(POST, "/api/v1/hosts/{id}/erase", ERASE, SMALL_BODY, erase_work,
		   "permit one disk or several to be erased, once; the host retires after them",
		   API_BODY(erase_ask_fields, struct erase_ask)),
	VERB_ROUTE(retry, "start over from the inspection"),
	VERB_ROUTE(serve, "take a ready host into service"),
	VERB_ROUTE(release, "give a host back to provisioning"),
	VERB_ROUTE(maintain, "take a host out for work"),
	VERB_ROUTE(retire, "take a host out of the fleet"),
};
const size_t n_host_verb_routes = ARRAY_LEN(host_verb_routes);
