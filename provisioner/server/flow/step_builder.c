/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From states to steps: one const row a state. Auto-arming happens here, in the transaction that
 * stores the plan. Input: rows of our own store; profiles from operators.
 */
#include "step_builder.h"

#include <proto/network.h>
#include <proto/session.h>
#include "arm.h"
#include "arm_limits.h"
#include "binding.h"
#include "burn_repair.h"
#include "burn_run.h"
#include "latest.h"
#include "step_host.h"

#define REBOOT_DELAY_S 3

/* A step of 0 (PLAN_STEP_NONE) in plan.kind means: nothing to hand out now. */
typedef int (*build_step)(struct step_builder *b, struct err *err);

static int build_wait(struct step_builder *b, const char *turn, const char *text, const char *a1,
		      const char *a2)
{
	text_print(b->plan.wait.message, sizeof(b->plan.wait.message), "%s%s%s", text, a1, a2);
	b->plan.kind = PLAN_STEP_WAIT;
	(void)str_copy(b->plan.wait.turn, sizeof(b->plan.wait.turn), turn);
	return 0;
}

static int build_inspect(struct step_builder *b, struct err *err)
{
	(void)err;
	b->plan.kind = PLAN_STEP_INSPECT;
	return 0;
}

static void fill_tests(const struct burn_plan *plan, struct plan_burn_in *t)
{
	_Static_assert(CATALOGUE_TESTS_MAX <= PLAN_TESTS_MAX, "a plan has room for all tests");
	(void)str_copy(t->tier, sizeof(t->tier), plan->tier);
	t->n_tests = plan->n_tests;
	for (size_t i = 0; i < plan->n_tests; i++) {
		const struct catalogue_test *test = plan->tests[i].test;

		(void)str_copy(t->tests[i].id, sizeof(t->tests[i].id), test->id);
		(void)str_copy(t->tests[i].sha256, sizeof(t->tests[i].sha256), test->sha256);
		t->tests[i].seconds = plan->tests[i].seconds;
		t->tests[i].definition = test->own ? xstrdup(test->text) : NULL;
	}
}

/* The open run goes on if its records are whole, of this tier and of the same tests. Returns 1 if it
 * does. */
static int go_on(struct step_builder *b, const char *retest_of, struct plan_burn_in *t,
		 struct err *err)
{
	struct run_verdict v = {0};
	struct run_row run;

	TRY(run_get(b->flow->db, b->row.run_id, &run, err));
	int rc = burn_run_fold(b->flow, b->row.run_id, &v, err);
	bool same = (!*v.tier || str_eq(v.tier, t->tier)) && str_eq(run.retest_of, retest_of);
	bool good = rc >= 0 && v.intact && same;

	for (size_t i = 0; good && i < t->n_tests; i++)
		t->tests[i].done = run_step_judged(&v, t->tests[i].id);
	t->next_sequence = good ? v.next_sequence : 0;
	if (good)
		(void)str_copy(t->run_id, sizeof(t->run_id), b->row.run_id);
	else if (rc >= 0)
		rc = run_finish(b->flow->db, b->row.run_id, "CANCELLED",
				v.intact ? "other tests are needed now" : v.why, b->now_us, err);
	run_verdict_done(&v);
	return rc < 0 ? rc : good;
}

static int build_burn_in(struct step_builder *b, struct err *err)
{
	struct plan_burn_in *t = &b->plan.burn_in;
	autoburnplan struct burn_plan plan = {0};
	uint32_t seed;

	int rc = burn_repair_plan(b->flow, b->host.num, &b->profile, &plan, err);
	if (rc == -ERR_BURNIN_CATALOGUE)
		return build_wait(b, "operator", err->msg, "", "");
	TRY(rc);
	random_bytes(&seed, sizeof(seed));
	b->plan.kind = PLAN_STEP_BURN_IN;
	t->seed = seed;
	fill_tests(&plan, t);
	if (b->row.run_id[0]) {
		rc = go_on(b, plan.retest_of, t, err);
		if (rc != 0)
			return rc < 0 ? rc : 0;
	}
	struct run_draft d = {.host_num = b->host.num,
			      .id = "",
			      .tier = t->tier,
			      .seed = seed,
			      .retest_of = plan.retest_of};
	TRY(run_start(b->flow->db, &d, b->now_us, t->run_id, err));
	(void)str_copy(b->row.run_id, sizeof(b->row.run_id), t->run_id);
	return flow_host_put(b->flow->db, &b->row, err);
}

