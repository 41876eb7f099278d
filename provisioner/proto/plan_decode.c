/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading a plan: strict, every field bounded, unknown fields refused. Then the question whether it
 * is meant for this host, session and moment. Input: a payload whose signature is good, so its
 * author is our server, but perhaps of another version.
 */
#include <proto/plan.h>

#include <stdlib.h>

#include <base/json.h>
#include <base/str.h>
#include <proto/network.h>

#define CLOCK_SKEW_S 300 /* an agent knows the server's time to within a request's duration */

static void copy(struct json_reader *r, const char *key, const char *text, char *dst,
		 size_t dst_bytes)
{
	if (text && !str_copy(dst, dst_bytes, text))
		json_reader_fail(r, key, ERR_FIELD_RANGE, "'%s' is too long", key);
}

static void read_str(struct json_reader *r, const char *key, size_t min, char *dst,
		     size_t dst_bytes)
{
	copy(r, key, json_need_str(r, key, min, dst_bytes - 1), dst, dst_bytes);
}

static void read_hex(struct json_reader *r, const char *key, char dst[static SHA256_HEX_BYTES])
{
	copy(r, key, json_need_hex(r, key, SHA256_HEX_BYTES - 1), dst, SHA256_HEX_BYTES);
}

static int decode_disk(struct json_reader *parent, struct plan_disk *d)
{
	json_t *obj = json_need_obj(parent, "disk");

	if (!obj)
		return parent->status;
	struct json_reader r = json_reader_sub(parent, obj, "disk");
	read_str(&r, "wwn", 0, d->wwn, sizeof(d->wwn));
	read_str(&r, "serial", 0, d->serial, sizeof(d->serial));
	d->size_bytes = (uint64_t)json_need_int(&r, "size_bytes", 1, INT64_MAX);
	if (r.status == 0 && !d->wwn[0] && !d->serial[0])
		json_reader_fail(&r, "serial", ERR_GUARD_SELECTOR,
				 "a disk needs a WWN or a serial");
	return json_reader_end(&r);
}

#define TEST_MAX_S (30 * 86400)

/* A definition without its digest would be a test that nobody can name afterwards. */
static void decode_definition(struct json_reader *t, struct plan_burn_in *b, size_t i)
{
	const char *text = json_opt_str(t, "definition", PLAN_TEST_MAX_BYTES, NULL);
	const char *sha256 = text || json_object_get(t->obj, "sha256")
				     ? json_need_hex(t, "sha256", SHA256_HEX_BYTES - 1)
				     : NULL;

	b->tests[i].definition = text ? xstrdup(text) : NULL;
	if (sha256)
		copy(t, "sha256", sha256, b->tests[i].sha256, sizeof(b->tests[i].sha256));
}

static int decode_burn_in(struct json_reader *r, struct plan *p)
{
	struct plan_burn_in *b = &p->burn_in;

	read_str(r, "run_id", 1, b->run_id, sizeof(b->run_id));
	read_str(r, "tier", 1, b->tier, sizeof(b->tier));
	b->seed = (uint64_t)json_need_int(r, "seed", 0, INT64_MAX);
	b->next_sequence = json_opt_int(r, "next_sequence", 0, INT64_MAX / 2, 0);
	json_t *list = json_need_arr(r, "tests", PLAN_TESTS_MAX);
	for (size_t i = 0; r->status == 0 && i < json_array_size(list); i++) {
		struct json_reader t = json_reader_sub(r, json_array_get(list, i), "tests");

		read_str(&t, "id", 1, b->tests[i].id, sizeof(b->tests[i].id));
		b->tests[i].seconds = json_need_int(&t, "seconds", 0, TEST_MAX_S);
		b->n_tests = i + 1;
		b->tests[i].done = json_opt_bool(&t, "done", false);
		decode_definition(&t, b, i);
		TRY(json_reader_end(&t));
	}
	return r->status;
}

static int decode_ssh_keys(struct json_reader *r, struct plan_image *m)
{
	json_t *list = json_need_arr(r, "ssh_authorized_keys", PLAN_SSH_KEYS_MAX);

	for (size_t i = 0; r->status == 0 && i < json_array_size(list); i++) {
		const char *text = json_string_value(json_array_get(list, i));
		if (!text || strlen(text) > 8192 || strpbrk(text, "\r\n")) {
			json_reader_fail(r, "ssh_authorized_keys", ERR_FIELD_TYPE,
					 "a key is one line of text");
			break;
		}
		m->ssh_authorized_keys[m->n_ssh_authorized_keys++] = xstrdup(text);
	}
	return r->status;
}

