/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One host's way through the tables: the boot decision (pxe), the profile (server/flow), the
 * lifecycle's transitions (proto) and the choice of the disk; see simulate.h. Input: facts from
 * anywhere, a profile from an operator.
 */
#include "simulate.h"

#include <string.h>
#include <base/json.h>
#include <base/limits.h>
#include <base/str.h>
#include <proto/facts.h>
#include <proto/lifecycle.h>
#include <proto/plan.h>
#include <proto/transport.h>
#include <pxe/boot.h>
#include <server/flow/profile.h>

struct simulation {
	json_t *drives; /* of the facts document */
	struct facts facts;
	struct profile profile;
	bool assumed, matches; /* no profile was given; the one that was given fits */
	struct disk_rule rule;
	struct disk_choice choice;
	struct err refusal; /* code 0: a disk was chosen */
	json_t *steps;
	enum lifecycle_state state;
};

/* ---- the boot answer ------------------------------------------------------------------------- */

/* As iPXE names the architecture. */
static const char *ipxe_arch(const char *arch)
{
	return str_eq(arch, "aarch64") ? "arm64" : arch;
}

static void fill_query(const struct facts *f, struct boot_query *q)
{
	const struct facts_nic *nic = f->nics.n ? &f->nics.items[0] : NULL;

	boot_query_set(q, "arch", ipxe_arch(f->boot.arch));
	boot_query_set(q, "platform", str_eq(f->boot.firmware, "uefi") ? "efi" : "pcbios");
	boot_query_set(q, "serial", f->system.serial);
	boot_query_set(q, "manufacturer", f->system.manufacturer);
	boot_query_set(q, "product", f->system.model);
	boot_query_set(q, "uuid", f->system.uuid);
	if (nic)
		boot_query_set(q, "mac", nic->permanent_mac[0] ? nic->permanent_mac : nic->mac);
}

/* A host that nobody knows yet, of a server whose store and boot files are there. */
static struct boot_answer boot_answer(const struct simulation *s, enum boot_arch *ret_arch)
{
	struct boot_query q = {0};
	const struct boot_facts known = {
		.store_up = true,
		.may_enrol = s->assumed || (s->matches && s->profile.enrol),
		.files_ready = true,
	};

	fill_query(&s->facts, &q);
	*ret_arch = boot_query_arch(&q);
	return boot_decide(&q, &known);
}

static json_t *boot_json(const struct simulation *s)
{
	enum boot_arch arch;
	struct boot_answer answer = boot_answer(s, &arch);

	return json_pack("{s:s, s:s, s:s, s:s}", "action",
			 answer.action == BOOT_AGENT ? "agent" : "local", "why", answer.why, "arch",
			 boot_arch_str(arch), "firmware", s->facts.boot.firmware);
}

/* ---- the disk -------------------------------------------------------------------------------- */

static const char *text_of(const json_t *j, const char *key)
{
	const char *text = json_string_value(json_object_get(j, key));

	return text ? text : "";
}

static json_t *drive_json(const struct simulation *s, const json_t *drive)
{
	const struct transport *t = transport_find(text_of(drive, "Protocol"));
	bool local = t->reach == TRANSPORT_REACH_LOCAL;
	bool chosen = !s->refusal.code &&
		      str_eq(text_of(drive, "SerialNumber"), s->choice.serial) &&
		      str_eq(text_of(drive, "WWN"), s->choice.wwn);

	return json_pack("{s:s, s:s, s:s, s:s, s:b, s:s, s:b}", "name", text_of(drive, "Name"),
			 "serial", text_of(drive, "SerialNumber"), "wwn", text_of(drive, "WWN"),
			 "protocol", text_of(drive, "Protocol"), "local", local, "why", t->why,
			 "chosen", chosen);
}

static json_t *drives_json(const struct simulation *s)
{
	json_t *list = json_array();
	size_t i;
	json_t *d;

	json_array_foreach (s->drives, i, d)
		(void)json_array_append_new(list, drive_json(s, d));
	return list;
}

static json_t *disk_json(const struct simulation *s)
{
	size_t i;
	json_t *d;
	const char *name = "", *slot = "";

	if (s->refusal.code)
		return json_null();
	json_array_foreach (s->drives, i, d) {
		if (str_eq(text_of(d, "SerialNumber"), s->choice.serial) &&
		    str_eq(text_of(d, "WWN"), s->choice.wwn)) {
			name = text_of(d, "Name");
			slot = text_of(d, "Slot");
		}
	}
	return json_pack("{s:s, s:s, s:s, s:s, s:I}", "name", name, "slot", slot, "serial",
			 s->choice.serial, "wwn", s->choice.wwn, "size_bytes",
			 (json_int_t)s->choice.size_bytes);
}

static json_t *reason_json(const struct simulation *s)
{
	if (!s->refusal.code)
		return json_null();
	return json_pack("{s:s, s:s, s:s}", "code", err_name(s->refusal.code), "detail",
			 s->refusal.msg, "hint", err_hint(s->refusal.code));
}

static void choose_disk(struct simulation *s)
{
	bool consent = s->assumed ? false : s->profile.wipe_consent;

	if (disk_choose(s->drives, &s->rule, &s->choice, &s->refusal) < 0)
		return;
	IGNORE_RESULT(disk_check_data(&s->choice, "", consent, &s->refusal));
}

