/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where people are signed in, and links that sign in once: 256 random bits each, kept as SHA-256.
 * Input: codes from anybody.
 */
#include <inventory/account.h>

#include <string.h>

#include <base/digest.h>
#include <base/str.h>

#define SESSION_PREFIX "sls_" /* for secret scanners */
#define LINK_PREFIX    "sll_"
#define PREFIX_BYTES   4
#define USED_EVERY_US  (60LL * 1000000)

static void make_code(const char *prefix, char ret_code[static ACCOUNT_CODE_BYTES],
		      char ret_hash[static ACCOUNT_HASH_BYTES])
{
	uint8_t secret[32];

	random_bytes(secret, sizeof(secret));
	memcpy(ret_code, prefix, PREFIX_BYTES);
	hex_encode(secret, sizeof(secret), ret_code + PREFIX_BYTES);
	explicit_bzero(secret, sizeof(secret));
	sha256_hex_of(ret_code, strlen(ret_code), ret_hash);
}

static bool hash_code(const char *code, const char *prefix,
		      char ret_hash[static ACCOUNT_HASH_BYTES])
{
	if (!code || strlen(code) != ACCOUNT_CODE_BYTES - 1 || !str_starts(code, prefix))
		return false;
	sha256_hex_of(code, strlen(code), ret_hash);
	return true;
}

/* Columns 0 to 2: num, name, role. */
static void read_account(const struct db_rows *rows, struct account *ret)
{
	*ret = (struct account){.num = db_int(rows, 0)};
	(void)str_copy(ret->name, sizeof(ret->name), db_text(rows, 1));
	(void)str_copy(ret->role, sizeof(ret->role), db_text(rows, 2));
}

/* ---- sessions -------------------------------------------------------------------------------- */

static int open_session(struct db *db, int64_t num, int64_t now_us, const char *hash,
			struct err *err)
{
	TRY(db_exec(db, err, "DELETE FROM account_session WHERE expires_us <= $1 OR used_us <= $2",
		    p_int(now_us), p_int(now_us - ACCOUNT_SESSION_IDLE_US)));
	TRY(db_exec(db, err,
		    "DELETE FROM account_session WHERE account = $1 AND hash NOT IN (SELECT hash "
		    "FROM account_session WHERE account = $1 ORDER BY used_us DESC LIMIT $2)",
		    p_int(num), p_int(ACCOUNT_SESSIONS_MAX - 1)));
	TRY(db_exec(db, err, "UPDATE account SET signed_in_us = $2 WHERE num = $1", p_int(num),
		    p_int(now_us)));
	return db_exec(db, err,
		       "INSERT INTO account_session (hash, account, created_us, used_us, "
		       "expires_us) VALUES ($1, $2, $3, $3, $4)",
		       p_text(hash), p_int(num), p_int(now_us),
		       p_int(now_us + ACCOUNT_SESSION_MAX_US));
}

int account_session_open(struct db *db, int64_t num, int64_t now_us,
			 char ret_code[static ACCOUNT_CODE_BYTES], struct err *err)
{
	char hash[ACCOUNT_HASH_BYTES];

	make_code(SESSION_PREFIX, ret_code, hash);
	TRY(db_begin(db, err));
	return db_end(db, open_session(db, num, now_us, hash, err), err);
}

#define LIVE_SESSION                                                                               \
	"FROM account_session s JOIN account a ON a.num = s.account WHERE s.hash = $1 AND "        \
	"s.expires_us > $2 AND s.used_us > $3 AND a.disabled_us IS NULL"

static int find_session(struct db *db, const char *hash, int64_t now_us, struct account *ret,
			int64_t *ret_used_us, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;

	TRY(db_query(db, err, &rows, "SELECT a.num, a.name, a.role, s.used_us " LIVE_SESSION,
		     p_text(hash), p_int(now_us), p_int(now_us - ACCOUNT_SESSION_IDLE_US)));
	int r = db_rows_next(rows, err);
	if (r <= 0)
		return r < 0 ? r : err_set(err, ERR_NOT_FOUND, "the sign-in has ended");
	read_account(rows, ret);
	*ret_used_us = db_int(rows, 3);
	return 0;
}

int account_session_find(struct db *db, const char *code, int64_t now_us, struct account *ret,
			 char ret_hash[static ACCOUNT_HASH_BYTES], struct err *err)
{
	int64_t used_us = 0;

	if (!hash_code(code, SESSION_PREFIX, ret_hash))
		return err_set(err, ERR_NOT_FOUND, "the sign-in is not known");
	TRY(find_session(db, ret_hash, now_us, ret, &used_us, err));
	if (now_us - used_us < USED_EVERY_US)
		return 0;
	return db_exec(db, err, "UPDATE account_session SET used_us = $2 WHERE hash = $1",
		       p_text(ret_hash), p_int(now_us));
}

bool account_session_is_live(struct db *db, const char *hash, int64_t now_us)
{
	int64_t n = 0;

	return db_query_int(db, NULL, &n, 0, "SELECT count(*) " LIVE_SESSION, p_text(hash),
			    p_int(now_us), p_int(now_us - ACCOUNT_SESSION_IDLE_US)) == 0 &&
	       n == 1;
}

int account_session_end(struct db *db, const char *hash, struct err *err)
{
	return db_exec(db, err, "DELETE FROM account_session WHERE hash = $1", p_text(hash));
}

/* ---- links ----------------------------------------------------------------------------------- */

int account_link_make(struct db *db, int64_t num, int64_t now_us,
		      char ret_code[static ACCOUNT_CODE_BYTES], struct err *err)
{
	char hash[ACCOUNT_HASH_BYTES];

	make_code(LINK_PREFIX, ret_code, hash);
	TRY(db_exec(db, err, "DELETE FROM account_link WHERE expires_us <= $1", p_int(now_us)));
	return db_exec(db, err,
		       "INSERT INTO account_link (hash, account, expires_us) VALUES ($1, $2, $3)",
		       p_text(hash), p_int(num), p_int(now_us + ACCOUNT_LINK_US));
}

int account_link_find(struct db *db, const char *code, int64_t now_us, struct account *ret,
		      struct err *err)
{
	char hash[ACCOUNT_HASH_BYTES];

	if (!hash_code(code, LINK_PREFIX, hash))
		return err_set(err, ERR_NOT_FOUND, "the link is not known");
	AUTO(db_rows) struct db_rows *rows = NULL;
	TRY(db_query(db, err, &rows,
		     "SELECT a.num, a.name, a.role FROM account_link l JOIN account a ON a.num = "
		     "l.account WHERE l.hash = $1 AND l.expires_us > $2 AND a.disabled_us IS NULL",
		     p_text(hash), p_int(now_us)));
	int r = db_rows_next(rows, err);
	if (r <= 0)
		return r < 0 ? r : err_set(err, ERR_NOT_FOUND, "the link was used, or has expired");
	read_account(rows, ret);
	return 0;
}

int account_link_take(struct db *db, const char *code, int64_t now_us, struct account *ret,
		      struct err *err)
{
	char hash[ACCOUNT_HASH_BYTES];
	int64_t n = 0;

	TRY(account_link_find(db, code, now_us, ret, err));
	(void)hash_code(code, LINK_PREFIX, hash);
	TRY(db_exec_changed(db, err, &n, "DELETE FROM account_link WHERE hash = $1", p_text(hash)));
	return n == 1 ? 0 : err_set(err, ERR_NOT_FOUND, "the link was used");
}