/* ---- imaging --------------------------------------------------------------------------------- */

static bool arm_usable(const struct step_builder *b, const struct flow_arm *arm)
{
	if (!str_eq(arm_state(arm), b->host.state))
		return false; /* an arm to erase permits no image, and the other way round */
	if (arm->consumed_us)
		return str_eq(arm->session_id, b->session->id);
	return arm->expires_us > b->now_us;
}

static int auto_arm(struct step_builder *b, const char *agreed, struct flow_arm *ret,
		    struct err *err)
{
	autofree char *image = xasprintf("%s@%s", b->profile.line, b->profile.version);
	autofree char *who = xasprintf("profile:%s", b->profile.name);
	struct arm_request q = {
		.image = image,
		.disk = b->profile.disk,
		.who = who,
		.agreed = agreed,
		.automatic = true,
		.reason = "auto_approve",
		.ttl_s = ARM_TTL_DEFAULT_S,
		.wipe_consent = "",
		.consent_by_profile = b->profile.wipe_consent,
	};

	return arm_make(b->flow, &b->host, &q, ret, err);
}

/* What somebody puts right in the store of images; the host has no part in it. */
static bool waits_for_people(int code)
{
	static const int codes[] = {
		ERR_GUARD_IMAGE,           ERR_IMAGE_DAMAGED,      ERR_IMAGE_CHANNEL_MISSING,
		ERR_IMAGE_CHANNEL_EXPIRED, ERR_IMAGE_CHANNEL,      ERR_IMAGE_CHANNEL_SIGNATURES,
		ERR_GUARD_BURN_IN,         ERR_IMAGE_LAYOUT_UNFIT,
	};

	for (size_t i = 0; i < ARRAY_LEN(codes); i++)
		if (codes[i] == code)
			return true;
	return false;
}

/* The person armed something else than what the profile gives now. What was begun fails. */
static int end_changed(struct step_builder *b, const struct flow_arm *arm, struct err *err)
{
	autojson json_t *detail = json_pack("{s:s, s:s, s:s}", "arm", arm->id, "profile",
					    b->profile.name, "who", arm->who);
	struct event_draft e = {.host_num = b->host.num,
				.kind = "arm.profile_changed",
				.summary = "the profile changed after the host was armed: the arm "
					   "ended",
				.detail = detail};

	if (arm->consumed_us)
		return err_set(err, ERR_GUARD_PROFILE,
			       "the profile '%s' changed after host %s was armed", b->profile.name,
			       b->host.short_code);
	TRY(event_append(b->flow->db, &e, b->now_us, NULL, err));
	return flow_arm_end(b->flow->db, b->host.num, ARM_PROFILE_CHANGED, b->now_us, err);
}

static bool profile_holds(const struct step_builder *b, const struct flow_arm *arm)
{
	char digest[SHA256_HEX_BYTES];

	profile_digest(&b->profile, digest);
	return str_eq(digest, arm->profile_digest);
}

static int wait_for_arm(struct step_builder *b, struct err *err)
{
	struct flow_arm last;
	int rc = flow_arm_latest(b->flow->db, b->host.num, &last, err);

	if (rc < 0 && rc != -ERR_NOT_FOUND)
		return rc;
	err_clear(err);
	if (rc >= 0 && str_eq(last.result, ARM_PROFILE_CHANGED))
		return build_wait(b, "operator", "The profile changed after host ",
				  b->host.short_code, " was armed. Arm it again.");
	return build_wait(b, "operator", "Waits until somebody arms host ", b->host.short_code,
			  ".");
}

