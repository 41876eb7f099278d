/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The latest image, and the channel that says which one it is; see latest.h. Here are also the
 * channel's routes: who may import images may import channels, which are believed only as far as
 * their signatures.
 */
#include "latest.h"

#include <inttypes.h>
#include <base/json.h>
#include <base/log.h>
#include <base/str.h>
#include <inventory/event.h>
#include <inventory/flow.h>
#include <server/api/write.h>
#include "live.h"
#include <server/routes.h>

#define SETTING "channel"

static int64_t now_s(const struct app *a)
{
	return app_now_us(a) / 1000000;
}

/* ---- the channel ----------------------------------------------------------------------------- */

/* As it was accepted, expired or not. errors: also when the root of today does not accept it. */
static int read_held(struct app *a, struct channel **ret, struct err *err)
{
	autofree char *text = xmalloc(CHANNEL_MAX_BYTES + 1);
	TRY(flow_setting_get(a->db, SETTING, "", text, CHANNEL_MAX_BYTES + 1, err));
	if (!text[0])
		return err_set(err, ERR_IMAGE_CHANNEL_MISSING, "no channel was imported yet");
	return channel_open(a->root, text, strlen(text), ret, err);
}

int latest_channel(struct app *a, struct channel **ret, struct err *err)
{
	AUTO(channel) struct channel *c = NULL;
	TRY(read_held(a, &c, err));
	TRY(channel_check_time(c, now_s(a), err));
	*ret = take_ptr(c);
	return 0;
}

/* ---- finding --------------------------------------------------------------------------------- */

/* in: arch "": the only one that the channel names the line for. */
static int named_by(const struct channel *c, const char *line, const char *arch,
		    const struct channel_image **ret, struct err *err)
{
	*ret = NULL;
	for (size_t i = 0; i < c->n_images; i++) {
		const struct channel_image *image = &c->images[i];
		if (!str_eq(image->line, line) ||
		    (arch[0] && !str_eq(image_arch_str(image->arch), arch)))
			continue;
		if (*ret)
			return err_set(err, ERR_IMAGE_AMBIGUOUS, "'%s' is more than one image",
				       line);
		*ret = image;
	}
	return *ret ? 0
		    : err_set(err, ERR_IMAGE_CHANNEL_MISSING,
			      "channel %" PRIu64 " does not name line '%s'%s%s", c->seq, line,
			      arch[0] ? " for " : "", arch);
}

static int find_by_channel(struct app *a, const char *line, const char *arch, struct manifest **ret,
			   struct err *err)
{
	AUTO(channel) struct channel *c = NULL;
	const struct channel_image *image;
	TRY(latest_channel(a, &c, err));
	TRY(named_by(c, line, arch ? arch : "", &image, err));
	int rc = object_store_get(a->objects, image->digest, ret, err);
	if (rc != -ERR_NOT_FOUND)
		return rc;
	return err_set(err, ERR_IMAGE_CHANNEL_MISSING,
		       "channel %" PRIu64 " names %s@%s as the latest, which is not in the store",
		       c->seq, image->line, image->version);
}

int latest_find(struct app *a, const char *name, const char *arch, struct manifest **ret,
		struct err *err)
{
	char line[MANIFEST_NAME_BYTES];
	if (trust_root_demands_channel(a->root) && object_name_is_latest(name, line))
		return find_by_channel(a, line, arch, ret, err);
	return object_store_find(a->objects, name, arch, ret, err);
}

bool latest_holds(struct app *a, const struct flow_arm *arm)
{
	AUTO(channel) struct channel *c = NULL;
	const struct channel_image *image;
	char digest[SHA256_HEX_BYTES];
	struct err err = ERR_INIT;
	if (!arm->latest || !trust_root_demands_channel(a->root))
		return true;
	if (latest_channel(a, &c, &err) < 0 || named_by(c, arm->line, arm->arch, &image, &err) < 0)
		return false;
	hex_encode(image->digest, SHA256_BYTES, digest);
	return str_eq(digest, arm->image_digest);
}

/* ---- freshness ------------------------------------------------------------------------------- */

enum freshness { FRESH, AGEING, EXPIRED, MISSING };

static const struct {
	const char *event, *summary;
} alarms[] = {
	[AGEING] = {"channel.ageing", "half of the channel's life is over, and no newer one came"},
	[EXPIRED] = {"channel.expired",
		     "the channel has expired: nobody vouches for what is the latest image, so "
		     "none is written as such. Old images may be what somebody wants here"},
	[MISSING] = {"channel.missing",
		     "the trust root demands a channel, and there is none that it accepts"},
};

static int judge(struct app *a, enum freshness *ret, uint64_t *ret_seq, int64_t *ret_expires_s,
		 struct err *err)
{
	AUTO(channel) struct channel *c = NULL;
	int rc = read_held(a, &c, err);
	*ret_seq = rc < 0 ? 0 : c->seq;
	*ret_expires_s = rc < 0 ? 0 : c->expires_s;
	*ret = rc < 0                                                       ? MISSING
	       : now_s(a) >= c->expires_s                                   ? EXPIRED
	       : now_s(a) >= c->issued_s + (c->expires_s - c->issued_s) / 2 ? AGEING
									    : FRESH;
	return rc < 0 && err_class(err->code) != ERR_CLASS_REJECT ? rc : 0;
}

