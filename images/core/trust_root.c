/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading trust roots: a DSSE-like envelope around a canonical document; see images/trust_root.h.
 * Here is the document's shape and its inner rules; what a root allows is judged in trust_check.c.
 */
#include <images/trust_root.h>

#include <string.h>

#include <base/json.h>
#include <base/str.h>

#define ROOT_TYPE     "slipway-root/v1"
#define JSON_INT_LAST (((int64_t)1 << 53) - 1)

void trust_root_free(struct trust_root *r)
{
	if (!r)
		return;
	free(r->revoked_keys);
	free(r->revoked_images);
	free(r->floors);
	envelope_done(&r->document);
	free(r);
}

/* Role, and the field that says how many of its keys it takes. */
static const struct {
	const char *name, *threshold;
	bool is_optional;
} roles[_TRUST_ROLE_MAX] = {
	[TRUST_ROLE_CHANNEL] = {"channel", "channel_threshold", true},
	[TRUST_ROLE_IMAGE] = {"image", "image_threshold", false},
	[TRUST_ROLE_ROOT] = {"root", "root_threshold", false},
};

const char *trust_role_str(enum trust_role role)
{
	return (unsigned)role < _TRUST_ROLE_MAX ? roles[role].name : "unknown";
}

/* ---- fields ---------------------------------------------------------------------------------- */

static size_t role_of_word(const char *word)
{
	size_t i = 0;

	while (i < _TRUST_ROLE_MAX && !str_eq(word, roles[i].name))
		i++;
	return i;
}

static void read_roles(struct json_reader *r, struct trust_key *ret)
{
	json_t *list = json_need_arr(r, "roles", _TRUST_ROLE_MAX);

	for (size_t i = 0; i < json_array_size(list); i++) {
		size_t role = role_of_word(json_string_value(json_array_get(list, i)));

		if (role == _TRUST_ROLE_MAX || ret->may[role]) {
			json_reader_fail(r, "roles", ERR_INVALID,
					 "may hold channel, image and root, once each");
			return;
		}
		ret->may[role] = true;
	}
}

static void read_thresholds(struct json_reader *r, struct trust_root *root)
{
	for (size_t i = 0; i < _TRUST_ROLE_MAX; i++) {
		const char *key = roles[i].threshold;

		root->threshold[i] =
			(unsigned)(roles[i].is_optional
					   ? json_opt_int(r, key, 1, TRUST_ROOT_MAX_KEYS, 0)
					   : json_need_int(r, key, 1, TRUST_ROOT_MAX_KEYS));
	}
}

static void read_lines(struct json_reader *r, struct trust_key *ret)
{
	json_t *list = json_need_arr(r, "lines", TRUST_ROOT_MAX_LINES);

	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *text = json_string_value(json_array_get(list, i));

		if (!text || !text[0] || !str_copy(ret->lines[i], sizeof(ret->lines[i]), text)) {
			json_reader_fail(r, "lines", ERR_INVALID, "holds what is not a pattern");
			return;
		}
		ret->n_lines = i + 1;
	}
}

static int read_key(const struct json_reader *parent, json_t *item, size_t i, struct trust_key *ret)
{
	struct json_reader r = json_reader_item(parent, item, "keys", i);
	const char *id = json_need_hex(&r, "id", 2 * (size_t)SHA256_BYTES);
	const char *algorithm = json_need_str(&r, "algorithm", 1, 32);
	const char *public = json_need_str(&r, "public", 4, 2 * (size_t)KEY_DER_MAX_BYTES);
	autofree uint8_t *der = NULL;
	size_t n_der;
	char real_id[SHA256_HEX_BYTES];

	read_roles(&r, ret);
	read_lines(&r, ret);
	TRY(json_reader_end(&r));
	TRY(base64_decode(public, KEY_DER_MAX_BYTES, &der, &n_der, r.err));
	TRY(public_key_parse(der, n_der, &ret->key, r.err));
	hex_encode(ret->key.id, SHA256_BYTES, real_id);
	if (!str_eq(id, real_id))
		json_reader_fail(&r, "id", ERR_INVALID, "is not the digest of the key");
	if (!str_eq(algorithm, key_algorithm_str(ret->key.algorithm)))
		json_reader_fail(&r, "algorithm", ERR_INVALID, "is not the key's");
	return r.status;
}

