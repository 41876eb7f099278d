/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading one line of authorized_keys; see ssh_key.h. RFC 4253 section 6.6 and RFC 8709: the bytes
 * are fields, each with its length in four bytes, and the first one is the type again.
 */
#include "ssh_key.h"

#include <stddef.h>
#include <string.h>
#include <base/bytes.h>
#include <base/cleanup.h>
#include <base/digest.h>
#include <base/str.h>

#define BLOB_MAX_BYTES 8192
#define TYPE_MAX_BYTES 64

static const struct key_type {
	const char *name;
	size_t n_fields;   /* after the type */
	size_t last_bytes; /* the length of the field that is the key; 0: several lengths are good */
	size_t key_field;
} types[] = {
	{"ssh-ed25519", 1, 32, 0},
	{"ssh-rsa", 2, 0, 1},
	{"ecdsa-sha2-nistp256", 2, 65, 1},
	{"ecdsa-sha2-nistp384", 2, 97, 1},
	{"ecdsa-sha2-nistp521", 2, 133, 1},
	{"sk-ssh-ed25519@openssh.com", 2, 32, 0},
	{"sk-ecdsa-sha2-nistp256@openssh.com", 3, 65, 1},
};

#define RSA_MIN_BYTES 256 /* 2048 bits; sshd refuses less than 1024 */

static const struct key_type *find_type(struct sv word)
{
	for (size_t i = 0; i < ARRAY_LEN(types); i++)
		if (sv_eq_str(word, types[i].name))
			return &types[i];
	return NULL;
}

/* Up to a blank that stands in no quotes: options hold commands with blanks. */
static struct sv take_word(struct sv *rest)
{
	bool quoted = false;
	size_t n = 0;

	*rest = sv_trim(*rest);
	for (; n < rest->n; n++) {
		char c = rest->p[n];
		if (c == '"' && !(n > 0 && rest->p[n - 1] == '\\'))
			quoted = !quoted;
		if (!quoted && (c == ' ' || c == '\t'))
			break;
	}
	struct sv word = {rest->p, n};
	rest->p += n;
	rest->n -= n;
	return word;
}

/* A field of the bytes: false when they end too early. */
static bool take_field(struct cur *c, struct sv *ret)
{
	uint32_t n = cur_be32(c);

	if (c->short_read || n > c->left_bytes)
		return false;
	ret->p = (const char *)cur_bytes(c, n);
	ret->n = n;
	return !c->short_read;
}

static bool good_length(const struct key_type *t, size_t n)
{
	if (t->last_bytes)
		return n == t->last_bytes;
	return n >= RSA_MIN_BYTES;
}

static bool is_key_of(const struct key_type *t, const uint8_t *p, size_t n)
{
	struct cur c = cur_of(p, n);
	struct sv field;
	bool good = take_field(&c, &field) && sv_eq_str(field, t->name);

	for (size_t i = 0; good && i < t->n_fields; i++) {
		good = take_field(&c, &field);
		if (good && i == t->key_field)
			good = good_length(t, field.n);
	}
	return good && c.left_bytes == 0;
}

int ssh_key_check(const char *line, struct err *err)
{
	struct sv rest = sv_of(line);
	struct sv word = take_word(&rest);
	const struct key_type *t = find_type(word);
	autofree uint8_t *blob = NULL;
	size_t n = 0;

	if (str_starts(line, "-----BEGIN"))
		return err_set(
			err, ERR_FIELD_TYPE,
			"this is the beginning of a PEM file; paste the line of the .pub file");
	if (!t)
		t = find_type(take_word(&rest)); /* the first word may be options */
	if (!t)
		return err_set(err, ERR_FIELD_TYPE,
			       "'%.*s' is not a type of SSH keys; paste the line of the .pub file",
			       (int)(word.n < TYPE_MAX_BYTES ? word.n : TYPE_MAX_BYTES), word.p);
	struct sv text = take_word(&rest);
	autofree char *base64 = xstrndup(text.p, text.n);
	struct err inner = ERR_INIT;
	if (base64_decode(base64, BLOB_MAX_BYTES, &blob, &n, &inner) < 0 || !is_key_of(t, blob, n))
		return err_set(
			err, ERR_FIELD_TYPE,
			"the %s key is cut or changed%s; paste the line of the .pub file again",
			t->name, t->last_bytes ? "" : ", or has less than 2048 bits");
	return 0;
}
