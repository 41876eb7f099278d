/* SPDX-License-Identifier: Apache-2.0 */
/*
 * API tokens: 256 random bits, kept as SHA-256. Looking one up is an index search for the hash, so
 * its time says nothing about other tokens. Input: texts from anybody.
 */
#include <inventory/token.h>

#include <string.h>

#include <base/clock.h>
#include <base/digest.h>
#include <base/json.h>
#include <base/str.h>

#define USED_EVERY_US (60LL * 1000000)

static bool good_name(const char *name)
{
	size_t n = strlen(name);

	return n > 0 && n < 65 &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") ==
		       n;
}

/* One person is one text, however it is typed. */
static bool fold_owner(const char *owner, char ret[static 65])
{
	size_t n = strlen(owner);

	if (n > 64 ||
	    strspn(owner, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._@-") !=
		    n)
		return false;
	for (size_t i = 0; i <= n; i++)
		ret[i] = owner[i] >= 'A' && owner[i] <= 'Z' ? (char)(owner[i] + 32) : owner[i];
	return true;
}

static int insert(struct db *db, const struct token_draft *d, const char *owner, const char *hash,
		  int64_t *ret_num, struct err *err)
{
	int64_t id, at_us, n = 0;

	TRY(db_tick(db, d->now_us, &id, &at_us, err));
	TRY(db_query_int(db, err, &n, 0,
			 "SELECT count(*) FROM token WHERE name = $1 AND revoked_us IS NULL AND "
			 "expires_us > $2",
			 p_text(d->name), p_int(d->now_us)));
	if (n)
		return err_set(err, ERR_EXISTS, "a token called '%s' exists already", d->name);
	*ret_num = id;
	return db_exec(db, err,
		       "INSERT INTO token (num, name, hash, scopes, created_us, created_by, "
		       "expires_us, owner) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
		       p_int(id), p_text(d->name), p_text(hash), p_text(d->scopes),
		       p_int(d->now_us), p_text(d->who), p_int(d->expires_us), p_text(owner));
}

int token_create(struct db *db, const struct token_draft *draft,
		 char ret_text[static TOKEN_TEXT_BYTES], int64_t *ret_num, struct err *err)
{
	uint8_t secret[32];
	char hash[SHA256_HEX_BYTES], folded[65];

	if (!good_name(draft->name))
		return err_set(err, ERR_INVALID, "a token's name has 1 to 64 of A-Z a-z 0-9 . _ -");
	if (!fold_owner(draft->owner, folded))
		return err_set(err, ERR_INVALID, "an owner has at most 64 of A-Z a-z 0-9 . _ @ -");
	random_bytes(secret, sizeof(secret));
	memcpy(ret_text, TOKEN_PREFIX, sizeof(TOKEN_PREFIX));
	hex_encode(secret, sizeof(secret), ret_text + sizeof(TOKEN_PREFIX) - 1);
	sha256_hex_of(ret_text, strlen(ret_text), hash);
	explicit_bzero(secret, sizeof(secret));
	TRY(db_begin(db, err));
	return db_end(db, insert(db, draft, folded, hash, ret_num, err), err);
}

static bool looks_like_token(const char *text)
{
	return text && strlen(text) == TOKEN_TEXT_BYTES - 1 && str_starts(text, TOKEN_PREFIX);
}

static int note_use(struct db *db, int64_t num, int64_t last_us, int64_t now_us, struct err *err)
{
	if (now_us - last_us < USED_EVERY_US)
		return 0;
	return db_exec(db, err, "UPDATE token SET last_used_us = $2 WHERE num = $1", p_int(num),
		       p_int(now_us));
}

/* $2 is now. A person who is shut out does not come in by a token either. */
#define OWNER_IS_DISABLED                                                                          \
	"EXISTS (SELECT 1 FROM account a WHERE a.name = lower(token.owner) AND a.disabled_us IS "  \
	"NOT NULL)"
#define LIVE_TOKEN "revoked_us IS NULL AND expires_us > $2 AND NOT " OWNER_IS_DISABLED

/* The caller has the whole token, so it may know since when it is worth nothing. */
static int why_refused(struct db *db, const char *hash, int64_t now_us, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	char when[TIME_TEXT_BYTES];

	TRY(db_query(db, err, &rows,
		     "SELECT name, expires_us, revoked_us, owner FROM token WHERE hash = $1",
		     p_text(hash)));
	int r = db_rows_next(rows, err);
	if (r < 0)
		return r;
	if (r == 0)
		return err_set(err, ERR_NOT_FOUND, "the token is not known");
	bool revoked = !db_is_null(rows, 2);
	if (!revoked && db_int(rows, 1) > now_us)
		return err_set(err, ERR_NOT_FOUND,
			       "the token '%s' is of '%s', whose account is disabled",
			       db_text(rows, 0), db_text(rows, 3));
	time_rfc3339(db_int(rows, revoked ? 2 : 1), when);
	return err_set(err, ERR_NOT_FOUND, "the token '%s' %s %s", db_text(rows, 0),
		       revoked ? "was revoked on" : "expired on", when);
}

int token_find(struct db *db, const char *text, int64_t now_us, struct token *ret, struct err *err)
{
	char hash[SHA256_HEX_BYTES];
	int64_t last_us = 0;

	if (!looks_like_token(text))
		return err_set(err, ERR_NOT_FOUND, "the token is not known");
	sha256_hex_of(text, strlen(text), hash);
	{
		AUTO(db_rows) struct db_rows *rows = NULL;
		TRY(db_query(db, err, &rows,
			     "SELECT num, name, scopes, expires_us, last_used_us, owner FROM token "
			     "WHERE hash = $1 AND " LIVE_TOKEN,
			     p_text(hash), p_int(now_us)));
		int r = db_rows_next(rows, err);
		if (r < 0)
			return r;
		if (r == 0)
			return why_refused(db, hash, now_us, err);
		*ret = (struct token){.num = db_int(rows, 0), .expires_us = db_int(rows, 3)};
		(void)str_copy(ret->name, sizeof(ret->name), db_text(rows, 1));
		(void)str_copy(ret->scopes, sizeof(ret->scopes), db_text(rows, 2));
		(void)str_copy(ret->owner, sizeof(ret->owner), db_text(rows, 5));
		last_us = db_int(rows, 4);
	}
	return note_use(db, ret->num, last_us, now_us, err);
}

bool token_is_live(struct db *db, int64_t num, int64_t now_us)
{
	int64_t n = 0;

	return db_query_int(db, NULL, &n, 0,
			    "SELECT count(*) FROM token WHERE num = $1 AND " LIVE_TOKEN, p_int(num),
			    p_int(now_us)) == 0 &&
	       n == 1;
}

int token_revoke(struct db *db, int64_t num, int64_t now_us, struct err *err)
{
	int64_t n = 0;

	TRY(db_exec_changed(
		db, err, &n,
		"UPDATE token SET revoked_us = $2 WHERE num = $1 AND revoked_us IS NULL",
		p_int(num), p_int(now_us)));
	return n ? 0 : err_set(err, ERR_NOT_FOUND, "there is no such token");
}

static json_t *words_json(const char *words)
{
	json_t *list = json_array();
	struct sv rest = sv_of(words);

	while (rest.n > 0) {
		struct sv one = sv_split(&rest, ' ');
		if (one.n > 0)
			(void)json_array_append_new(list, json_stringn(one.p, one.n));
	}
	return list;
}

int token_list(struct db *db, json_t **ret, struct err *err)
{
	autojson json_t *items = json_array();
	AUTO(db_rows) struct db_rows *rows = NULL;

	TRY(db_query(db, err, &rows,
		     "SELECT num, name, scopes, created_by, created_us, expires_us, last_used_us, "
		     "revoked_us, owner FROM token ORDER BY num"));
	int r;
	while ((r = db_rows_next(rows, err)) == 1) {
		json_t *j = json_pack("{s:I, s:s, s:s, s:o, s:s}", "id",
				      (json_int_t)db_int(rows, 0), "name", db_text(rows, 1),
				      "owner", db_text(rows, 8), "scopes",
				      words_json(db_text(rows, 2)), "created_by", db_text(rows, 3));
		db_time_json(j, "created", rows, 4);
		db_time_json(j, "expires", rows, 5);
		db_time_json(j, "last_used", rows, 6);
		db_time_json(j, "revoked", rows, 7);
		(void)json_array_append_new(items, j);
	}
	if (r < 0)
		return r;
	*ret = json_pack("{s:O}", "items", items);
	return 0;
}