static int arm_by_profile(struct step_builder *b, struct flow_arm *ret, struct err *err)
{
	char agreed[sizeof(ret->agreed)];
	bool may = false;

	TRY(flow_profile_agreed(b->flow->db, b->profile.name, agreed, sizeof(agreed), err));
	TRY(arm_limits_automatic(b->flow, b->host.num, &may, err));
	if (!agreed[0] && !may)
		return build_wait(b, "operator",
				  "Profiles armed as many hosts within an hour as they may without "
				  "a second person. Arm host ",
				  b->host.short_code,
				  " by name, or let a second person agree to its profile.");
	int rc = auto_arm(b, agreed, ret, err);
	if (rc < 0 && waits_for_people(err->code))
		return build_wait(b, "operator", err->msg, "", "");
	return rc < 0 ? rc : 1;
}

/* An arm for this session, made by the profile if it may. 1: *ret is good, 0: the plan is a wait. */
static int find_arm(struct step_builder *b, struct flow_arm *ret, struct err *err)
{
	int rc = flow_arm_open(b->flow->db, b->host.num, ret, err);

	if (rc < 0 && rc != -ERR_NOT_FOUND)
		return rc;
	if (rc >= 0 && arm_usable(b, ret) && latest_holds(b->flow, ret)) {
		if (profile_holds(b, ret))
			return 1;
		TRY(end_changed(b, ret, err));
	}
	err_clear(err);
	if (b->flow->stopped)
		return build_wait(b, "operator", "All writing is stopped.", "", "");
	if (b->row.in_use)
		return build_wait(b, "operator", "Somebody uses host ", b->host.short_code,
				  "; it waits until it is armed by name.");
	if (!b->has_profile || !b->profile.auto_approve || !b->profile.has_image)
		return wait_for_arm(b, err);
	return arm_by_profile(b, ret, err);
}

static int fill_first_boot(struct step_builder *b, const struct flow_arm *arm, struct err *err)
{
	struct plan_image *m = &b->plan.image;
	uint8_t token[SHA256_BYTES];
	char hash[SHA256_HEX_BYTES];

	random_bytes(token, sizeof(token));
	hex_encode(token, sizeof(token), m->first_boot_token);
	sha256_hex_of(m->first_boot_token, SHA256_HEX_BYTES - 1, hash);
	snprintf(m->first_boot_url, sizeof(m->first_boot_url), "%s/agent/v1/first-boot",
		 flow_urls_of_host(b->flow, b->host.num)->server);
	(void)str_copy(m->first_boot_pin, sizeof(m->first_boot_pin), b->flow->pin);
	return flow_arm_set_token(b->flow->db, arm->id, hash, err);
}

/* The host checks for itself that the image is the latest. */
static int fill_latest(struct step_builder *b, const struct flow_arm *arm, struct err *err)
{
	AUTO(channel) struct channel *c = NULL;
	struct plan_image *m = &b->plan.image;

	if (!arm->latest || !trust_root_demands_channel(b->flow->root))
		return 0;
	m->latest = true;
	TRY(latest_channel(b->flow, &c, err));
	m->channel = envelope_text(&c->document, CHANNEL_PAYLOAD_TYPE);
	return 0;
}

/* A host that the profile's network has no row for waits for one: it is not written with another's
 * address, or with none. Returns 1 when there is nothing to wait for. */
static int fill_network(struct step_builder *b, struct err *err)
{
	if (!b->profile.network || network_for_host(b->profile.network, b->host.serial, b->row.macs,
						    &b->plan.image.network, err) == 0)
		return 1;
	(void)build_wait(b, "operator", err->msg, "", "");
	err_clear(err);
	return 0;
}

