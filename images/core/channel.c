/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Channels: reading, and judging by a trust root; see images/channel.h. Everything here is pure:
 * documents in, verdict out. The caller keeps the last one accepted.
 */
#include <images/channel.h>

#include <inttypes.h>
#include <string.h>

#include <base/json.h>
#include <base/str.h>

#define DAY_S         86400
#define JSON_INT_LAST (((int64_t)1 << 53) - 1)

void channel_free(struct channel *c)
{
	if (!c)
		return;
	envelope_done(&c->document);
	free(c);
}

/* ---- fields ---------------------------------------------------------------------------------- */

static void read_name(struct json_reader *r, const char *key, char ret[static MANIFEST_NAME_BYTES])
{
	const char *text = json_need_str(r, key, 1, MANIFEST_NAME_BYTES - 1);

	if (text && !manifest_name_is_valid(text))
		json_reader_fail(r, key, ERR_INVALID, "is not a name");
	else if (text)
		(void)str_copy(ret, MANIFEST_NAME_BYTES, text);
}

static int read_image(const struct json_reader *parent, json_t *item, size_t i,
		      struct channel_image *ret)
{
	struct json_reader r = json_reader_item(parent, item, "images", i);
	const char *arch = json_need_str(&r, "arch", 1, 16);
	const char *digest = json_need_hex(&r, "digest", 2 * (size_t)SHA256_BYTES);

	read_name(&r, "line", ret->line);
	read_name(&r, "version", ret->version);
	if (!r.status && !manifest_version_is_valid(ret->version))
		json_reader_fail(&r, "version", ERR_IMAGE_CHANNEL, "'%s' is not a version",
				 ret->version);
	if (arch && !image_arch_parse(arch, &ret->arch))
		json_reader_fail(&r, "arch", ERR_INVALID, "is not an architecture");
	if (digest)
		(void)hex_decode(digest, ret->digest, SHA256_BYTES);
	return json_reader_end(&r);
}

int channel_order(const char *line_a, enum image_arch arch_a, const char *line_b,
		  enum image_arch arch_b)
{
	int order = strcmp(line_a, line_b);

	return order ? order : strcmp(image_arch_str(arch_a), image_arch_str(arch_b));
}

static bool in_order(const struct channel_image *a, const struct channel_image *b)
{
	return channel_order(a->line, a->arch, b->line, b->arch) < 0;
}

static int read_images(struct json_reader *r, struct channel *c)
{
	json_t *list = json_need_arr(r, "images", CHANNEL_MAX_IMAGES);

	for (size_t i = 0; i < json_array_size(list) && !r->status; i++) {
		TRY(read_image(r, json_array_get(list, i), i, &c->images[i]));
		c->n_images = i + 1;
		if (i && !in_order(&c->images[i - 1], &c->images[i]))
			json_reader_fail(r, "images", ERR_INVALID, "are not in order, each once");
	}
	return r->status;
}

static int read_document(json_t *doc, struct channel *c, struct err *err)
{
	struct json_reader r = json_reader_root(doc, err);
	const char *type = json_need_str(&r, "type", 1, 64);

	if (type && !str_eq(type, CHANNEL_TYPE))
		json_reader_fail(&r, "type", ERR_INVALID, "is not " CHANNEL_TYPE);
	c->seq = (uint64_t)json_need_int(&r, "seq", 1, JSON_INT_LAST);
	c->issued_s = json_need_int(&r, "issued", 0, JSON_INT_LAST);
	c->expires_s = json_need_int(&r, "expires", 0, JSON_INT_LAST);
	if (!r.status && (c->expires_s <= c->issued_s ||
			  c->expires_s - c->issued_s > (int64_t)CHANNEL_MAX_DAYS * DAY_S))
		json_reader_fail(&r, "expires", ERR_INVALID,
				 "is not 1 s to %d days after it was issued", CHANNEL_MAX_DAYS);
	TRY(read_images(&r, c));
	return json_reader_end(&r);
}

static int parse_payload(struct channel *c, struct err *err)
{
	const struct envelope *e = &c->document;
	autojson json_t *doc = NULL;
	autofree char *again = NULL;

	TRY(json_load_strict(e->payload, e->payload_bytes, CHANNEL_MAX_BYTES, &doc, err));
	TRY(read_document(doc, c, err));
	again = json_text(doc);
	if (strlen(again) != e->payload_bytes || memcmp(again, e->payload, e->payload_bytes))
		return err_set(err, ERR_INVALID, "the document is not in canonical form");
	return 0;
}

static int malformed(const struct err *why, struct err *err)
{
	return err_set(err, ERR_IMAGE_CHANNEL, "channel: %s", why->msg);
}

static int open_envelope(const void *p, size_t n_bytes, struct channel **ret, struct err *err)
{
	AUTO(channel) struct channel *c = xcalloc(1, sizeof(*c));
	struct err why = ERR_INIT;

	if (envelope_parse(p, n_bytes, CHANNEL_PAYLOAD_TYPE, CHANNEL_MAX_BYTES, &c->document,
			   &why) < 0)
		return malformed(&why, err);
	*ret = take_ptr(c);
	return 0;
}