/* Checked as a whole, for its texts end up in files with a syntax. */
static void decode_network(struct json_reader *r, struct plan_image *m)
{
	json_t *doc = json_opt_obj(r, "network");
	struct network *n;

	if (!doc || r->status)
		return;
	n = xcalloc(1, sizeof(*n));
	r->status = network_parse(doc, n, r->err);
	free(n);
	m->network = json_incref(doc);
}

/* It enters the installed system's command line. */
static void decode_console(struct json_reader *r, struct plan_image *m)
{
	const char *console = json_opt_str(r, "console", sizeof(m->console) - 1, "");

	if (console && *console && !console_is_good(console))
		json_reader_fail(r, "console", ERR_INVALID, "not a serial console");
	else
		copy(r, "console", console, m->console, sizeof(m->console));
}

const char *const plan_boot_orders[] = {PLAN_BOOT_NETWORK, PLAN_BOOT_DISK, NULL};

static void decode_boot_order(struct json_reader *r, struct plan_image *m)
{
	const char *order = json_opt_str(r, "boot_order", sizeof(m->boot_order) - 1, "");

	if (order && *order && !str_eq(order, PLAN_BOOT_NETWORK) && !str_eq(order, PLAN_BOOT_DISK))
		json_reader_fail(r, "boot_order", ERR_INVALID, "neither network nor disk");
	else
		copy(r, "boot_order", order, m->boot_order, sizeof(m->boot_order));
}

static int decode_host(struct json_reader *parent, struct plan_image *m)
{
	json_t *obj = json_need_obj(parent, "host");

	if (!obj)
		return parent->status;
	struct json_reader r = json_reader_sub(parent, obj, "host");
	read_str(&r, "hostname", 1, m->hostname, sizeof(m->hostname));
	(void)decode_ssh_keys(&r, m);
	decode_network(&r, m);
	const char *user_data = json_opt_str(&r, "user_data", PLAN_USER_DATA_MAX_BYTES, "");
	m->user_data = xstrdup(user_data ? user_data : "");
	copy(&r, "fqdn", json_opt_str(&r, "fqdn", sizeof(m->fqdn) - 1, ""), m->fqdn,
	     sizeof(m->fqdn));
	decode_console(&r, m);
	decode_boot_order(&r, m);
	return json_reader_end(&r);
}

static int decode_first_boot(struct json_reader *parent, struct plan_image *m)
{
	json_t *obj = json_need_obj(parent, "first_boot");

	if (!obj)
		return parent->status;
	struct json_reader r = json_reader_sub(parent, obj, "first_boot");
	read_str(&r, "url", 1, m->first_boot_url, sizeof(m->first_boot_url));
	read_str(&r, "pin", 1, m->first_boot_pin, sizeof(m->first_boot_pin));
	read_hex(&r, "token", m->first_boot_token);
	return json_reader_end(&r);
}

static int decode_image(struct json_reader *r, struct plan *p)
{
	struct plan_image *m = &p->image;

	read_str(r, "arm_id", 1, m->arm_id, sizeof(m->arm_id));
	read_hex(r, "image_digest", m->image_digest);
	read_str(r, "line", 1, m->line, sizeof(m->line));
	read_str(r, "version", 1, m->version, sizeof(m->version));
	m->latest = json_opt_bool(r, "latest", false);
	const char *channel = json_opt_str(r, "channel", PLAN_CHANNEL_MAX_BYTES, NULL);
	m->channel = channel ? xstrdup(channel) : NULL;
	read_str(r, "wipe_consent", 0, m->wipe_consent, sizeof(m->wipe_consent));
	read_str(r, "objects_url", 1, m->objects_url, sizeof(m->objects_url));
	m->layout = json_incref(json_opt_obj(r, "layout"));
	TRY(decode_disk(r, &m->disk));
	TRY(decode_host(r, m));
	return decode_first_boot(r, m);
}

static int decode_reboot(struct json_reader *r, struct plan *p)
{
	p->reboot_delay_s = json_opt_int(r, "delay_s", 0, 3600, 0);
	return r->status;
}

static int decode_wait(struct json_reader *r, struct plan *p)
{
	read_str(r, "message", 0, p->wait.message, sizeof(p->wait.message));
	read_str(r, "turn", 0, p->wait.turn, sizeof(p->wait.turn));
	return r->status;
}

static int decode_erase(struct json_reader *r, struct plan *p)
{
	read_str(r, "arm_id", 1, p->erase_arm_id, sizeof(p->erase_arm_id));
	read_str(r, "method", 1, p->erase_method, sizeof(p->erase_method));
	return decode_disk(r, &p->erase_disk);
}