static int build_image(struct step_builder *b, struct err *err)
{
	struct flow_arm arm;

	if (!b->row.inspected) /* it was off: its parts may be others now */
		return build_inspect(b, err);
	int rc = fill_network(b, err);
	if (rc > 0)
		rc = find_arm(b, &arm, err);
	if (rc <= 0)
		return rc;
	struct plan_image *m = &b->plan.image;
	b->plan.kind = PLAN_STEP_IMAGE;
	(void)str_copy(m->arm_id, sizeof(m->arm_id), arm.id);
	(void)str_copy(m->image_digest, sizeof(m->image_digest), arm.image_digest);
	(void)str_copy(m->line, sizeof(m->line), arm.line);
	(void)str_copy(m->version, sizeof(m->version), arm.version);
	(void)str_copy(m->disk.wwn, sizeof(m->disk.wwn), arm.disk_wwn);
	(void)str_copy(m->disk.serial, sizeof(m->disk.serial), arm.disk_serial);
	m->disk.size_bytes = (uint64_t)arm.disk_bytes;
	(void)str_copy(m->wipe_consent, sizeof(m->wipe_consent), arm.wipe_consent);
	(void)str_copy(m->objects_url, sizeof(m->objects_url),
		       flow_urls_of_host(b->flow, b->host.num)->objects);
	TRY(step_host_fill(b, err));
	TRY(fill_latest(b, &arm, err));
	return fill_first_boot(b, &arm, err);
}

/* ---- the other states ------------------------------------------------------------------------ */

static int build_discovered(struct step_builder *b, struct err *err)
{
	char code[SESSION_CODE_BYTES];

	(void)err;
	session_code(b->session->agent_key, b->flow->pin, code);
	if (!b->row.inspected)
		return build_inspect(b, err);
	if (!b->has_profile)
		return build_wait(b, "operator", "No profile matches host ", b->host.short_code,
				  ".");
	if (!b->row.approved)
		return build_wait(b, "operator", "Waits for approval. Code: ", code, "");
	return build_wait(b, "operator", "Nothing more is asked of host ", b->host.short_code, ".");
}

static int build_reboot(struct step_builder *b, struct err *err)
{
	(void)err;
	b->plan.kind = PLAN_STEP_REBOOT;
	b->plan.reboot_delay_s = REBOOT_DELAY_S;
	return 0;
}

/* What the action asks hands to do, as one word that is read from afar. */
static const char *verb_of(const char *action)
{
	static const struct {
		const char *beginning, *verb;
	} verbs[] = {{"Replace", "REPLACE"}, {"replace", "REPLACE"}, {"Reseat", "RESEAT"},
		     {"reseat", "RESEAT"},   {"Swap", "SWAP"},       {"Move", "MOVE"}};

	for (size_t i = 0; i < ARRAY_LEN(verbs); i++)
		if (str_starts(action, verbs[i].beginning))
			return verbs[i].verb;
	return "CHECK";
}

/* One line for a text of a host: a line break in it would begin another. */
static void add_line(char *out, size_t out_bytes, const char *beginning, const char *text)
{
	size_t at = strlen(out);

	if (!text || !text[0])
		return;
	text_print(out + at, out_bytes - at, "%s%s\n", beginning, text);
	for (char *c = out + at; *c && c[1]; c++)
		if ((unsigned char)*c < ' ')
			*c = ' ';
}

static void add_part(const json_t *fault, const char *action, char *out, size_t out_bytes)
{
	const char *slot = json_string_value(json_object_get(fault, "slot"));
	const char *serial = json_string_value(json_object_get(fault, "serial"));

	if (!(slot && slot[0]) && !(serial && serial[0]))
		return;
	add_line(out, out_bytes, PLAN_WAIT_VERB, verb_of(action));
	add_line(out, out_bytes, PLAN_WAIT_SLOT, slot);
	add_line(out, out_bytes, PLAN_WAIT_SERIAL, serial);
}

/* Where the host stands, for somebody who reads a console from afar. */
static int add_place(struct step_builder *b, struct err *err)
{
	char *out = b->plan.wait.message, place[300];
	size_t n = strlen(out), room = sizeof(b->plan.wait.message);

	TRY(host_place(b->flow->db, b->host.num, place, sizeof(place), err));
	if (!place[0] || n + strlen(place) + strlen(PLAN_WAIT_PLACE) + 3 >= room)
		return 0;
	if (n > 0 && out[n - 1] != '\n')
		text_print(out + n, room - n, "\n");
	add_line(out, room, PLAN_WAIT_PLACE, place);
	out[strlen(out) - 1] = '\0'; /* no line follows */
	return 0;
}

