/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Arming by request: one host, or several in one order (all or none). An order names each host and
 * each disk; how many it may touch is capped (G10). Everything is rehearsed and undone before
 * anything is done. Input: bodies from authenticated people and programs.
 */
#include "host_verbs.h"

#include <base/log.h>
#include <base/str.h>
#include "arm.h"
#include "engine.h"

#define ORDER_MAX          256
#define UNCONFIRMED_MAX    5  /* hosts of an order without confirm_count */
#define IN_SERVICE_PERCENT 10 /* of the hosts in service that one order may image again */

struct arm_body {
	struct host host;
	struct arm_request q;
	unsigned guards;
	bool dry_run;
	struct flow_arm arm;
};

/* ---- reading -----------------------------------------------------------------------------------
 */

static int read_disk(struct json_reader *parent, struct disk_rule *rule)
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

/* What is said once, for one host or for an order. */
static int read_common(struct json_reader *r, struct arm_body *b)
{
	b->q.image = json_need_str(r, "image", 1, 160);
	b->q.reason = json_opt_str(r, "reason", 256, "");
	b->q.ttl_s = json_opt_int(r, "ttl_s", 60, ARM_TTL_MAX_S, ARM_TTL_DEFAULT_S);
	b->dry_run = json_opt_bool(r, "dry_run", false);
	return r->status;
}

/* What is said of each host. */
static int read_host(struct json_reader *r, struct arm_body *b)
{
	b->q.wipe_consent = json_opt_str(r, "wipe_consent", 128, "");
	b->q.new_disk = json_opt_bool(r, "new_disk", false);
	TRY(host_override_of(r, "reimage_in_service", &b->host, &b->guards));
	TRY(r->status);
	return read_disk(r, &b->q.disk);
}

/* ---- doing -------------------------------------------------------------------------------------
 */

static json_t *arm_json(const struct flow_arm *a)
{
	return json_pack("{s:s, s:{s:s, s:s, s:s}, s:{s:s, s:s, s:I}, s:s, s:s, s:I}", "arm_id",
			 a->id, "image", "digest", a->image_digest, "line", a->line, "version",
			 a->version, "disk", "wwn", a->disk_wwn, "serial", a->disk_serial,
			 "size_bytes", (json_int_t)a->disk_bytes, "wipe_consent", a->wipe_consent,
			 "who", a->who, "expires", (json_int_t)(a->expires_us / 1000000));
}

/* An arm that would be. */
static json_t *rehearsed_json(const struct flow_arm *a)
{
	json_t *doc = arm_json(a);
	(void)json_object_del(doc, "arm_id");
	(void)json_object_set_new(doc, "dry_run", json_true());
	return doc;
}

/* The engine first, so that an impossible state is refused before an arm exists. */
static int arm_one(struct app *a, struct arm_body *b, bool rehearsal, struct err *err)
{
	struct engine_event e = {.event = HOST_EVENT_ARM,
				 .actor = b->q.who,
				 .detail = b->q.reason && b->q.reason[0] ? b->q.reason : NULL,
				 .extra_guards = b->guards,
				 .rehearsal = rehearsal};
	TRY(host_get(a->db, b->host.num, &b->host, err));
	TRY(host_in_service_refusal(&b->host, b->guards, err));
	TRY(engine_command(a, b->host.num, &e, err));
	return arm_make(a, &b->host, &b->q, &b->arm, err);
}

static int arm_each(struct app *a, struct arm_body *list, size_t n, bool rehearsal, struct err *err)
{
	for (size_t i = 0; i < n; i++)
		if (arm_one(a, &list[i], rehearsal, err) < 0)
			return n == 1 ? -err->code
				      : err_wrap(err, "host %s", list[i].host.short_code);
	return 0;
}

/* Everything that an arm goes through, and then undone: what it would be, or why it is refused. */
static int rehearse(struct app *a, struct arm_body *list, size_t n, struct err *err)
{
	TRY(db_begin(a->db, err));
	int rc = arm_each(a, list, n, true, err);
	db_rollback(a->db);
	return rc;
}

static void announce(struct app *a, const struct arm_body *b)
{
	app_host_changed(a, b->host.num);
	log_ev(LOG_NOTICE, "host.armed", KV("host", (const char *)b->host.id), KV("who", b->q.who),
	       KV("image", (const char *)b->arm.image_digest),
	       KV("disk", (const char *)b->arm.disk_serial));
}

