/* SPDX-License-Identifier: Apache-2.0 */
/*
 * People who sign in at the page: a name, a role, a password's hash. The store keeps the hash of a
 * password that its caller made (the store makes none) and the SHA-256 of session and link codes,
 * so a stolen store signs nobody in. What a role may do is the caller's.
 *
 * An account's name is also the owner of its person's tokens (token.h): both are kept in lower
 * case, so one person is one text. An account is never removed: its name stays taken, because the
 * audit log and orders name it.
 *
 *  1. account_create(); account_change() for another password or role, or to disable it.
 *  2. account_find(), the caller checks the password; account_session_open() gives a code that
 *     account_session_find() takes with each request, until account_session_end().
 *  3. account_link_make() gives a code that signs in once; account_link_take() uses it up.
 */
#ifndef INVENTORY_ACCOUNT_H
#define INVENTORY_ACCOUNT_H

#include <jansson.h>
#include <stdbool.h>
#include <inventory/db.h>
#include <base/err.h>

#define ACCOUNT_NAME_BYTES     65
#define ACCOUNT_ROLE_BYTES     33
#define ACCOUNT_PASSWORD_BYTES 161 /* of a stored hash */
#define ACCOUNT_CODE_BYTES     69  /* prefix, 64 hex digits, NUL */
#define ACCOUNT_HASH_BYTES     65
#define ACCOUNT_SESSIONS_MAX   20 /* of one account: the one that was not used for longest ends */

#define ACCOUNT_SESSION_IDLE_US (12 * 3600 * 1000000LL)
#define ACCOUNT_SESSION_MAX_US  (7 * 24 * 3600 * 1000000LL)
#define ACCOUNT_LINK_US         (10 * 60 * 1000000LL)

struct account {
	int64_t num;
	char name[ACCOUNT_NAME_BYTES];
	char role[ACCOUNT_ROLE_BYTES];
	char password[ACCOUNT_PASSWORD_BYTES]; /* hash; "" when only links sign in */
	bool disabled;
};
/* What a new account is to be. Texts are borrowed. */
struct account_draft {
	const char *name; /* kept in lower case */
	const char *role;
	const char *password; /* hash, or "" */
	const char *who;      /* made it */
	int64_t now_us;
};
/* errors: ERR_EXISTS, ERR_INVALID (the name). trust: none of the name */
MUST_CHECK int account_create(struct db *db, const struct account_draft *draft, int64_t *ret_num,
			      struct err *err);
/* Also one that is disabled. errors: ERR_NOT_FOUND. trust: none of the name, in either case */
MUST_CHECK int account_find(struct db *db, const char *name, struct account *ret, struct err *err);
/* What is NULL or negative stays. */
struct account_change {
	const char *role, *password;
	int disabled; /* 1, 0, or -1: as it is */
};
/* A change of the password or the role, and disabling, end every session and link. */
MUST_CHECK int account_change(struct db *db, int64_t num, const struct account_change *change,
			      int64_t now_us, struct err *err);
/* {"items": [{"name", "role", "created", "created_by", "signed_in", "disabled", "password"}]}, the
 * last is whether there is one */
MUST_CHECK int account_list(struct db *db, json_t **ret, struct err *err);
/* For orders that outlive a request. */
bool account_is_live(struct db *db, int64_t num);

/* out: ret_code the only copy there is. */
MUST_CHECK int account_session_open(struct db *db, int64_t num, int64_t now_us,
				    char ret_code[static ACCOUNT_CODE_BYTES], struct err *err);
/* trust: none of code. out: ret_hash names the session from here on. errors: ERR_NOT_FOUND for
 * unknown, expired and ended alike, and for accounts that are disabled. Notes the use at most once a
 * minute. */
MUST_CHECK int account_session_find(struct db *db, const char *code, int64_t now_us,
				    struct account *ret, char ret_hash[static ACCOUNT_HASH_BYTES],
				    struct err *err);
/* For streams that outlive a request. */
bool account_session_is_live(struct db *db, const char *hash, int64_t now_us);
/* It may be over already. */
MUST_CHECK int account_session_end(struct db *db, const char *hash, struct err *err);

/* Signs in once, within ACCOUNT_LINK_US. out: ret_code the only copy there is. */
MUST_CHECK int account_link_make(struct db *db, int64_t num, int64_t now_us,
				 char ret_code[static ACCOUNT_CODE_BYTES], struct err *err);
/* Whose is it? It stays good. trust: none of code. errors: ERR_NOT_FOUND */
MUST_CHECK int account_link_find(struct db *db, const char *code, int64_t now_us,
				 struct account *ret, struct err *err);
/* The same, and it is used up: in the caller's transaction. */
MUST_CHECK int account_link_take(struct db *db, const char *code, int64_t now_us,
				 struct account *ret, struct err *err);

#endif
