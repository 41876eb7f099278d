/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scrypt by OpenSSL. The costs are OWASP's for interactive sign-in (N = 2^15, r = 8, p = 3). Input:
 * passwords from anybody, hashes from the store.
 */
#include "password.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#include <base/digest.h>
#include <base/limits.h>
#include <base/str.h>

#define SALT_BYTES 16
#define KEY_BYTES  32
#define MEMORY_MAX (72 * MIB) /* of the largest costs below */

struct costs {
	uint64_t log2_n, r, p;
};
static const struct costs costs_now = {15, 8, 3};
static const struct costs costs_max = {16, 8, 8}; /* a store that asks for more is refused */

struct parts {
	struct costs costs;
	uint8_t salt[SALT_BYTES], key[KEY_BYTES];
};

static int work_out(const char *text, const struct parts *from, uint8_t ret[static KEY_BYTES],
		    struct err *err)
{
	const struct costs *c = &from->costs;

	if (EVP_PBE_scrypt(text, strlen(text), from->salt, SALT_BYTES, 1ULL << c->log2_n, c->r,
			   c->p, MEMORY_MAX, ret, KEY_BYTES) == 1)
		return 0;
	return err_set(err, ERR_CRYPTO, "scrypt failed");
}

int password_hash(const char *text, char ret[static PASSWORD_HASH_BYTES], struct err *err)
{
	struct parts made = {.costs = costs_now};
	char salt[2 * SALT_BYTES + 1], key[2 * KEY_BYTES + 1];

	random_bytes(made.salt, sizeof(made.salt));
	TRY(work_out(text, &made, made.key, err));
	hex_encode(made.salt, sizeof(made.salt), salt);
	hex_encode(made.key, sizeof(made.key), key);
	(void)snprintf(ret, PASSWORD_HASH_BYTES, "scrypt$%llu$%llu$%llu$%s$%s",
		       (unsigned long long)costs_now.log2_n, (unsigned long long)costs_now.r,
		       (unsigned long long)costs_now.p, salt, key);
	explicit_bzero(&made, sizeof(made));
	return 0;
}

static bool read_cost(struct sv *rest, uint64_t max, uint64_t *ret)
{
	struct sv word = sv_split(rest, '$');
	autofree char *text = xstrndup(word.p, word.n);

	return parse_u64(text, ret) && *ret >= 1 && *ret <= max;
}

static bool read_hex(struct sv *rest, uint8_t *ret, size_t n)
{
	struct sv word = sv_split(rest, '$');
	autofree char *text = xstrndup(word.p, word.n);

	return word.n == 2 * n && hex_decode(text, ret, n);
}

static bool read_stored(const char *stored, struct parts *ret)
{
	struct sv rest = sv_of(stored);

	return sv_eq_str(sv_split(&rest, '$'), "scrypt") &&
	       read_cost(&rest, costs_max.log2_n, &ret->costs.log2_n) &&
	       read_cost(&rest, costs_max.r, &ret->costs.r) &&
	       read_cost(&rest, costs_max.p, &ret->costs.p) &&
	       read_hex(&rest, ret->salt, SALT_BYTES) && read_hex(&rest, ret->key, KEY_BYTES) &&
	       rest.n == 0;
}

int password_check(const char *text, const char *stored, bool *ret_right, struct err *err)
{
	struct parts kept = {.costs = costs_now};
	uint8_t key[KEY_BYTES];
	bool known = read_stored(stored, &kept);

	if (!known)
		kept = (struct parts){.costs = costs_now};
	TRY(work_out(text, &kept, key, err));
	*ret_right = digest_eq(key, kept.key, sizeof(key)) && known;
	explicit_bzero(key, sizeof(key));
	return 0;
}