int channel_parse_unsigned(const void *p, size_t n_bytes, struct channel **ret, struct err *err)
{
	AUTO(channel) struct channel *c = NULL;
	struct err why = ERR_INIT;

	TRY(open_envelope(p, n_bytes, &c, err));
	if (parse_payload(c, &why) < 0)
		return malformed(&why, err);
	*ret = take_ptr(c);
	return 0;
}

/* ---- judging --------------------------------------------------------------------------------- */

static int check_tally(const struct trust_root *r, const struct trust_tally *t, struct err *err)
{
	unsigned needed = r->threshold[TRUST_ROLE_CHANNEL];

	if (!needed)
		return err_set(err, ERR_IMAGE_CHANNEL_SIGNATURES,
			       "the trust root has no channel keys");
	if (t->n_good < needed)
		return err_set(err, ERR_IMAGE_CHANNEL_SIGNATURES,
			       "channel has %u good signatures of channel keys, needed are %u%s",
			       t->n_good, needed, t->n_revoked ? "; a key is revoked" : "");
	return 0;
}

static int check_lines(const struct trust_root *r, const struct trust_tally *t,
		       const struct channel *c, struct err *err)
{
	unsigned needed = r->threshold[TRUST_ROLE_CHANNEL];

	for (size_t i = 0; i < c->n_images; i++) {
		unsigned n = trust_root_tally_of_line(r, t, c->images[i].line);

		if (n < needed)
			return err_set(err, ERR_IMAGE_LINE,
				       "%u of the keys that signed the channel may speak for line "
				       "'%s', needed are %u",
				       n, c->images[i].line, needed);
	}
	return 0;
}

int channel_open(const struct trust_root *r, const void *p, size_t n_bytes, struct channel **ret,
		 struct err *err)
{
	AUTO(channel) struct channel *c = NULL;
	struct signed_document document;
	struct trust_tally t;
	struct err why = ERR_INIT;

	TRY(open_envelope(p, n_bytes, &c, err));
	document = envelope_signed(&c->document, CHANNEL_PAYLOAD_TYPE);
	trust_root_tally(r, TRUST_ROLE_CHANNEL, &document, &t);
	TRY(check_tally(r, &t, err));
	if (parse_payload(c, &why) < 0)
		return malformed(&why, err);
	TRY(check_lines(r, &t, c, err));
	*ret = take_ptr(c);
	return 0;
}

int channel_check_time(const struct channel *c, int64_t now_s, struct err *err)
{
	if (now_s < c->expires_s)
		return 0;
	return err_set(err, ERR_IMAGE_CHANNEL_EXPIRED,
		       "channel %" PRIu64 " expired %" PRId64 " s ago", c->seq,
		       now_s - c->expires_s);
}

static bool is_same(const struct channel *a, const struct channel *b)
{
	return a->document.payload_bytes == b->document.payload_bytes &&
	       !memcmp(a->document.payload, b->document.payload, a->document.payload_bytes);
}

int channel_accept(const struct channel_demands *demands, const void *p, size_t n_bytes,
		   struct channel **ret, struct err *err)
{
	const struct channel *held = demands->held;
	AUTO(channel) struct channel *c = NULL;

	TRY(channel_open(demands->root, p, n_bytes, &c, err));
	if (held && c->seq <= held->seq && !is_same(c, held))
		return err_set(err, ERR_IMAGE_CHANNEL_SEQUENCE,
			       "channel %" PRIu64 " cannot follow %" PRIu64, c->seq, held->seq);
	TRY(channel_check_time(c, demands->now_s, err));
	*ret = take_ptr(c);
	return 0;
}

/* ---- asking ---------------------------------------------------------------------------------- */

const struct channel_image *channel_find(const struct channel *c, const char *line,
					 enum image_arch arch)
{
	for (size_t i = 0; i < c->n_images; i++)
		if (c->images[i].arch == arch && str_eq(c->images[i].line, line))
			return &c->images[i];
	return NULL;
}

int channel_check_latest(const struct channel *c, const struct manifest *m, struct err *err)
{
	const struct channel_image *latest = channel_find(c, m->line, m->arch);

	if (!latest)
		return err_set(err, ERR_IMAGE_CHANNEL_MISSING,
			       "channel %" PRIu64 " does not name line '%s' for %s", c->seq,
			       m->line, image_arch_str(m->arch));
	if (digest_eq(latest->digest, m->digest, SHA256_BYTES))
		return 0;
	return err_set(err, ERR_IMAGE_NOT_LATEST,
		       "image is %s %s, channel %" PRIu64 " names %s as the latest of its line",
		       m->line, m->version, c->seq, latest->version);
}

json_t *channel_json(const struct channel *c)
{
	json_t *doc = json_loadb(c->document.payload, c->document.payload_bytes, 0, NULL);

	BUG_ON(!doc); /* it was parsed before */
	return doc;
}