int arm_post(struct http_request *r, struct err *err)
{
	struct app *a = http_context(r);
	struct arm_body b = {.q = {.who = http_identity(r)->who}};
	AUTO(json) json_t *body = NULL;
	TRY(http_body_json(r, &body, err));
	TRY(host_find_any(a->db, http_param(r, "id"), &b.host, err));
	struct json_reader reader = json_reader_root(body, err);
	TRY(read_common(&reader, &b));
	TRY(read_host(&reader, &b));
	TRY(json_reader_end(&reader));
	if (b.dry_run) {
		TRY(rehearse(a, &b, 1, err));
		return http_reply_json(r, 200, rehearsed_json(&b.arm));
	}
	TRY(db_begin(a->db, err));
	TRY(db_end(a->db, arm_each(a, &b, 1, false, err), err));
	announce(a, &b);
	return http_reply_json(r, 201, arm_json(&b.arm));
}

/* ---- several hosts -----------------------------------------------------------------------------
 */

struct order {
	struct app *app;
	struct arm_body list[ORDER_MAX];
	size_t n;
	int64_t confirmed;
};

static int read_item(struct order *o, const struct json_reader *parent, json_t *obj, size_t i,
		     const struct arm_body *common, struct err *err)
{
	struct arm_body *b = &o->list[i];
	struct json_reader r = json_reader_item(parent, obj, "hosts", i);
	const char *id = json_need_str(&r, "id", 1, 128);
	TRY(r.status);
	*b = *common;
	TRY(host_find_any(o->app->db, id, &b->host, err));
	for (size_t k = 0; k < i; k++)
		if (o->list[k].host.num == b->host.num)
			return err_set(err, ERR_GUARD_SELECTOR, "host %s is named twice",
				       b->host.short_code);
	TRY(read_host(&r, b));
	return json_reader_end(&r);
}

static int read_order(struct order *o, json_t *body, const char *who, struct err *err)
{
	struct json_reader r = json_reader_root(body, err);
	struct arm_body common = {.q = {.who = who}};
	size_t i;
	json_t *item;
	TRY(read_common(&r, &common));
	o->confirmed = json_opt_int(&r, "confirm_count", 0, ORDER_MAX, 0);
	json_t *items = json_need_arr(&r, "hosts", ORDER_MAX);
	TRY(json_reader_end(&r));
	o->n = json_array_size(items);
	if (o->n == 0)
		return err_set(err, ERR_GUARD_SELECTOR, "an order without hosts is no order");
	json_array_foreach (items, i, item)
		TRY(read_item(o, &r, item, i, &common, err));
	return 0;
}

static int check_count(const struct order *o, struct err *err)
{
	if (o->confirmed ? o->confirmed != (int64_t)o->n : o->n > UNCONFIRMED_MAX)
		return err_set(err, ERR_GUARD_CAP,
			       "the order names %zu hosts, confirm_count is %lld", o->n,
			       (long long)o->confirmed);
	return 0;
}

/* After the rehearsal, which read the states inside this transaction. */
static int check_in_service(const struct order *o, struct err *err)
{
	int64_t touched = 0, serving = 0;
	for (size_t i = 0; i < o->n; i++)
		touched += str_eq(o->list[i].host.state, lifecycle_state_str(STATE_IN_SERVICE));
	if (touched == 0)
		return 0;
	TRY(db_query_int(o->app->db, err, &serving, 0,
			 "SELECT count(*) FROM host WHERE state = 'in-service'"));
	if (touched * 100 <= serving * IN_SERVICE_PERCENT)
		return 0;
	return err_set(err, ERR_GUARD_CAP, "%lld of %lld hosts in service, at most %d %% at once",
		       (long long)touched, (long long)serving, IN_SERVICE_PERCENT);
}

/* All of it is tried and undone first: nobody is told of a host's new state that a later host of
 * the order then takes back. */
static int run_order(struct order *o, struct err *err)
{
	TRY(check_count(o, err));
	TRY(rehearse(o->app, o->list, o->n, err));
	TRY(check_in_service(o, err));
	return o->list[0].dry_run ? 0 : arm_each(o->app, o->list, o->n, false, err);
}

static int reply_order(struct http_request *r, const struct order *o)
{
	bool dry_run = o->list[0].dry_run;
	json_t *list = json_array();
	for (size_t i = 0; i < o->n; i++) {
		const struct arm_body *b = &o->list[i];
		json_t *doc = dry_run ? rehearsed_json(&b->arm) : arm_json(&b->arm);
		(void)json_object_set_new(doc, "host_id", json_string(b->host.id));
		json_array_append_new(list, doc);
		if (!dry_run)
			announce(o->app, b);
	}
	return http_reply_json(r, dry_run ? 200 : 201, json_pack("{s:o}", "arms", list));
}

int arm_post_order(struct http_request *r, struct err *err)
{
	struct app *a = http_context(r);
	AUTO(json) json_t *body = NULL;
	TRY(http_body_json(r, &body, err));
	autofree struct order *o = xcalloc(1, sizeof(*o));
	o->app = a;
	TRY(read_order(o, body, http_identity(r)->who, err));
	TRY(db_begin(a->db, err));
	TRY(db_end(a->db, run_order(o, err), err));
	return reply_order(r, o);
}
