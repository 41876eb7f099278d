/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Permitting one disk of one host to be erased: a verb, a scope and an arm of its own, apart from
 * imaging (G16). The host must be known from an inspection and may not be in service; a reason is
 * asked for. Input: bodies from authenticated people and programs.
 */
#include "host_verbs.h"

#include <base/json.h>
#include <base/log.h>
#include <base/str.h>
#include "arm.h"
#include "arm_ask.h"
#include "engine.h"

static json_t *erase_json(const struct flow_arm *a)
{
	return json_pack("{s:s, s:{s:s, s:s, s:I}, s:s, s:I}", "arm_id", a->id, "disk", "wwn",
			 a->disk_wwn, "serial", a->disk_serial, "size_bytes",
			 (json_int_t)a->disk_bytes, "who", a->who, "expires",
			 (json_int_t)(a->expires_us / 1000000));
}

int erase_work(struct write *w, struct err *err)
{
	const struct erase_ask *ask = w->ask;
	struct arm_request q = {.who = w->who, .reason = ask->reason, .ttl_s = ask->ttl_s};
	struct engine_event e = {.event = HOST_EVENT_ERASE,
				 .actor = w->who,
				 .detail = ask->reason,
				 .rehearsal = w->dry_run};
	struct flow_arm arm;
	struct host h;
	TRY(host_find_any(w->app->db, http_param(w->request, "id"), &h, err));
	w->host_num = h.num;
	TRY(arm_disk_name(&ask->disk, &q.disk, err));
	TRY(host_in_service_refusal(&h, 0, err));
	/* The engine first, so that an impossible state is refused before an arm exists. */
	TRY(engine_command(w->app, h.num, &e, err));
	TRY(arm_make_erase(w->app, &h, &q, &arm, err));
	w->status = 201;
	w->doc = erase_json(&arm);
	log_ev(LOG_NOTICE, "host.erase", KV("host", (const char *)h.id), KV("who", q.who),
	       KV("disk", (const char *)arm.disk_serial));
	return 0;
}