/* Keys stand in order of their ids, which also rules out doubles. */
static int read_keys(struct json_reader *r, struct trust_root *root)
{
	json_t *list = json_need_arr(r, "keys", TRUST_ROOT_MAX_KEYS);

	for (size_t i = 0; i < json_array_size(list) && !r->status; i++) {
		TRY(read_key(r, json_array_get(list, i), i, &root->keys[i]));
		root->n_keys = i + 1;
		if (i && memcmp(root->keys[i - 1].key.id, root->keys[i].key.id, SHA256_BYTES) >= 0)
			json_reader_fail(r, "keys", ERR_INVALID, "are not in order, each once");
	}
	return r->status;
}

static int read_digests(struct json_reader *r, const char *key, size_t *ret_n,
			uint8_t (**ret)[SHA256_BYTES])
{
	json_t *list = json_need_arr(r, key, TRUST_ROOT_MAX_REVOKED);
	size_t n = json_array_size(list);

	if (r->status)
		return r->status;
	*ret = xcalloc(n + 1, SHA256_BYTES);
	for (size_t i = 0; i < n; i++) {
		const char *text = json_string_value(json_array_get(list, i));

		if (!text || strspn(text, "0123456789abcdef") != 2 * (size_t)SHA256_BYTES ||
		    !hex_decode(text, (*ret)[i], SHA256_BYTES)) {
			json_reader_fail(r, key, ERR_INVALID, "holds what is not a digest");
			return r->status;
		}
	}
	*ret_n = n;
	return 0;
}

static int read_floors(struct json_reader *r, struct trust_root *root)
{
	json_t *list = json_need_arr(r, "floors", TRUST_ROOT_MAX_FLOORS);
	size_t n = json_array_size(list);

	if (r->status)
		return r->status;
	root->floors = xcalloc(n + 1, sizeof(*root->floors));
	for (size_t i = 0; i < n; i++) {
		struct json_reader item = json_reader_item(r, json_array_get(list, i), "floors", i);
		const char *line = json_need_str(&item, "line", 1, MANIFEST_NAME_BYTES - 1);

		root->floors[i].min_seq = (uint64_t)json_need_int(&item, "min_seq", 1,
								  JSON_INT_LAST);
		if (line && !manifest_name_is_valid(line))
			json_reader_fail(&item, "line", ERR_INVALID, "is not a line");
		TRY(json_reader_end(&item));
		(void)str_copy(root->floors[i].line, MANIFEST_NAME_BYTES, line);
	}
	root->n_floors = n;
	return 0;
}

const char *trust_profile_str(enum trust_profile profile)
{
	return profile == TRUST_PROFILE_HARDENED ? "hardened" : "lab";
}

static void read_profile(struct json_reader *r, struct trust_root *root)
{
	const char *text = json_need_str(r, "profile", 1, 16);

	if (str_eq(text, "hardened"))
		root->profile = TRUST_PROFILE_HARDENED;
	else if (text && !str_eq(text, "lab"))
		json_reader_fail(r, "profile", ERR_INVALID, "is neither lab nor hardened");
}

