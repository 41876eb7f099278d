/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Making trust roots; see images/root_edit.h. Every document is read back by the reader that hosts
 * use before it is signed, so that no root leaves here that they would refuse for its form.
 */
#include <images/root_edit.h>

#include <string.h>

#include <base/json.h>
#include <base/str.h>

struct trust_root *trust_root_new(void)
{
	struct trust_root *r = xcalloc(1, sizeof(*r));

	r->seq = 1;
	r->threshold[TRUST_ROLE_ROOT] = r->threshold[TRUST_ROLE_IMAGE] = 1;
	r->revoked_keys = xcalloc(1, SHA256_BYTES);
	r->revoked_images = xcalloc(1, SHA256_BYTES);
	r->floors = xcalloc(1, sizeof(*r->floors));
	return r;
}

static void *copy_of(const void *p, size_t n, size_t size)
{
	void *copy = xcalloc(n + 1, size);

	if (n)
		memcpy(copy, p, n * size);
	return copy;
}

struct trust_root *trust_root_copy(const struct trust_root *r)
{
	struct trust_root *copy = copy_of(r, 1, sizeof(*r));

	copy->revoked_keys = copy_of(r->revoked_keys, r->n_revoked_keys, SHA256_BYTES);
	copy->revoked_images = copy_of(r->revoked_images, r->n_revoked_images, SHA256_BYTES);
	copy->floors = copy_of(r->floors, r->n_floors, sizeof(*r->floors));
	copy->document.payload = xstrndup(r->document.payload, r->document.payload_bytes);
	return copy;
}

int trust_root_key(struct trust_root *r, const struct public_key *key, struct trust_key **ret,
		   struct err *err)
{
	size_t i = 0;

	while (i < r->n_keys && memcmp(r->keys[i].key.id, key->id, SHA256_BYTES) < 0)
		i++;
	if (i == r->n_keys || memcmp(r->keys[i].key.id, key->id, SHA256_BYTES)) {
		if (r->n_keys == TRUST_ROOT_MAX_KEYS)
			return err_set(err, ERR_TOO_BIG, "there are %d keys already",
				       TRUST_ROOT_MAX_KEYS);
		memmove(&r->keys[i + 1], &r->keys[i], (r->n_keys - i) * sizeof(r->keys[0]));
		r->keys[i] = (struct trust_key){.key = *key};
		r->n_keys++;
	}
	*ret = &r->keys[i];
	return 0;
}

static int add_digest(uint8_t (**list)[SHA256_BYTES], size_t *n, const uint8_t *digest,
		      struct err *err)
{
	for (size_t i = 0; i < *n; i++)
		if (!memcmp((*list)[i], digest, SHA256_BYTES))
			return 0;
	if (*n == TRUST_ROOT_MAX_REVOKED)
		return err_set(err, ERR_TOO_BIG, "there are %d entries already",
			       TRUST_ROOT_MAX_REVOKED);
	*list = xrealloc(*list, (*n + 1) * sizeof(**list));
	memcpy((*list)[(*n)++], digest, SHA256_BYTES);
	return 0;
}

int trust_root_revoke_key(struct trust_root *r, const uint8_t id[static SHA256_BYTES],
			  struct err *err)
{
	return add_digest(&r->revoked_keys, &r->n_revoked_keys, id, err);
}

int trust_root_revoke_image(struct trust_root *r, const uint8_t digest[static SHA256_BYTES],
			    struct err *err)
{
	return add_digest(&r->revoked_images, &r->n_revoked_images, digest, err);
}

int trust_root_set_floor(struct trust_root *r, const char *line, uint64_t min_seq, struct err *err)
{
	struct trust_floor *floor = NULL;

	for (size_t i = 0; i < r->n_floors; i++)
		if (str_eq(r->floors[i].line, line))
			floor = &r->floors[i];
	if (!floor) {
		if (r->n_floors == TRUST_ROOT_MAX_FLOORS)
			return err_set(err, ERR_TOO_BIG, "there are %d floors already",
				       TRUST_ROOT_MAX_FLOORS);
		r->floors = xrealloc(r->floors, (r->n_floors + 1) * sizeof(*r->floors));
		floor = &r->floors[r->n_floors++];
	}
	if (!str_copy(floor->line, sizeof(floor->line), line))
		return err_set(err, ERR_INVALID, "'%s' is not a line", line);
	floor->min_seq = min_seq;
	return 0;
}