static int build_failed(struct step_builder *b, struct err *err)
{
	autojson json_t *fault = NULL;
	int n_of_burn_in = burn_repair_open(b->flow, b->host.num, err);

	/* somebody may have swapped the part: read again what is in the host */
	if (n_of_burn_in < 0 || (n_of_burn_in > 0 && !b->row.inspected))
		return n_of_burn_in < 0 ? n_of_burn_in : build_inspect(b, err);
	TRY(fault_latest_open(b->flow->db, b->host.num, &fault, err));
	const char *action = json_string_value(json_object_get(fault, "action"));
	if (!action || !action[0])
		action = lifecycle_row(STATE_FAILED)->hint;
	char part[400] = "";
	add_part(fault, action, part, sizeof(part));
	autofree char *first = xasprintf("%s%s", part, b->host.state_detail);
	return build_wait(b, b->host.turn, first, "\nDo: ", action);
}

static int build_maintenance(struct step_builder *b, struct err *err)
{
	(void)err;
	return build_wait(b, "technician", "Taken out for work. Release it when done.", "", "");
}

static int build_erase(struct step_builder *b, struct err *err)
{
	struct flow_arm arm;
	int rc = flow_arm_open(b->flow->db, b->host.num, &arm, err);

	if (rc < 0 && rc != -ERR_NOT_FOUND)
		return rc;
	err_clear(err);
	if (rc < 0 || !arm_usable(b, &arm))
		return build_wait(b, "operator",
				  "The permission to erase has ended. Ask again for ",
				  b->host.short_code, ".");
	struct plan_disk *disk = &b->plan.erase_disk;
	b->plan.kind = PLAN_STEP_ERASE;
	(void)str_copy(b->plan.erase_arm_id, sizeof(b->plan.erase_arm_id), arm.id);
	const char *methods = arm.methods[0]           ? arm.methods
			      : b->flow->erase_methods ? b->flow->erase_methods
						       : ERASE_POLICY_DEFAULT;
	(void)str_copy(b->plan.erase_method, sizeof(b->plan.erase_method), methods);
	(void)str_copy(disk->wwn, sizeof(disk->wwn), arm.disk_wwn);
	(void)str_copy(disk->serial, sizeof(disk->serial), arm.disk_serial);
	disk->size_bytes = (uint64_t)arm.disk_bytes;
	return 0;
}

static int build_retired(struct step_builder *b, struct err *err)
{
	(void)err;
	return build_wait(b, "technician", "Out of the fleet. Power it off and take it out.", "",
			  "");
}

static const build_step builders[_STATE_MAX] = {
	[STATE_DISCOVERED] = build_discovered,   [STATE_INSPECTING] = build_inspect,
	[STATE_TESTING] = build_burn_in,         [STATE_IMAGING] = build_image,
	[STATE_VERIFYING] = build_reboot,        [STATE_READY] = build_reboot,
	[STATE_IN_SERVICE] = build_reboot,       [STATE_FAILED] = build_failed,
	[STATE_MAINTENANCE] = build_maintenance, [STATE_ERASING] = build_erase,
	[STATE_RETIRED] = build_retired,
};

/* What a key must be bound for: all that writes, or takes the machine for itself. */
static bool needs_key(enum lifecycle_state state)
{
	return state == STATE_TESTING || state == STATE_IMAGING || state == STATE_ERASING;
}

static int build(struct step_builder *b, enum lifecycle_state state, struct err *err)
{
	char code[SESSION_CODE_BYTES];
	bool holds = true;

	if (!builders[state])
		return 0;
	if (needs_key(state))
		TRY(binding_holds(b->flow, b->session, b->has_profile && b->profile.auto_approve,
				  &holds, err));
	if (holds)
		return builders[state](b, err);
	session_code(b->session->agent_key, b->flow->pin, code);
	return build_wait(b, "operator",
			  "Waits until a person compares the code on its screen: ", code, "");
}

int step_build(struct step_builder *b, enum lifecycle_state state, struct err *err)
{
	int rc = build(b, state, err);

	if (rc >= 0 && b->plan.kind == PLAN_STEP_WAIT)
		rc = add_place(b, err);
	return rc;
}
