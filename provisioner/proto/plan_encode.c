/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A plan as JSON, from the server's own structs. The reader of the same document is plan_decode.c;
 * a test takes every kind of step there and back.
 */
#include <proto/plan.h>

#include <base/json.h>
#include <base/str.h>

static const char *const kind_names[_PLAN_STEP_MAX] = {
	[PLAN_STEP_NONE] = "none",       [PLAN_STEP_INSPECT] = "inspect",
	[PLAN_STEP_BURN_IN] = "burn_in", [PLAN_STEP_IMAGE] = "image",
	[PLAN_STEP_REBOOT] = "reboot",   [PLAN_STEP_WAIT] = "wait",
	[PLAN_STEP_ERASE] = "erase",
};

const char *plan_step_kind_str(enum plan_step_kind kind)
{
	return (unsigned)kind < _PLAN_STEP_MAX ? kind_names[kind] : "unknown";
}

static void set_str(json_t *obj, const char *key, const char *value)
{
	json_object_set_new(obj, key, json_string_of(value));
}

static void set_int(json_t *obj, const char *key, int64_t value)
{
	json_object_set_new(obj, key, json_integer(value));
}

static json_t *encode_disk(const struct plan_disk *d)
{
	json_t *obj = json_object();

	set_str(obj, "wwn", d->wwn);
	set_str(obj, "serial", d->serial);
	set_int(obj, "size_bytes", (int64_t)d->size_bytes);
	return obj;
}

static void encode_burn_in(json_t *step, const struct plan *p)
{
	const struct plan_burn_in *b = &p->burn_in;

	set_str(step, "run_id", b->run_id);
	set_str(step, "tier", b->tier);
	set_int(step, "seed", (int64_t)b->seed);
	if (b->next_sequence)
		set_int(step, "next_sequence", b->next_sequence);
	json_t *tests = json_array();
	for (size_t i = 0; i < b->n_tests; i++) {
		json_t *test = json_object();

		set_str(test, "id", b->tests[i].id);
		set_int(test, "seconds", b->tests[i].seconds);
		if (b->tests[i].done)
			json_object_set_new(test, "done", json_true());
		if (b->tests[i].sha256[0])
			set_str(test, "sha256", b->tests[i].sha256);
		if (b->tests[i].definition)
			set_str(test, "definition", b->tests[i].definition);
		json_array_append_new(tests, test);
	}
	json_object_set_new(step, "tests", tests);
}

static json_t *encode_host(const struct plan_image *m)
{
	json_t *host = json_object(), *keys = json_array();

	set_str(host, "hostname", m->hostname);
	for (size_t i = 0; i < m->n_ssh_authorized_keys; i++)
		json_array_append_new(keys, json_string_of(m->ssh_authorized_keys[i]));
	json_object_set_new(host, "ssh_authorized_keys", keys);
	set_str(host, "user_data", m->user_data);
	if (m->fqdn[0])
		set_str(host, "fqdn", m->fqdn);
	if (m->console[0])
		set_str(host, "console", m->console);
	if (m->boot_order[0])
		set_str(host, "boot_order", m->boot_order);
	if (m->network)
		json_object_set(host, "network", m->network);
	return host;
}

static void encode_image(json_t *step, const struct plan *p)
{
	const struct plan_image *m = &p->image;

	set_str(step, "arm_id", m->arm_id);
	set_str(step, "image_digest", m->image_digest);
	set_str(step, "line", m->line);
	set_str(step, "version", m->version);
	if (m->latest)
		json_object_set_new(step, "latest", json_true());
	if (m->channel)
		set_str(step, "channel", m->channel);
	json_object_set_new(step, "disk", encode_disk(&m->disk));
	set_str(step, "wipe_consent", m->wipe_consent);
	set_str(step, "objects_url", m->objects_url);
	if (m->layout)
		json_object_set(step, "layout", m->layout);
	json_object_set_new(step, "host", encode_host(m));
	json_t *first = json_object();
	set_str(first, "url", m->first_boot_url);
	set_str(first, "pin", m->first_boot_pin);
	set_str(first, "token", m->first_boot_token);
	json_object_set_new(step, "first_boot", first);
}

static void encode_reboot(json_t *step, const struct plan *p)
{
	set_int(step, "delay_s", p->reboot_delay_s);
}

static void encode_wait(json_t *step, const struct plan *p)
{
	set_str(step, "message", p->wait.message);
	set_str(step, "turn", p->wait.turn);
}

static void encode_erase(json_t *step, const struct plan *p)
{
	set_str(step, "arm_id", p->erase_arm_id);
	set_str(step, "method", p->erase_method);
	json_object_set_new(step, "disk", encode_disk(&p->erase_disk));
}

static void (*const encoders[_PLAN_STEP_MAX])(json_t *, const struct plan *) = {
	[PLAN_STEP_BURN_IN] = encode_burn_in, [PLAN_STEP_IMAGE] = encode_image,
	[PLAN_STEP_REBOOT] = encode_reboot,   [PLAN_STEP_WAIT] = encode_wait,
	[PLAN_STEP_ERASE] = encode_erase,
};

json_t *plan_encode(const struct plan *p)
{
	BUG_ON(p->kind <= PLAN_STEP_NONE || p->kind >= _PLAN_STEP_MAX);
	json_t *doc = json_object(), *step = json_object();
	set_str(doc, "type", PLAN_TYPE);
	set_str(doc, "plan_id", p->plan_id);
	set_str(doc, "host_id", p->host_id);
	set_str(doc, "session_id", p->session_id);
	set_int(doc, "epoch", p->epoch);
	set_str(doc, "agent_key", p->agent_key);
	set_str(doc, "nonce", p->nonce);
	set_int(doc, "issued", p->issued_unix_s);
	set_int(doc, "expires", p->expires_unix_s);
	set_int(step, "seq", p->seq);
	set_str(step, "kind", plan_step_kind_str(p->kind));
	if (encoders[p->kind])
		encoders[p->kind](step, p);
	json_object_set_new(doc, "step", step);
	return doc;
}