static int alarm_people(struct app *a, enum freshness now, uint64_t seq, struct err *err)
{
	AUTO(json) json_t *detail = json_pack("{s:I}", "seq", (json_int_t)seq);
	struct event_draft e = {.kind = alarms[now].event,
				.actor = "server",
				.summary = alarms[now].summary,
				.detail = detail};
	log_ev(LOG_WARNING, alarms[now].event, KV("seq", (int64_t)seq));
	TRY(db_begin(a->db, err));
	return db_end(a->db, event_append(a->db, &e, app_now_us(a), NULL, err), err);
}

void latest_tick(struct app *a)
{
	struct err err = ERR_INIT;
	enum freshness now;
	int64_t expires_s;
	uint64_t seq;
	if (!trust_root_demands_channel(a->root))
		return;
	int rc = judge(a, &now, &seq, &expires_s, &err);
	bool is_news = seq != a->channel_seq || (int)now != a->channel_freshness;
	if (rc >= 0 && is_news && now != FRESH)
		rc = alarm_people(a, now, seq, &err);
	if (rc < 0) {
		log_err(LOG_ERR, "channel.check", &err);
		return;
	}
	a->channel_seq = seq;
	a->channel_expires_s = expires_s;
	a->channel_freshness = (int)now;
}

/* ---- routes ---------------------------------------------------------------------------------- */

static json_t *answer(const struct app *a, const struct channel *c)
{
	autofree char *text = envelope_text(&c->document, CHANNEL_PAYLOAD_TYPE);
	json_t *doc = channel_json(c);
	(void)json_object_set_new(doc, "expired", json_boolean(now_s(a) >= c->expires_s));
	(void)json_object_set_new(doc, "document", json_loads(text, 0, NULL));
	return doc;
}

static int get_channel(struct http_request *r, struct err *err)
{
	struct app *a = http_context(r);
	AUTO(channel) struct channel *c = NULL;
	int rc = read_held(a, &c, err);
	if (rc == -ERR_IMAGE_CHANNEL_MISSING)
		return err_set(err, ERR_NOT_FOUND, "no channel was imported yet");
	return rc < 0 ? rc : http_reply_json(r, 200, answer(a, c));
}

struct channel_ask {
	const char *payload, *payload_type;
	json_t *signatures;
};

static const struct field signature_fields[] = {
	{.key = "keyid", .type = FIELD_HEX, .flags = FIELD_NEEDED, .size = SHA256_HEX_BYTES},
	{.key = "sig", .type = FIELD_VIEW, .flags = FIELD_NEEDED, .max = 2L * SIGNATURE_MAX_BYTES},
	F_END,
};

static const struct field channel_fields[] = {
	F_VIEW(struct channel_ask, "payload", payload, FIELD_NEEDED, CHANNEL_MAX_BYTES,
	       .about = "base64 of the signed document"),
	F_VIEW(struct channel_ask, "payload_type", payload_type, FIELD_NEEDED, 128,
	       .about = CHANNEL_PAYLOAD_TYPE),
	F_ARRAY(struct channel_ask, "signatures", signatures, FIELD_NEEDED, SIGNATURES_MAX,
		.sub = signature_fields),
	F_END,
};

static void wake(void *arg, struct live_host *h)
{
	app_host_changed(arg, h->host_num);
}

static void wake_all(struct write *w)
{
	latest_tick(w->app);
	live_each(w->app->live, wake, w->app);
}

static int keep(struct write *w, const struct channel *c, const char *text, struct err *err)
{
	autofree char *summary = xasprintf("channel %" PRIu64 " was imported", c->seq);
	AUTO(json) json_t *detail = channel_json(c);
	struct event_draft e = {
		.kind = "channel.imported", .actor = w->who, .summary = summary, .detail = detail};
	TRY(flow_setting_put(w->app->db, SETTING, text, err));
	return event_append(w->app->db, &e, app_now_us(w->app), NULL, err);
}

static int import_work(struct write *w, struct err *err)
{
	AUTO(channel) struct channel *held = NULL, *c = NULL;
	autofree char *text = json_text(w->body);
	struct err why = ERR_INIT;
	if (read_held(w->app, &held, &why) < 0 && err_class(why.code) != ERR_CLASS_REJECT) {
		*err = why;
		return -err->code;
	}
	TRY(channel_accept(w->app->root, held, text, strlen(text), now_s(w->app), &c, err));
	w->status = 201;
	w->doc = answer(w->app, c);
	w->after = wake_all;
	return keep(w, c, text, err);
}

const struct http_route channel_routes[] = {
	HTTP_ROUTE(GET, "/api/v1/channel", READ, 0, get_channel,
		   "which image of each line is the latest, as the signed channel says"),
	API_CHANGE(POST, "/api/v1/channel", IMAGE_IMPORT, 2L * CHANNEL_MAX_BYTES, import_work,
		   "import a channel that is newer than the one here",
		   API_BODY(channel_fields, struct channel_ask)),
};
const size_t n_channel_routes = ARRAY_LEN(channel_routes);