/* ---- the document ---------------------------------------------------------------------------- */

static json_t *key_json(const struct trust_key *k)
{
	char id[SHA256_HEX_BYTES];
	autofree char *public = base64_encode(k->key.der, k->key.n_der);
	json_t *lines = json_array(), *roles = json_array();

	hex_encode(k->key.id, SHA256_BYTES, id);
	for (size_t i = 0; i < k->n_lines; i++)
		json_array_append_new(lines, json_string(k->lines[i]));
	for (int i = 0; i < _TRUST_ROLE_MAX; i++)
		if (k->may[i])
			json_array_append_new(roles,
					      json_string(trust_role_str((enum trust_role)i)));
	return json_pack("{s:s, s:s, s:s, s:o, s:o}", "id", id, "algorithm",
			 key_algorithm_str(k->key.algorithm), "public", public, "lines", lines,
			 "roles", roles);
}

static json_t *digests_json(const uint8_t (*list)[SHA256_BYTES], size_t n)
{
	json_t *array = json_array();

	for (size_t i = 0; i < n; i++) {
		char text[SHA256_HEX_BYTES];

		hex_encode(list[i], SHA256_BYTES, text);
		json_array_append_new(array, json_string(text));
	}
	return array;
}

static void add_thresholds(const struct trust_root *r, json_t *doc)
{
	for (int i = 0; i < _TRUST_ROLE_MAX; i++) {
		autofree char *key = xasprintf("%s_threshold", trust_role_str((enum trust_role)i));

		if (r->threshold[i])
			json_object_set_new(doc, key, json_integer(r->threshold[i]));
	}
}

static json_t *root_json(const struct trust_root *r)
{
	json_t *keys = json_array(), *floors = json_array(), *doc;

	for (size_t i = 0; i < r->n_keys; i++)
		json_array_append_new(keys, key_json(&r->keys[i]));
	for (size_t i = 0; i < r->n_floors; i++)
		json_array_append_new(floors,
				      json_pack("{s:s, s:I}", "line", r->floors[i].line, "min_seq",
						(json_int_t)r->floors[i].min_seq));
	doc = json_pack(
		"{s:s, s:I, s:s, s:I, s:I, s:o, s:o, s:o, s:o}", "type", "slipway-root/v1", "seq",
		(json_int_t)r->seq, "profile", trust_profile_str(r->profile), "created",
		(json_int_t)r->created_s, "expires", (json_int_t)r->expires_s, "keys", keys,
		"floors", floors, "revoked_keys",
		digests_json((const uint8_t(*)[SHA256_BYTES])r->revoked_keys, r->n_revoked_keys),
		"revoked_images",
		digests_json((const uint8_t(*)[SHA256_BYTES])r->revoked_images,
			     r->n_revoked_images));
	BUG_ON(!doc);
	add_thresholds(r, doc);
	return doc;
}

char *trust_root_envelope(const struct trust_root *r)
{
	return envelope_text(&r->document, TRUST_ROOT_PAYLOAD_TYPE);
}

int trust_root_seal(struct trust_root **r, struct err *err)
{
	autojson json_t *doc = root_json(*r);
	AUTO(trust_root) struct trust_root *sealed = NULL;
	autofree char *envelope = NULL;

	envelope_done(&(*r)->document);
	(*r)->document.payload = json_text(doc);
	(*r)->document.payload_bytes = strlen((*r)->document.payload);
	envelope = trust_root_envelope(*r);
	TRY(trust_root_parse_unsigned(envelope, strlen(envelope), &sealed, err));
	trust_root_free(*r);
	*r = take_ptr(sealed);
	return 0;
}

int trust_root_sign(struct trust_root *r, const struct signer *signer, struct err *err)
{
	return signer_sign_envelope(signer, TRUST_ROOT_PAYLOAD_TYPE, &r->document, err);
}
