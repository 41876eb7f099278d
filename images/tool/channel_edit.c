/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Making channels; see images/channel_edit.h. Every document is read back by the reader that
 * servers and hosts use before it is signed.
 */
#include <images/channel_edit.h>

#include <string.h>

#include <base/json.h>
#include <base/str.h>

struct channel *channel_new(void)
{
	struct channel *c = xcalloc(1, sizeof(*c));

	c->seq = 1;
	return c;
}

struct channel *channel_copy(const struct channel *c)
{
	struct channel *copy = xmalloc(sizeof(*copy));

	*copy = *c;
	copy->document.payload = xstrndup(c->document.payload, c->document.payload_bytes);
	return copy;
}

/* Where the pair is, or belongs. */
static size_t place_of(const struct channel *c, const struct manifest *m, bool *ret_found)
{
	size_t i = 0;
	int order = 1;

	for (; i < c->n_images; i++) {
		order = channel_order(c->images[i].line, c->images[i].arch, m->line, m->arch);
		if (order >= 0)
			break;
	}
	*ret_found = i < c->n_images && !order;
	return i;
}

int channel_name(struct channel *c, const struct manifest *m, struct err *err)
{
	bool found;
	size_t i = place_of(c, m, &found);
	struct channel_image *image = &c->images[i];

	if (!found) {
		if (c->n_images == CHANNEL_MAX_IMAGES)
			return err_set(err, ERR_TOO_BIG, "there are %d images already",
				       CHANNEL_MAX_IMAGES);
		memmove(image + 1, image, (c->n_images - i) * sizeof(*image));
		c->n_images++;
	}
	*image = (struct channel_image){.arch = m->arch};
	memcpy(image->line, m->line, sizeof(image->line));
	memcpy(image->version, m->version, sizeof(image->version));
	memcpy(image->digest, m->digest, sizeof(image->digest));
	return 0;
}

/* ---- the document ---------------------------------------------------------------------------- */

static json_t *images_json(const struct channel *c)
{
	json_t *list = json_array();

	for (size_t i = 0; i < c->n_images; i++) {
		const struct channel_image *image = &c->images[i];
		char digest[SHA256_HEX_BYTES];

		hex_encode(image->digest, SHA256_BYTES, digest);
		json_array_append_new(list,
				      json_pack("{s:s, s:s, s:s, s:s}", "arch",
						image_arch_str(image->arch), "digest", digest,
						"line", image->line, "version", image->version));
	}
	return list;
}

char *channel_envelope(const struct channel *c)
{
	return envelope_text(&c->document, CHANNEL_PAYLOAD_TYPE);
}

int channel_seal(struct channel **c, struct err *err)
{
	autojson json_t *doc = json_pack("{s:s, s:I, s:I, s:I, s:o}", "type", CHANNEL_TYPE, "seq",
					 (json_int_t)(*c)->seq, "issued",
					 (json_int_t)(*c)->issued_s, "expires",
					 (json_int_t)(*c)->expires_s, "images", images_json(*c));
	AUTO(channel) struct channel *sealed = NULL;
	autofree char *envelope = NULL;

	BUG_ON(!doc);
	envelope_done(&(*c)->document);
	(*c)->document.payload = json_text(doc);
	(*c)->document.payload_bytes = strlen((*c)->document.payload);
	envelope = channel_envelope(*c);
	TRY(channel_parse_unsigned(envelope, strlen(envelope), &sealed, err));
	channel_free(*c);
	*c = take_ptr(sealed);
	return 0;
}

int channel_sign(struct channel *c, const struct signer *signer, struct err *err)
{
	return signer_sign_envelope(signer, CHANNEL_PAYLOAD_TYPE, &c->document, err);
}