static int read_document(json_t *doc, struct trust_root *root, struct err *err)
{
	struct json_reader r = json_reader_root(doc, err);
	const char *type = json_need_str(&r, "type", 1, 64);

	if (type && !str_eq(type, ROOT_TYPE))
		json_reader_fail(&r, "type", ERR_INVALID, "is not " ROOT_TYPE);
	root->seq = (uint64_t)json_need_int(&r, "seq", 1, JSON_INT_LAST);
	root->created_s = json_need_int(&r, "created", 0, JSON_INT_LAST);
	root->expires_s = json_need_int(&r, "expires", 0, JSON_INT_LAST);
	read_thresholds(&r, root);
	read_profile(&r, root);
	TRY(read_keys(&r, root));
	TRY(read_digests(&r, "revoked_keys", &root->n_revoked_keys, &root->revoked_keys));
	TRY(read_digests(&r, "revoked_images", &root->n_revoked_images, &root->revoked_images));
	TRY(read_floors(&r, root));
	return json_reader_end(&r);
}

/* ---- rules ----------------------------------------------------------------------------------- */

static bool key_is_revoked(const struct trust_root *r, const struct trust_key *key)
{
	for (size_t i = 0; i < r->n_revoked_keys; i++)
		if (!memcmp(r->revoked_keys[i], key->key.id, SHA256_BYTES))
			return true;
	return false;
}

static int check_role(const struct trust_root *r, enum trust_role role, struct err *err)
{
	unsigned n_usable = 0, n_keys = 0;

	for (size_t i = 0; i < r->n_keys; i++) {
		n_keys += r->keys[i].may[role];
		n_usable += r->keys[i].may[role] && !key_is_revoked(r, &r->keys[i]);
	}
	if (r->threshold[role] > n_usable)
		return err_set(err, ERR_IMAGE_ROOT, "%s threshold is %u with %u usable keys",
			       roles[role].name, r->threshold[role], n_usable);
	/* Who lists keys for a role means to demand their signatures. */
	if (!r->threshold[role] && n_keys)
		return err_set(err, ERR_IMAGE_ROOT, "there are %s keys, but no %s",
			       roles[role].name, roles[role].threshold);
	return 0;
}

static int check_thresholds(const struct trust_root *r, struct err *err)
{
	for (int role = 0; role < _TRUST_ROLE_MAX; role++)
		TRY(check_role(r, (enum trust_role)role, err));
	if (r->profile == TRUST_PROFILE_HARDENED && r->threshold[TRUST_ROLE_ROOT] < 2)
		return err_set(err, ERR_IMAGE_ROOT, "a hardened root needs a root threshold of 2");
	if (r->expires_s <= r->created_s)
		return err_set(err, ERR_IMAGE_ROOT, "root expires before it was made");
	return 0;
}

static int parse_payload(struct trust_root *root, struct err *err)
{
	const char *text = root->document.payload;
	size_t n_bytes = root->document.payload_bytes;
	autojson json_t *doc = NULL;
	autofree char *again = NULL;

	TRY(json_load_strict(text, n_bytes, TRUST_ROOT_MAX_BYTES, &doc, err));
	TRY(read_document(doc, root, err));
	TRY(check_thresholds(root, err));
	again = json_text(doc);
	if (strlen(again) != n_bytes || memcmp(again, text, n_bytes))
		return err_set(err, ERR_IMAGE_ROOT, "the document is not in canonical form");
	sha256_of(text, n_bytes, root->digest);
	return 0;
}

static int parse_document(const void *p, size_t n_bytes, struct trust_root *root, struct err *err)
{
	TRY(envelope_parse(p, n_bytes, TRUST_ROOT_PAYLOAD_TYPE, TRUST_ROOT_MAX_BYTES,
			   &root->document, err));
	return parse_payload(root, err);
}

int trust_root_parse_unsigned(const void *p, size_t n_bytes, struct trust_root **ret,
			      struct err *err)
{
	AUTO(trust_root) struct trust_root *root = xcalloc(1, sizeof(*root));
	struct err why = ERR_INIT;

	if (parse_document(p, n_bytes, root, &why) < 0) {
		why.code = ERR_IMAGE_ROOT;
		(void)err_wrap(&why, "trust root");
		if (err)
			*err = why;
		return -ERR_IMAGE_ROOT;
	}
	*ret = take_ptr(root);
	return 0;
}