static int (*const decoders[_PLAN_STEP_MAX])(struct json_reader *, struct plan *) = {
	[PLAN_STEP_BURN_IN] = decode_burn_in, [PLAN_STEP_IMAGE] = decode_image,
	[PLAN_STEP_REBOOT] = decode_reboot,   [PLAN_STEP_WAIT] = decode_wait,
	[PLAN_STEP_ERASE] = decode_erase,
};

static enum plan_step_kind kind_parse(const char *text)
{
	for (unsigned k = PLAN_STEP_NONE + 1; k < _PLAN_STEP_MAX; k++)
		if (str_eq(plan_step_kind_str((enum plan_step_kind)k), text))
			return (enum plan_step_kind)k;
	return PLAN_STEP_NONE;
}

static int decode_step(struct json_reader *parent, struct plan *p)
{
	json_t *obj = json_need_obj(parent, "step");

	if (!obj)
		return parent->status;
	struct json_reader r = json_reader_sub(parent, obj, "step");
	p->seq = json_need_int(&r, "seq", 1, INT64_MAX);
	const char *kind = json_need_str(&r, "kind", 1, 32);
	TRY(r.status);
	p->kind = kind_parse(kind);
	if (p->kind == PLAN_STEP_NONE)
		json_reader_fail(&r, "kind", ERR_PLAN_TYPE, "unknown step '%s'", kind);
	else if (decoders[p->kind])
		TRY(decoders[p->kind](&r, p));
	return json_reader_end(&r);
}

int plan_decode(json_t *doc, struct plan *ret, struct err *err)
{
	memset(ret, 0, sizeof(*ret));
	if (!json_is_object(doc))
		return err_set(err, ERR_PLAN_TYPE, "a plan is a JSON object");
	struct json_reader r = json_reader_root(doc, err);
	const char *type = json_need_str(&r, "type", 1, 64);
	if (r.status == 0 && !str_eq(type, PLAN_TYPE))
		json_reader_fail(&r, "type", ERR_PLAN_TYPE, "unknown plan type '%s'", type);
	read_str(&r, "plan_id", 1, ret->plan_id, sizeof(ret->plan_id));
	read_str(&r, "host_id", 1, ret->host_id, sizeof(ret->host_id));
	read_str(&r, "session_id", 1, ret->session_id, sizeof(ret->session_id));
	ret->epoch = json_need_int(&r, "epoch", 1, INT64_MAX);
	read_hex(&r, "agent_key", ret->agent_key);
	read_hex(&r, "nonce", ret->nonce);
	ret->issued_unix_s = json_need_int(&r, "issued", 0, INT64_MAX / 2);
	ret->expires_unix_s = json_need_int(&r, "expires", 0, INT64_MAX / 2);
	TRY(r.status);
	TRY(decode_step(&r, ret));
	return json_reader_end(&r);
}

void plan_done(struct plan *p)
{
	for (size_t i = 0; i < p->image.n_ssh_authorized_keys; i++)
		free(p->image.ssh_authorized_keys[i]);
	p->image.n_ssh_authorized_keys = 0;
	for (size_t i = 0; i < p->burn_in.n_tests; i++) {
		free(p->burn_in.tests[i].definition);
		p->burn_in.tests[i].definition = NULL;
	}
	json_decref(p->image.layout);
	p->image.layout = NULL;
	json_decref(p->image.network);
	p->image.network = NULL;
	free(p->image.user_data);
	p->image.user_data = NULL;
	free(p->image.channel);
	p->image.channel = NULL;
}

int plan_check(const struct plan *p, const struct plan_expect *expect, struct err *err)
{
	const struct {
		const char *what, *have, *want;
	} bound[] = {
		{"host", p->host_id, expect->host_id},
		{"session", p->session_id, expect->session_id},
		{"agent key", p->agent_key, expect->agent_key},
		{"nonce", p->nonce, expect->nonce},
	};
	for (size_t i = 0; i < ARRAY_LEN(bound); i++)
		if (!str_eq(bound[i].have, bound[i].want))
			return err_set(err, ERR_PLAN_BINDING, "the plan is for another %s",
				       bound[i].what);
	if (p->epoch != expect->epoch)
		return err_set(err, ERR_PLAN_EPOCH, "the plan is of epoch %lld, this is %lld",
			       (long long)p->epoch, (long long)expect->epoch);
	if (expect->now_unix_s >= p->expires_unix_s)
		return err_set(err, ERR_PLAN_EXPIRED, "the plan expired %lld s ago",
			       (long long)(expect->now_unix_s - p->expires_unix_s));
	if (p->issued_unix_s > expect->now_unix_s + CLOCK_SKEW_S)
		return err_set(err, ERR_PLAN_EXPIRED, "the plan is issued %lld s in the future",
			       (long long)(p->issued_unix_s - expect->now_unix_s));
	return 0;
}
