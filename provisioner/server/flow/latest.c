/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The latest image, and the channel that names it; see latest.h. Input: channel documents, believed
 * only as far as their signatures.
 */
#include "latest.h"

#include <inttypes.h>
#include <base/json.h>
#include <base/log.h>
#include <base/str.h>
#include <inventory/event.h>
#include <inventory/flow.h>

#define SETTING "channel"

static int64_t now_s(const struct flow *flow)
{
	return flow_now_us(flow) / 1000000;
}

/* ---- the channel ----------------------------------------------------------------------------- */

int latest_held(struct flow *flow, struct channel **ret, struct err *err)
{
	autofree char *text = xmalloc(CHANNEL_MAX_BYTES + 1);

	TRY(flow_setting_get(flow->db, SETTING, "", text, CHANNEL_MAX_BYTES + 1, err));
	if (!text[0])
		return err_set(err, ERR_IMAGE_CHANNEL_MISSING, "no channel was imported yet");
	return channel_open(flow->root, text, strlen(text), ret, err);
}

int latest_channel(struct flow *flow, struct channel **ret, struct err *err)
{
	AUTO(channel) struct channel *c = NULL;

	TRY(latest_held(flow, &c, err));
	TRY(channel_check_time(c, now_s(flow), err));
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

static int find_by_channel(struct flow *flow, const char *line, const char *arch,
			   struct manifest **ret, struct err *err)
{
	AUTO(channel) struct channel *c = NULL;
	const struct channel_image *image;

	TRY(latest_channel(flow, &c, err));
	TRY(named_by(c, line, arch ? arch : "", &image, err));
	int rc = object_store_get(flow->objects, image->digest, ret, err);
	if (rc != -ERR_NOT_FOUND)
		return rc;
	return err_set(err, ERR_IMAGE_CHANNEL_MISSING,
		       "channel %" PRIu64 " names %s@%s as the latest, which is not in the store",
		       c->seq, image->line, image->version);
}

int latest_find(struct flow *flow, const char *name, const char *arch, struct manifest **ret,
		struct err *err)
{
	char line[MANIFEST_NAME_BYTES];

	if (trust_root_demands_channel(flow->root) && object_name_is_latest(name, line))
		return find_by_channel(flow, line, arch, ret, err);
	return object_store_find(flow->objects, name, arch, ret, err);
}

bool latest_holds(struct flow *flow, const struct flow_arm *arm)
{
	AUTO(channel) struct channel *c = NULL;
	const struct channel_image *image;
	char digest[SHA256_HEX_BYTES];
	struct err err = ERR_INIT;

	if (!arm->latest || !trust_root_demands_channel(flow->root))
		return true;
	if (latest_channel(flow, &c, &err) < 0 ||
	    named_by(c, arm->line, arm->arch, &image, &err) < 0)
		return false;
	hex_encode(image->digest, SHA256_BYTES, digest);
	return str_eq(digest, arm->image_digest);
}

/* ---- importing ------------------------------------------------------------------------------- */

static int append_imported(struct flow *flow, const struct channel *c, const char *who,
			   struct err *err)
{
	autofree char *summary = xasprintf("channel %" PRIu64 " was imported", c->seq);
	autojson json_t *detail = channel_json(c);
	struct event_draft e = {
		.kind = "channel.imported", .actor = who, .summary = summary, .detail = detail};

	return event_append(flow->db, &e, flow_now_us(flow), NULL, err);
}

int latest_import(struct flow *flow, const char *document, const char *who, struct channel **ret,
		  struct err *err)
{
	AUTO(channel) struct channel *held = NULL, *c = NULL;
	struct err why = ERR_INIT;

	if (latest_held(flow, &held, &why) < 0 && err_class(why.code) != ERR_CLASS_REJECT) {
		*err = why;
		return -err->code;
	}
	const struct channel_demands demands = {
		.root = flow->root, .held = held, .now_s = now_s(flow)};
	TRY(channel_accept(&demands, document, strlen(document), &c, err));
	TRY(flow_setting_put(flow->db, SETTING, document, err));
	TRY(append_imported(flow, c, who, err));
	*ret = take_ptr(c);
	return 0;
}

/* ---- freshness ------------------------------------------------------------------------------- */

enum freshness { FRESH, AGEING, EXPIRED, MISSING };

static const struct {
	const char *event, *summary;
} alarms[] = {
	[AGEING] = {"channel.ageing", "half of the channel's life is over, and no newer one came"},
	[EXPIRED] = {"channel.expired",
		     "the channel has expired: it no longer proves which image is the latest, so "
		     "none is written as such. Somebody may be holding this site on old images"},
	[MISSING] = {"channel.missing",
		     "the trust root demands a channel, and there is none that it accepts"},
};

static int judge(struct flow *flow, enum freshness *ret, uint64_t *ret_seq, int64_t *ret_expires_s,
		 struct err *err)
{
	AUTO(channel) struct channel *c = NULL;
	int rc = latest_held(flow, &c, err);

	*ret_seq = rc < 0 ? 0 : c->seq;
	*ret_expires_s = rc < 0 ? 0 : c->expires_s;
	*ret = rc < 0                                                          ? MISSING
	       : now_s(flow) >= c->expires_s                                   ? EXPIRED
	       : now_s(flow) >= c->issued_s + (c->expires_s - c->issued_s) / 2 ? AGEING
									       : FRESH;
	return rc < 0 && err_class(err->code) != ERR_CLASS_REJECT ? rc : 0;
}

static int alarm_people(struct flow *flow, enum freshness now, uint64_t seq, struct err *err)
{
	autojson json_t *detail = json_pack("{s:I}", "seq", (json_int_t)seq);
	struct event_draft e = {.kind = alarms[now].event,
				.actor = "server",
				.summary = alarms[now].summary,
				.detail = detail};

	log_ev(LOG_WARNING, alarms[now].event, KV("seq", (int64_t)seq));
	TRY(db_begin(flow->db, err));
	return db_end(flow->db, event_append(flow->db, &e, flow_now_us(flow), NULL, err), err);
}

void latest_tick(struct flow *flow)
{
	struct err err = ERR_INIT;
	enum freshness now;
	int64_t expires_s;
	uint64_t seq;

	if (!trust_root_demands_channel(flow->root))
		return;
	int rc = judge(flow, &now, &seq, &expires_s, &err);
	bool is_news = seq != flow->channel.seq || (int)now != flow->channel.freshness;
	if (rc >= 0 && is_news && now != FRESH)
		rc = alarm_people(flow, now, seq, &err);
	if (rc < 0) {
		log_err(LOG_ERR, "channel.check", &err);
		return;
	}
	flow->channel.seq = seq;
	flow->channel.expires_s = expires_s;
	flow->channel.freshness = (int)now;
}
