/* SPDX-License-Identifier: Apache-2.0 */
/*
 * API tokens and the audit log. A token is shown once, when it is made; the store keeps its
 * SHA-256, so a stolen store opens nothing. Scopes are the caller's words, separated by blanks.
 *
 * The audit log is append-only and chained: each row holds the hash of the row before it and of
 * itself, so an edited, removed or inserted row is found by audit_check(), which names it.
 */
#ifndef INVENTORY_TOKEN_H
#define INVENTORY_TOKEN_H

#include <jansson.h>
#include <stdbool.h>
#include <inventory/db.h>
#include <base/err.h>

#define TOKEN_PREFIX     "slw_" /* for secret scanners */
#define TOKEN_TEXT_BYTES 69     /* prefix, 64 hex digits, NUL */

struct token {
	int64_t num;
	char name[65];
	char owner[65]; /* the person it belongs to, in lower case; "" a program's */
	char scopes[257];
	int64_t expires_us;
};
/* What a new token is to be. Texts are borrowed. */
struct token_draft {
	const char *name;
	const char *owner;  /* the person it belongs to, kept in lower case; "" none */
	const char *scopes; /* words, separated by blanks */
	const char *who;    /* made it */
	int64_t now_us, expires_us;
};
/* errors: ERR_EXISTS (a live token has this name), ERR_INVALID. out: ret_text the only copy there
 * is. */
MUST_CHECK int token_create(struct db *db, const struct token_draft *draft,
			    char ret_text[static TOKEN_TEXT_BYTES], int64_t *ret_num,
			    struct err *err);
/* trust: none of text. errors: ERR_NOT_FOUND for unknown, expired and revoked alike. Notes the use
 * at most once a minute. */
MUST_CHECK int token_find(struct db *db, const char *text, int64_t now_us, struct token *ret,
			  struct err *err);
/* Is it still good? For streams that outlive a request. */
bool token_is_live(struct db *db, int64_t num, int64_t now_us);
/* errors: ERR_NOT_FOUND */
MUST_CHECK int token_revoke(struct db *db, int64_t num, int64_t now_us, struct err *err);
/* {"items": [{"id", "name", "owner", "scopes": [...], "created", "expires", "last_used",
 * "revoked"}]} */
MUST_CHECK int token_list(struct db *db, json_t **ret, struct err *err);

struct audit_entry {
	const char *who, *peer, *method, *path;
	int status;
	const char *reason, *body_sha256; /* or NULL */
};
MUST_CHECK int audit_append(struct db *db, const struct audit_entry *e, int64_t now_us,
			    struct err *err);
/* The log up to a row: how many rows there were, the id and the hash of the last. */
struct audit_mark {
	int64_t rows, id;
	char hash[65];
};
/* Up to now. */
MUST_CHECK int audit_head(struct db *db, struct audit_mark *ret, struct err *err);
/* Walk the chain, and compare it with marks of earlier (in any order; rows that are all made anew
 * are a whole chain, but another). errors: ERR_AUDIT_BROKEN naming the first wrong row. out:
 * *ret_rows rows that are right. */
MUST_CHECK int audit_check(struct db *db, const struct audit_mark *marks, size_t n_marks,
			   int64_t *ret_rows, struct err *err);
struct audit_page {
	int64_t from; /* an id: rows after it, or before it when the newest come first */
	int64_t limit;
	bool newest_first;
};
/* A page of the log, as JSON. owns: *ret is the caller's. */
MUST_CHECK int audit_list(struct db *db, const struct audit_page *page, json_t **ret,
			  struct err *err);

/* ---- idempotency ----------------------------------------------------------------------------- */
/* A repeated key answers what the first request was answered, byte for byte, for a day. */
struct idempotent {
	int status;
	char etag[80];
	char *body; /* owned */
};
/* The request that came with a key. All of it is borrowed. */
struct idempotent_request {
	const char *who, *key, *sha256;
	int64_t now_us;
};
/* 1: found, 0: new. errors: ERR_KEY_CONFLICT (the key came with another request) */
MUST_CHECK int idempotency_find(struct db *db, const struct idempotent_request *request,
				struct idempotent *ret, struct err *err);
/* etag may be NULL. */
MUST_CHECK int idempotency_keep(struct db *db, const struct idempotent_request *request, int status,
				const char *etag, const char *body, struct err *err);

#endif