/* ---- the steps ------------------------------------------------------------------------------- */

static void add_step(struct simulation *s, enum plan_step_kind kind, const char *key, json_t *value)
{
	json_t *step = json_pack("{s:s, s:s}", "step", plan_step_kind_str(kind), "state",
				 lifecycle_state_str(s->state));

	if (key)
		(void)json_object_set_new(step, key, value);
	(void)json_array_append_new(s->steps, step);
}

static void wait_for(struct simulation *s, const char *why)
{
	add_step(s, PLAN_STEP_WAIT, "why", json_string(why));
}

/* One transition of the lifecycle's own table; false where it has none. */
static bool happens(struct simulation *s, enum lifecycle_event event, unsigned guards)
{
	struct lifecycle_outcome outcome;

	if (!lifecycle_step(s->state, event, guards, &outcome))
		return false;
	s->state = outcome.to;
	return true;
}

static unsigned next_guard(const struct simulation *s, bool tested)
{
	bool image = s->assumed || s->profile.has_image;
	bool test = s->assumed || s->profile.has_burn_in;

	return GUARD_INSPECTED | (test && !tested ? GUARD_NEXT_TEST : image ? GUARD_NEXT_IMAGE : 0);
}

static void image_step(struct simulation *s)
{
	autofree char *name = s->assumed ? xstrdup("the profile's")
					 : xasprintf("%s@%s", s->profile.line, s->profile.version);

	if (!s->assumed && !s->profile.auto_approve)
		wait_for(s, "until somebody arms the host");
	if (s->refusal.code) {
		add_step(s, PLAN_STEP_WAIT, "refused", reason_json(s));
		(void)happens(s, HOST_EVENT_STEP_FAILED, 0);
		return;
	}
	add_step(s, PLAN_STEP_IMAGE, "image", json_string(name));
	json_t *step = json_array_get(s->steps, json_array_size(s->steps) - 1);
	(void)json_object_set_new(step, "disk", disk_json(s));
	(void)happens(s, HOST_EVENT_IMAGED, GUARD_WRITING);
	add_step(s, PLAN_STEP_REBOOT, NULL, NULL);
	(void)happens(s, HOST_EVENT_FIRST_BOOT, 0);
}

/* A host that boots its own disk meets no agent and gets no steps. */
static void walk(struct simulation *s)
{
	enum boot_arch arch;

	s->state = STATE_DISCOVERED;
	if (boot_answer(s, &arch).action != BOOT_AGENT)
		return;
	(void)happens(s, HOST_EVENT_CONTACT, 0);
	add_step(s, PLAN_STEP_INSPECT, NULL, NULL);
	bool approved = s->assumed || s->profile.auto_approve;
	(void)happens(s, HOST_EVENT_INSPECTED, approved ? next_guard(s, false) : 0);
	if (!approved) {
		wait_for(s, "for approval");
		(void)happens(s, HOST_EVENT_APPROVE, next_guard(s, false));
	}
	if (s->state == STATE_TESTING) {
		add_step(s, PLAN_STEP_BURN_IN, "tier",
			 json_string(s->assumed ? "quick" : s->profile.tier));
		(void)happens(s, HOST_EVENT_BURN_IN_PASSED, next_guard(s, true));
	}
	if (s->state == STATE_IMAGING)
		image_step(s);
}

/* ---- the whole ------------------------------------------------------------------------------- */

static void join_macs(const struct facts *f, struct str *out)
{
	for (size_t i = 0; i < f->nics.n; i++) {
		const struct facts_nic *n = &f->nics.items[i];

		str_addf(out, "%s%s", i ? " " : "",
			 n->permanent_mac[0] ? n->permanent_mac : n->mac);
	}
}

static void match(struct simulation *s)
{
	autostr struct str macs;

	str_init(&macs, 8192);
	join_macs(&s->facts, &macs);
	const struct profile_subject subject = {s->facts.system.serial,
						s->facts.system.manufacturer, s->facts.system.model,
						s->facts.boot.arch, macs.p};
	s->matches = profile_matches(&s->profile, &subject);
}

static int read_inputs(struct simulation *s, json_t *facts, json_t *profile, struct err *err)
{
	TRY(record_decode(facts_fields, facts, &s->facts, err));
	s->drives = json_object_get(facts, "drives");
	s->assumed = profile == NULL;
	if (!profile)
		return 0;
	TRY(profile_parse(profile, &s->profile, err));
	s->rule = s->profile.disk;
	match(s);
	return 0;
}

int simulate_host(json_t *facts, json_t *profile, const struct disk_rule *disk, json_t **ret,
		  struct err *err)
{
	struct simulation s = {.refusal = ERR_INIT, .steps = json_array()};
	int r = read_inputs(&s, facts, profile, err);

	if (r >= 0) {
		if (disk)
			s.rule = *disk;
		choose_disk(&s);
		walk(&s);
		*ret = json_pack("{s:o, s:o, s:o, s:o, s:o, s:O, s:s}", "boot", boot_json(&s),
				 "profile", profile ? json_string(s.profile.name) : json_null(),
				 "disk", disk_json(&s), "reason", reason_json(&s), "drives",
				 drives_json(&s), "steps", s.steps, "ends",
				 lifecycle_state_str(s.state));
	}
	json_decref(s.steps);
	facts_done(&s.facts);
	profile_done(&s.profile);
	return r;
}
