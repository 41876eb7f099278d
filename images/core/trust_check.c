/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a trust root allows: its own succession, and which manifests are signed well enough; see
 * images/trust_root.h. Everything here is pure: documents in, verdict out.
 */
#include <images/trust_root.h>

#include <inttypes.h>
#include <string.h>

#include <base/json.h>
#include <base/str.h>

static bool digest_in(const uint8_t (*list)[SHA256_BYTES], size_t n, const uint8_t *digest)
{
	for (size_t i = 0; i < n; i++)
		if (!memcmp(list[i], digest, SHA256_BYTES))
			return true;
	return false;
}

static bool key_id_is_revoked(const struct trust_root *r, const uint8_t *id)
{
	return digest_in((const uint8_t(*)[SHA256_BYTES])r->revoked_keys, r->n_revoked_keys, id);
}

static size_t find_key(const struct trust_root *r, const uint8_t *id)
{
	size_t i = 0;

	while (i < r->n_keys && memcmp(r->keys[i].key.id, id, SHA256_BYTES))
		i++;
	return i;
}

/* ---- signatures ------------------------------------------------------------------------------ */

void trust_root_tally(const struct trust_root *r, enum trust_role role,
		      const struct signed_document *d, struct trust_tally *ret)
{
	struct trust_tally *t = ret;
	autofree uint8_t *pae = NULL;
	size_t n_pae;

	*t = (struct trust_tally){0};
	dsse_pae(d->type, d->body, d->n_bytes, &pae, &n_pae);
	for (size_t i = 0; i < d->signatures->n; i++) {
		const struct signature *sig = &d->signatures->items[i];
		size_t k = find_key(r, sig->key_id);

		if (key_id_is_revoked(r, sig->key_id)) {
			t->n_revoked++;
			continue;
		}
		if (k == r->n_keys || !r->keys[k].may[role] || t->good[k])
			continue;
		t->good[k] = signature_is_good(&r->keys[k].key, sig, pae, n_pae);
		t->n_good += t->good[k];
		t->n_wrong += !t->good[k];
	}
}

static bool key_may_sign(const struct trust_key *key, const char *line)
{
	for (size_t i = 0; i < key->n_lines; i++)
		if (str_glob(key->lines[i], line))
			return true;
	return false;
}

unsigned trust_root_tally_of_line(const struct trust_root *r, const struct trust_tally *t,
				  const char *line)
{
	unsigned n = 0;

	for (size_t k = 0; k < r->n_keys; k++)
		n += t->good[k] && key_may_sign(&r->keys[k], line);
	return n;
}

/* ---- succession of roots --------------------------------------------------------------------- */

unsigned trust_root_count_signers(const struct trust_root *r, const struct trust_root *by)
{
	const struct signed_document document = envelope_signed(&r->document,
								TRUST_ROOT_PAYLOAD_TYPE);
	struct trust_tally t;

	trust_root_tally(by, TRUST_ROLE_ROOT, &document, &t);
	return t.n_good;
}

static int check_signers(const struct trust_root *r, const struct trust_root *by, const char *whose,
			 struct err *err)
{
	unsigned n = trust_root_count_signers(r, by), needed = by->threshold[TRUST_ROLE_ROOT];

	if (n >= needed)
		return 0;
	return err_set(err, ERR_IMAGE_ROOT_SIGNATURES,
		       "trust root %" PRIu64
		       " has %u good signatures of %s root keys, needed are %u",
		       r->seq, n, whose, needed);
}

int trust_root_parse(const void *p, size_t n_bytes, struct trust_root **ret, struct err *err)
{
	AUTO(trust_root) struct trust_root *r = NULL;

	TRY(trust_root_parse_unsigned(p, n_bytes, &r, err));
	TRY(check_signers(r, r, "its own", err));
	*ret = take_ptr(r);
	return 0;
}

int trust_root_load(const char *path, struct trust_root **ret, struct err *err)
{
	autofree char *text = NULL;
	size_t n_bytes;

	TRY(envelope_read_file(path, TRUST_ROOT_MAX_BYTES, &text, &n_bytes, err));
	if (trust_root_parse(text, n_bytes, ret, err) < 0)
		return err_wrap(err, "file '%s'", path);
	return 0;
}

int trust_root_update(const struct trust_root *trusted, const void *p, size_t n_bytes,
		      struct trust_root **ret, struct err *err)
{
	AUTO(trust_root) struct trust_root *next = NULL;

	TRY(trust_root_parse_unsigned(p, n_bytes, &next, err));
	if (next->seq != trusted->seq + 1)
		return err_set(err, ERR_IMAGE_ROOT_SEQUENCE,
			       "trust root %" PRIu64 " cannot follow %" PRIu64, next->seq,
			       trusted->seq);
	if (trusted->profile == TRUST_PROFILE_HARDENED && next->profile == TRUST_PROFILE_LAB)
		return err_set(err, ERR_IMAGE_ROOT, "a lab root cannot follow a hardened one");
	TRY(check_signers(next, trusted, "the earlier version's", err));
	TRY(check_signers(next, next, "its own", err));
	*ret = take_ptr(next);
	return 0;
}

int trust_root_check_time(const struct trust_root *r, int64_t now_s, struct err *err)
{
	if (now_s < r->expires_s)
		return 0;
	return err_set(err, ERR_IMAGE_ROOT_EXPIRED,
		       "trust root %" PRIu64 " expired %" PRId64 " days ago", r->seq,
		       (now_s - r->expires_s) / 86400);
}

bool trust_root_demands_channel(const struct trust_root *r)
{
	return r->threshold[TRUST_ROLE_CHANNEL] > 0;
}

uint64_t trust_root_floor(const struct trust_root *r, const char *line)
{
	uint64_t floor = 0;

	for (size_t i = 0; i < r->n_floors; i++)
		if (str_eq(r->floors[i].line, line) && r->floors[i].min_seq > floor)
			floor = r->floors[i].min_seq;
	return floor;
}

/* ---- manifests ------------------------------------------------------------------------------- */

static int check_tally(const struct trust_root *r, const struct signatures *sigs,
		       const struct trust_tally *t, struct err *err)
{
	unsigned needed = r->threshold[TRUST_ROLE_IMAGE];

	if (!sigs->n)
		return err_set(err, ERR_IMAGE_UNSIGNED, "the image has no signature");
	if (t->n_good >= needed)
		return 0;
	if (t->n_good)
		return err_set(err, ERR_IMAGE_THRESHOLD, "%u trusted keys signed, needed are %u",
			       t->n_good, needed);
	if (t->n_revoked)
		return err_set(err, ERR_IMAGE_KEY_REVOKED, "the signing key is revoked");
	if (t->n_wrong)
		return err_set(err, ERR_IMAGE_UNTRUSTED,
			       "the signature does not belong to this manifest");
	return err_set(err, ERR_IMAGE_UNTRUSTED, "no signature is by a key of the trust root");
}

static int check_line(const struct trust_root *r, const struct trust_tally *t,
		      const struct manifest *m, struct err *err)
{
	unsigned n = trust_root_tally_of_line(r, t, m->line);
	unsigned needed = r->threshold[TRUST_ROLE_IMAGE];

	if (n >= needed)
		return 0;
	return err_set(err, ERR_IMAGE_LINE,
		       "%u of the keys that signed may sign line '%s', needed are %u", n, m->line,
		       needed);
}

int trust_root_open_manifest(const struct trust_root *r, const struct signatures *sigs,
			     const void *doc, size_t n_bytes, struct manifest **ret,
			     struct err *err)
{
	const struct signed_document document = {
		.type = MANIFEST_PAYLOAD_TYPE, .body = doc, .n_bytes = n_bytes, .signatures = sigs};
	AUTO(manifest) struct manifest *m = NULL;
	struct trust_tally t;

	trust_root_tally(r, TRUST_ROLE_IMAGE, &document, &t);
	TRY(check_tally(r, sigs, &t, err));
	TRY(manifest_parse(doc, n_bytes, &m, err));
	TRY(check_line(r, &t, m, err));
	if (digest_in((const uint8_t(*)[SHA256_BYTES])r->revoked_images, r->n_revoked_images,
		      m->digest))
		return err_set(err, ERR_IMAGE_REVOKED, "image '%s' %s is revoked", m->line,
			       m->version);
	*ret = take_ptr(m);
	return 0;
}
